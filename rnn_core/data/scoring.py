"""Scores predictions against the labels of the data, in pieces. Loads no torch."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from rnn_core.data.batches import Encoded
from rnn_core.data.examples import Example
from rnn_core.metrics import Scoring
from rnn_core.results import Scores


class Predictions(NamedTuple):
    """Predictions for all texts of a split, in its order.

    Attributes:
        answers: class indices, (m,) for texts or (steps,) for tokens, as `Encoded.targets`; −1 at specials.
        confidences: the probability of each answer, float32, of the same shape; 0 at specials.
        loss: mean training loss per text, in nats; nan if no text has a known label.
    """

    answers: np.ndarray
    confidences: np.ndarray
    loss: float


def flat(answers: Sequence[int | Sequence[int]]) -> np.ndarray:
    """Class indices of texts, or of the tokens of each, as `Predictions.answers`: with −1 at `<sos>` and `<eos>`."""
    found = [number for one in answers for number in ([one] if isinstance(one, int) else [-1, *one, -1])]
    return np.array(found, np.int64)


def unseen_labels(encoded: Encoded, pieces: Iterable[Sequence[Example]]) -> dict[int, str]:
    """The labels that the training split lacks, by their indices in `encoded.targets`.

    Args:
        pieces: the encoded examples, in the same order; they are read only if there is such a label.
    """
    missing = encoded.targets < 0
    if encoded.per_token:
        missing[encoded.starts[:-1]] = missing[encoded.starts[1:] - 1] = False  # <sos> and <eos>
    found: dict[int, str] = {}
    if not missing.any():
        return found
    for row, example in enumerate(chain.from_iterable(pieces)):
        place = int(encoded.starts[row]) + 1 if encoded.per_token else row
        labels = (example.target,) if isinstance(example.target, str) else example.target
        found |= {place + i: labels[i] for i in np.flatnonzero(missing[place : place + len(labels)]).tolist()}
    return found


class LabelScorer:
    """Scores labels or tags by `metrics.Scoring`, for dev, test and files.

    Args:
        labels: the classes of the training split.
        scheme: the tag scheme of entity labels, else None.
        per_token: whether there is one tag per token; otherwise one label per text.
    """

    def __init__(self, labels: Sequence[str], scheme: str | None, per_token: bool):
        self._names = np.array([*labels], dtype=object)
        self._scoring = Scoring(labels, scheme, per_token)
        self._per_token = per_token

    def add(self, encoded: Encoded, predictions: Predictions, unseen: Mapping[int, str] = MappingProxyType({})) -> None:
        """Adds predictions for some texts.

        Args:
            unseen: the labels that the training split lacks, from `unseen_labels`.

        Raises:
            ValueError: if such a label is missing in `unseen`: without it, the scores would be wrong.
        """
        answers = predictions.answers
        if np.count_nonzero((answers >= 0) & (encoded.targets < 0)) != len(unseen):  # all but <sos> and <eos>
            raise ValueError("the labels that the training split lacks must be named")
        truths, given = self._names[encoded.targets], self._names[answers]
        truths[list(unseen)] = list(unseen.values())
        if self._per_token:
            texts = [slice(a + 1, b - 1) for a, b in pairwise(encoded.starts.tolist())]
            self._scoring.add([truths[s].tolist() for s in texts], [given[s].tolist() for s in texts], predictions.loss)
        else:
            self._scoring.add(truths.tolist(), given.tolist(), predictions.loss)

    def scores(self) -> Scores:
        """The scores of all texts added."""
        return self._scoring.scores()
