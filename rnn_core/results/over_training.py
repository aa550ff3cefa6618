"""One text by the weights that a run had over its training."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OverTraining:
    """One text by S sets of weights, in the order of their updates: the snapshots, and the run's own weights. Arrays of numbers
    are float32.

    Attributes:
        updates: (S,) the updates.
        best: the place of the run's own weights, the best on dev, or their average.
        target: the class that the losses ask for.
        weights: (T,) w_t of the run's loss.
        states: (S, T, d) h_t of the top layer.
        readouts: (S, T, k) ŷ_t.
        losses: (S, T) L(t) = −log ŷ_t[target], in nats.
        totals: (S,) L = Σ w_t L(t).
        reached: (S, T) ‖∂L/∂h_t‖ at the top layer.
        copies: (S, T) ‖∂L/∂W|(t)‖ of the top layer's parameter that is followed.
        shares: (S, T) ⟨∂L/∂W|(t), ∂L/∂W⟩ / ‖∂L/∂W‖², as in `WayBack`.
        norms: (S,) ‖∂L/∂W‖.
        left_out: the updates whose weights give numbers that are not finite.
    """

    updates: np.ndarray
    best: int
    target: int
    weights: np.ndarray
    states: np.ndarray
    readouts: np.ndarray
    losses: np.ndarray
    totals: np.ndarray
    reached: np.ndarray
    copies: np.ndarray
    shares: np.ndarray
    norms: np.ndarray
    left_out: tuple[int, ...]

    @property
    def answers(self) -> np.ndarray:
        """(S,) the class that the last step answers."""
        found: np.ndarray = self.readouts[:, -1].argmax(1)
        return found

    @property
    def right_from(self) -> int | None:
        """The first place from which the answer is the target at every place; None where the last one answers otherwise."""
        wrong = np.flatnonzero(self.answers != self.target)
        first = int(wrong[-1]) + 1 if len(wrong) else 0
        return first if first < len(self.updates) else None
