"""A text's loss as the weighted sum of the losses of its steps: L = Σ_t w_t L(t), as a formula, in numbers and as a table."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnn_core.figures.text import visible
from rnn_core.language import tr
from rnn_core.views.view import Table, number

MOST_TERMS = 8
"""Losses that a formula names one by one; of more, the first and the last ones."""

MOST_ROWS = 24
"""Steps up to which a table has all of them; of more, those that count."""


def total(weights: np.ndarray) -> str:
    """L as the sum of its steps' losses, from their weights w_t, (T,)."""
    steps = np.flatnonzero(weights) + 1
    if len(steps) == 1 and weights[steps[0] - 1] == 1:
        return f"L = L({steps[0]})"
    each, first, last = np.unique(weights[steps - 1]), steps[0] if len(steps) else 1, steps[-1] if len(steps) else 1
    if len(each) == 1 and last - first + 1 == len(steps):
        if each[0] == 1:
            return rf"L = \sum_{{t={first}}}^{{{last}}} L(t)"
        if np.isclose(each[0] * len(steps), 1):
            return rf"L = \frac{{1}}{{{len(steps)}}} \sum_{{t={first}}}^{{{last}}} L(t)"
    return r"L = \sum_t w_t L(t)"


def weighted(weights: np.ndarray) -> str:
    """wₜ in words, from (T,) weights."""
    steps = np.flatnonzero(weights) + 1
    if len(steps) == 1 and weights[steps[0] - 1] == 1:
        return tr("wₜ = 1 at t = {t} and 0 at all other steps", t=steps[0])
    if len(np.unique(weights[steps - 1])) == 1:
        each = weights[steps[0] - 1]
        mean = np.isclose(each * len(steps), 1)
        value = tr("1 (their sum)") if each == 1 else tr("1/{steps} (their mean)", steps=len(steps)) if mean else f"{each:.4g}"
        return tr("wₜ = {value} at the {steps} steps that count", value=value, steps=len(steps))
    return tr("wₜ as the run's task weighs its steps")


def in_numbers(values: np.ndarray, weights: np.ndarray, total_loss: float) -> str:
    """L with the losses of its steps as numbers, as LaTeX.

    Args:
        values, weights: (T,) L(t) and w_t.
        total_loss: L.
    """
    formula, counted = total(weights), np.flatnonzero(weights)
    values, weights = values[counted], weights[counted]
    same = len(np.unique(weights)) == 1
    terms = [_signed(float(value if same else weight * value)) for value, weight in zip(values, weights, strict=True)]
    if len(terms) > MOST_TERMS:
        terms = [*terms[: MOST_TERMS - 3], r"\dots", *terms[-2:]]
    if len(terms) == 1 and same and weights[0] == 1:
        return f"{formula} = {_written(total_loss)}"
    said = " + ".join(terms) or "0"
    if same and weights[0] != 1:
        each = rf"\frac{{1}}{{{len(counted)}}}" if np.isclose(weights[0] * len(counted), 1) else _written(float(weights[0]))
        said = rf"{each} ({said})"
    return f"{formula} = {said} = {_written(total_loss)}"


def _signed(value: float) -> str:
    return f"({_written(value)})" if value < 0 else _written(value)


def _written(value: float) -> str:
    """A number for LaTeX, which would take the e of 1e-05 for a letter."""
    digits, e, power = number(value).partition("e")
    return rf"{digits} \cdot 10^{{{int(power)}}}" if e else digits


def table(tokens: Sequence[str], targets: Sequence[str], values: np.ndarray, weights: np.ndarray) -> Table:
    """The losses step by step, and their sum so far.

    Args:
        tokens, targets: (T,) as fed, and the names of the classes aimed at; empty where a step has none.
        values, weights: (T,) L(t), nan where a step has no target, and w_t.
    """
    parts = np.where(weights > 0, weights * np.nan_to_num(values), 0.0)
    rows = list(range(len(tokens))) if len(tokens) <= MOST_ROWS else np.flatnonzero(weights).tolist()
    columns: dict[str, list[Any]] = {
        "t": [t + 1 for t in rows],
        tr("token"): [visible(tokens[t]) for t in rows],
        tr("target"): [visible(targets[t]) if targets[t] else "" for t in rows],
        "L(t)": [None if np.isnan(values[t]) else float(values[t]) for t in rows],
        "wₜ": weights[rows].tolist(),
        "wₜ L(t)": parts[rows].tolist(),
        tr("sum so far"): parts.cumsum()[rows].tolist(),
    }
    return Table(columns)
