"""The text that is read, on every page that reads one: typed here, and the same everywhere."""

import streamlit as st

from pages.common import state
from rnn_core import tasks
from rnn_core.workspace.runs import Run


def examples(run: Run) -> tuple[str, ...]:
    """Texts to try this run on. Raises Problem when it is damaged."""
    entities = not {"dev_f1", "test_f1"}.isdisjoint(run.metrics())  # scored by spans
    return tasks.of(run.config).texts(entities)


def choose_text(run: Run) -> None:
    """The box with the text. Raises Problem when the run is damaged."""
    if state.selection().text is None:
        state.select(text=examples(run)[0])
    st.session_state["typed"] = state.selection().text

    def read_typed() -> None:
        if st.session_state["typed"] != state.selection().text:
            state.select(text=st.session_state["typed"])

    st.text_area("Text", key="typed", height=80, on_change=read_typed, placeholder="Type a sentence of your own")
