"""Marks answers: right, a known misconception, or wrong."""

import re
from dataclasses import dataclass

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons import NEAR, Ask, Quantities
from rnn_core.lessons.expressions import Expression, Table, Value

DIGITS = 2
"""Significant digits that a typed number needs, where the value has as many."""


@dataclass(frozen=True)
class Mark:
    """What an answer gets.

    Attributes:
        right: whether it is right.
        said: Markdown: why it is right, or what is wrong with it; empty where nothing is known of it.
    """

    right: bool
    said: str


def mark(ask: Ask, answer: Value, typed: str, quantities: Quantities) -> Mark:
    """The mark of an answer.

    Args:
        answer: a number, the key of an option, a step from 1, or a vector along the steps.
        typed: a number as it was typed, whose digits count.

    Raises:
        Problem: where a quantity has no value for this text and network.
    """
    if ask.kind == "choice":
        answer = option(str(answer))
    if _met(ask, ask.answer, answer, typed, quantities):
        return Mark(True, ask.why.filled(quantities, answer))
    if _short(ask, answer, typed, quantities):
        return Mark(False, tr(
            "Near enough, but with too few digits: give {digits} significant ones at least.", digits=DIGITS,
        ))
    for condition, words in ask.wrongs:
        try:
            met = _met(ask, condition, answer, typed, quantities)
        except Problem:  # this misconception has no value on the learner's own text
            continue
        if met:
            return Mark(False, words.filled(quantities, answer))
    return Mark(False, _farthest(answer, ask.answer.value(quantities)) if ask.kind == "curve" and not ask.answer.asks else "")


def _farthest(answer: Value, wanted: Value) -> str:
    """The bar of a drawn curve that is farthest from the right one."""
    drawn, right = np.asarray(answer, np.float64), scaled(wanted)
    if drawn.shape != right.shape:
        return ""
    t = int(np.abs(drawn - right).argmax())
    return tr("The bar at t = {t} is much too high.", t=t + 1) if drawn[t] > right[t] else tr(
        "The bar at t = {t} is much too low.", t=t + 1,
    )


def _short(ask: Ask, answer: Value, typed: str, quantities: Quantities) -> bool:
    """Whether a typed number is right but for the digits that it lacks."""
    if ask.kind != "number" or ask.within is not None or not 0 < significant(typed) < DIGITS or ask.answer.asks:
        return False
    wanted = ask.answer.value(quantities)
    return isinstance(wanted, float) and isinstance(answer, float) and float(f"{wanted:.0e}") == answer


def _met(ask: Ask, condition: Expression, answer: Value, typed: str, quantities: Quantities) -> bool:
    if condition.asks:
        return condition.holds(quantities, answer)
    wanted = condition.value(quantities)
    if isinstance(wanted, str) or isinstance(answer, str):
        return key(wanted) == key(answer)
    if ask.kind == "number" and isinstance(wanted, float) and isinstance(answer, float):
        return close(wanted, answer, typed, ask.within)
    if ask.kind == "curve":
        drawn, right = np.asarray(answer, np.float64), scaled(wanted)
        return drawn.shape == right.shape and bool((np.abs(drawn - right) <= (ask.within or NEAR)).all())
    return isinstance(wanted, float) and isinstance(answer, float) and wanted == answer


def scaled(curve: Value) -> np.ndarray:
    """A curve as it is drawn: divided by its largest number, so that it reaches from 0 to 1."""
    if isinstance(curve, float | str):
        raise Problem(tr("a curve has a number for each step."))
    values = np.asarray(curve.values if isinstance(curve, Table) else curve, np.float64)
    most = float(np.abs(values).max())
    return values / most if most else values


def close(wanted: float, answer: float, typed: str, within: float | None) -> bool:
    """Whether a typed number is the value: at most `within` away, or the value rounded to as many digits as were typed."""
    if within is not None:
        return abs(wanted - answer) <= within
    if wanted == round(wanted) and abs(wanted) < 1e15:
        return answer == wanted
    digits = max(DIGITS, significant(typed))
    return float(f"{wanted:.{digits - 1}e}") == float(f"{answer:.{digits - 1}e}")


def significant(typed: str) -> int:
    """The significant digits of a number as it was typed: 3 of `0.0450`."""
    return len(re.sub(r"[eE].*|\D", "", typed).lstrip("0"))


def key(value: Value) -> str:
    """The key of an option, of a word or a number."""
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else str(value)
    return str(value)


def solution(ask: Ask, steps: int, quantities: Quantities) -> Value | None:
    """A right answer: the value, or of a condition the first option or step that meets it; None where none does, or where it is
    a condition on a number. Of a curve, the right one as it is drawn.

    Args:
        steps: T.
    """
    if ask.kind == "curve":
        return scaled((ask.shows or ask.answer).value(quantities))
    if not ask.answer.asks:
        found = ask.answer.value(quantities)
        return key(found) if ask.kind == "choice" else found
    tried: list[Value] = list(ask.options) if ask.kind == "choice" else [float(t + 1) for t in range(steps)]
    if ask.kind not in ("choice", "step"):
        return None
    for one in tried:
        value = option(one) if isinstance(one, str) else one
        if ask.answer.holds(quantities, value):
            return one
    return None


def option(name: str) -> Value:
    """An option's key in an expression: a number where it is one."""
    try:
        return float(name)
    except ValueError:
        return name
