"""Data: from a file to a checked dataset, everything odd about it said before anybody trains."""

import streamlit as st

from pages.common import cache, state, widgets, wording
from pages.train.data import report, source
from rnn_core import tasks
from rnn_core.config import Problem
from rnn_core.language import tr

workspace = cache.workspace()
cache.compiled_ahead()
st.title(tr("Data"))
st.caption(tr("Upload texts, see how they are read, and check them before you train."))

with widgets.saying_problems():
    if source.still_reading():
        st.stop()
    chosen_files = {}
    try:
        chosen_files = source.files_chosen()
        if chosen_files:
            source.read_settings(chosen_files)
    except Problem as why:
        widgets.problem(why)
    source.show_readings()
    report.show_damaged()
    saved_sets = {dataset.id: dataset for dataset in workspace.datasets()}
    if not saved_sets:
        if not chosen_files:
            st.info(
                tr(
                    "Nothing here yet. Upload a file with one text and one label per row (a CSV of reviews, say), one "
                    "token and its tag per line, or a plain text, or take a sample to try it out.",
                ),
                icon=":material/upload_file:",
            )
            source.offer_samples()
        st.stop()
    st.divider()
    current = state.selection().dataset
    if current not in saved_sets:
        current = next(iter(saved_sets))
    labels = widgets.distinct({name: f"{saved.name} · {wording.raised(tr(tasks.of(saved.config).short))}"
                               for name, saved in saved_sets.items()})  # fmt: skip
    st.selectbox(
        tr("Datasets in the workspace"),
        list(saved_sets),
        format_func=labels.__getitem__,
        **state.bound("dataset", current),
    )
    if state.session().just_read:
        state.session().just_read = False
        st.success(tr("All rows are read and checked. This is what was found."), icon=":material/check:")
    report.show_report(current)
