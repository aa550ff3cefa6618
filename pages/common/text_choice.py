"""The text that is read, on every page that reads one: typed here, and the same everywhere."""

import streamlit as st

from pages.common import cache, state, widgets
from pages.common.run_choice import choose_run
from rnn_core import tasks
from rnn_core.data.detokenise import detokenise, style
from rnn_core.data.streams import joined
from rnn_core.language import tr
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import KEPT_DAYS

_KEY = "typed"

_JS = f"""
export default function ({{ data, parentElement }}) {{
  document.documentElement.style.setProperty("--read-it", JSON.stringify(data))
  const mark = parentElement.querySelector(".enter")
  if (mark.listens) return
  const send = event => {{
    const enter = event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey && !event.altKey
    if (!enter || event.isComposing || !event.target.matches?.(".st-key-{_KEY} textarea")) return
    event.preventDefault()
    event.stopPropagation()
    const sent = {{ key: "Enter", ctrlKey: true, bubbles: true, cancelable: true }}  // the key by which Streamlit sends a text
    event.target.dispatchEvent(new KeyboardEvent("keydown", sent))
  }}
  mark.listens = true
  document.addEventListener("keydown", send, true)
  return () => {{
    mark.listens = false
    document.removeEventListener("keydown", send, true)
  }}
}}
"""

_CSS = f"""
.st-key-enter {{ position: absolute; }}
.st-key-{_KEY} [data-testid="InputInstructions"] > * {{ display: none; }}
.st-key-{_KEY} [data-testid="InputInstructions"]::after {{ content: var(--read-it); }}
"""
"""Without a place of its own; and the hint of Streamlit, which names Ctrl+Enter, put right by words that Python sends."""

_enter_sends = st.components.v2.component("unrolled_enter", html='<span class="enter"></span>', css=_CSS, js=_JS,
                                          isolate_styles=False)  # fmt: skip


_FROM_DATA = {"char": 50, "word": 12, "elided": 12}
"""Tokens of a text of the run's own data that is tried at first."""


def examples(run: Run) -> tuple[str, ...]:
    """Texts to try this run on: if they depend on the language, of its own data where they are here. Raises Problem when it is
    damaged."""
    saved, cut, task = cache.data_of(run), run.config.data.tokens, tasks.of(run.config)
    if saved and task.translates:
        written = style(cut, run.speech.vocabulary.words)
        return tuple(dict.fromkeys(detokenise(tokens, written) for tokens, _ in saved.report.examples))[:4]
    if saved and task.schema.stream:
        rows = (joined(tokens[: _FROM_DATA[cut]], cut).strip() for tokens, _ in saved.report.examples)
        if own := tuple(dict.fromkeys(row for row in rows if row)):
            return own[:4]
    entities = not {"dev_f1", "test_f1"}.isdisjoint(run.metrics())  # scored by spans
    return task.texts(entities, cut)


def choose_text(run: Run) -> None:
    """The box with the text, which Enter sends; Shift+Enter makes a line. Raises Problem when the run is damaged."""
    chosen = state.selection()
    if chosen.text is None:  # a link without a text may still name a step of the first example
        state.select(text=examples(run)[0], step=chosen.step, unit=chosen.unit)
    st.session_state[_KEY] = state.selection().text

    def read_typed() -> None:
        text = st.session_state[_KEY].rstrip("\r\n")  # a pasted line may bring its end along
        if text != state.selection().text:
            state.select(text=text)

    st.text_area(tr("Text"), key=_KEY, height=80, on_change=read_typed, placeholder=tr("Type a sentence of your own"),
                 help=tr(
                     "Enter reads the text, Shift+Enter starts a new line, and the browser's Back returns to the text "
                     "before.",
                 ))  # fmt: skip
    _enter_sends(key="enter", data=tr("Press Enter to read it"))


def run_and_text(page: str, fitting: bool = False) -> Run:
    """The boxes for the run and the text, side by side, and the buttons below them: read it, examples, and whether the address
    names the text.

    Args:
        page, fitting: as for `choose_run`.
    """
    where, said = st.columns(2, gap="medium")  # side by side, so that the first figure is seen without scrolling
    with where:
        run = choose_run(page, fitting=fitting)
    with said, widgets.saying_problems():
        choose_text(run)
    with widgets.saying_problems():
        tried = examples(run)
    buttons = st.container(horizontal=True, vertical_alignment="center")
    buttons.button(tr("Read it"), type="primary", icon=":material/play_arrow:")
    for number, example in enumerate(tried):
        buttons.button(tr("Example {number}", number=number + 1), on_click=state.select, kwargs={"text": example},
                       help=literal(example))  # fmt: skip
    buttons.toggle(
        tr("Private"),
        help=tr(
            "Keeps the text out of the address: it is saved on the server and the link names it by a random id. Whoever "
            "has the link can still open it, until nobody has for {days} days.",
            days=KEPT_DAYS["texts"],
        ),
        **state.bound("private", state.selection().private),
    )
    return run
