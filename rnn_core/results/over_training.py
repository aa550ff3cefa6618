"""One text by the weights that a run had over its training."""

from dataclasses import dataclass

import numpy as np

from rnn_core.results.way_back import WayBack


@dataclass(frozen=True)
class OverTraining:
    """One text by S sets of weights, in the order of their updates: the snapshots, and the run's own weights.
    Numbers are float32.

    Attributes:
        updates: (S,) the updates.
        best: the place of the run's own weights, which are the best on dev, or their average.
        targets: (T,) the class that the loss of each step asks for, the same for all sets; −1 for none.
        states: (S, layers, directions, T, d) h_t.
        classes: (S, T, m) the most probable classes of each step, falling.
        p: (S, T, m) their probabilities ŷ_t.
        target_p: (S, T) those of the targets; NaN where there is none.
        losses: (S, T) L(t) = −log ŷ_t[target], in nats; NaN likewise.
        ways: (S) the loss that the run was trained with on its way back; no copy is nudged.
        left_out: the updates whose weights give numbers that are not finite.
    """

    updates: np.ndarray
    best: int
    targets: np.ndarray
    states: np.ndarray
    classes: np.ndarray
    p: np.ndarray
    target_p: np.ndarray
    losses: np.ndarray
    ways: tuple[WayBack, ...]
    left_out: tuple[int, ...]

    @property
    def totals(self) -> np.ndarray:
        """(S,) L = Σ w_t L(t)."""
        return np.array([way.total for way in self.ways])

    @property
    def weights(self) -> np.ndarray:
        """(T,) w_t of the run's loss."""
        return self.ways[self.best].weights

    @property
    def right(self) -> np.ndarray:
        """(S,) the number of steps that the loss counts and whose most probable class is the target."""
        found: np.ndarray = ((self.classes[..., 0] == self.targets) & (self.weights > 0) & (self.targets >= 0)).sum(1)
        return found
