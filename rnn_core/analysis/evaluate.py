"""A run's answers to labelled examples, against the truth."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.data.datasets import Example
from rnn_core.data.scoring import unseen_labels
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
    scorer = tasks.of(loaded.config).scorer(loaded.speech.labels, loaded.speech.scheme)
    done = 0
    for some in pieces:
        keep(_answer(loaded, some, scorer, partial(_tell, tick, done, len(some), texts)))
        done += len(some)
    return Evaluation(loaded.id, data, done, scorer.scores())


def _answer(loaded: Loaded, some: Sequence[Example], scorer: tasks.Scorer, tick: Callable[[float], None]) -> Answers:
    """The answers to some examples, which are scored too."""
    task, (vocabulary, labels, _) = tasks.of(loaded.config), loaded.speech
    tokens, truths = [list(e.tokens) for e in some], [e.target if isinstance(e.target, str) else list(e.target) for e in some]
    encoded = task.encode(tokens, truths, vocabulary, labels)
    predictions = task.predict(loaded.network, loaded.config, encoded, tick)
    scorer.add(encoded, predictions, unseen_labels(encoded, [some]))
    given = predictions.answers >= 0  # not the specials
    answers = [labels[i] for i in predictions.answers[given].tolist()]
    confidences = predictions.confidences[given].astype(float).round(6).tolist()
    if task.one_answer:
        return Answers(tokens, truths, answers, confidences)
    ends = np.cumsum([len(row) for row in tokens]).tolist()
    rows = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
    return Answers(tokens, truths, [answers[r] for r in rows], [confidences[r] for r in rows])


def _tell(tick: Callable[[float], object], before: int, some: int, texts: int, share: float) -> None:
    tick((before + share * some) / texts)
