"""The scores of a run, by class, and the spans of one tagged text."""

from collections.abc import Callable

import numpy as np

from rnn_core.analysis.steps import losses, targets_of
from rnn_core.analysis.tagged import Tagged, tagged
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.results import Scores
from rnn_core.views.inputs import Inputs

SCORES, CELL, TAGS = ("evaluation",), ("answers",), ("run", "target")


def _scores(inputs: Inputs) -> Scores:
    found = inputs.named["evaluation"].value
    if not isinstance(found, Scores):
        raise Problem(tr("this network does not answer with classes."))
    return found


def _of(value: Callable[[Scores], Value]) -> Callable[[Inputs], Value]:
    return lambda inputs: value(_scores(inputs))


def _by_class(name: str) -> Callable[[Inputs], Value]:
    return _of(lambda scores: Table(np.array([getattr(one, name) for one in scores.per_class], np.float64), (scores.labels,)))


def _counts(axis: int) -> Callable[[Inputs], Value]:
    """The sums of the rows (1) or of the columns (0) of the confusion matrix."""
    return _of(lambda scores: Table(scores.confusion.sum(axis).astype(np.float64), (scores.labels,)))


def _majority(scores: Scores) -> int:
    return int(scores.confusion.sum(1).argmax())


def _span(name: str) -> Callable[[Inputs], Value]:
    def of(inputs: Inputs) -> Value:
        found = _scores(inputs).spans
        if found is None:
            raise Problem(tr("the tags of this network are no spans."))
        return float(getattr(found, name))

    return of


def _cell(place: int) -> Callable[[Inputs], Value]:
    """The true class (0) or the answer (1) of the cell that was chosen."""
    return lambda inputs: inputs.answers.cell[place] if inputs.answers.cell else ""


# ---- one text -------------------------------------------------------------------------------------------------------


def _tags(inputs: Inputs) -> tuple[list[str], list[str]]:
    """The true tags of the tokens of the text, and the answers to them."""
    way = inputs.backward
    places, labels = np.flatnonzero(way.classes >= 0), way.trace.labels
    best = targets_of(way.loaded, way.trace)[places]
    return [labels[i] for i in way.classes[places]], [labels[i] for i in best]


def _tagged(value: Callable[[Tagged], float]) -> Callable[[Inputs], Value]:
    def of(inputs: Inputs) -> Value:
        scheme = inputs.run.speech.scheme
        if scheme is None:
            raise Problem(tr("the tags of this network are no spans."))
        return float(value(tagged(*_tags(inputs), scheme)))

    return of


def _accuracy(inputs: Inputs) -> Value:
    truth, answer = _tags(inputs)
    return sum(a == b for a, b in zip(truth, answer, strict=True)) / len(truth)


def _tag_losses(inputs: Inputs) -> Value:
    way = inputs.backward
    return np.where(way.classes >= 0, losses(way.trace, way.classes), 0.0)


QUANTITIES = {
    "score.accuracy": Quantity("the share of right answers in the run's saved evaluation", SCORES, _of(lambda s: s.accuracy)),
    "score.items": Quantity("how many tokens or texts were answered there", SCORES, _of(lambda s: float(s.confusion.sum()))),
    "score.confusion": Quantity("the confusion matrix there: `score.confusion[\"truth\", \"answer\"]`", SCORES,
                                _of(lambda s: Table(s.confusion.astype(np.float64), (s.labels, s.labels)))),
    "score.truths": Quantity("how many there truly are of a class: `score.truths[\"class\"]`", SCORES, _counts(1)),
    "score.answers": Quantity("how many were answered as a class: `score.answers[\"class\"]`", SCORES, _counts(0)),
    "score.recall": Quantity("the recall of a class: `score.recall[\"class\"]`", SCORES, _by_class("recall")),
    "score.precision": Quantity("the precision of a class: `score.precision[\"class\"]`", SCORES, _by_class("precision")),
    "score.f1": Quantity("the F1 of a class: `score.f1[\"class\"]`", SCORES, _by_class("f1")),
    "score.majority": Quantity("the accuracy of always answering the most frequent class", SCORES,
                               _of(lambda s: s.share_of(s.labels[_majority(s)]))),
    "score.majority.label": Quantity("that class", SCORES, _of(lambda s: s.labels[_majority(s)])),
    "spans.recall": Quantity("the share of the true spans that were found whole in the saved evaluation", SCORES,
                             _span("recall")),
    "spans.precision": Quantity("the share of the answered spans that are right there", SCORES, _span("precision")),
    "spans.f1": Quantity("the F1 of all spans there", SCORES, _span("f1")),
    "cell.truth": Quantity("the true class of the cell of the confusion matrix that was chosen, empty before", CELL, _cell(0)),
    "cell.answer": Quantity("the answer of that cell", CELL, _cell(1)),
    "tagged.accuracy": Quantity("the share of the tokens of the text that have the tag of the label", TAGS, _accuracy),
    "tagged.spans": Quantity("the spans of the label", TAGS, _tagged(lambda t: len(t.true))),
    "tagged.answered": Quantity("the spans of the network's own tags", TAGS, _tagged(lambda t: len(t.answered))),
    "tagged.right": Quantity("how many spans are in both, with the same type and both ends", TAGS,
                             _tagged(lambda t: len(t.true & t.answered))),
    "tagged.f1": Quantity("the F1 of these spans", TAGS, _tagged(lambda t: t.scores.f1)),
    "tagged.loss": Quantity("L(t) at each step with a tag, 0 at the others", TAGS, _tag_losses),
}  # fmt: skip
