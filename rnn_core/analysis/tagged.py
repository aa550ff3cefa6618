"""The spans of one tagged text: those that are true, those that were answered, and the scores."""

from collections.abc import Sequence
from typing import NamedTuple

from rnn_core import metrics
from rnn_core.results import SpanScores


class Tagged(NamedTuple):
    """The spans of one text.

    Attributes:
        true, answered: (type, start, end) of each span, the end exclusive.
        scores: by the strict rule.
    """

    true: frozenset[metrics.Span]
    answered: frozenset[metrics.Span]
    scores: SpanScores


def tagged(truth: Sequence[str], answer: Sequence[str], scheme: str) -> Tagged:
    """The spans of (T,) true tags and of as many answers, by a scheme of `metrics.spans`."""
    true, answered = (frozenset(metrics.spans(tags, scheme)) for tags in (truth, answer))
    return Tagged(true, answered, metrics.span_scores([truth], [answer], scheme))
