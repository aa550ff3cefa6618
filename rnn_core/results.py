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
