"""Labels or tags by name, scored in pieces."""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np

from rnn_core.metrics.classes import scores
from rnn_core.metrics.entities import SpanCounts
from rnn_core.results import (
    Scores,
)


class Scoring:
    """Scores answers against the truth, in pieces, for dev, test and files.

    A label that the training split lacks cannot be predicted, so it counts as wrong. Each such label is a class of its own,
    with a row after those of training, and a span of its tags counts as missed: the scores equal those of scikit-learn and
    seqeval for the same names.

    Args:
        labels: the classes of the training split.
        scheme: the tag scheme of entity labels, else None.
        per_token: whether a text has a list of tags; otherwise one label.
    """

    def __init__(self, labels: Sequence[str], scheme: str | None, per_token: bool):
        self._labels, self._known, self._per_token = tuple(labels), set(labels), per_token
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._spans = SpanCounts(scheme) if scheme and per_token else None
        self._loss, self._with_loss = 0.0, 0

    def add(self, truths: Sequence[Any], answers: Sequence[Any], loss: float) -> None:
        """Adds (m,) labels, or lists of tags, and the mean loss of the texts with a label of the training split."""
        if math.isfinite(loss):
            texts = sum(not self._known.isdisjoint(truth if self._per_token else (truth,)) for truth in truths)
            self._loss += loss * texts
            self._with_loss += texts
        flat = map(chain.from_iterable, (truths, answers)) if self._per_token else (truths, answers)
        self._pairs.update(zip(*flat, strict=True))
        if self._spans:
            self._spans.add(truths, answers)

    def scores(self) -> Scores:
        """The scores of all texts added."""
        every = (*self._labels, *sorted({truth for truth, _ in self._pairs} - self._known))
        number = {label: i for i, label in enumerate(every)}
        table = np.zeros((len(every), len(every)), np.int64)
        for (truth, answer), count in self._pairs.items():
            table[number[truth], number[answer]] = count
        loss = self._loss / self._with_loss if self._with_loss else None
        return scores(table, every, loss, self._spans.scores() if self._spans else None)
