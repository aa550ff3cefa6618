"""Numbers as learners type them."""

import pytest

from pages.learn.asking import _numbers
from rnn_core.config import Problem


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("1055", [1055]), ("1,055", [1055, 1.055]), ("50,040", [50040, 50.040]), ("1,234,567", [1234567]), ("0,25", [0.25]),
     ("−1.5", [-1.5]), (" 1 055 ", [1055]), ("0,125", [0.125]), ("1,055.5", [1055.5])],
)  # fmt: skip
def test_what_a_number_can_mean(typed: str, meant: list[float]) -> None:
    assert list(_numbers(typed)) == meant


@pytest.mark.parametrize("typed", ["", "many", "1,2,3", "1.2.3"])
def test_what_is_no_number(typed: str) -> None:
    with pytest.raises(Problem, match="is not a number"):
        _numbers(typed)
