"""A text cut at every K steps, read in several ways."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class WayOfReading:
    """One way to read a text of T steps.

    Attributes:
        states: (T, D) the uppermost ones.
        readouts: (T, k) softmax(c + V h_t).
        lengths: (T,) ‖∂L/∂h_k‖ of the uppermost layer's state, reading forwards, for the loss at one step; 0 where no gradient
            comes.
    """

    states: np.ndarray
    readouts: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class Cutting:
    """A text cut at every K steps.

    Attributes:
        size: K.
        at: the step whose loss is followed back, from 0.
        whole: uncut.
        carried: each piece goes on from the state in which the one before it ended; the gradient stops at the cut. None where a
            direction reads from the end: it has no state to go on from.
        separate: each piece begins at h_0 = 0, as a sample of its own.
    """

    size: int
    at: int
    whole: WayOfReading
    carried: WayOfReading | None
    separate: WayOfReading
