"""Words to matrix: from text to indices, one-hot and pads, every parameter, and one unit's sum term by term."""

import streamlit as st

from pages.common import cache, run_choice, state, text_choice, widgets
from pages.understand.matrix import choice
from rnn_core import tasks

st.title("Words to matrix")
st.caption("How do words become numbers, and what does the network do with them in one step?")

run = run_choice.choose_run("matrix")
with widgets.saying_problems():
    text_choice.choose_text(run)
    chosen = state.selection()
    loaded, trace = cache.traced(run, chosen.text or "", chosen.spaced)

from pages.understand.matrix import alone, ledger, pads, texts, unit  # noqa: E402 - after the first paint: they load torch

FILLED_BY = {"texts": texts, "pads": pads, "ledger": ledger, "unit": unit, "alone": alone}

for part, tab in choice.tabs(tasks.of(run.config).views["matrix"]).items():
    if tab.open:
        with tab:
            FILLED_BY[part].show(run, loaded, trace)
