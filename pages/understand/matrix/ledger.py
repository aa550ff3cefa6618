"""The tab of Words to matrix on the ledger: every parameter, and the bytes that training takes."""

import streamlit as st

from pages.common import view_panel
from pages.understand.matrix import choice
from rnn_core import tasks
from rnn_core.analysis.ledger import ledger
from rnn_core.analysis.loading import Loaded
from rnn_core.results import Trace
from rnn_core.views import ledger as views
from rnn_core.workspace.runs import Run

MOST_BATCH, MOST_STEPS = 100_000, 20_000


def show(run: Run, loaded: Loaded, trace: Trace) -> None:
    """The tab."""
    row, train, stream = st.container(horizontal=True), run.config.train, tasks.of(run.config).carries
    title = "Streams side by side B" if stream else "Texts in a batch B"
    batch = choice.count(title, "batch", MOST_BATCH, train.batch, row,
                                help="at first as the run was trained")  # fmt: skip
    steps = choice.count("Steps T", "steps", MOST_STEPS, train.truncate if stream else len(trace.tokens), row,
                                help="at first those of a chunk" if stream else "at first those of the text above")  # fmt: skip
    found = ledger(loaded, batch, steps)
    left, right = st.columns(2, gap="medium")
    with left:
        view_panel.earlier(views.PARAMETERS, found)
    with right:
        view_panel.earlier(views.MEMORY, found)
    st.markdown(views.sum_words(found))
    st.dataframe(views.counts(found), hide_index=True,
                 column_config={"share": st.column_config.NumberColumn(format="percent"),
                                "numbers": st.column_config.NumberColumn(format="localized")})  # fmt: skip
