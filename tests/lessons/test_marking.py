"""Marks: right, a known misconception, or wrong."""

import numpy as np
import pytest

from rnn_core.config import Problem
from rnn_core.lessons import Ask
from rnn_core.lessons.expressions import Value
from rnn_core.lessons.marking import close, mark, scaled, significant, solution
from rnn_core.lessons.reading import read

NORM = np.array([0.0, 0.25, 0.5])
HELD: dict[str, Value] = {"copies.norm": NORM, "copies.whole": 0.58166, "text.steps": 3.0, "answer.label": "positive"}


def ask(kind: str, *lines: str) -> Ask:
    fence = "\n".join((f"```ask {kind}", "q: ?", *lines, "```"))
    lesson = read(f"---\ntitle: a\nrun: b\n---\n## a\n{fence}\n", "a")
    found = lesson.steps[0].blocks[0]
    assert isinstance(found, Ask)
    return found


@pytest.mark.parametrize(
    ("wanted", "typed", "right"),
    [
        (0.58166, "0.58", True), (0.58166, "0.582", True), (0.58166, ".58166", True), (0.58166, "0.581", False),
        (0.58166, "0.6", False), (0.58166, "0.57", False), (0.58166, "5.8e-1", True), (3.0, "3", True), (3.0, "3.0", True),
        (3.0, "3.01", False), (-0.25, "-0.25", True), (-0.25, "0.25", False), (0.0, "0", True), (0.0, "0.001", False),
        (1234.6, "1200", False), (1234.6, "1235", True), (0.0450, "0.045", True), (0.04567, "0.046", True),
    ],
)  # fmt: skip
def test_a_number_is_right_to_the_digits_that_were_typed(wanted: float, typed: str, right: bool) -> None:
    assert close(wanted, float(typed), typed, None) is right


def test_within_replaces_the_digits() -> None:
    assert close(0.58, 0.5, "0.5", 0.1) and not close(0.58, 0.4, "0.4", 0.1)


@pytest.mark.parametrize(("typed", "digits"), [("0.0450", 3), ("12", 2), ("0", 0), ("-1.50", 3), ("3e-5", 1), ("", 0)])
def test_significant_digits(typed: str, digits: int) -> None:
    assert significant(typed) == digits


def test_a_number_with_too_few_digits_is_told_so() -> None:
    asked = ask("number", "answer: copies.whole", "wrong sum(copies.norm): They do not add.", "why: {copies.whole}")
    assert mark(asked, 0.58, "0.58", HELD.__getitem__) == mark(asked, 0.582, "0.582", HELD.__getitem__)
    assert mark(asked, 0.58, "0.58", HELD.__getitem__).said == "0.5817"
    short = mark(asked, 0.6, "0.6", HELD.__getitem__)
    assert not short.right and "significant" in short.said
    known = mark(asked, 0.75, "0.75", HELD.__getitem__)
    assert (known.right, known.said) == (False, "They do not add.")
    assert mark(asked, 2.0, "2.0", HELD.__getitem__).said == ""
    assert solution(asked, 3, HELD.__getitem__) == pytest.approx(0.58166)


def test_a_step_by_a_condition() -> None:
    asked = ask("step", "answer: copies.norm[x] == 0", "wrong argmax(copies.norm): The largest.", "why: {x}")
    assert mark(asked, 1.0, "1", HELD.__getitem__) == mark(asked, 1.0, "", HELD.__getitem__)
    assert mark(asked, 1.0, "1", HELD.__getitem__).said == "1"
    assert mark(asked, 3.0, "3", HELD.__getitem__).said == "The largest."
    assert mark(asked, 2.0, "2", HELD.__getitem__).said == ""
    assert solution(asked, 3, HELD.__getitem__) == 1.0


def test_a_choice_by_its_key_by_a_value_and_by_a_condition() -> None:
    options = ("option negative: No", "option positive: Yes", "why: so")
    for line in ("answer: positive", "answer: answer.label", 'answer: x == "positive"'):
        asked = ask("choice", *options, line, "wrong negative: {x}")
        assert mark(asked, "positive", "", HELD.__getitem__).right
        assert mark(asked, "negative", "", HELD.__getitem__).said == "negative"
        assert solution(asked, 3, HELD.__getitem__) == "positive"
    numbered = ask("choice", "option 2: Two", "option 3: Three", "answer: text.steps", "why: so", "wrong 2: no")
    assert mark(numbered, "3", "", HELD.__getitem__).right and mark(numbered, "2", "", HELD.__getitem__).said == "no"
    assert solution(numbered, 3, HELD.__getitem__) == "3"


def test_a_curve_is_compared_by_its_shape() -> None:
    asked = ask("curve", "answer: copies.norm", "wrong argmax(x) == 1: It falls.", "why: so")
    np.testing.assert_allclose(scaled(NORM), [0, 0.5, 1])
    for drawn, right in (([0, 0.5, 1], True), ([0.1, 0.6, 0.9], True), ([0.3, 0.5, 1], False), ([1, 0.5, 0], False)):
        assert mark(asked, np.array(drawn, float), "", HELD.__getitem__).right is right
    assert mark(asked, np.array([1, 0.5, 0]), "", HELD.__getitem__).said == "It falls."
    for drawn, said in (([0.3, 0.5, 1], "at t = 1 is much too high."), ([0.2, 0.0, 1], "at t = 2 is much too low.")):
        assert mark(asked, np.array(drawn, float), "", HELD.__getitem__).said == f"The bar {said}"
    assert not mark(asked, np.array([0.0, 1.0]), "", HELD.__getitem__).right
    np.testing.assert_allclose(solution(asked, 3, HELD.__getitem__), [0, 0.5, 1])  # type: ignore[arg-type]
    with pytest.raises(Problem):
        scaled(1.0)


def test_a_misconception_without_a_value_here_is_passed_over() -> None:
    asked = ask("number", "answer: copies.whole", "wrong copies.norm[9]: No.", "why: so")
    assert mark(asked, 1.25, "1.25", HELD.__getitem__).said == ""
