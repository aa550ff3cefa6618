"""A run's answers to labelled examples, against the truth."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from rnn_core import metrics
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.data.batches import Encoded
from rnn_core.data.datasets import Example
from rnn_core.network.decoding import predict
from rnn_core.results import Answers, Evaluation


def evaluate(
    loaded: Loaded,
    pieces: Iterable[Sequence[Example]],
    texts: int,
    data: str,
    keep: Callable[[Answers], object] = lambda answers: None,
    tick: Callable[[float], object] = lambda share: None,
) -> Evaluation:
    """Answers every example and scores the answers; memory holds one piece of them at a time.

    A label that training never saw has a row of its own in the confusion matrix, after the run's: the network
    cannot answer it, so each such text counts as wrong.

    Args:
        loaded: the run.
        pieces: texts or tagged sentences, some thousands at a time.
        texts: how many they are in all.
        data: what they are, in words.
        keep: takes the answers to each piece.
        tick: hears the share answered so far; what it raises ends the work.

    Raises:
        Problem: when there is nothing to evaluate.
    """
    if not texts:
        raise Problem(f"There is nothing to evaluate in {data}. Choose another split or file.")
    per_token, labels = loaded.config.task.per_token, loaded.speech.labels
    scoring = metrics.Scoring(labels, loaded.speech.scheme, per_token)
    done = 0
    for some in pieces:
        found, loss = _answer(loaded, some, partial(_tell, tick, done, len(some), texts))
        done += len(some)
        scoring.add(found.truths, found.answers, loss)
        keep(found)
    return Evaluation(loaded.id, data, done, scoring.scores())


def _answer(loaded: Loaded, some: Sequence[Example], tick: Callable[[float], None]) -> tuple[Answers, float]:
    """The answers to some examples, and their mean loss."""
    per_token, (vocabulary, labels, _) = loaded.config.task.per_token, loaded.speech
    tokens, truths = [list(e.tokens) for e in some], [list(e.target) if per_token else e.target for e in some]
    encoded = Encoded.of(tokens, truths, vocabulary, labels, per_token)
    predictions = predict(loaded.network, loaded.config, encoded, tick)
    given = predictions.answers >= 0  # not the specials
    answers = [labels[i] for i in predictions.answers[given].tolist()]
    confidences = predictions.confidences[given].astype(float).round(6).tolist()
    if not per_token:
        return Answers(tokens, truths, answers, confidences), predictions.loss
    ends = np.cumsum([len(row) for row in tokens]).tolist()
    rows = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    return Answers(tokens, truths, [answers[r] for r in rows], [confidences[r] for r in rows]), predictions.loss


def _tell(tick: Callable[[float], object], before: int, some: int, texts: int, share: float) -> None:
    tick((before + share * some) / texts)
