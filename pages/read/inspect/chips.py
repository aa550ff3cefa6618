"""The tokens of a text as coloured buttons, a component of our own. User text only ever becomes `textContent`."""

import numpy as np
import streamlit as st

from pages.common import state
from rnn_core.figures.text import visible
from rnn_core.views.inspect import Tokens

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
.chips button.cut { border-left: 3px dashed var(--st-text-color); }
.chips button.unknown { text-decoration: underline dotted 2px; text-underline-offset: 4px; font-style: italic; }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  const root = parentElement.querySelector(".chips")
  if (!(data.heard >= root.heard)) root.sent = data.heard  // first drawn, or of a session begun anew
  root.heard = data.heard
  const drawn = JSON.stringify([data.tokens, data.classes, data.strength, data.labels, data.unknown, data.cut])
  if (root.drawn !== drawn) {
    root.drawn = drawn
    const unknown = new Set(data.unknown), last = data.tokens.length - 1
    root.replaceChildren(...data.tokens.map((token, step) => {
      const special = step === 0 || step === last
      const silent = data.classes[step] < 0
      const label = data.labels[data.classes[step]]
      const chip = document.createElement("button")
      chip.type = "button"
      chip.setAttribute("role", "option")
      chip.textContent = token
      if (data.named && !silent) {
        const tag = document.createElement("small")
        tag.textContent = label
        chip.append(tag)
      }
      chip.title = `t = ${step + 1}` + (silent ? "" : `: ${label}, p = ${data.strength[step]}`)
        + (unknown.has(step) ? " · not in the vocabulary, read as <unk>" : "")
        + (step === data.cut ? " · training and evaluation cut the text before this token" : "")
      chip.dataset.step = step
      chip.dir = "auto"
      chip.style.setProperty("--c", silent ? "rgba(128,128,128,0.6)" : data.colours[data.classes[step]])
      chip.style.setProperty("--p", data.strength[step])
      chip.className = special ? "special" : unknown.has(step) ? "unknown" : ""
      if (step === data.cut) chip.classList.add("cut")
      return chip
    }))
  }
  const mark = step => {
    for (const chip of root.children) {
      const on = Number(chip.dataset.step) === step
      if (on === (chip.getAttribute("aria-selected") === "true") && chip.hasAttribute("aria-selected")) continue
      chip.setAttribute("aria-selected", on)
      chip.tabIndex = on ? 0 : -1
      const hidden = chip.offsetTop < root.scrollTop || chip.offsetTop + chip.offsetHeight > root.scrollTop + root.clientHeight
      if (on && hidden) root.scrollTop = chip.offsetTop - root.clientHeight / 2
    }
  }
  // The ring moves at once. An answer to an earlier choice, which comes while a later one is under way, does not move it back.
  const choose = step => { mark(step); setTriggerValue("picked", [step, ++root.sent]) }
  if (data.heard >= root.sent || !root.querySelector("[aria-selected=true]")) mark(data.step)
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


_KEY = "chips"


def tokens(shown: Tokens) -> None:
    """The tokens of a text in their colours; a click or an arrow key chooses a step."""
    count = len(shown.tokens)

    def picked() -> None:
        step, number = map(int, st.session_state[_KEY].picked or (-1, 0))
        state.session().heard_picks = number
        if 0 <= step < count:
            state.select(step=step)

    _chips(
        key=_KEY,
        data={
            "tokens": [visible(token, 60) for token in shown.tokens],
            "classes": shown.classes.tolist(),
            "labels": [visible(label, 24) for label in shown.colours],
            "colours": list(shown.colours.values()),
            "strength": [round(value, 3) for value in shown.p.tolist()],
            "unknown": np.flatnonzero(~shown.known).tolist(),
            "named": shown.named,
            "cut": shown.cut,
            "step": shown.step,
            "heard": state.session().heard_picks,
        },
        on_picked_change=picked,
    )
