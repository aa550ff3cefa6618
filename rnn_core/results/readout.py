"""The readout of one step, taken apart."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Logit:
    """The logit of one class at one step, o[j] = c[j] + Σ_i V[j, i] h[i], term by term in float64.

    Attributes:
        step: from 0.
        chosen: j, the number of the class.
        bias: c[j].
        weights: (D,) the row of V.
        state: (D,) h, of both directions where there are two.
        difference: the distance of their sum from the trace's logit.
    """

    step: int
    chosen: int
    bias: float
    weights: np.ndarray
    state: np.ndarray
    difference: float

    @property
    def terms(self) -> np.ndarray:
        """(D,) V[j, i] · h[i]."""
        return self.weights * self.state

    @property
    def total(self) -> float:
        """o[j]."""
        return self.bias + float(self.terms.sum())
