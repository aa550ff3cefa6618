"""A network whose W is scaled."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scaled:
    """The way back of one step's loss with W as it was trained, and with W times a factor.

    Attributes:
        scale: the factor, s.
        at: the step of the loss, from 0.
        trained, lengths: (T,) ‖∂L/∂h_k‖ of the uppermost layer's states, reading forwards, with W and with κ·W.
        trained_state, state: the largest ‖h_t‖ with W and with κ·W.
        radii: by gate the spectral radius ρ of its block of the uppermost layer's W; {} where there is no W, or it is large.
        norm: ‖W‖₂ where the cell is h = φ(b + W h + U x) and W is not large; else None.
        steepest: max φ′, as `norm`.
    """

    scale: float
    at: int
    trained: np.ndarray
    lengths: np.ndarray
    trained_state: float
    state: float
    radii: dict[str, float]
    norm: float | None
    steepest: float | None
