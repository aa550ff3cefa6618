"""What analysis gives and figures take: frozen dataclasses of plain values and numpy arrays. Loads no torch."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

SOS, EOS = "<sos>", "<eos>"
"""The first and the last token of every text as it is fed."""


# ---- data -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LeftOut:
    """Rows that were not used, or not whole, for one reason.

    Attributes:
        reason: a clause such as "no label".
        count: how many rows.
        rows: where the first of them are, such as "train.csv line 12".
    """

    reason: str
    count: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class SplitSummary:
    """One split of a dataset in numbers.

    Attributes:
        examples: texts or sentences.
        tokens: tokens in them, without specials.
        label_counts: how often each label stands there (texts, or tokens when labelling).
        lengths: number of texts of 0, 1, 2 … tokens.
        unknown_share: share of tokens that are not in the training vocabulary.
    """

    examples: int
    tokens: int
    label_counts: dict[str, int]
    lengths: tuple[int, ...]
    unknown_share: float


@dataclass(frozen=True)
class DataReport:
    """What reading found, shown before anybody trains.

    Attributes:
        files: one entry a file: name, format, encoding, delimiter, columns used, rows read.
        rows_read: data rows (or sentences) seen in all files.
        rows_kept: those that became examples.
        left_out: the others, and texts that were cut, by reason.
        warnings: sentences on what is odd but usable.
        scheme: the tag scheme recognised (IOB1, IOB2, IOBES), None for plain classes.
        vocabulary_size: words kept from the training split, specials included.
        splits: by name, in the order train, dev, test.
        cut: how the splits came about, as a sentence.
        examples: up to ten, each (tokens, label or tags).
    """

    files: tuple[dict[str, Any], ...]
    rows_read: int
    rows_kept: int
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]
    scheme: str | None
    vocabulary_size: int
    splits: dict[str, SplitSummary]
    cut: str
    examples: tuple[tuple[tuple[str, ...], str | tuple[str, ...]], ...]


# ---- scores ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall, F1 (each 0 when undefined) and support (true members) of one class or entity type."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True)
class SpanScores:
    """Entity spans by the strict rule: a span counts when its type and both its ends are right.

    Attributes:
        scheme: the tag scheme the spans were read by.
        per_type: scores of each entity type.
        precision, recall, f1: micro averages over all spans.
        macro_f1: mean F1 over the types.
    """

    scheme: str
    per_type: tuple[ClassScores, ...]
    precision: float
    recall: float
    f1: float
    macro_f1: float


@dataclass(frozen=True)
class Scores:
    """A run's answers against the truth.

    Attributes:
        labels: the classes, in the order of the confusion matrix.
        confusion: (k, k) counts; rows: the truth, columns: the answer.
        accuracy: share of right answers (texts, or tokens when labelling).
        per_class: one entry a label; its recall is the accuracy within that class.
        macro_precision, macro_recall, macro_f1: plain means over the classes that occur in truth or answers.
        micro_f1: F1 of all decisions pooled, which is the accuracy when every item has one label and one answer.
        loss: mean cross-entropy in nats (None when not computed).
        spans: strict span scores for entity labels, else None.
    """

    labels: tuple[str, ...]
    confusion: np.ndarray
    accuracy: float
    per_class: tuple[ClassScores, ...]
    macro_precision: float
    macro_recall: float
    macro_f1: float
    micro_f1: float
    loss: float | None = None
    spans: SpanScores | None = None

    def headline(self, metric: str) -> float:
        """The value of `accuracy`, `macro_f1` or `f1` (spans)."""
        if metric == "f1":
            return self.spans.f1 if self.spans else 0.0
        return float(getattr(self, metric))


@dataclass(frozen=True)
class Evaluation:
    """A run's predictions on a split or file against the truth.

    Attributes:
        run: the run's id.
        data: what was evaluated, in words, such as "test of Film reviews".
        scores: the figures.
        tokens: (m,) lists of tokens, one a text.
        truths, answers: (m,) a label a text, or a list of tags a text.
        confidences: (m,) the probability of each answer, or a list of them a text.
        weights: hash of the weights that answered, so that it can be told when the run has others by now.
        warnings: sentences on what was odd about the data.
        left_out: rows of a file that were not used, or cut, by reason.
    """

    run: str
    data: str
    scores: Scores
    tokens: list[list[str]]
    truths: list[Any]
    answers: list[Any]
    confidences: list[Any]
    weights: str = ""
    warnings: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


# ---- along many texts -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Along:
    """How a classifier's answers come about while it reads many texts.

    Attributes:
        texts: how many were read.
        shares: (S,) shares of a text's words read, from 0 to 1.
        readouts: (S,) share of texts whose readout softmax(V h_t + c) is right once so much is read.
        answers: (S,) share whose answer would be right if the text stopped there.
        decided: (m,) share of each text's words read at its decision step, from which the answer never changes.
        distances: (D,) words before the end, from 0.
        reach: (D,) mean over texts of ‖∂L/∂h_t‖ (uppermost layer, the run's own loss) so far before the end.
        followed: how many texts `reach` is the mean of.
    """

    texts: int
    shares: np.ndarray
    readouts: np.ndarray
    answers: np.ndarray
    decided: np.ndarray
    distances: np.ndarray
    reach: np.ndarray
    followed: int


# ---- training -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class History:
    """What a training run wrote down.

    Attributes:
        steps: (u,) the update numbers at which the training loss was noted.
        losses: (u,) mean training loss a text since the note before, in nats.
        epoch_at: (u,) the epoch (with fraction) of each note.
        epochs: one dict an epoch: epoch, train_loss, dev_loss, dev_… scores, seconds, tokens_per_second.
    """

    steps: np.ndarray
    losses: np.ndarray
    epoch_at: np.ndarray
    epochs: tuple[dict[str, Any], ...]


# ---- one text -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trace:
    """One text through one run. T steps: `<sos>`, the tokens, `<eos>`; arrays are float32.

    Attributes:
        text: what was typed.
        tokens: (T,) as fed, specials included.
        offsets: (T, 2) start and end in `text` of each token; -1 for the specials.
        indices: (T,) vocabulary indices.
        known: (T,) False where the token was fed as `<unk>`.
        labels: (k,) class names.
        embeddings: (T, n) what the indices look up.
        states: (layers, directions, T, d) h_t; direction 1 reads from the end.
        cells: like `states`, c_t of an LSTM; None for other cells.
        gates: by name, like `states`.
        logits: (T, k) o_t = c + V h_t.
        readouts: (T, k) softmax(o_t).
        answers: (T, k) the answer if the text stopped after step t: the readout once `<eos>` is fed there. The last
            step is `<eos>` itself. None when labelling.
        decision_step: first step from which the answer never changes again; None when labelling.
    """

    text: str
    tokens: tuple[str, ...]
    offsets: np.ndarray
    indices: np.ndarray
    known: np.ndarray
    labels: tuple[str, ...]
    embeddings: np.ndarray
    states: np.ndarray
    cells: np.ndarray | None
    gates: dict[str, np.ndarray]
    logits: np.ndarray
    readouts: np.ndarray
    answers: np.ndarray | None
    decision_step: int | None
    warnings: tuple[str, ...] = field(default=())

    @property
    def answer(self) -> int:
        """The class given to the whole text (classification): the readout after `<eos>`."""
        return int(self.readouts[-1].argmax())

    @property
    def beliefs(self) -> np.ndarray:
        """(T,) the class believed at each step: the answer so far, or the token's own tag when labelling."""
        return (self.readouts if self.answers is None else self.answers).argmax(1)


# ---- gradients ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CopyGradients:
    """What the copies of one layer and direction receive: W|(i) is the copy of W used at step i.

    The losses L(t) are the R ones of `GradientFlow.rows`. Parameters go by the code's names.

    Attributes:
        layer, direction: whose copies these are; direction 1 reads from the end.
        delta: (R, T) ‖δ(t,i)‖, the gradient of L(t) at the pre-activation of step i.
        states: (R, T) ‖∂L(t)/∂h_i‖.
        pairs: by parameter, (R, T) ‖∂L(t)/∂P|(i)‖.
        shares: by parameter, (R, T) w_t ⟨∂L(t)/∂P|(i), ∂L/∂P⟩ / ‖∂L/∂P‖²; all of them sum to 1 (to 0 where ∂L/∂P is 0,
            and to less where R leaves out losses that count).
        copies: by parameter, (T,) ‖∂L/∂P|(i)‖ of the total loss.
        copy_shares: by parameter, (T,) the share of copy i of the total loss.
        running: by parameter, (T,) ‖Σ ∂L/∂P|(j)‖ / ‖∂L/∂P‖ over the copies j that the sweep back has met at step i.
        running_cosines: by parameter, (T,) the cosine of that sum with ∂L/∂P.
        reached: (T,) ‖∂L/∂h_i‖ of the total loss.
    """

    layer: int
    direction: int
    delta: np.ndarray
    states: np.ndarray
    pairs: dict[str, np.ndarray]
    shares: dict[str, np.ndarray]
    copies: dict[str, np.ndarray]
    copy_shares: dict[str, np.ndarray]
    running: dict[str, np.ndarray]
    running_cosines: dict[str, np.ndarray]
    reached: np.ndarray


@dataclass(frozen=True)
class GradientFlow:
    """One text and one target: what each step's copy of the parameters receives from each step's loss.

    Attributes:
        tokens: (T,) as fed.
        labels: the run's classes.
        targets: (T,) the class aimed at, at each step; −1 where a step has none.
        logit: whether L(t) is the logit of that class instead of its loss −log ŷ_t.
        loss: `last` or `every`: where the total takes its losses.
        values: (T,) L(t); nan where a step has no target.
        weights: (T,) w_t.
        total: L = Σ w_t L(t).
        rows: (R,) the steps t, from 0, whose losses `layers` follows one by one.
        layers: one entry a layer and direction, layer by layer.
        norms: by parameter, ‖∂L/∂P‖.
        differences: by parameter, the largest absolute difference of the sum over copies from autograd's gradient.
        precision: bits of the arithmetic, 32 or 64.
        peak_bytes: what the sweep held at most, results included.
    """

    tokens: tuple[str, ...]
    labels: tuple[str, ...]
    targets: np.ndarray
    logit: bool
    loss: str
    values: np.ndarray
    weights: np.ndarray
    total: float
    rows: np.ndarray
    layers: tuple[CopyGradients, ...]
    norms: dict[str, float]
    differences: dict[str, float]
    precision: int
    peak_bytes: int

    @property
    def max_abs_difference(self) -> float:
        """The largest of `differences`."""
        return max(self.differences.values())

    @property
    def norm(self) -> float:
        """The length of the whole gradient, all parameters together."""
        return float(np.sqrt(sum(value * value for value in self.norms.values())))


@dataclass(frozen=True)
class Comparison:
    """One gradient held against another, parameter by parameter.

    Attributes:
        norms: by parameter, its length.
        cosines: by parameter, its cosine with the other; nan where either is 0.
        ratios: by parameter, its length over the other's; nan where the other is 0.
        bias: by parameter, the length of the difference over the other's length; nan where that is 0.
    """

    norms: dict[str, float]
    cosines: dict[str, float]
    ratios: dict[str, float]
    bias: dict[str, float]


@dataclass(frozen=True)
class Truncation:
    """What cutting backpropagation through time short leaves of the total gradient.

    Attributes:
        kind: `window` (copies with |t − i| < K) or `chunks` (copies in t's own chunk of K steps).
        k: K.
        kept, dropped: how many of the pairs (t, i) with w_t ≠ 0 that the loss reaches.
        against: the truncated gradient held against the full one.
    """

    kind: str
    k: int
    kept: int
    dropped: int
    against: Comparison


@dataclass(frozen=True)
class LossModes:
    """The gradient of the last step's loss and that of every step's, for the same weights and text.

    Attributes:
        last_reached, every_reached: (layers, directions, T) ‖∂L/∂h_t‖.
        last_norms: by parameter, the length of the last-step gradient.
        every: the every-step gradient held against the last-step one.
    """

    last_reached: np.ndarray
    every_reached: np.ndarray
    last_norms: dict[str, float]
    every: Comparison


@dataclass(frozen=True)
class Reach:
    """How far back one layer's state hangs on its own past.

    Attributes:
        layer, direction: which.
        step: t, from 0.
        steps: (K,) the steps k, from 0, from t away into what was read before it.
        norms: (K,) ‖∂h_t/∂h_k‖₂, for the LSTM of the pair (h, c).
        bound: (K,) Π ‖W‖₂ · max_u φ′(a_{j,u}) over the steps j between; None but for the Elman network.
        weight_norm, radius: ‖W‖₂ and the spectral radius of W; None but for the Elman network.
        saturation: by non-linearity, (T,) the share of units whose slope is below a tenth of the steepest.
        left_out: how many steps between t and the text's end of reading have no entry in `steps`.
    """

    layer: int
    direction: int
    step: int
    steps: np.ndarray
    norms: np.ndarray
    bound: np.ndarray | None
    weight_norm: float | None
    radius: float | None
    saturation: dict[str, np.ndarray]
    left_out: int


@dataclass(frozen=True)
class Path:
    """∂L(t)/∂h_t · ∂h_t/∂h_k · ∂⁺h_k/∂W in the uppermost layer, factor by factor.

    Attributes:
        direction: of the uppermost layer.
        step, back: t and k, from 0.
        parts: what the state consists of: (h,) or (h, c).
        at_loss: (parts·d,) ∂L(t)/∂(state at t).
        between: (parts·d, parts·d) ∂(state at t)/∂(state at k).
        between_norm: its largest singular value.
        at_copy: (parts·d,) the product of the two, ∂L(t)/∂(state at k) along this direction.
        delta: (G·d,) δ(t,k) at W h_{k−1}.
        h_before: (d,) h_{k−1}.
        gradient_norm: ‖∂L(t)/∂W|(k)‖ = ‖δ(t,k)‖ · ‖h_{k−1}‖.
    """

    direction: int
    step: int
    back: int
    parts: tuple[str, ...]
    at_loss: np.ndarray
    between: np.ndarray
    between_norm: float
    at_copy: np.ndarray
    delta: np.ndarray
    h_before: np.ndarray
    gradient_norm: float


@dataclass(frozen=True)
class SgdStep:
    """One step of plain gradient descent from one text.

    Attributes:
        norms: by parameter, ‖∂L/∂P‖; an update is the learning rate times this.
        before: L.
        rates: (m,) learning rates.
        after: (m,) L after the step with each; inf where it is no number any more.
        slope: dL/d(rate) at 0: −‖∂L‖².
    """

    norms: dict[str, float]
    before: float
    rates: np.ndarray
    after: np.ndarray
    slope: float


@dataclass(frozen=True)
class BatchDirections:
    """The direction from one text against that from a mini-batch of the run's data.

    Attributes:
        text: this text's gradient held against the mini-batch's.
        cosines: by parameter, (B,) of each text of the batch with the mini-batch's gradient.
    """

    text: Comparison
    cosines: dict[str, np.ndarray]


# ---- words to matrix ------------------------------------------------------------------------------------------------

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
        read: (R,) the columns whose readouts are the answer: one, or one a token.
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
        targets: (R,) the classes that the loss asks for: one, or one a token.
        loss, answers: as `PaddedRead`'s, without pads.
        reads: every side with masking off and on.
        counts: (P,) numbers of pads from 0 up.
        curves: by (side, masked), (P,) the probability of the targets (the mean over tokens) with so many pads.
        moved: by (side, masked), (P,) the largest absolute difference of the states that answer from those without pads.
    """

    pads: int
    targets: np.ndarray
    loss: float
    answers: np.ndarray
    reads: tuple[PaddedRead, ...]
    counts: np.ndarray
    curves: dict[tuple[str, bool], np.ndarray]
    moved: dict[tuple[str, bool], np.ndarray]

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
        factor: what W h_{t−1} is multiplied by before it is added: r_t for the GRU's candidate, else 1.
    """

    gate: str
    bias: float
    inner_bias: float
    hidden: np.ndarray
    inputs: np.ndarray
    weights_hidden: np.ndarray
    weights_inputs: np.ndarray
    factor: float = 1.0

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
        """The pre-activation: b + W h_{t−1} + U x_t, or b + r_t (W h_{t−1} + b_q) + U x_t."""
        return self.bias + self.factor * self.past + self.word


@dataclass(frozen=True)
class UnitStep:
    """One unit of one layer and direction at one step: how its state comes about.

    Attributes:
        unit, step, layer, direction: which, from 0.
        gates: one entry a gate.
        before: the state before, by part's name.
        values: what the terms add up to, by name: the gates, what else the cell keeps, and the state after.
        difference: largest absolute difference of any of these from the trace.
    """

    unit: int
    step: int
    layer: int
    direction: int
    gates: tuple[GateTerms, ...]
    before: dict[str, float]
    values: dict[str, float]
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
        decisions: texts, or tokens when labelling.
        recurrent, feed_forward: accuracies; without recurrence a text's answer comes from `<eos>` alone.
        mean: of the texts answered by the mean of the feed-forward readouts over their steps; None when labelling.
        majority: the share of the most frequent class.
    """

    texts: int
    available: int
    decisions: int
    recurrent: float
    feed_forward: float
    mean: float | None
    majority: float
