"""A table of texts of which each row opens one, a component of our own: Streamlit's selects a cell as soon as a key leads to it.

User text only ever becomes `textContent`.
"""

import streamlit as st

from pages.common import state
from rnn_core.figures.text import visible
from rnn_core.language import tr
from rnn_core.views.evaluate import Rows

_PAGES = {"inspect": "pages/read/inspect/inspect.py", "translate": "pages/read/translate/translate.py"}

_SHOWN = 400
"""Characters of a text in its row."""

_CSS = """
.rows { max-height: 25rem; overflow-y: auto; border: 1px solid var(--st-border-color); border-radius: var(--st-base-radius); }
.rows table { width: 100%; border-collapse: collapse; font-size: 0.875rem; color: var(--st-text-color); }
.rows th { position: sticky; top: 0; background: var(--st-secondary-background-color); text-align: start; font-weight: 600; }
.rows th, .rows td { padding: 0.35rem 0.6rem; vertical-align: top; }
.rows td { overflow-wrap: anywhere; border-top: 1px solid var(--st-border-color); min-width: 4rem; }
.rows td:first-child { min-width: 9rem; }
.rows:not(.pairs) td:first-child { width: 100%; }
.rows tbody tr { cursor: pointer; }
.rows tbody tr:hover, .rows tbody tr:focus-within { background: var(--st-secondary-background-color); }
.rows button { all: unset; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.rows.pairs button { -webkit-line-clamp: 6; }
.rows tr:has(button:focus-visible) { outline: 2px solid var(--st-primary-color); outline-offset: -2px; }
.rows .share { white-space: nowrap; font-variant-numeric: tabular-nums; }
.rows .share i { display: inline-block; width: 4rem; height: 0.4rem; margin-inline-end: 0.5rem; border-radius: 0.2rem;
  background: linear-gradient(to right, var(--st-primary-color) var(--p), var(--st-border-color) var(--p)); }
@media (max-width: 640px) {
  .rows th, .rows td { padding: 0.35rem; min-width: 3.3rem; }
  .rows .share i { display: none; }
  .rows.pairs td { min-width: 2rem; }
  .rows.pairs td:first-child { min-width: 4.5rem; }
}
"""

_JS = """
export default function ({ data, parentElement, setTriggerValue }) {
  const body = parentElement.querySelector("tbody"), drawn = JSON.stringify(data)
  if (body.drawn === drawn) return
  body.drawn = drawn
  const region = parentElement.querySelector(".rows")
  region.classList.toggle("pairs", data.pairs)
  region.setAttribute("aria-label", data.name)
  const made = (name, text) => Object.assign(document.createElement(name), { textContent: text })
  parentElement.querySelector("thead").replaceChildren(...data.titles.map(title => {
    const head = made("th", title)
    head.scope = "col"
    return head
  }))
  body.replaceChildren(...data.rows.map((row, number) => {
    const line = document.createElement("tr")
    line.append(...row.map((value, column) => {
      const cell = made("td", column && typeof value === "string" ? value : "")
      cell.dir = "auto"
      if (!column) {
        const open = made("button", value)
        open.type = "button"
        open.title = value
        open.tabIndex = number ? -1 : 0
        cell.append(open)
      } else if (typeof value === "number") {
        cell.className = "share"
        cell.style.setProperty("--p", `${100 * value}%`)
        cell.append(document.createElement("i"), value.toFixed(3))
      }
      return cell
    }))
    line.onclick = () => setTriggerValue("opened", number)
    return line
  }))
  const buttons = [...body.querySelectorAll("button")]
  body.onkeydown = event => {
    const at = buttons.indexOf(event.target)
    const to = { ArrowUp: at - 1, ArrowDown: at + 1, Home: 0, End: buttons.length - 1 }[event.key]
    if (at < 0 || to === undefined) return
    event.preventDefault()
    event.stopPropagation()
    const next = buttons[to]
    if (!next) return
    buttons[at].tabIndex = -1
    next.tabIndex = 0
    next.focus()
  }
}
"""

_table = st.components.v2.component(
    "unrolled_rows",
    html='<div class="rows" role="region"><table><thead></thead><tbody></tbody></table></div>',
    css=_CSS,
    js=_JS,
)


def texts(rows: Rows) -> None:
    """Such a table; a click on a row, or Enter on the one that the arrow keys led to, opens its text on its page."""
    columns = [[visible(value, _SHOWN) if isinstance(value, str) else round(value, 4) for value in column]
               for column in rows.columns.values()]  # fmt: skip
    data = {"titles": list(rows.columns), "rows": [list(row) for row in zip(*columns, strict=True)],
            "pairs": rows.page == "translate", "name": tr("Texts")}  # fmt: skip
    opened = _table(key="texts", data=data, on_opened_change=lambda: None).opened
    if opened is not None and 0 <= int(opened) < len(rows.opens):
        state.select(run=state.selection().run, **rows.opens[int(opened)])
        st.switch_page(_PAGES[rows.page])
