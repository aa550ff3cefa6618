"""The interval of a paired difference against weighted numpy and scipy, and against every table that there can be."""

import numpy as np
import pytest
from scipy import stats

from rnn_core.analysis.paired import paired


@pytest.mark.parametrize(("n", "one", "other"), [(24, 6, 2), (24, 0, 0), (872, 90, 40), (1, 1, 0), (50, 0, 50)])
def test_the_interval_of_a_paired_difference_is_walds_with_half_a_text_more_in_each_cell(n: int, one: int, other: int) -> None:
    first, second = np.arange(n) < one, (np.arange(n) >= n - other)
    found = paired(first, second)
    assert (found.only_first, found.only_second) == (one, other)
    differences = np.concatenate((first.astype(float) - second, [1, -1, 0, 0]))  # a second way: these pairs by their weights
    weights = np.concatenate((np.ones(n), np.full(4, 0.5)))
    mean = np.average(differences, weights=weights)
    error = np.sqrt(np.average((differences - mean) ** 2, weights=weights) / weights.sum())
    low, high = stats.norm.interval(0.95, mean, error)
    assert (found.low, found.high) == (pytest.approx(max(-1, low)), pytest.approx(min(1, high)))
    narrow = paired(first, second, 0.5)
    assert found.low <= narrow.low < narrow.high <= found.high


def test_the_interval_holds_the_true_difference_as_often_as_it_says() -> None:
    """Counted exactly: over every table that 24 texts can give, by its probability."""
    for only_first, only_second in ((0.25, 0.08), (0.1, 0.1), (0.4, 0.1)):
        held, n = 0.0, 24
        for one in range(n + 1):
            for other in range(n + 1 - one):
                shares = [only_first, only_second, 1 - only_first - only_second]
                chance = stats.multinomial.pmf([one, other, n - one - other], n, shares)
                found = paired(np.arange(n) < one, np.arange(n) >= n - other)
                held += chance * (found.low <= only_first - only_second <= found.high)
        assert 0.93 < held < 0.99
