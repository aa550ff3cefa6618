"""What the loss of a text sends back along the top layer, step by step."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WayBack:
    """One loss on its way back along the top layer of a network that reads in one direction. Arrays are float32.

    Attributes:
        loss: `last` or `every`: where L takes its losses.
        weights: (T,) w_t.
        total: L = Σ w_t L(t).
        own: (T,) w_t ‖∂L(t)/∂h_t‖, what the loss of step t itself sends to its state.
        arriving: (P, T) by the parts of the state, the norm of the gradient at the state after step t that comes from step t + 1;
            0 at the last step.
        reached: (T,) ‖∂L/∂h_t‖, both together.
        copies: (T,) ‖∂L/∂W|(t)‖.
        shares: (T,) ⟨∂L/∂W|(t), ∂L/∂W⟩ / ‖∂L/∂W‖²; all of them sum to 1, or are 0 where ∂L/∂W is 0.
        norm: ‖∂L/∂W‖.
    """

    loss: str
    weights: np.ndarray
    total: float
    own: np.ndarray
    arriving: np.ndarray
    reached: np.ndarray
    copies: np.ndarray
    shares: np.ndarray
    norm: float
