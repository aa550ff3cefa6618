"""The frequency of each token, whatever stands before it: the least that a language model has to beat."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnn_core.baselines import Known
from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.data.streams import stream_from
from rnn_core.language import N_


class Baseline:
    """One is added to the count of every outcome (Laplace), because a token may never occur in training."""

    title = N_("the frequency of each token")

    def __init__(self, config: DataConfig):
        pass

    def fit(self, train: Iterable[Sequence[Example]], dev: Iterable[Sequence[Example]], speech: Known) -> None:
        self._vocabulary = speech.vocabulary
        counts = np.ones(len(self._vocabulary)) + np.bincount(
            stream_from(train, self._vocabulary), minlength=len(self._vocabulary)
        )
        self._nats = -np.log(counts / counts.sum())

    def answers(self, examples: Sequence[Example]) -> Any:
        """−log p of each token of the stream that the examples make, (N,) float64, in nats."""
        return self._nats[stream_from([examples], self._vocabulary)]
