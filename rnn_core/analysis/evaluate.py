"""A run's answers to labelled examples, against the truth."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from rnn_core import metrics
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.data.batches import Encoded
from rnn_core.data.datasets import Example
from rnn_core.network.decoding import predict
from rnn_core.results import Evaluation


def evaluate(
    loaded: Loaded, examples: Sequence[Example], data: str, tick: Callable[[float], None] = lambda share: None
) -> Evaluation:
    """Answers every example and scores the answers.

    A label that training never saw has a row of its own in the confusion matrix, after the run's: the network
    cannot answer it, so each such text counts as wrong.

    Args:
        loaded: the run.
        examples: texts or tagged sentences.
        data: what they are, in words.
        tick: hears the share answered so far; what it raises ends the work.

    Raises:
        Problem: when there is nothing to evaluate.
    """
    if not examples:
        raise Problem(f"There is nothing to evaluate in {data}. Choose another split or file.")
    per_token, speech = loaded.config.task.per_token, loaded.speech
    seen = {tag for e in examples for tag in (e.target if per_token else (e.target,))}
    labels = (*speech.labels, *sorted(str(label) for label in seen if label not in speech.labels))
    number = {label: i for i, label in enumerate(labels)}
    speech_labels = set(speech.labels)
    truths: list[list[str]] = []
    answers: list[list[str]] = []
    confidences: list[list[float]] = []
    loss_total = loss_count = 0.0
    for piece in range(0, len(examples), 2000):
        some = examples[piece : piece + 2000]
        encoded = Encoded.of([e.tokens for e in some], [e.target for e in some], speech.vocabulary, speech.labels, per_token)
        predictions = predict(loaded.network, loaded.config, encoded, partial(_tell, tick, piece, len(some), len(examples)))
        if np.isfinite(predictions.loss):  # the mean over the texts that have a label the network knows
            known = sum(any(t in speech_labels for t in (e.target if per_token else (e.target,))) for e in some)
            loss_total += predictions.loss * known
            loss_count += known
        for row, example in enumerate(some):
            at = slice(encoded.starts[row] + 1, encoded.starts[row + 1] - 1) if per_token else slice(row, row + 1)
            truths.append(list(example.target) if per_token else [str(example.target)])
            answers.append([speech.labels[i] for i in predictions.answers[at]])
            confidences.append([round(float(p), 6) for p in predictions.confidences[at]])
    flat_truths = np.array([number[label] for labels_ in truths for label in labels_])
    flat_answers = np.array([number[label] for labels_ in answers for label in labels_])
    spans = metrics.span_scores(truths, answers, speech.scheme) if per_token and speech.scheme else None
    scores = metrics.scores(
        metrics.confusion(flat_truths, flat_answers, len(labels)),
        labels,
        loss_total / loss_count if loss_count else None,
        spans,
    )
    if not per_token:
        return Evaluation(
            loaded.id, data, scores, [list(e.tokens) for e in examples],
            [t[0] for t in truths], [a[0] for a in answers], [c[0] for c in confidences],
        )  # fmt: skip
    return Evaluation(loaded.id, data, scores, [list(e.tokens) for e in examples], truths, answers, confidences)


def _tell(tick: Callable[[float], None], before: int, some: int, texts: int, share: float) -> None:
    tick((before + share * some) / texts)
