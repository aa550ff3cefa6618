"""Unrolled, the first page: the network along a text, a column for each step."""

import streamlit as st

from pages.common import cache, inputs, state, text_choice, view_panel, widgets
from pages.common.unrolled import canvas, one_unit
from rnn_core.config import Problem
from rnn_core.results import OVERFLOW
from rnn_core.views import view
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run

view_panel.COMPONENTS["unrolled"] = canvas.show

st.title("Unrolled")
st.caption(
    "**Unrolled** trains a recurrent network on your own text and shows what happens inside it, step by step. Here a network "
    "reads a text: it keeps one state, and at each word it makes a new one from the old one and the word, always with the same "
    "parameters. Type a text of your own, press Play, or point at anything."
)


def _open_unit(run: Run) -> None:
    """The panel of the unit that was opened: the sum at its step, term by term, and the cell's equations with its numbers."""
    chosen = state.selection()
    if chosen.unit is None or chosen.step is None or chosen.unit >= run.config.model.hidden:
        return
    st.divider()
    head, close = st.columns([5, 1], vertical_alignment="center")
    head.subheader(f"Unit {chosen.unit} opened at t = {chosen.step + 1}")
    close.button("Close", icon=":material/close:", width="stretch", on_click=state.select, kwargs={"unit": None})
    top = run.config.model.layers - 1
    view_panel.rows((("unit-step",), ("terms",)), lambda name: True, inputs.of_text(run), layer=top, direction=0)


@st.fragment
def _picture() -> None:
    """The text and the picture, which run again without the rest of the page."""
    run = text_choice.run_and_text("unrolled", fitting=True)
    with widgets.saying_problems():
        back = state.selection().picture == "backwards"
        read = inputs.of_text(run, target=inputs.way_back(run)) if back else inputs.of_text(run, opened=False)
        if read.trace.overflows:
            raise Problem(OVERFLOW)
        for warning in read.trace.warnings:
            st.warning(literal(warning, 300), icon=":material/help:")
        view_panel.show(view("unrolled-back" if back else "unrolled"), read)
        _open_unit(run)
    if canvas.asked_for_inspect():
        st.switch_page("pages/read/inspect/inspect.py")


_picture()
by_hand = st.expander("One unit, by hand", key="by-hand", on_change="rerun")
if by_hand.open:
    with by_hand:
        one_unit.show()
cache.torch_ahead()
