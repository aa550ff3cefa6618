"""What pads do to a text's states, answer and gradients, and to accuracy."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class PaddedRead:
    """One text with pads, read one way, against the same text without.

    Attributes:
        side: `left` or `right`.
        masked: whether the pads are passed over; else they are read like any token.
        states: (T + p, D) the uppermost states along the padded row.
        true: (T + p,) which columns are true steps.
        read: (R,) the columns whose readouts are the answer: one, or one per token.
        state, answer, gradient: largest absolute difference of the uppermost states, of the probabilities (both where
            the answer is read) and of ∂L/∂(any parameter).
        ratio: ‖difference of the gradients‖ / ‖gradient without pads‖; nan where that is 0.
        loss: L.
        answers: (R,) the classes answered.
    """

    side: str
    masked: bool
    states: np.ndarray
    true: np.ndarray
    read: np.ndarray
    state: float
    answer: float
    gradient: float
    ratio: float
    loss: float
    answers: np.ndarray


@dataclass(frozen=True)
class PaddingAudit:
    """What p pads do to one text.

    Attributes:
        pads: p.
        targets: (R,) the classes that the loss asks for: one, or one per token.
        loss, answers: as `PaddedRead`'s, without pads.
        reads: every side with masking off and on.
        counts: (P,) numbers of pads from 0 up.
        curves: by (side, masked), (P,) the probability of the targets (the mean over tokens) with that number of pads.
        moved: by (side, masked), (P,) the largest absolute difference of the states that answer from those without pads.
        drift: by (side, masked), (P,) ‖difference of the gradients‖ / ‖gradient without pads‖; nan where that is 0.
    """

    pads: int
    targets: np.ndarray
    loss: float
    answers: np.ndarray
    reads: tuple[PaddedRead, ...]
    counts: np.ndarray
    curves: dict[tuple[str, bool], np.ndarray]
    moved: dict[tuple[str, bool], np.ndarray]
    drift: dict[tuple[str, bool], np.ndarray]

    def of(self, side: str, masked: bool) -> PaddedRead:
        """One of `reads`."""
        return next(read for read in self.reads if (read.side, read.masked) == (side, masked))


@dataclass(frozen=True)
class PaddingCost:
    """Accuracy on texts that are all padded to the longest of them.

    Attributes:
        texts, available: how many were read, of how many.
        longest: L, to which they are padded.
        true_end: reading the answer at each text's own end.
        last_column: pads at the end read like tokens, the answer taken from the last column.
        left: pads at the start read like tokens; the last column is then the true end.
    """

    texts: int
    available: int
    longest: int
    true_end: float
    last_column: float
    left: float
