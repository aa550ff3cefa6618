"""Kneser–Ney n-grams, the usual language model before recurrent networks (Kneser and Ney 1995; Chen and Goodman 1998)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.baselines import Known
from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.data.streams import stream_from
from rnn_core.language import N_

MOST_TOKENS = 3_000_000
"""Tokens that it learns from, the first ones of the training split."""

ORDERS = {"char": (2, 10)}
"""The smallest and the greatest n, by how texts are cut; dev chooses."""

WORDS = (1, 5)
"""The same for words."""

UNSEEN = {"char": 6}
"""n without dev; of words it is 3."""


class Baseline:
    """Interpolated, with one discount for each order. The least of it is the same probability for every outcome."""

    title = N_("Kneser–Ney n-grams")

    def __init__(self, config: DataConfig):
        self._least, self._most = ORDERS.get(config.tokens, WORDS)
        self.order = UNSEEN.get(config.tokens, 3)
        self._levels: list[_Level] = []

    def fit(self, train: Iterable[Sequence[Example]], dev: Iterable[Sequence[Example]], speech: Known) -> None:
        self._vocabulary = speech.vocabulary
        self.learn(stream_from(train, self._vocabulary, MOST_TOKENS), len(self._vocabulary))
        held_out = stream_from(dev, self._vocabulary)
        if len(held_out):
            means = [float(nats.mean()) for nats in self._nats(held_out)]
            self.order = 1 + min(range(self._least - 1, len(means)), key=means.__getitem__)

    def learn(self, tokens: np.ndarray, outcomes: int) -> None:
        """Counts the n-grams of a stream of indices, (N,), of a number of outcomes."""
        self._outcomes, self._levels = outcomes, list(_levels(tokens, outcomes, self._most))
        self.order = min(self.order, len(self._levels))

    def answers(self, examples: Sequence[Example]) -> Any:
        """−log p of each token of the stream that the examples make, (N,) float64, in nats."""
        return self.nats(stream_from([examples], self._vocabulary))

    def nats(self, tokens: np.ndarray) -> np.ndarray:
        """The same of a stream of indices."""
        return next(nats for order, nats in enumerate(self._nats(tokens), start=1) if order == self.order)

    def _nats(self, tokens: np.ndarray) -> Iterator[np.ndarray]:
        """By the models of order 1, 2, …: the highest order counts n-grams, the lower ones the different tokens before them."""
        lower, context = np.full(len(tokens), 1 / self._outcomes), np.zeros(len(tokens), np.int64)
        for level in self._levels:
            known = context >= 0
            keys = np.where(known, context * self._outcomes + tokens, -1)
            place = np.minimum(np.searchsorted(level.keys, keys), len(level.keys) - 1)
            gram = np.where(level.keys[place] == keys, place, -1)
            yield -np.log(level.occurrences.p(gram, context, lower))
            lower = level.continuations.p(gram, context, lower)
            context = np.concatenate([[-1], gram[:-1]])


@dataclass(frozen=True)
class _Counts:
    """The counts of the n-grams of one order.

    Attributes:
        each: (g,) the count of each n-gram.
        total, types: (c,) by the tokens before the last: the sum of the counts, and the number of n-grams with one.
        discount: is taken off each count, and goes to the order below.
    """

    each: np.ndarray
    total: np.ndarray
    types: np.ndarray
    discount: float

    @classmethod
    def of(cls, each: np.ndarray, context: np.ndarray, contexts: int) -> "_Counts":
        once, twice = int((each == 1).sum()), int((each == 2).sum())
        total, types = (np.bincount(context, some, contexts) for some in (each, each > 0))
        return cls(each, total, types, once / (once + 2 * twice) if once and twice else 0.5)

    def p(self, gram: np.ndarray, context: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """The probability of each token of a stream, −1 standing for what was never seen, interpolated with the order below."""
        count = np.where(gram >= 0, self.each[gram], 0.0)
        total = np.where(context >= 0, self.total[context], 0.0)
        found = (count - self.discount).clip(0) + self.discount * self.types[context] * lower
        return np.where(total > 0, found / np.maximum(total, 1), lower)


@dataclass(frozen=True)
class _Level:
    """The n-grams of one order.

    Attributes:
        keys: (g,) sorted: the number of the (n−1)-gram before the last token, times the outcomes, plus the last token.
        occurrences: how often each occurs.
        continuations: how many different tokens stand before each.
    """

    keys: np.ndarray
    occurrences: _Counts
    continuations: _Counts


def _levels(tokens: np.ndarray, outcomes: int, most: int) -> Iterator[_Level]:
    """The levels of order 1 … `most`, or fewer where the stream is too short."""
    before = np.zeros(len(tokens) + 1, np.int64)  # the number of the n-gram that ends before each token, n being 0
    count, contexts, level = 1, 1, None
    for order in range(1, min(most + 1, len(tokens)) + 1):
        keys, first, number, occurs = np.unique(
            before[order - 1 : -1] * outcomes + tokens[order - 1 :], return_index=True, return_inverse=True, return_counts=True
        )
        if level:  # each n-gram of this order has one token more in front than one of the order below
            below, occurred = level
            continues, context = np.bincount(before[order:][first], minlength=count).astype(np.float64), below // outcomes
            yield _Level(below, _Counts.of(occurred, context, contexts), _Counts.of(continues, context, contexts))
        contexts, count, level = count, len(keys), (keys, occurs.astype(np.float64))
        before = np.concatenate([np.full(order, -1), number])
