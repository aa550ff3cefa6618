"""Two classifiers on the same texts: how far apart their accuracies are, and how sure that is. Loads no torch."""

from statistics import NormalDist
from typing import NamedTuple

import numpy as np


class Paired(NamedTuple):
    """Two classifiers on the same texts.

    Attributes:
        only_first, only_second: how many texts the one alone is right on.
        low, high: the ends of an interval of the difference of their accuracies, first less second.
    """

    only_first: int
    only_second: int
    low: float
    high: float


def paired(first: np.ndarray, second: np.ndarray, level: float = 0.95) -> Paired:
    """The difference of two accuracies on the same texts, with its interval.

    The interval is Wald's after half a text is added to each cell of the table right/wrong × right/wrong: Agresti and Min 2005,
    "Simple improved confidence intervals for comparing matched proportions", Statistics in Medicine 24, 729 to 740.

    Args:
        first, second: (m,) whether each is right on each text.
        level: of confidence.
    """
    one, other = int((first & ~second).sum()), int((second & ~first).sum())
    n = len(first) + 2
    difference = (one - other) / n
    spread = NormalDist().inv_cdf((1 + level) / 2) * ((one + other + 1) / n - difference**2) ** 0.5 / n**0.5
    return Paired(one, other, max(-1.0, difference - spread), min(1.0, difference + spread))
