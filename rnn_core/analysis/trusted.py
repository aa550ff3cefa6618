"""How often answers are right, by their probability. Loads no torch."""

import numpy as np

from rnn_core.metrics import Calibration
from rnn_core.results import Reliability


def reliability(p: np.ndarray, right: np.ndarray, bins: int) -> tuple[Reliability, ...]:
    """Answers in bins of equal width by their probability.

    Args:
        p: (m,) the probability of each answer.
        right: (m,) whether it was right.
        bins: how many bins.
    """
    counts = Calibration(bins)
    counts.add(p, right)
    return counts.bins()
