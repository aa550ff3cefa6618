"""Metrics: accuracy, scores per class, the confusion matrix, and strict entity spans, from arrays.

The tests compare all metrics with scikit-learn, seqeval and sacrebleu.
"""

from rnn_core.metrics.classes import Z95, Calibration, confusion, scores, wilson
from rnn_core.metrics.entities import SCHEMES, Mark, Span, SpanCounts, mark_of, marks, span_scores, spans
from rnn_core.metrics.schemes import ODD, scheme_of
from rnn_core.metrics.scoring import Scoring
from rnn_core.metrics.translations import corpus, sentence_chrf, translation

__all__ = [
    "ODD",
    "SCHEMES",
    "Z95",
    "Calibration",
    "Mark",
    "Scoring",
    "Span",
    "SpanCounts",
    "confusion",
    "corpus",
    "mark_of",
    "marks",
    "scheme_of",
    "scores",
    "sentence_chrf",
    "span_scores",
    "spans",
    "translation",
    "wilson",
]  # fmt: skip
