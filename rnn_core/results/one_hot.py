"""Texts as numbers: indices, the one-hot matrix, and the bytes of both."""

from dataclasses import dataclass

import numpy as np

PAD = "<pad>"
"""What fills a row of a matrix behind the end of its text."""


@dataclass(frozen=True)
class TextMatrix:
    """Some texts as numbers: m texts of at most L steps, N words.

    Attributes:
        tokens: (m,) the tokens of each text as fed, specials included.
        words: (N,) the vocabulary that the indices count, its specials first.
        specials: how many of these.
        counts: (N,) how often each was counted when the vocabulary was built; 0 for the specials.
        indices: (m, L) int64, `<pad>` behind the end of each text.
        lengths: (m,) true steps.
        unknown: how many tokens are read as `<unk>`.
        width: n, numbers that an index is looked up as.
        index_bytes, one_hot_bytes, looked_up_bytes: of the indices in int64, of the m × L·N ones and zeros in float32 (they
            are never made), and of the m × L × n numbers looked up, in float32.
        difference: largest |E[w] − onehot(w) E| over all numbers looked up.
    """

    tokens: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    specials: int
    counts: tuple[int, ...]
    indices: np.ndarray
    lengths: np.ndarray
    unknown: int
    width: int
    index_bytes: int
    one_hot_bytes: int
    looked_up_bytes: int
    difference: float


@dataclass(frozen=True)
class LabelMatrix:
    """What the loss asks for at each step of some texts.

    Attributes:
        tokens: (r,) the tokens of each text as fed.
        classes: (r, L) the number of the class at each step that the loss counts; −1 elsewhere.
        used, names: (u,) the numbers in `classes`, rising, and what these classes are called.
        given: (r,) whether the label of the text is known; the network's own answer stands for one that is not.
        outputs: k.
        longest: L.
        texts: m, of which r are here.
    """

    tokens: tuple[tuple[str, ...], ...]
    classes: np.ndarray
    used: np.ndarray
    names: tuple[str, ...]
    given: tuple[bool, ...]
    outputs: int
    longest: int
    texts: int


@dataclass(frozen=True)
class OneHotVector:
    """One token as a one-hot vector, and as the row of E that this picks.

    Attributes:
        token, fed: as typed, and as the vocabulary has it.
        index: the place of the 1, from 0.
        size: N.
        row: (n,) E[w].
        difference: largest |E[w] − Eᵀ onehot(w)|.
    """

    token: str
    fed: str
    index: int
    size: int
    row: np.ndarray
    difference: float


@dataclass(frozen=True)
class OneHotWindow:
    """A part of the one-hot matrix: some texts, some steps, and of each step the words that occur there at all.

    Attributes:
        rows, steps, columns: (r,), (s,), (c,) which texts, steps (from 0) and indices.
        values: (r, s, c) uint8, 0 or 1.
    """

    rows: np.ndarray
    steps: np.ndarray
    columns: np.ndarray
    values: np.ndarray
