"""Words to matrix: from text to indices, one-hot and pads, every parameter, and one unit's sum term by term."""

import streamlit as st

from pages.common import cache, matrix_choice, run_choice, state, text_choice, widgets
from rnn_core import tasks

st.title("Words to matrix")
st.caption("How do words become numbers, and what does the network do with them in one step?")

run = run_choice.choose_run("matrix")
with widgets.saying_problems():
    text_choice.choose_text(run)
    chosen = state.selection()
    loaded, trace = cache.traced(run, chosen.text or "", chosen.spaced)

from pages.common import (  # noqa: E402 - after the first paint, because they load torch
    matrix_alone,
    matrix_ledger,
    matrix_pads,
    matrix_texts,
    matrix_unit,
)

FILLED_BY = {"texts": matrix_texts, "pads": matrix_pads, "ledger": matrix_ledger, "unit": matrix_unit, "alone": matrix_alone}

for part, tab in matrix_choice.tabs(tasks.of(run.config).views["matrix"]).items():
    if tab.open:
        with tab:
            FILLED_BY[part].show(run, loaded, trace)
