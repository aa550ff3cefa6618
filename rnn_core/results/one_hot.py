"""Texts as numbers: indices, the one-hot matrix, and the bytes of both."""

from dataclasses import dataclass, field

import numpy as np

from rnn_core.results.trace import Feature

PAD = "<pad>"
"""What fills a row of a matrix behind the end of its text."""


@dataclass(frozen=True)
class IndexMatrix:
    """Some texts as indices: m texts of at most L steps.

    Attributes:
        tokens: (m,) the tokens of each text as fed, specials included.
        words: (N,) the vocabulary that the indices count, its specials first.
        indices: (m, L) int64, `<pad>` behind the end of each text.
        lengths: (m,) true steps.
    """

    tokens: tuple[tuple[str, ...], ...]
    words: tuple[str, ...]
    indices: np.ndarray
    lengths: np.ndarray


@dataclass(frozen=True)
class TextMatrix(IndexMatrix):
    """The same with what the numbers of one side are read as, N words.

    Attributes:
        specials: how many of the words these are.
        counts: (N,) how often each was counted when the vocabulary was built; 0 for the specials.
        unknown: how many tokens are read as `<unk>`.
        width: n, numbers that an index is looked up as.
        index_bytes, one_hot_bytes, looked_up_bytes: of the indices in int64, of the m × L·N ones and zeros in float32 (they
            are never made), and of the m × L × n numbers looked up, in float32.
        difference: largest |E[w] − onehot(w) E| over all numbers looked up.
        form: by feature of the form of words, its values at the steps of the first text; {} if the network reads none.
    """

    specials: int
    counts: tuple[int, ...]
    unknown: int
    width: int
    index_bytes: int
    one_hot_bytes: int
    looked_up_bytes: int
    difference: float
    form: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class PairMatrices:
    """Pairs of texts as the batch that training makes of them; B pairs, S and T steps.

    Attributes:
        source: what the encoder reads, `<sos>` x_1 … x_m `<eos>`.
        fed: what the decoder reads, `<sos>` y_1 … y_n.
        labels: what its losses ask for at the same steps, y_1 … y_n `<eos>`.
        counted: the number of steps that the loss counts.
    """

    source: IndexMatrix
    fed: IndexMatrix
    labels: IndexMatrix
    counted: int


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
        form: the features of the token's form, each a row of a table of its own beside E[w]; () if the network reads none.
    """

    token: str
    fed: str
    index: int
    size: int
    row: np.ndarray
    difference: float
    form: tuple[Feature, ...] = ()


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
