"""BPTT: what each step's loss sends back to each step's copy of the parameters."""

import streamlit as st

from pages.common import run_choice, text_choice, widgets
from pages.understand.bptt import one_text, two_texts
from rnn_core import tasks
from rnn_core.language import tr

st.title(tr("Backpropagation through time"))
st.caption(tr("Is the loss taken at every word or only at the last, and how much of its gradient reaches each earlier word?"))

where, said = st.columns(2, gap="medium")  # side by side, so that the first figure is seen without scrolling
with where:
    run = run_choice.choose_run("bptt")
with said, widgets.saying_problems():
    text_choice.choose_text(run)
(two_texts if two_texts.TARGET in tasks.of(run.config).views["bptt"] else one_text).show(run)
