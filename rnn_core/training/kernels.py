"""Adam as compiled loops: each number is read and written once per update."""

import math

import numpy as np

from rnn_core.compiled import compiled

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""Adam's defaults."""


@compiled
def adam(
    rows: np.ndarray, weights: np.ndarray, mean: np.ndarray, square: np.ndarray, gradient: np.ndarray,
    scale: float, rate: float, update: int,
) -> None:  # fmt: skip
    """One update of some rows of the weights (Kingma and Ba 2015).

    Args:
        rows: (u,) the rows with a gradient.
        weights, mean, square: (N, n), updated in place.
        gradient: (u, n), multiplied by `scale` first.
        rate: learning rate.
        update: the number of this update, from 1.
    """
    number = weights.dtype.type
    scale, first, second = number(scale), number(1 - BETA1), number(1 - BETA2)
    step, root = number(rate / (1 - BETA1**update)), number(1 / math.sqrt(1 - BETA2**update))
    decay, epsilon = number(BETA2), number(EPSILON)
    for i in range(len(rows)):
        w, m, v, given = weights[rows[i]], mean[rows[i]], square[rows[i]], gradient[i]
        for j in range(len(w)):
            g = given[j] * scale
            m[j] += first * (g - m[j])
            v[j] = decay * v[j] + second * (g * g)
            w[j] -= step * m[j] / (np.sqrt(v[j]) * root + epsilon)


@compiled
def coast(
    begin: int, end: int,
    rows: np.ndarray, weights: np.ndarray, mean: np.ndarray, square: np.ndarray, last: np.ndarray,
    updates: int, rate: float, table: np.ndarray,
) -> None:  # fmt: skip
    """Applies the updates without gradient that the rows `begin` to `end` of `rows` have missed, as derived in `optimizer`.

    Args:
        last: (N,) the update that each row is up to date with; set to `updates`.
        rate: learning rate.
        table: (5, ≥ updates + 1), for each update: the sum of all later steps of a row, in units of rate · m / √v; the powers
            of ρ, β₁ and β₂; and ε √(1 − β₂^(s+1)).
    """
    still, ratio, first_to, second_to, after = table
    for i in range(begin, end):
        row = rows[i]
        gap = updates - last[row]
        if not gap:
            continue
        w, m, v = weights[row], mean[row], square[row]
        number = w.dtype.type
        far, epsilon = number(rate * (still[last[row]] - ratio[gap] * still[updates])), number(after[last[row]])
        first, second = number(first_to[gap]), number(second_to[gap])
        for j in range(len(w)):
            w[j] -= far * m[j] / (np.sqrt(v[j]) + epsilon)
            m[j] *= first
            v[j] *= second
        last[row] = updates
