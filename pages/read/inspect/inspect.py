"""Inspect: what the network holds and believes after every word of one text."""

import streamlit as st

from pages.common import cache, inputs, state, text_choice, view_panel, widgets
from pages.common.unrolled import canvas, circuit
from pages.read.inspect import chips, fold
from pages.read.inspect.table import ALONG, TABS
from rnn_core import tasks
from rnn_core.analysis.form import features
from rnn_core.language import tr
from rnn_core.language.retold import retold
from rnn_core.results import OVERFLOW
from rnn_core.views import inspect as views
from rnn_core.views.form import form_words
from rnn_core.views.view import literal

view_panel.COMPONENTS |= {"tokens": chips.tokens, "circuit": circuit.show}

st.title(tr("Inspect"))
st.caption(tr("What a network holds in its hidden state and what it predicts after every word of a text."))

run = text_choice.run_and_text("inspect")
chosen = state.selection()

with widgets.saying_problems():
    read = inputs.of_text(run, opened=False)
trace, speech = read.trace, read.run.speech
if trace.overflows:
    widgets.problem(tr(OVERFLOW))
    st.stop()
for warning in trace.warnings:
    st.warning(literal(retold(warning), 300), icon=":material/help:")

canvas.folded(tr("The network unrolled along this text"), "unrolled", read, "forwards")
canvas.asked_for_page()  # on another page: it is this one
shown = tasks.of(run.config).views["inspect"]
view_panel.rows(ALONG, shown.__contains__, read)
if fold.reached("fold-states", 742):
    view_panel.rows((("states",),), shown.__contains__, read)

st.divider()
held, last = views.STATES.chosen(chosen).settled(read), len(trace.tokens) - 1
step = held.at
head, back, on = st.columns([4, 1, 1], vertical_alignment="center")
head.subheader(tr("t = {step} of {last}: {token}", step=step + 1, last=last + 1, token=literal(trace.tokens[step], 40)))
back.button(tr("Back"), icon=":material/chevron_left:", disabled=step == 0, width="stretch",
            on_click=state.select, kwargs={"step": step - 1})  # fmt: skip
on.button(tr("Next"), icon=":material/chevron_right:", disabled=step == last, width="stretch",
          on_click=state.select, kwargs={"step": step + 1})  # fmt: skip
number, count = trace.indices[step], len(speech.vocabulary)
if trace.known[step] and run.config.data.unit == "characters":
    st.caption(tr("Number {number:,} of the {count:,} characters in the vocabulary.", number=number, count=count))
elif trace.known[step]:
    st.caption(tr("Number {number:,} of the {count:,} words in the vocabulary.", number=number, count=count))
elif run.config.data.unit == "characters":
    st.caption(tr(
        r"Number {number:,} of the {count:,} characters in the vocabulary: this one is not among them, so \<unk\> is read in its "
        "place.",
        number=number, count=count,
    ))  # fmt: skip
else:
    st.caption(tr(
        r"Number {number:,} of the {count:,} words in the vocabulary: this one is not among them, so \<unk\> is read in its "
        "place.",
        number=number, count=count,
    ))  # fmt: skip
if form := form_words(features(read.run, trace, step)):
    st.caption(tr("Beside the word its form is read: {form}.", form=form))
if fold.reached("fold-step", 700):
    for part, tab in state.tabs("inside", {name: tr(title) for name, (title, _) in TABS.items()}).items():
        if tab.open:
            with tab, widgets.saying_problems():
                view_panel.rows(TABS[part][1], shown.__contains__, read if part == "step" else inputs.of_text(run))
numbers = st.expander(tr("The embedding and the state as numbers"), key="numbers", on_change="rerun")
if numbers.open:
    numbers.dataframe({tr("xₜ (embedding)"): trace.embeddings[step]}, height=220)
    numbers.dataframe({f"{tr(held.quantity)}ₜ": views.series(trace, held)[step]}, height=220)
cache.torch_ahead()
