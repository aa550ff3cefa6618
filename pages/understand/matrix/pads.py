"""The tab of pads on Words to matrix: the padding audit of a text, and what the last column costs on dev."""

import streamlit as st

from pages.common import state, view_panel
from pages.understand.matrix import choice, dev
from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.padding import MOST_PADS, SIDES, audit, most_audited
from rnn_core.analysis.trace import trace as read
from rnn_core.results import Trace
from rnn_core.views import padding as views
from rnn_core.workspace.runs import Run


def show(run: Run, loaded: Loaded, trace: Trace) -> None:
    """The tab."""
    padded = _choose_pads(loaded, trace)
    st.markdown(views.drift_words(padded))
    st.dataframe(views.drifts(padded), hide_index=True)
    left, right = st.columns(2, gap="medium")
    with left:
        view_panel.earlier(views.CURVES, padded)
    with right:
        view_panel.earlier(views.MOVED, padded)
    left, right = st.columns(2, gap="medium")
    with left:
        view_panel.earlier(views.DRIFT, padded)
    with right:
        st.markdown("##### What does the last column cost over many texts?")
        if "last-column" in tasks.of(run.config).views["matrix"]:
            dev.show(run, loaded, lambda found, texts: views.cost_words(found.padding, texts) if found.padding else "")
        else:
            st.caption("Each token has its own answer, read at its own step: no answer is read from the last column here.")
    view_panel.earlier(views.STATES, padded)


def _choose_pads(loaded: Loaded, trace: Trace) -> views.Padded:
    """How many pads, where, and what is done with them."""
    choice.refuse_overflow(trace)
    chosen = state.selection()
    pads, side = min(chosen.pads, MOST_PADS), chosen.side if chosen.side in SIDES else "right"
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.slider("Pads p", 0, MOST_PADS, **state.bound("pads", pads))
    choice.choose("Pads on the", "side", SIDES, side, str, row)
    choice.choose("Masking", "masking", (True, False), chosen.masking, {True: "on", False: "off"}.__getitem__, row)
    most = most_audited(loaded.network)
    if len(trace.tokens) > most + 2:
        st.caption(f"This text is long: its first {most} tokens of {len(trace.tokens) - 2:,} are read with pads.")
        whole, first = trace, trace.tokens[1 : most + 1]
        trace = choice.kept(("first", most), (loaded, whole), lambda: read(loaded, whole.text, first))
    label = chosen.label
    found = choice.kept(("audit", pads, label), (loaded, trace), lambda: audit(loaded, trace, pads, label))
    return views.Padded(loaded, trace, found, side, chosen.masking)
