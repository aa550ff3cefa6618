"""How much the seed decides: the scores of runs that differ in nothing else."""

import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The mean of the scores of several seeds.

    Attributes:
        scores: their number, two at least.
        mean: of them.
        low, high: the bounds of the 95% interval of the mean, by Student's t distribution with scores − 1 degrees of freedom.
    """

    scores: int
    mean: float
    low: float
    high: float


def spread(scores: Sequence[float]) -> Spread | None:
    """The spread of scores; None of fewer than two."""
    if len(scores) < 2:
        return None
    from scipy.special import stdtrit

    mean = statistics.fmean(scores)
    half = float(stdtrit(len(scores) - 1, 0.975)) * statistics.stdev(scores) / math.sqrt(len(scores))
    return Spread(len(scores), mean, mean - half, mean + half)
