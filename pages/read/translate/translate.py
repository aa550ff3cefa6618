"""Translate: a decoder writes a text into another one, and shows which words of the source it writes from."""

import streamlit as st

from pages.common import inputs, run_choice, state, text_choice, view_panel, widgets
from pages.read.translate import alignment, links, settings, written
from rnn_core import tasks
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.results import OVERFLOW
from rnn_core.views import view
from rnn_core.views.view import literal

view_panel.COMPONENTS["alignment"] = alignment.show

st.title(tr("Translate"))
st.caption(
    tr(
        "An encoder reads your text to its end, then a decoder writes its translation word by word. Choose a word of the "
        "translation to see the source words that it was written from and the words that could have come in its place.",
    )
)

where, said = st.columns(2, gap="medium")
with where:
    run = run_choice.choose_run("translate", fitting=True)
    other = run_choice.choose_beside(run, "translate", tr("Beside it"))
with said, widgets.saying_problems():
    text_choice.choose_text(run)
with widgets.saying_problems():
    examples = text_choice.examples(run)
buttons = st.container(horizontal=True, vertical_alignment="center")
buttons.button(tr("Translate"), type="primary", icon=":material/translate:")
for number, example in enumerate(examples):
    buttons.button(tr("Example {number}", number=number + 1), on_click=state.select, kwargs={"text": example},
                   help=literal(example))  # fmt: skip
attends = run.config.model.attention != "none"
how, set_links = settings.how(attends), links.chosen() if attends else {}

places = st.columns(2, gap="medium") if other else [st.container()]
shown = tasks.of(run.config).views["translate"]
with places[0], widgets.saying_problems():
    read = inputs.of_translation(run, how, set_links)
    if read.translation.overflows:
        raise Problem(tr(OVERFLOW))
    if other:
        st.markdown(f"**{literal(run_choice.run_label(run))}**")
    written.say(read)
    view_panel.rows((("alignment",),), shown.__contains__, read)
if other:
    with places[1]:
        st.markdown(f"**{literal(run_choice.run_label(other))}**")
        try:  # the first run is shown all the same
            there = other.config.model.attention != "none"
            beside = inputs.of_translation(other, how, set_links if there else {})
            written.say(beside)
            if how.copy and not there:
                st.caption(tr("This run has no attention, so it copies nothing."))
            alignment.beside(view("alignment").answer(beside, view("alignment").chosen(state.selection())))
        except Problem as why:
            widgets.problem(why)

st.divider()
left, right = st.columns([3, 2], gap="medium")
with left:
    view_panel.rows((("instead",),), shown.__contains__, read)
with right:
    written.alternatives(read)
    links.box(read)
view_panel.rows((("both-states",), ("beam",)), shown.__contains__, read)
