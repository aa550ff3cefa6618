"""How often answers are right by their probability, held against scikit-learn and plain counting."""

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from rnn_core.views import encoding, view
from rnn_core.views.inputs import Answered, given
from rnn_core.views.trusted import BINS, Trusted
from tests.figures.validated import validated
from tests.views.test_views import NASTY, escaped_only

TRUSTED = view("trusted")


def answered(data: str = "reviews.csv") -> Answered:
    rng = np.random.default_rng(3)
    p = rng.uniform(0.5, 1, 400)
    return Answered(data, "texts", p, rng.uniform(size=400) < p - 0.1)


def test_the_bins_are_scikit_learns() -> None:
    found = answered()
    result: Trusted = TRUSTED.answer(given(answered=found))
    right, mean = calibration_curve(found.right, found.p, n_bins=BINS)
    some = [one for one in result.bins if one.count]
    np.testing.assert_allclose([one.accuracy for one in some], right)
    np.testing.assert_allclose([one.confidence for one in some], mean)
    last = found.p > 0.95
    said = TRUSTED.explain(result)
    assert f"For {last.sum()} of them p is above 0.95. The mean of their p is {found.p[last].mean():.4f}" in said
    assert f"and {found.right[last].sum()} are right, a share of {found.right[last].mean():.4f}" in said
    assert f"mean p is {found.p.mean():.4f}, and the share that is right {found.right.mean():.4f}" in said
    counts = np.array([one.count for one in some])
    assert f"= {(counts * abs(right - mean)).sum() / 400:.4g}$$" in said


def test_it_is_drawn_with_its_own_words() -> None:
    result = TRUSTED.answer(given(answered=answered()))
    drawn, _ = TRUSTED.render(result)
    validated(drawn.content)
    assert drawn.content["layout"]["xaxis"]["title"]["text"] == "probability of the answer"
    assert drawn.content["layout"]["yaxis2"]["title"]["text"] == "texts"


@pytest.mark.parametrize("data", NASTY)
def test_the_name_of_the_data_is_shown_as_written(data: str) -> None:
    inputs = given(answered=answered(data))
    result = TRUSTED.answer(inputs)
    escaped_only(TRUSTED.explain(result))
    assert encoding.nbytes(result) <= TRUSTED.most_bytes(inputs)
