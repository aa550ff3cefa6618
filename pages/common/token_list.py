"""Tokens that a click or an arrow key chooses, a component of our own. User text only ever becomes `textContent`."""

from collections.abc import Sequence

import streamlit as st

from pages.common import state
from rnn_core.figures import palette
from rnn_core.language import tr

_CSS = """
.tokens { position: relative; overflow-y: auto; }
.tokens span { cursor: pointer; }
.tokens span:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
.tokens span[aria-selected="true"] { box-shadow: 0 0 0 2px var(--st-text-color); }
.chips { display: flex; flex-wrap: wrap; gap: 4px; max-height: 15.5rem; padding: 3px; }
.chips span {
  font-size: 1.05rem; line-height: 1.5; color: var(--st-text-color); text-align: center;
  border: 1px solid transparent; border-radius: 6px; padding: 1px 8px 2px; border-bottom: 4px solid var(--c);
  background: color-mix(in srgb, var(--c) calc(var(--p) * 42%), transparent);
}
.chips small { display: block; font-size: 0.68rem; line-height: 1.1; opacity: 0.85; }
.chips span:hover { border-color: var(--c); }
.chips .special { font-family: var(--st-code-font); font-size: 0.85rem; opacity: 0.8; display: flex; align-items: center; }
.chips .cut { border-left: 3px dashed var(--st-text-color); }
.chips .unknown { text-decoration: underline dotted 2px; text-underline-offset: 4px; font-style: italic; }
.flow {
  max-height: 21rem; padding: 0.6rem 0.8rem; border-radius: 0.5rem;
  border: 1px solid var(--st-border-color); font-family: var(--st-code-font); font-size: 0.95rem; line-height: 1.75;
  white-space: pre-wrap; overflow-wrap: anywhere;
}
.flow span {
  border-radius: 3px; padding: 2px 0; border-bottom: 1px solid transparent;
  background: color-mix(in srgb, var(--c) calc(var(--p) * 45%), transparent);
}
.flow .given { font-style: italic; opacity: 0.75; }
.flow span:hover { border-bottom-color: var(--st-text-color); }
@media (max-height: 820px) { .flow { max-height: 10.5rem; } }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".tokens")
  if (!(data.heard >= root.heard)) root.sent = data.heard  // first drawn, or of a session begun anew
  root.heard = data.heard
  const { step, heard, ...looks } = data
  const drawn = JSON.stringify(looks)
  if (root.drawn !== drawn) {
    root.drawn = drawn
    root.className = "tokens " + data.look
    root.setAttribute("aria-label", data.name)
    root.replaceChildren(...data.tokens.map((token, i) => {
      const one = document.createElement("span")
      one.setAttribute("role", "option")
      one.textContent = token
      if (data.below[i]) {
        const words = document.createElement("small")
        words.textContent = data.below[i]
        one.append(words)
      }
      one.title = data.says[i]
      one.dataset.step = data.steps[i]
      if (data.look === "chips") one.dir = "auto"
      one.className = data.classes[i]
      one.style.setProperty("--c", data.palette[data.colours[i]])
      one.style.setProperty("--p", data.strength[i])
      return one
    }))
  }
  const mark = step => {
    for (const one of root.children) {
      const on = Number(one.dataset.step) === step
      if (on === (one.getAttribute("aria-selected") === "true") && one.hasAttribute("aria-selected")) continue
      one.setAttribute("aria-selected", on)
      one.tabIndex = on ? 0 : -1
      const hidden = one.offsetTop < root.scrollTop || one.offsetTop + one.offsetHeight > root.scrollTop + root.clientHeight
      if (on && hidden) root.scrollTop = one.offsetTop - root.clientHeight / 2
    }
  }
  // The ring moves at once. An answer to an earlier choice, which comes while a later one is under way, does not move it back.
  const choose = one => { mark(Number(one.dataset.step)); setTriggerValue("picked", [Number(one.dataset.step), ++root.sent]) }
  if (heard >= root.sent || !root.querySelector("[aria-selected=true]")) mark(data.steps.includes(step) ? step : data.steps[0])
  root.onclick = event => {
    const one = event.target.closest("span")
    if (one) choose(one)
  }
  root.onkeydown = event => {
    const by = { ArrowLeft: "previousElementSibling", ArrowRight: "nextElementSibling" }[event.key]
    if (!by) return
    event.preventDefault()
    event.stopPropagation()
    const next = event.target[by]
    if (next) { next.focus(); choose(next) }
  }
}
"""

_tokens = st.components.v2.component(
    "unrolled_tokens",
    html='<div class="tokens" role="listbox"></div>',
    css=_CSS,
    js=_JS,
)


def show(
    look: str,
    tokens: Sequence[str],
    steps: Sequence[int],
    step: int,
    colours: Sequence[str],
    strength: Sequence[float],
    says: Sequence[str],
    classes: Sequence[str],
    below: Sequence[str] = (),
) -> None:
    """Tokens with a colour behind each; a click or an arrow key chooses its step.

    Args:
        look: `chips`, with room around each, or `flow`, as they follow each other in the text.
        tokens: (m,) as they are shown.
        steps: (m,) the step that each stands for, from 0.
        step: the chosen one.
        colours: (m,) of `palette`, or any of CSS.
        strength: (m,) of the colours, from 0 to 1.
        says: (m,) what is said where the pointer rests.
        classes: (m,) names of CSS classes.
        below: (m,) small words below each.
    """
    key, heard = f"tokens-{look}", state.session().heard_picks

    def picked() -> None:
        chosen, number = map(int, st.session_state[key].picked or (-1, 0))
        heard[key] = number
        if chosen in steps:
            state.select(step=chosen)

    used = list(dict.fromkeys(colours))
    _tokens(
        key=key,
        data={
            "look": look, "tokens": list(tokens), "steps": list(steps), "step": step, "says": list(says), "below": list(below),
            "palette": [palette.by_theme(colour) for colour in used], "colours": [used.index(colour) for colour in colours],
            "strength": [round(float(value), 3) for value in strength], "classes": list(classes),
            "heard": heard.get(key, 0), "name": tr("Tokens of the text"),
        },
        on_picked_change=picked,
    )  # fmt: skip
