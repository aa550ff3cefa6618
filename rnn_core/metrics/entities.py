"""Entity tags, and strict spans of entities by their scheme."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from rnn_core.metrics.classes import share
from rnn_core.results import (
    ClassScores,
    SpanScores,
)

Span = tuple[str, int, int]
"""An entity: its type, its first token, and the token after its last."""

Mark = tuple[str, str]
"""A parsed tag: its prefix (B, I, E, S or O) and its type."""


class _Rule(NamedTuple):
    """When an entity begins, continues and is complete, each from the previous and the current tag."""

    prefixes: str
    opens: Callable[[Mark, Mark], bool]
    continues: Callable[[Mark, Mark], bool]
    whole: Callable[[Mark, Mark], bool]


def _opens_iob1(before: Mark, mark: Mark) -> bool:
    # I begins an entity unless it continues one; B is only allowed between two neighbours of the same type.
    if mark[0] == "I":
        return before != mark
    return mark[0] == "B" and before[0] in "BI" and before[1] == mark[1]


_RULES = {
    "IOB1": _Rule(
        "BI",
        opens=_opens_iob1,
        continues=lambda before, mark: mark[0] == "I" and before[1] == mark[1],
        # B-x B-y: the second B is invalid, and seqeval then drops the first entity too.
        whole=lambda last, after: not (last[0] == after[0] == "B" and last[1] != after[1]),
    ),
    "IOB2": _Rule(
        "BI",
        opens=lambda before, mark: mark[0] == "B",
        continues=lambda before, mark: mark[0] == "I" and before[1] == mark[1],
        whole=lambda last, after: True,
    ),
    "IOBES": _Rule(
        "BIES",
        opens=lambda before, mark: mark[0] in "BS",
        continues=lambda before, mark: mark[0] in "IE" and before[0] in "BI" and before[1] == mark[1],
        whole=lambda last, after: last[0] in "ES",
    ),
}

SCHEMES = tuple(_RULES)
"""The recognised tag schemes; BILOU is IOBES with other letters (L for E, U for S), as is BMES
(M for I)."""

_OUTSIDE: Mark = ("O", "")
_BILOU = {"L": "E", "U": "S", "M": "I"}


PREFIXED = re.compile(r"([BIESLUM])(?:[-_](.*))?|([biesl])-(.+)")
SUFFIXED = re.compile(r"(.+)[-_]([BIESLU])")
"""Entity tags with their prefix first, as in B-PER, or last, as in PER-B."""


def mark_of(tag: str) -> Mark | None:
    """Parses an entity tag, such as B-PER, B_PER or PER-B; None for other tags. "B" and "B-" have the type "_"."""
    if found := PREFIXED.fullmatch(tag):
        return (found[1] or found[3]).upper(), (found[2] or found[4] or "").strip("-_") or "_"
    found = SUFFIXED.fullmatch(tag)
    return (found[2], found[1]) if found else None


def _mark(tag: str, prefixes: str) -> Mark:
    """Parses a tag; one without a prefix of the scheme is outside."""
    prefix, kind = mark_of(tag) or _OUTSIDE
    if "S" in prefixes:
        prefix = _BILOU.get(prefix, prefix)
    return (prefix, kind) if prefix in prefixes else _OUTSIDE


def marks(tags: Sequence[str], scheme: str) -> list[Mark]:
    """Tags parsed by a scheme; the letters of BILOU and BMES are those of IOBES, and other tags are outside."""
    return [_mark(tag, _RULES[scheme].prefixes) for tag in tags]


def spans(tags: Sequence[str], scheme: str) -> list[Span]:
    """The entities of one sentence by seqeval's strict rule: only entities that the scheme allows count.

    Args:
        tags: (T,) such as B-PER, I-PER, O.
        scheme: IOB1, IOB2 or IOBES.

    Returns:
        (type, start, end) of each, end exclusive, in order.
    """
    rule = _RULES[scheme]
    marks = [*(_mark(tag, rule.prefixes) for tag in tags), _OUTSIDE]
    found: list[Span] = []
    before, i = _OUTSIDE, 0
    while i < len(tags):
        end = i + 1
        if rule.opens(before, marks[i]):
            while rule.continues(marks[end - 1], marks[end]):
                end += 1
            if rule.whole(marks[end - 1], marks[end]):
                found.append((marks[i][1], i, end))
        before, i = marks[end - 1], end
    return found


class SpanCounts:
    """Counts entities by type, in pieces: true ones, predicted ones, and correct ones.

    Args:
        scheme: IOB1, IOB2 or IOBES.
    """

    def __init__(self, scheme: str):
        self.scheme = scheme
        self._true, self._given, self._right = Counter[str](), Counter[str](), Counter[str]()

    def add(self, truths: Iterable[Sequence[str]], answers: Iterable[Sequence[str]]) -> None:
        """Adds (m,) pairs of lists of tags, each pair of one length."""
        for truth, answer in zip(truths, answers, strict=True):
            wanted, got = set(spans(truth, self.scheme)), set(spans(answer, self.scheme))
            for counter, found in ((self._true, wanted), (self._given, got), (self._right, wanted & got)):
                counter.update(kind for kind, _, _ in found)

    def scores(self) -> SpanScores:
        """Strict precision, recall and F1 by type, pooled (micro) and averaged (macro)."""
        true, given, right = self._true, self._given, self._right
        types = sorted(true.keys() | given.keys())
        per_type = tuple(ClassScores(t, *_figures(right[t], given[t], true[t]), true[t]) for t in types)
        return SpanScores(
            self.scheme,
            per_type,
            *_figures(right.total(), given.total(), true.total()),
            macro_f1=float(np.mean([one.f1 for one in per_type])) if per_type else 0.0,
        )


def span_scores(truths: Iterable[Sequence[str]], answers: Iterable[Sequence[str]], scheme: str) -> SpanScores:
    """The scores of (m,) pairs of lists of tags, each pair of one length, by `SpanCounts`."""
    counts = SpanCounts(scheme)
    counts.add(truths, answers)
    return counts.scores()


def _figures(right: int, given: int, true: int) -> tuple[float, float, float]:
    """Precision, recall and F1 from counts; 0 if undefined."""
    precision, recall, f1 = share(np.array([right, right, 2 * right]), np.array([given, true, given + true]))
    return float(precision), float(recall), float(f1)
