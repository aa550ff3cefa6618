"""How answers come about while many texts are read."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Along:
    """How a classifier's answers come about while it reads many texts.

    Attributes:
        texts: how many were read.
        shares: (S,) shares of a text's words read, from 0 to 1.
        readouts: (S,) share of texts whose readout softmax(V h_t + c) is right once that share is read.
        answers: (S,) share whose answer would be right if the text stopped there.
        decided: (m,) share of each text's words read at its decision step, from which the answer never changes.
        distances: (D,) words before the end, from 0.
        reach: (D,) mean over texts of ‖∂L/∂h_t‖ (uppermost layer, the run's own loss) at that distance.
        followed: how many texts `reach` is the mean of.
        reduce: `mean` or `sum`: how the run's own loss adds up its steps.
        right_at_half: (m,) whether the readout is right once half of a text's words are read.
        right_at_end: (m,) whether the answer is right after all of them. Both None in what older versions saved.
    """

    texts: int
    shares: np.ndarray
    readouts: np.ndarray
    answers: np.ndarray
    decided: np.ndarray
    distances: np.ndarray
    reach: np.ndarray
    followed: int
    reduce: str = "mean"
    right_at_half: np.ndarray | None = None
    right_at_end: np.ndarray | None = None
