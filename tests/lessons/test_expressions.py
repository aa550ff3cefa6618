"""Expressions of lessons: what they give, and that they reach nothing else."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.config import Problem
from rnn_core.lessons.expressions import MOST_LETTERS, Table, Value, parse

HELD: dict[str, Value] = {
    "loss.total": 1.5, "steps": 3.0, "label": "positive", "norm": np.array([0.0, 0.25, 0.5]), "far": np.array([3.0, 1.0]),
    "tokens": np.array(["<sos>", "good", "<eos>"], object),
    "state": Table(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), (1, 0)),
    "p": Table(np.array([[0.9, 0.1], [0.2, 0.8], [0.3, 0.7]]), (1, ("negative", "positive"))),
    "nan": np.array([np.nan, 1.0]),
}  # fmt: skip


def value(source: str, answer: Value | None = None) -> Value:
    return parse(source, HELD).value(HELD.__getitem__, answer)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("1 + 2 * 3 - 4 / 8", 6.5), ("2 ** 3", 8.0), ("-loss.total", -1.5), ("+steps", 3.0), ("norm[2]", 0.25),
        ("norm[steps]", 0.5),
        ("sum(norm)", 0.75), ("max(norm) / min(norm[2] + norm)", 2.0), ("argmax(norm)", 3.0), ("abs(-2)", 2.0),
        ("state[2, 0]", 3.0), ("state[2][1]", 4.0), ('p[1, "positive"]', 0.1), ("argmax(p[1])", "negative"),
        ("argmax(state[1])", 1.0),
        ("tokens[2]", "good"), ("sum(norm > 0.1)", 2.0), ("sum(norm * norm) ** 0.5", 0.3125**0.5), ("1 < 2 < 3", 1.0),
        ("1 < 2 > 3", 0.0), ("not norm[1]", 1.0), ("norm[1] == 0 and norm[2] != 0", 1.0), ("norm[1] or 0", 0.0),
        ("label == 'positive'", 1.0), ("label != 'positive'", 0.0), ("tokens[1] == label", 0.0), ("True", 1.0),
        ("0.1 + 0.2 == 0.3", 1.0), ("1e-30 == 0", 0.0), ("1 == 1.00001", 0.0), ("1 >= 1.0000000001", 1.0), ("1 < 1 + 1e-9", 1.0),
    ],
)  # fmt: skip
def test_what_an_expression_gives(source: str, wanted: float | str) -> None:
    found = value(source)
    assert found == wanted if isinstance(wanted, str) else found == pytest.approx(wanted, rel=1e-12)


def test_vectors_are_computed_elementwise_and_keep_their_order() -> None:
    found = value("norm / max(norm) - 1")
    assert isinstance(found, np.ndarray)
    np.testing.assert_allclose(found, [-1, -0.5, 0])


def test_x_is_the_answer_and_only_there_when_it_is_given() -> None:
    asked = parse("norm[x] == 0", HELD)
    assert asked.asks and asked.names == {"norm"}
    assert asked.holds(HELD.__getitem__, 1.0) and not asked.holds(HELD.__getitem__, 2.0)
    with pytest.raises(Problem, match="learner's answer"):
        asked.value(HELD.__getitem__)


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("__import__('os').system('true')", "__import__"), ("os.system('true')", "os.system"), ("open('x')", "open"),
        ("norm.__class__", "norm.__class__"), ("().__class__.__bases__", "attributes"), ("'a'.join(tokens)", "attributes"),
        ("norm[1].real", "norm[1]"), ("[i for i in norm]", "[i for i in norm]"), ("lambda: 1", "lambda"), ("(y := 1)", "y := 1"),
        ("1 if steps else 2", "1 if steps else 2"), ("{1: 2}", "{1: 2}"), ("(1, 2)", "(1, 2)"), ("f'{norm}'", "f'{norm}'"),
        ("norm[1:2]", "norm[1:2]"), ("norm[::-1]", "range"), ("7 % 2", "%"), ("7 // 2", "//"), ("norm @ norm", "@"),
        ("1 | 2", "|"),
        ("~1", "~1"), ("label in tokens", "label in tokens"), ("steps is None", "steps is None"), ("None", "None"),
        ("b'x'", "b'x'"),
        ("1j", "1j"), ("...", "..."), ("sum(norm, 1)", "sum"), ("sum(*norm)", "*norm"), ("sum(norm, key=1)", "sum"),
        ("max(norm)(1)", "max(norm)"), ("eval('1')", "eval"), ("copies.nrom", "copies.nrom"), ("await x", "await x"),
        ("norm[(yield)]", "(yield)"), ("1 +", "1 +"), ("import os", "import os"), ("a = 1", "a = 1"),
        ("", "is not an expression"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_by_name(source: str, names: str) -> None:
    with pytest.raises(Problem) as why:
        parse(source, HELD)
    assert names in str(why.value)


def test_a_near_name_is_proposed() -> None:
    with pytest.raises(Problem, match=r"`loss.totl`. Did you mean `loss.total`"):
        parse("loss.totl", HELD)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("norm[0]", "indices 1 to 3, not 0"), ("norm[4]", "1 to 3, not 4"), ("norm[1.5]", "one whole number, not 1.5"),
        ("norm[-1]", "not -1"), ("norm[label]", 'not "positive"'), ("state[1, 2]", "0 to 1, not 2"),
        ("state[1, 0, 0]", "no more indices"),
        ('p[1, "neutral"]', '"negative", "positive", not for "neutral"'), ("p[1, 0]", "not for 0"),
        ("steps[1]", "no more indices"),
        ("norm + far", "3 values and 2 values do not fit"), ("label + 1", "words cannot be computed"), ("-tokens", "words"),
        ("label < 'a'", "only equal or different"), ("norm and 1", "about one number"), ("not norm", "about one number"),
        ("1 / 0", "no finite value"), ("0 / 0", "no finite value"), ("9 ** 9 ** 9", "no finite value"),
        ("(0 - 1) ** 0.5", "no finite"),
        ("nan", "no finite value"), ("1" + "0" * 280 + " ** 2", "no finite value"), ("argmax(state)", "one axis"),
    ],
)  # fmt: skip
def test_what_has_no_value_says_why(source: str, said: str) -> None:
    with pytest.raises(Problem) as why:
        value(source)
    assert said in str(why.value)


@pytest.mark.parametrize("source", ["1" + "+1" * 149, "(" * 140 + "1" + ")" * 140, "-" * 290 + "1", "9" * MOST_LETTERS])
def test_long_and_deep_expressions_are_refused_or_computed_at_once(source: str) -> None:
    try:
        found = value(source)
    except Problem:
        return
    assert isinstance(found, float)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_parse_or_be_refused(source: str) -> None:
    try:
        found = parse(source, HELD)
    except Problem:
        return
    assert found.names <= set(HELD)


@given(st.text("normx[]().,+-*/<>=!12'\" dea_:", max_size=40))
def test_what_is_parsed_has_a_value_or_a_reason(source: str) -> None:
    with contextlib.suppress(Problem):
        value(source, 1.0)
