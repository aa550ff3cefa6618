"""A text and its translation: attention, the words that could have come, the states of both networks, and the search."""

from rnn_core.views.translating.attention import ALIGNMENT, Alignment
from rnn_core.views.translating.both_states import BOTH
from rnn_core.views.translating.instead import INSTEAD
from rnn_core.views.translating.search import SEARCHED

VIEWS = (ALIGNMENT, INSTEAD, BOTH, SEARCHED)

__all__ = [
    "ALIGNMENT",
    "BOTH",
    "INSTEAD",
    "SEARCHED",
    "VIEWS",
    "Alignment",
]  # fmt: skip
