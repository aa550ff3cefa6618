"""Unrolled, the first page: the network along a text, a column for each step."""

import streamlit as st

from pages.common import cache, inputs, state, text_choice, view_panel, widgets
from pages.common.unrolled import canvas
from rnn_core.config import Problem
from rnn_core.results import OVERFLOW
from rnn_core.views import view
from rnn_core.views.view import literal

view_panel.COMPONENTS["unrolled"] = canvas.show

st.title("Unrolled")
st.caption(
    "**Unrolled** trains a recurrent network on your own text and shows what happens inside it, step by step. Here a network "
    "reads a text: it keeps one state, and at each word it makes a new one from the old one and the word, always with the same "
    "parameters. Type a text of your own, press Play, or point at anything."
)


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
    if canvas.asked_for_inspect():
        st.switch_page("pages/read/inspect/inspect.py")


_picture()
cache.torch_ahead()
