"""The tokens of a text as coloured buttons, a component of our own. User text only ever becomes `textContent`."""

from collections.abc import Callable, Mapping

import streamlit as st

from rnn_core.figures.palette import visible
from rnn_core.results import Trace

_CSS = """
.chips { position: relative; display: flex; flex-wrap: wrap; gap: 4px; max-height: 15.5rem; overflow-y: auto; padding: 3px; }
.chips button {
  font: inherit; font-size: 1.05rem; line-height: 1.5; color: var(--st-text-color); cursor: pointer;
  border: 1px solid transparent; border-radius: 6px; padding: 1px 8px 2px; border-bottom: 4px solid var(--c);
  background: color-mix(in srgb, var(--c) calc(var(--p) * 42%), transparent);
}
.chips small { display: block; font-size: 0.68rem; line-height: 1.1; opacity: 0.85; text-align: center; }
.chips button:hover { border-color: var(--c); }
.chips button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.chips button[aria-selected="true"] { box-shadow: 0 0 0 2px var(--st-text-color); }
.chips button.special { font-family: var(--st-code-font); font-size: 0.85rem; opacity: 0.8; }
.chips button.unknown { text-decoration: underline dotted 2px; text-underline-offset: 4px; font-style: italic; }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".chips")
  const drawn = JSON.stringify([data.tokens, data.colours, data.strength])
  if (root.drawn !== drawn) {
    root.drawn = drawn
    root.replaceChildren(...data.tokens.map((token, step) => {
      const chip = document.createElement("button")
      chip.type = "button"
      chip.setAttribute("role", "option")
      chip.textContent = token
      if (data.tags[step]) {
        const tag = document.createElement("small")
        tag.textContent = data.tags[step]
        chip.append(tag)
      }
      chip.title = data.titles[step]
      chip.dataset.step = step
      chip.dir = "auto"
      chip.style.setProperty("--c", data.colours[step])
      chip.style.setProperty("--p", data.strength[step])
      chip.className = data.kinds[step]
      return chip
    }))
  }
  const choose = step => setTriggerValue("picked", step)
  for (const chip of root.children) {
    const on = Number(chip.dataset.step) === data.step
    chip.setAttribute("aria-selected", on)
    chip.tabIndex = on ? 0 : -1
    const hidden = chip.offsetTop < root.scrollTop || chip.offsetTop + chip.offsetHeight > root.scrollTop + root.clientHeight
    if (on && hidden) root.scrollTop = chip.offsetTop - root.clientHeight / 2
  }
  root.onclick = event => {
    const chip = event.target.closest("button")
    if (chip) choose(Number(chip.dataset.step))
  }
  root.onkeydown = event => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    const next = root.children[Number(event.target.dataset.step) + by]
    if (next) { next.focus(); choose(Number(next.dataset.step)) }
  }
}
"""

_chips = st.components.v2.component(
    "unrolled_chips",
    html='<div class="chips" role="listbox" aria-label="Tokens of the text"></div>',
    css=_CSS,
    js=_JS,
)


def tokens(trace: Trace, colours: Mapping[str, str], step: int, on_pick: Callable[[int], None], key: str) -> None:
    """The tokens by the class believed at each; a click or an arrow key picks a step.

    Args:
        step: the chosen one.
        on_pick: called with the step that was clicked, before the page runs again.
    """
    believed = trace.readouts if trace.answers is None else trace.answers
    best = trace.beliefs
    last = len(trace.tokens) - 1
    silent = trace.answers is None  # labelling: the specials have no tag

    def picked() -> None:
        value = st.session_state[key].picked
        if value is not None and 0 <= int(value) <= last:
            on_pick(int(value))

    kinds = ["special" if t in (0, last) else "" if trace.known[t] else "unknown" for t in range(last + 1)]
    titles = []
    for t, kind in enumerate(kinds):
        believes = f"{trace.labels[best[t]]}, p = {believed[t, best[t]]:.3f}"
        note = " · not in the vocabulary, read as <unk>" if kind == "unknown" else ""
        titles.append(f"t = {t + 1}" if silent and kind == "special" else f"t = {t + 1}: {believes}{note}")
    _chips(
        key=key,
        data={
            "tokens": [visible(token, 60) for token in trace.tokens],
            "colours": [
                "rgba(128,128,128,0.6)" if silent and kind == "special" else colours[trace.labels[i]]
                for i, kind in zip(best, kinds, strict=True)
            ],
            "strength": [round(float(believed[t, i]), 2) for t, i in enumerate(best)],
            "titles": titles,
            "kinds": kinds,
            "tags": ["" if kind == "special" or not silent else visible(trace.labels[i], 16)
                     for i, kind in zip(best, kinds, strict=True)],
            "step": step,
        },
        on_picked_change=picked,
    )
