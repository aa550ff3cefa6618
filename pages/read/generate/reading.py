"""The tabs that read a text of one's own: its surprises, and the units that tell a pattern in it."""

import streamlit as st

from pages.common import inputs, state, view_panel, widgets
from pages.read.generate import corpus
from rnn_core import tasks
from rnn_core.analysis.hunting import TooRare
from rnn_core.language import tr
from rnn_core.language.retold import retold
from rnn_core.results import OVERFLOW
from rnn_core.views import view
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import SAMPLES

MOST_TYPED = 20_000
"""Characters of the text."""

OFFERED = 10
"""Units of each hunt by which the text can be coloured."""

_OF_A_SAMPLE = 4_000
"""Characters that a click takes from a sample."""


def _read(run: Run) -> Inputs | None:
    """The box of the text, and the text as the run reads it; None where it cannot be shown."""
    samples = list(tasks.of(run.config).samples)
    if state.selection().text is None:
        _take(samples[-1])
    st.session_state["pasted"] = state.selection().text or ""

    def typed() -> None:
        state.select(text=st.session_state["pasted"])

    st.text_area(tr("Text"), key="pasted", height=140, max_chars=MOST_TYPED, on_change=typed,
                 placeholder=tr("Paste a text of your own."))  # fmt: skip
    row = st.container(horizontal=True)
    for name in samples:
        row.button(tr("Read the sample {name}", name=name), on_click=_take, args=(name,))
    read = inputs.of_text(run)
    if read.trace.overflows:
        widgets.problem(tr(OVERFLOW))
        return None
    for warning in read.trace.warnings:
        st.warning(literal(retold(warning), 300), icon=":material/help:")
    return read


def _take(name: str) -> None:
    state.select(text=(SAMPLES / name).read_text(encoding="utf-8")[:_OF_A_SAMPLE])


def surprise(run: Run) -> None:
    """Any text, coloured by its loss per token."""
    st.caption(tr(
        "A text coloured by how little the network expected each token. Text unlike that of training surprises it more.",
    ))
    if read := _read(run):
        view_panel.show(view("surprise"), read)


def hunt(run: Run) -> None:
    """The units that tell a pattern in the text."""
    st.caption(tr(
        "Some units learn something that has a name, such as whether a quotation is open. Choose a pattern to find them.",
    ))
    read = _read(run)
    if read is None:
        return
    shown = view("hunt")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view_panel.choose(shown, read, titled=True)
    chosen = state.selection()
    if chosen.pattern == "expression":
        st.text_input(tr("Regular expression"), placeholder=tr(r"such as \d+ for numbers"), max_chars=200,
                      help=tr(
                          "A token is of the pattern where its last character lies in a match, or in the match's first "
                          "group.",
                      ),
                      **state.bound("expression", chosen.expression))  # fmt: skip
    asked = shown.chosen(state.selection()).settled(read)
    over = corpus.chosen(run, asked)
    try:
        view_panel.show(shown, read, choices=False)
        found = shown.answer(read, asked)
        units = found.hunt.units[:OFFERED].tolist() + (over.found.hunt.units[:OFFERED].tolist() if over.found else [])
        units = list(dict.fromkeys(units))
        st.pills(tr("Colour the text by unit"), units, **state.bound("unit", found.unit if found.unit in units else None))
    except TooRare as why:  # no fault: many texts are too short
        st.info(retold(str(why)), icon=":material/search_off:")
    corpus.show(run, over)
