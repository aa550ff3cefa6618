"""The tab of Words to matrix on the feed-forward network inside: what recurrence adds, on the text and on dev."""

import streamlit as st

from pages.common import state, view_panel
from pages.understand.matrix import choice, dev
from rnn_core import tasks
from rnn_core.analysis.feedforward import without_recurrence
from rnn_core.analysis.loading import Loaded
from rnn_core.results import Trace
from rnn_core.views import feedforward as views
from rnn_core.workspace.runs import Run


def show(run: Run, loaded: Loaded, trace: Trace) -> None:
    """The tab."""
    choice.refuse_overflow(trace)
    found = without_recurrence(loaded, trace)
    alone = views.Alone(loaded, trace, found, choice.step_of(trace), state.selection().label)
    view_panel.earlier(views.ALONE, alone)
    for name in tasks.of(run.config).views["matrix"]:
        if name in views.WORDS:
            st.markdown(views.WORDS[name](alone))
    dev.show(run, loaded, lambda found, texts: views.gain_words(found.recurrence, texts))
