"""A run's answers against the truth."""

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rnn_core.results.breakdown import Breakdown
from rnn_core.results.data import LeftOut
from rnn_core.results.judged import TranslationDetail


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
        accuracy: share of right answers (texts; tokens for sequence tagging).
        per_class: one entry per label; its recall is the accuracy within that class.
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

    def share_of(self, label: str) -> float:
        """The share of items whose truth is this label: the accuracy of answering it always."""
        total = int(self.confusion.sum())
        return int(self.confusion[self.labels.index(label)].sum()) / total if total and label in self.labels else 0.0

    def figures(self, split: str, majority: str | None) -> dict[str, float | int]:
        """The figures of a split by the names that history and command line have for them, such as test_accuracy.

        Args:
            majority: the most frequent class of training; {split}_majority is the accuracy of answering it always.
        """
        figures: dict[str, float | int] = {f"{split}_accuracy": self.accuracy}
        if majority is not None:
            figures[f"{split}_majority"] = self.share_of(majority)
        figures[f"{split}_macro_f1"] = self.macro_f1
        if self.spans:
            figures[f"{split}_f1"] = self.spans.f1
        if self.loss is not None and math.isfinite(self.loss):
            figures[f"{split}_loss"] = self.loss
        if split == "dev" and self.only_answer is not None:  # a sign that nothing was learnt
            figures["dev_only_answer"] = self.labels.index(self.only_answer)
        if split == "dev" and (only := self._only(1)) is not None:  # then dev cannot show what was learnt
            figures["dev_only_class"] = self.labels.index(only)
        return figures

    def details(self) -> dict[str, Any]:
        """The scores of each class and the confusion matrix, as plain values."""
        return {
            "per_class": {
                c.label: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.support}
                for c in self.per_class
            },
            "confusion": {"labels": list(self.labels), "rows_truth": self.confusion.tolist()},
        }

    @property
    def only_answer(self) -> str | None:
        """The one class that all answers are; None when they are of several."""
        return self._only(0)

    def _only(self, axis: int) -> str | None:
        """The one class of all answers (axis 0) or of all truths (axis 1); None when they are of several."""
        found = self.confusion.sum(axis).nonzero()[0]
        return self.labels[found[0]] if len(found) == 1 else None

    def headline(self, metric: str) -> float:
        """The value of `accuracy`, `macro_f1` or `f1` (spans)."""
        if metric == "f1":
            return self.spans.f1 if self.spans else 0.0
        return float(getattr(self, metric))


@dataclass(frozen=True)
class TokenScores:
    """How well each next token of a text was foreseen.

    Attributes:
        tokens: how many were asked for.
        loss: mean of −log p(token), in nats per token.
        accuracy: the share of tokens that were the most probable.
        near: the share of tokens among the five most probable; None in scores of older code.
        breakdown: the same in detail, in evaluations of streams.
    """

    tokens: int
    loss: float
    accuracy: float
    near: float | None = None
    breakdown: Breakdown | None = None

    @property
    def bits(self) -> float:
        """The loss in bits per token."""
        return self.loss / math.log(2)

    @property
    def perplexity(self) -> float:
        """exp(loss): as many tokens, all equally probable, would leave one as unsure."""
        return math.exp(min(self.loss, 700.0))

    def figures(self, split: str) -> dict[str, Any]:
        """By the names that history and command line have for them, such as test_loss."""
        return {f"{split}_{name}": getattr(self, name) for name in ("loss", "bits", "perplexity", "accuracy", "near", "tokens")}


@dataclass(frozen=True)
class TranslationScores:
    """How well targets were foreseen with teacher forcing, and how well sources were translated.

    Attributes:
        tokens: the number of target tokens, `<eos>` included.
        loss: mean of −log p(token), in nats per token, with teacher forcing.
        accuracy: the share of these tokens that were the most probable.
        sources: the number of different sources, each translated once; all its targets are references.
        exact: the share of translations that equal a reference.
        character_errors: edit operations on characters to the nearest reference, divided by the characters of these references.
        bleu, chrf: of the corpus, 0 … 100 (Papineni et al. 2002; Popović 2015), by sacrebleu.
        signatures: sacrebleu's signatures of the two.
        detail: the scores in detail; None in evaluations of older code.
    """

    tokens: int
    loss: float
    accuracy: float
    sources: int
    exact: float
    character_errors: float
    bleu: float
    chrf: float
    signatures: tuple[str, str]
    detail: TranslationDetail | None = None

    @property
    def perplexity(self) -> float:
        """exp(loss)."""
        return math.exp(min(self.loss, 700.0))

    def figures(self, split: str) -> dict[str, Any]:
        """By the names that history and command line have for them, such as test_bleu."""
        names = ("loss", "perplexity", "accuracy", "exact", "character_errors", "bleu", "chrf", "sources", "tokens")
        return {f"{split}_{name}": getattr(self, name) for name in names}


@dataclass(frozen=True)
class Evaluation:
    """A run's predictions on a split or file against the truth; the `Answers` themselves may be too many to hold.

    Attributes:
        run: the run's id.
        data: what was evaluated, in words, such as "test of Film reviews".
        texts: how many texts were answered.
        scores: the figures.
        weights: hash of the weights that answered, so that it can be told when the run has others by now.
        warnings: sentences on what was odd about the data.
        left_out: rows of a file that were not used, or cut, by reason.
        options: those of `EvaluateConfig` that differ from their defaults, by name.
    """

    run: str
    data: str
    texts: int
    scores: Scores | TokenScores | TranslationScores
    weights: str = ""
    warnings: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Answers:
    """What was answered to some of the texts evaluated.

    Attributes:
        tokens: (m,) lists of tokens, one per text.
        truths, answers: (m,) one label per text, or one list of tags per text.
        confidences: (m,) the probability of each answer, or one list of them per text.
    """

    tokens: list[list[str]]
    truths: list[Any]
    answers: list[Any]
    confidences: list[Any]


@dataclass(frozen=True)
class Answer:
    """One answer with the text it was given to: to the token at place `token`, or (None) to the text as a whole."""

    tokens: list[str]
    token: int | None
    confidence: float


@dataclass(frozen=True)
class Mistake:
    """A wrong answer: where it was given, the truth, and the answer."""

    where: Answer
    truth: str
    answer: str


@dataclass(frozen=True)
class FileAnswers:
    """What became of a file whose rows were answered.

    Attributes:
        columns: the columns written, those of the file first.
        own: how many of them are the file's.
        rows: all rows of the file; each was written.
        answered: how many of them have an answer.
        unanswered: how many have none, by reason.
        notes: how many were read but are doubtful, by reason.
        counts: how often each label was answered (a tag: to how many tokens).
    """

    columns: tuple[str, ...]
    own: int
    rows: int
    answered: int
    unanswered: dict[str, int]
    notes: dict[str, int]
    counts: dict[str, int]
