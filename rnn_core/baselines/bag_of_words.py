"""tf-idf of words and pairs of words with logistic regression: what a model can do that knows no order beyond two words."""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np

from rnn_core.baselines import Known
from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.language import N_

MOST_ROWS = 200_000
"""Texts that it learns from; of more than twice as many, some with equal distances."""

MOST_NUMBERS = 4_000_000
"""Classes times texts: with many classes it learns from fewer texts, so that it stays a matter of seconds."""

MOST_FEATURES = 200_000
"""Words and pairs of words, the most frequent ones."""

STRENGTHS = (1.0, 8.0)
"""C of the logistic regression, of which dev chooses one; without dev it is the first."""


class Baseline:
    """Of characters, it takes one to five in a row. Sublinear term frequencies, natural logarithms and rows of length 1, as
    scikit-learn's `TfidfVectorizer` has them."""

    title = N_("tf-idf with logistic regression")

    def __init__(self, config: DataConfig):
        self._lower, self._reach = config.lowercase, (1, 5) if config.tokens == "char" else (1, 2)
        self._vectorizer: Any = None
        self._model: Any = None

    def fit(self, train: Iterable[Sequence[Example]], dev: Iterable[Sequence[Example]], speech: Known) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression

        texts, targets = self._spread(train, min(MOST_ROWS, max(1, MOST_NUMBERS // len(speech.labels))))
        number = {label: i for i, label in enumerate(speech.labels)}
        y = np.array([number[target] for target in targets])
        self._vectorizer = TfidfVectorizer(
            analyzer=_Grams(*self._reach), sublinear_tf=True, min_df=2 if len(texts) >= 1_000 else 1, max_features=MOST_FEATURES,
            dtype=np.float32,
        )
        x = self._vectorizer.fit_transform(texts)
        held_out = [example for some in dev for example in some if example.target in number]
        best = -1.0
        for strength in STRENGTHS if held_out else STRENGTHS[:1]:
            model = LogisticRegression(C=strength, max_iter=300).fit(x, y)
            if not held_out:
                self._model = model
                return
            seen = self._vectorizer.transform([self._tokens(example) for example in held_out])
            right = float(np.mean(model.predict(seen) == [number[str(example.target)] for example in held_out]))
            if right > best:
                best, self._model = right, model

    def answers(self, examples: Sequence[Example]) -> list[Any]:
        seen = self._vectorizer.transform([self._tokens(example) for example in examples])
        found: list[Any] = self._model.predict(seen).tolist()
        return found

    def _tokens(self, example: Example) -> list[str]:
        return [token.lower() for token in example.tokens] if self._lower else list(example.tokens)

    def _spread(self, train: Iterable[Sequence[Example]], most: int) -> tuple[list[list[str]], list[str]]:
        """Texts with their labels: all of them, or `most` at least and twice as many at most, with equal distances."""
        kept: list[tuple[list[str], str]] = []
        step = 1
        for i, example in enumerate(chain.from_iterable(train)):
            if i % step == 0:
                kept.append((self._tokens(example), str(example.target)))
            if len(kept) > 2 * most:
                kept, step = kept[::2], 2 * step
        return [tokens for tokens, _ in kept], [target for _, target in kept]


class _Grams:
    """Cuts tokens into runs of neighbours."""

    def __init__(self, least: int, most: int):
        self._lengths = range(least, most + 1)

    def __call__(self, tokens: Sequence[str]) -> list[str]:
        return ["\0".join(tokens[i : i + n]) for n in self._lengths for i in range(len(tokens) - n + 1)]
