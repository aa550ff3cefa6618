"""What a hunt for units found."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Hunt:
    """How well each unit alone tells a pattern, the best first.

    Attributes:
        units: (u,) by falling score on the blocks on which they are chosen.
        fitted: (u,) that score.
        held_out: (u,) the score on the other blocks, with the threshold and the direction of the former.
        thresholds: (u,) the value above which, or below which, the unit says yes; nan for a number.
        above: (u,) whether it says yes above; for a number, whether it grows with it.
        chance: the mean held-out score of the best unit for the pattern moved along the text, over some moves.
        share: of the tokens, those of the pattern; nan for a number.
        tokens: how many were read.
    """

    units: np.ndarray
    fitted: np.ndarray
    held_out: np.ndarray
    thresholds: np.ndarray
    above: np.ndarray
    chance: float
    share: float
    tokens: int


@dataclass(frozen=True)
class CorpusHunt:
    """A hunt over many texts.

    Attributes:
        hunt: the units, with the number of tokens that were scored.
        data: what was read, such as "dev of Verses".
        pattern: how the pattern is called.
        read: how many tokens were read; those that were scored are evenly chosen among them.
    """

    hunt: Hunt
    data: str
    pattern: str
    read: int
