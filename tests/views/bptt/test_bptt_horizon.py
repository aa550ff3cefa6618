"""How far back a gradient reaches, in words."""

import numpy as np
import pytest

from rnn_core.views import bptt as views


@pytest.mark.parametrize(
    ("left", "said"),
    [([1, 0.5, 0.001], "2 steps back, less than 1 % is left."), ([1, 0.001], "1 step back"), ([0, 0], "nothing at all"),
     ([1, 0.5], "Even 1 step back"), ([1], "nothing before"), ([1, np.inf, 1], "explodes"), ([1, np.nan, 1], "explodes"),
     ([1, 0.5, 0.25], "Even 2 steps back, where the text begins, 0.25 times")],
)  # fmt: skip
def test_the_horizon_in_words(left: list[float], said: str) -> None:
    assert said in views.horizon_words(np.array(left, float))


def test_a_direction_from_the_end_leads_on_to_where_the_text_ends() -> None:
    assert views.horizon_words(np.array([1, 0.5]), 1) == "Even 1 step on, where the text ends, 0.5 times the start is left."
    assert views.horizon_words(np.array([1.0]), 1) == "There is nothing after this step."
