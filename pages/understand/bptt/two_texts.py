"""BPTT of a run that reads one text and writes another."""

import streamlit as st

from pages.common import inputs, state, view_panel, widgets
from pages.common.unrolled import canvas
from pages.understand.bptt import choice
from pages.understand.bptt.one_text import PICTURE
from pages.understand.bptt.table import ABOVE_OF_TWO, LED, TABS_OF_TWO
from rnn_core.language import tr, tr_n
from rnn_core.language.retold import retold
from rnn_core.views import view
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run

TARGET = "target-text"
"""The name that tasks have for this choice of a target."""


def show(run: Run) -> None:
    """The page below the run and the text."""
    chosen = state.selection()
    with widgets.saying_problems():
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input(tr("Target: a reference"), placeholder=tr("the run's own translation"),
                          **state.bound("reference", chosen.reference or "", lambda text: text.strip() or None))  # fmt: skip
            choice.choose_toggles()
        read = inputs.pair_way_back(run, chosen.reference, chosen.logit, chosen.precise)
        way, flow = read.pair, read.pair.flow
    for warning in way.translation.warnings:
        st.warning(literal(retold(warning), 300), icon=":material/help:")
    unknown = int((~way.translation.target.known).sum())
    if unknown:
        st.caption(tr_n(
            "{n:,} of the target's tokens is not in its vocabulary: there the loss asks for `<unk>`.",
            "{n:,} of the target's tokens are not in its vocabulary: there the loss asks for `<unk>`.",
            unknown,
        ))  # fmt: skip
    if chosen.reference is None:
        st.markdown(tr("The run's own translation is: “{text}”", text=literal(way.translation.text, 300)))
    loss, *_ = view("translation-total").render(view("translation-total").answer(read))
    choice.say_total(loss.content, flow)
    choice.say_sure(flow)
    if not chosen.logit:  # the picture is one of losses
        canvas.folded(tr(PICTURE), "unrolled-pair-back", read, "backwards")
        if canvas.asked_for_page():
            st.switch_page("pages/read/translate/translate.py")
    view_panel.choose(view(LED), read)
    view_panel.rows(ABOVE_OF_TWO, lambda name: True, read, led=LED)
    for section, tab in state.tabs("section", {name: tr(title) for name, (title, _) in TABS_OF_TWO.items()}).items():
        if tab.open:
            with tab, widgets.saying_problems():
                view_panel.rows(TABS_OF_TWO[section][1], lambda name: True, read)
