"""From words to one unit's sum: the matrix, its pads, the parameters, the terms of a sum, recurrence left out."""

from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class LedgerRow:
    """One parameter.

    Attributes:
        letter: in the formulas.
        layer, direction: None for the embedding and the readout.
        shape: of the tensor.
        size: its shape in the letters N, n, d, k and G, such as ("G·d", "n").
        count: numbers in the tensor.
    """

    letter: str
    layer: int | None
    direction: int | None
    shape: tuple[int, ...]
    size: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Ledger:
    """Every parameter of a network, and the bytes that training it takes, in float32.

    Attributes:
        letters: N, n, d, k and G.
        rows: in the order of the tensors.
        formula, numbers: the sum in letters and in this network's numbers, as LaTeX.
        by_formula: what the formula gives.
        declared: the sum of the shapes that the cell declares.
        in_tensors: the sum of the tensors' sizes.
        batch, steps: B and T of the activations.
        memory: bytes by what they are for.
    """

    letters: dict[str, int]
    rows: tuple[LedgerRow, ...]
    formula: str
    numbers: str
    by_formula: int
    declared: int
    in_tensors: int
    batch: int
    steps: int
    memory: dict[str, int]


@dataclass(frozen=True)
class GateTerms:
    """The sum of one gate of one unit at one step, term by term, in float64.

    Attributes:
        gate: its name.
        bias, inner_bias: b, and what the cell adds to W h_{t−1} (0 for most).
        hidden: (d,) W[u, j] · h_{t−1}[j].
        inputs: (n,) U[u, i] · x_t[i].
        weights_hidden, weights_inputs: (d,), (n,) the rows of W and U.
        factor, word_factor: what W h_{t−1} and U x_t are multiplied by before they are added, such as r_t for the GRU's
            candidate; mostly 1.
        factor_name, word_name, inner_name: how these factors, and the inner bias, are called.
        others: further terms, by their LaTeX.
    """

    gate: str
    bias: float
    inner_bias: float
    hidden: np.ndarray
    inputs: np.ndarray
    weights_hidden: np.ndarray
    weights_inputs: np.ndarray
    factor: float = 1.0
    word_factor: float = 1.0
    factor_name: str = ""
    word_name: str = ""
    inner_name: str = ""
    others: dict[str, float] = field(default_factory=dict)

    @property
    def past(self) -> float:
        """W h_{t−1}, with the inner bias."""
        return float(self.hidden.sum() + self.inner_bias)

    @property
    def word(self) -> float:
        """U x_t."""
        return float(self.inputs.sum())

    @property
    def total(self) -> float:
        """The pre-activation: b + W h_{t−1} + U x_t, or b + r_t (W h_{t−1} + b_q) + U x_t, or as the cell has it."""
        return self.bias + self.factor * self.past + self.word_factor * self.word + sum(self.others.values())


@dataclass(frozen=True)
class UnitStep:
    """One unit of one layer and direction at one step: how its state comes about.

    Attributes:
        unit, step, layer, direction: which, from 0.
        gates: one entry a gate.
        before: the state before, by part's name.
        values: what the terms add up to, by name: the gates, what else the cell keeps, and the state after.
        named: what else the cell's equations name, by its LaTeX.
        difference: largest absolute difference of any of these from the trace, and of a gate from its sum.
    """

    unit: int
    step: int
    layer: int
    direction: int
    gates: tuple[GateTerms, ...]
    before: dict[str, float]
    values: dict[str, float]
    named: dict[str, float]
    difference: float


@dataclass(frozen=True)
class WithoutRecurrence:
    """The same weights with h_{t−1} = 0 (and c_{t−1} = 0) at every step: a feed-forward network on each word alone.

    Attributes:
        states: (T, D) its uppermost states.
        readouts: (T, k) its softmax(c + V h).
    """

    states: np.ndarray
    readouts: np.ndarray


@dataclass(frozen=True)
class RecurrenceGain:
    """Accuracy with and without recurrence.

    Attributes:
        texts, available: how many were read, of how many.
        decisions: how many answers are counted.
        recurrent, feed_forward: accuracies; without recurrence each answer comes from the token at its own step alone.
        mean: of the texts answered by the mean of the feed-forward readouts over their steps; None where a text has no
            answer as a whole.
        majority: the share of the most frequent class.
    """

    texts: int
    available: int
    decisions: int
    recurrent: float
    feed_forward: float
    mean: float | None
    majority: float


@dataclass(frozen=True)
class Readings:
    """A split read otherwise than the network was taught.

    Attributes:
        padding: None when labelling.
    """

    padding: PaddingCost | None
    recurrence: RecurrenceGain
