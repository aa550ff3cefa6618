"""What the losses of a text send back through the network, step by step."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WayBack:
    """One loss on its way back through the S layers and directions of a network: the top layer first, and in each layer first the
    direction that reads from the start. Arrays are float32.

    Attributes:
        loss: `last` or `every`, where L takes its losses; `one`, the loss of a single step.
        step: of the only loss, from 0; −1 for `every`.
        weights: (T,) w_t.
        total: L = Σ w_t L(t).
        above: (S, T) the norm of the gradient at the state h_t that comes from above: in the top layer from the step's own loss,
            w_t ∂L(t)/∂h_t, in a lower one from the layer above it.
        arriving: (S, P, T) by the parts of the state, the norm of the gradient at the state after step t that comes along the
            text, from the step that was read next; 0 at the last one.
        reached: (S, T) ‖∂L/∂h_t‖, both together.
        copies: (S, T) ‖∂L/∂W|(t)‖.
        shares: (S, T) ⟨∂L/∂W|(t), ∂L/∂W⟩ / ‖∂L/∂W‖²; those of a W sum to 1, or are 0 where ∂L/∂W is 0.
        norms: (S,) ‖∂L/∂W‖.
        rates: (S,) η of the nudges, by which L falls by a tenth to first order if W moves by −η ∂L/∂W; 0 where W is not nudged.
        falls: (S, T) how much L falls if copy t of W alone moves by −η ∂L/∂W|(t), by evaluation; to first order it is
            η ‖∂L/∂W|(t)‖². NaN where W is not nudged.
        fall: (S,) how much L falls if W itself, which is all copies, moves by −η ∂L/∂W; to first order η ‖∂L/∂W‖². NaN likewise.
    """

    loss: str
    step: int
    weights: np.ndarray
    total: float
    above: np.ndarray
    arriving: np.ndarray
    reached: np.ndarray
    copies: np.ndarray
    shares: np.ndarray
    norms: np.ndarray
    rates: np.ndarray
    falls: np.ndarray
    fall: np.ndarray

    @property
    def nudged(self) -> bool:
        """Whether the W of the top layer, from the start, is nudged."""
        return bool(np.isfinite(self.fall[0]))


@dataclass(frozen=True)
class CutWays:
    """The loss of every step where its gradient is cut once, between two steps: the losses from the step after the cut on send
    nothing to the steps before it, in any layer. The loss of the last step then sends nothing there at all.

    Arrays are float32; row b − 1 has the cut before step b, counted from 0, for b = 1 … T − 1.

    Attributes:
        above, arriving: (T − 1, S, T) and (T − 1, S, P, T) as in `WayBack`, at the steps before the cut; 0 at the others, which
            no cut changes.
        shares: (T − 1, S, T) the share in the uncut ∂L/∂W that is left to each copy before the cut; 0 at the others likewise.
    """

    above: np.ndarray
    arriving: np.ndarray
    shares: np.ndarray
