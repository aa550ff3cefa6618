"""The accuracy of saved answers by the distance of the word that a label depends on. Loads no torch."""

from collections.abc import Iterable

import numpy as np

from rnn_core.data.judging import groups_of
from rnn_core.data.synthetic import TASKS, task_of
from rnn_core.metrics import wilson
from rnn_core.results import Answers, ByDistance, DistanceGroup


def by_distance(answers: Iterable[Answers], majority: str | None = None) -> ByDistance | None:
    """The accuracy in groups of distances with nearly equal numbers of texts.

    Args:
        answers: of classification, in pieces.
        majority: the most frequent class of training.

    Returns:
        None if there are no texts, or not all of them are of one task of `data.synthetic`.
    """
    name, distances, right, alike = None, list[int](), list[bool](), 0
    for some in answers:
        for words, truth, answer in zip(some.tokens, some.truths, some.answers, strict=True):
            name = name or task_of(words, truth)
            read = TASKS[name].read(words) if name else None
            if read is None or read.label != truth:
                return None
            distances.append(read.distance)
            right.append(answer == truth)
            alike += truth == majority
    if name is None:
        return None
    at, rights = np.array(distances), np.array(right)
    groups = []
    for first, last in groups_of(at):
        mine = rights[(first <= at) & (at <= last)]
        groups.append(DistanceGroup(first, last, len(mine), int(mine.sum()), *wilson(int(mine.sum()), len(mine))))
    share = None if majority is None else alike / len(at)
    return ByDistance(name, TASKS[name].title, tuple(groups), share)
