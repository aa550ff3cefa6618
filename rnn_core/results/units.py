"""One unit at one step: the terms of its sums, and its state."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class GateTerms:
    """The sum of one gate of one unit at one step, term by term, in float64.

    Attributes:
        gate: its name.
        bias, inner_bias: b, and what the cell adds to W h_{t−1} (0 for most).
        hidden: (d,) W[u, j] · h_{t−1}[j].
        inputs: (n,) U[u, i] · x_t[i].
        weights_hidden, weights_inputs: (d,), (n,) the rows of W and U.
        factor, word_factor: what W h_{t−1} and U x_t are multiplied by before they are added, such as r_t for the GRU's
            candidate; mostly 1.
        factor_name, word_name, inner_name: how these factors, and the inner bias, are called.
        others: further terms, by their LaTeX.
    """

    gate: str
    bias: float
    inner_bias: float
    hidden: np.ndarray
    inputs: np.ndarray
    weights_hidden: np.ndarray
    weights_inputs: np.ndarray
    factor: float = 1.0
    word_factor: float = 1.0
    factor_name: str = ""
    word_name: str = ""
    inner_name: str = ""
    others: dict[str, float] = field(default_factory=dict)

    @property
    def past(self) -> float:
        """W h_{t−1}, with the inner bias."""
        return float(self.hidden.sum() + self.inner_bias)

    @property
    def word(self) -> float:
        """U x_t."""
        return float(self.inputs.sum())

    @property
    def total(self) -> float:
        """The pre-activation: b + W h_{t−1} + U x_t, or b + r_t (W h_{t−1} + b_q) + U x_t, or as the cell has it."""
        return self.bias + self.factor * self.past + self.word_factor * self.word + sum(self.others.values())


@dataclass(frozen=True)
class UnitStep:
    """One unit of one layer and direction at one step: how its state comes about.

    Attributes:
        unit, step, layer, direction: which, from 0.
        gates: one entry a gate.
        before: the state before, by part's name.
        values: what the terms add up to, by name: the gates, what else the cell keeps, and the state after.
        named: what else the cell's equations name, by its LaTeX.
        difference: largest absolute difference of any of these from the trace, and of a gate from its sum.
    """

    unit: int
    step: int
    layer: int
    direction: int
    gates: tuple[GateTerms, ...]
    before: dict[str, float]
    values: dict[str, float]
    named: dict[str, float]
    difference: float
