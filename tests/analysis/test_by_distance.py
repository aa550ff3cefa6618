"""The accuracy by distance against plain counts, and texts that have no known memory."""

from collections.abc import Iterator

import numpy as np
import pytest

from rnn_core.analysis.by_distance import by_distance
from rnn_core.config import MakeConfig
from rnn_core.data.synthetic import TASKS, made
from rnn_core.metrics import wilson
from rnn_core.results import Answers


def answered(name: str, count: int = 500, seed: int = 0) -> tuple[Answers, list[int]]:
    """Answers that are right the less often the longer the distance is, and the distances."""
    rng, rows = np.random.default_rng(seed), made(MakeConfig(make=name, length=30, examples=count))
    labels = sorted({one.label for one in rows})
    answers = [one.label if rng.random() > one.distance / 40 else str(rng.choice(labels)) for one in rows]
    return Answers([one.text.split() for one in rows], [one.label for one in rows], answers, [0.5] * count), [
        one.distance for one in rows
    ]


def pieces(answers: Answers, size: int) -> Iterator[Answers]:
    for at in range(0, len(answers.tokens), size):
        yield Answers(*(part[at : at + size] for part in (answers.tokens, answers.truths, answers.answers, answers.confidences)))


@pytest.mark.parametrize("name", TASKS)
def test_the_accuracy_of_a_group_is_a_plain_count(name: str) -> None:
    answers, distances = answered(name)
    majority = answers.truths[0]
    found = by_distance(pieces(answers, 64), majority)
    assert found is not None and (found.task, found.question) == (name, TASKS[name].title)
    assert sum(group.texts for group in found.groups) == len(distances)
    assert 4 <= len(found.groups) <= 8
    assert [group.last for group in found.groups[:-1]] < [group.first for group in found.groups[1:]]
    for group in found.groups:
        mine = [i for i, distance in enumerate(distances) if group.first <= distance <= group.last]
        right = sum(answers.truths[i] == answers.answers[i] for i in mine)
        assert (group.texts, group.right) == (len(mine), right) and group.accuracy == right / len(mine)
        assert (group.low, group.high) == wilson(right, len(mine))
        assert {distances[i] for i in mine} >= {group.first, group.last}
    assert found.majority == answers.truths.count(majority) / len(distances)
    assert found.accuracy == np.mean([a == b for a, b in zip(answers.truths, answers.answers, strict=True)])
    unknown = by_distance([answers])
    assert unknown is not None and unknown.majority is None and unknown.groups == found.groups


def test_texts_without_a_known_memory_have_none() -> None:
    answers, _ = answered("parity", 100)
    assert by_distance([]) is None and by_distance([Answers([], [], [], [])]) is None
    assert by_distance([Answers([["a", "film"]], ["good"], ["good"], [0.5])]) is None
    assert by_distance([Answers([["0", "1"]], [["O", "O"]], [["O", "O"]], [[0.5, 0.5]])]) is None, "tags"
    other = Answers([*answers.tokens, ["x", "a"]], [*answers.truths, "x"], [*answers.answers, "x"], [*answers.confidences, 0.5])
    assert by_distance([other]) is None, "texts of two tasks"
    assert by_distance([Answers(answers.tokens, answers.truths[::-1], answers.answers, answers.confidences)]) is None
