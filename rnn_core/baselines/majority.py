"""The most frequent class of training, whatever the text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rnn_core.baselines import Known
from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.language import N_


class Baseline:
    """Answers the most frequent class, or the most frequent tag at each token. Of equally frequent ones it is the first."""

    title = N_("always the most frequent class")

    def __init__(self, config: DataConfig):
        self._answer = 0

    def fit(self, train: Iterable[Sequence[Example]], dev: Iterable[Sequence[Example]], speech: Known) -> None:
        counts = Counter[str]()
        for some in train:
            for example in some:
                counts.update([example.target] if isinstance(example.target, str) else example.target)
        self._answer = max(range(len(speech.labels)), key=lambda i: counts[speech.labels[i]])

    def answers(self, examples: Sequence[Example]) -> list[Any]:
        return [self._answer if isinstance(e.target, str) else [self._answer] * len(e.tokens) for e in examples]
