"""The total loss as the sum of the losses of its steps, in numbers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.figures.text import visible
from rnn_core.views.bptt import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, Table, View, number

MOST_TERMS = 8
"""Losses that a formula names one by one; of more, the first and the last ones."""


@dataclass(frozen=True)
class Total:
    """The losses of a text's steps.

    Attributes:
        tokens: (T,) as fed.
        targets: (T,) the names of the classes aimed at; empty where a step has none.
        values: (T,) L(t); nan where a step has no target.
        weights: (T,) w_t.
        total: L.
        logit: whether L(t) is a logit.
    """

    tokens: tuple[str, ...]
    targets: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    total: float
    logit: bool


def _total(inputs: Inputs, controls: Controls) -> Total:
    flow = inputs.backward.flow
    targets = tuple(flow.labels[i] if i >= 0 else "" for i in flow.targets.tolist())
    return Total(flow.tokens, targets, flow.values, flow.weights, flow.total, flow.logit)


def in_numbers(found: Total) -> str:
    """L with the losses of its steps as numbers, as LaTeX."""
    counted = np.flatnonzero(found.weights)
    values, weights = found.values[counted], found.weights[counted]
    same = len(np.unique(weights)) == 1
    terms = [_signed(float(value if same else weight * value)) for value, weight in zip(values, weights, strict=True)]
    if len(terms) > MOST_TERMS:
        terms = [*terms[: MOST_TERMS - 3], r"\dots", *terms[-2:]]
    if len(terms) == 1 and same and weights[0] == 1:
        return f"{formulas.total(found.weights)} = {_written(found.total)}"
    said = " + ".join(terms)
    if same and weights[0] != 1:
        each = rf"\frac{{1}}{{{len(counted)}}}" if np.isclose(weights[0] * len(counted), 1) else _written(float(weights[0]))
        said = rf"{each} ({said})"
    return rf"{formulas.total(found.weights)} = {said} = {_written(found.total)}"


def _signed(value: float) -> str:
    return f"({_written(value)})" if value < 0 else _written(value)


def _written(value: float) -> str:
    """A number for LaTeX, which would take the e of 1e-05 for a letter."""
    digits, e, power = number(value).partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if e else digits


def table(found: Total) -> dict[str, list[Any]]:
    """The losses step by step, and their sum so far."""
    parts = np.where(found.weights > 0, found.weights * found.values, 0.0)
    return {
        "t": list(range(1, len(found.tokens) + 1)),
        "token": [visible(token) for token in found.tokens],
        "target": [visible(target) if target else "" for target in found.targets],
        "L(t)": [None if np.isnan(value) else float(value) for value in found.values],
        "wₜ": found.weights.tolist(),
        "wₜ L(t)": parts.tolist(),
        "sum so far": parts.cumsum().tolist(),
    }


def _show(found: Total) -> tuple[Part, ...]:
    return Part("formula", in_numbers(found)), Part("table", Table(table(found)))


def _explain(found: Total) -> str:
    rule = r"L(t) = o_t[y_t]" if found.logit else r"L(t) = -\log \hat y_t[y_t]"
    return (
        "Each step has a loss of its own, the surprise at its target; the text's loss is their weighted sum, with "
        f"{formulas.weighted(found.weights)}.\n\n$${rule}, \\qquad L = \\textstyle\\sum_t w_t L(t)$$\n\n$${in_numbers(found)}$$"
        "\n\nThe gradient of a sum is the sum of the gradients: so each loss can be followed back by itself."
    )


def _most_bytes(inputs: Inputs) -> int:
    way = inputs.backward
    names = 2 * max((len(label.encode()) for label in way.trace.labels), default=0)
    return sum(names + len(token.encode()) + 64 for token in way.trace.tokens) + 1024


TOTAL: View[Controls, Total] = View(
    "total", "How do the losses of the steps add up?", ("target",), Controls, _total, _show, _explain, _most_bytes,
)  # fmt: skip
