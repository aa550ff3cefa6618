"""The text that is read, on every page that reads one: typed here, and the same everywhere."""

import streamlit as st

from pages.common import state
from rnn_core.workspace.runs import Run

EXAMPLES = {
    "classify": (
        "a slow start , but a great end .",
        "the jokes are tired and the plot is a mess , yet i loved every minute of it .",
    ),
    "tag": (
        "My sister can open the can while the old man the boats .",
        "Nobody in Lisbon expected the train to leave early .",
    ),
    "entities": (
        "Ram went to Delhi yesterday , and Zarina wrote a letter to the University of Oslo .",
        "Angela Merkel flew to Jaipur , but Paris Hilton stayed in Paris .",
    ),
}
"""By task, and for names of people and places; the first is read before anybody has typed.

The ready-made runs answer it rightly but are not sure of every step: the loss of a sure answer is near 0, and BPTT would open
on gradients of nothing.
"""


def examples(run: Run) -> tuple[str, ...]:
    """Texts to try this run on. Raises Problem when it is damaged."""
    entities = not {"dev_f1", "test_f1"}.isdisjoint(run.metrics())  # scored by spans
    return EXAMPLES["entities" if entities else run.config.data.task]


def choose_text(run: Run) -> None:
    """The box with the text. Raises Problem when the run is damaged."""
    if state.selection().text is None:
        state.select(text=examples(run)[0])
    st.session_state["typed"] = state.selection().text

    def read_typed() -> None:
        if st.session_state["typed"] != state.selection().text:
            state.select(text=st.session_state["typed"])

    st.text_area("Text", key="typed", height=80, on_change=read_typed, placeholder="Type a sentence of your own")
