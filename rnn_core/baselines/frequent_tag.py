"""The most frequent tag of each word: the usual baseline of tagging (Jurafsky and Martin, *Speech and Language Processing*)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnn_core.baselines import Known
from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.language import N_


class Baseline:
    """Answers the tag that a word has most often in training. A word that is not there is looked up in lower case, and else has
    the most frequent tag of the words that stand there once, as unknown words are most like those."""

    title = N_("the most frequent tag of each word")

    def __init__(self, config: DataConfig):
        self._lower = config.lowercase
        self._tags: dict[str, int] = {}
        self._unknown = 0

    def fit(self, train: Iterable[Sequence[Example]], dev: Iterable[Sequence[Example]], speech: Known) -> None:
        number = {label: i for i, label in enumerate(speech.labels)}
        counts: dict[str, Counter[int]] = defaultdict(Counter)
        for some in train:
            for example in some:
                for token, tag in zip(example.tokens, example.target, strict=True):
                    counts[token.lower() if self._lower else token][number[tag]] += 1
        self._tags = {word: _first_most(found) for word, found in counts.items()}
        rare = [tag for word, tag in self._tags.items() if counts[word].total() == 1]
        each = Counter(rare) if rare else sum(counts.values(), Counter[int]())
        self._unknown = _first_most(each) if each else 0

    def answers(self, examples: Sequence[Example]) -> list[Any]:
        return [[self._tag(token) for token in example.tokens] for example in examples]

    def _tag(self, token: str) -> int:
        known = None if self._lower else self._tags.get(token)
        return self._tags.get(token.lower(), self._unknown) if known is None else known


def _first_most(counts: Counter[int]) -> int:
    """The most frequent one; of equally frequent ones the first label."""
    tags = np.array(sorted(counts))
    return int(tags[np.argmax([counts[tag] for tag in tags.tolist()])])
