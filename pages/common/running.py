"""A text in one flow with a colour behind each token, a component of our own. User text only ever becomes `textContent`."""

import streamlit as st

from pages.common import state
from rnn_core.figures.text import visible
from rnn_core.views.writing import Running

_CSS = """
.running {
  position: relative; max-height: 21rem; overflow-y: auto; padding: 0.6rem 0.8rem; border-radius: 0.5rem;
  border: 1px solid var(--st-border-color); font-family: var(--st-code-font); font-size: 0.95rem; line-height: 1.75;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.running span {
  cursor: pointer; border-radius: 3px; padding: 2px 0; border-bottom: 1px solid transparent;
  background: color-mix(in srgb, var(--c) calc(var(--p) * 45%), transparent);
}
.running span.given { font-style: italic; opacity: 0.75; }
.running span:hover { border-bottom-color: var(--st-text-color); }
.running span:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.running span[aria-selected="true"] { box-shadow: 0 0 0 2px var(--st-text-color); }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".running")
  const drawn = JSON.stringify([data.tokens, data.strength, data.given, data.colour, data.says])
  if (root.drawn !== drawn) {
    root.drawn = drawn
    root.style.setProperty("--c", data.colour)
    root.replaceChildren(...data.tokens.map((token, i) => {
      const one = document.createElement("span")
      one.setAttribute("role", "option")
      one.textContent = token
      one.title = data.says[i]
      one.dataset.place = i
      if (i < data.given) one.className = "given"
      one.style.setProperty("--p", Math.abs(data.strength[i]))
      if (data.strength[i] < 0) one.style.setProperty("--c", data.negative)
      return one
    }))
  }
  const choose = place => setTriggerValue("picked", data.steps[place])
  const chosen = Math.max(0, data.steps.indexOf(data.step))
  for (const [i, one] of [...root.children].entries()) {
    const on = i === chosen
    if (on === (one.getAttribute("aria-selected") === "true") && one.hasAttribute("aria-selected")) continue
    one.setAttribute("aria-selected", on)
    one.tabIndex = on ? 0 : -1
    const hidden = one.offsetTop < root.scrollTop || one.offsetTop + one.offsetHeight > root.scrollTop + root.clientHeight
    if (on && hidden) root.scrollTop = one.offsetTop - root.clientHeight / 2
  }
  root.onclick = event => {
    const one = event.target.closest("span")
    if (one) choose(Number(one.dataset.place))
  }
  root.onkeydown = event => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    const next = root.children[Number(event.target.dataset.place) + by]
    if (next) { next.focus(); choose(Number(next.dataset.place)) }
  }
}
"""

_running = st.components.v2.component(
    "unrolled_running",
    html='<div class="running" role="listbox" aria-label="Tokens of the text"></div>',
    css=_CSS,
    js=_JS,
)

_KEY = "running"


def text(shown: Running) -> None:
    """The text; a click or an arrow key chooses a step."""
    steps = shown.steps.tolist()

    def picked() -> None:
        value = st.session_state[_KEY].picked
        if value is not None and int(value) in steps:
            state.select(step=int(value))

    _running(
        key=_KEY,
        data={
            "tokens": [_shown(token) for token in shown.tokens],
            "strength": shown.strength.round(3).tolist(),
            "says": list(shown.says),
            "given": shown.given,
            "steps": steps,
            "step": shown.step,
            "colour": shown.colour,
            "negative": shown.negative,
        },
        on_picked_change=picked,
    )


def _shown(token: str) -> str:
    """A token with its line ends and spaces; a line end that is a token of its own has a sign that can be clicked."""
    return "\n".join(visible(part) if part.strip() else part for part in token.split("\n")) if token != "\n" else "⏎\n"
