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
        rate: η of the nudges, by which L falls by a tenth to first order if W moves by −η ∂L/∂W; 0 where there are none.
        falls: (T,) how much L falls if copy t alone moves by −η ∂L/∂W|(t), by evaluation; to first order it is η ‖∂L/∂W|(t)‖².
            Empty for a text that is too long.
        fall: how much L falls if W itself, which is all copies, moves by −η ∂L/∂W; to first order η ‖∂L/∂W‖². NaN likewise.
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
    rate: float
    falls: np.ndarray
    fall: float


@dataclass(frozen=True)
class CutWays:
    """The loss of every step where its gradient is cut once, between two steps: the losses from the step after the cut on send
    nothing to the steps before it. The loss of the last step then sends nothing there at all.

    Arrays are float32; row b − 1 has the cut before step b, counted from 0, for b = 1 … T − 1.

    Attributes:
        arriving: (T − 1, P, T) as in `WayBack`, at the steps before the cut; 0 at the others, which no cut changes.
        shares: (T − 1, T) the share in the uncut ∂L/∂W that is left to each copy before the cut; 0 at the others likewise.
    """

    arriving: np.ndarray
    shares: np.ndarray
