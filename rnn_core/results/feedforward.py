"""The same weights without recurrence: answers and accuracy."""

from dataclasses import dataclass

import numpy as np

from rnn_core.results.padding import PaddingCost


@dataclass(frozen=True)
class WithoutRecurrence:
    """The same weights with h_{t−1} = 0 (and c_{t−1} = 0) at every step: a feed-forward network on each word alone.

    Attributes:
        states: (T, D) its uppermost states.
        readouts: (T, k) its softmax(c + V h).
    """

    states: np.ndarray
    readouts: np.ndarray


@dataclass(frozen=True)
class RecurrenceGain:
    """Accuracy with and without recurrence.

    Attributes:
        texts, available: how many were read, of how many.
        decisions: how many answers are counted.
        recurrent, feed_forward: accuracies; without recurrence each answer comes from the token at its own step alone.
        mean: of the texts answered by the mean of the feed-forward readouts over their steps; None where a text has no
            answer as a whole.
        shares: (k,) of each class among the true answers: the accuracy of always answering it.
    """

    texts: int
    available: int
    decisions: int
    recurrent: float
    feed_forward: float
    mean: float | None
    shares: tuple[float, ...]


@dataclass(frozen=True)
class Readings:
    """A split read otherwise than the network was taught.

    Attributes:
        padding: None for sequence tagging.
    """

    padding: PaddingCost | None
    recurrence: RecurrenceGain
