"""Evaluations on disk come back as they were."""

import numpy as np
import pytest

from rnn_core import metrics
from rnn_core.config import Problem
from rnn_core.results import Evaluation
from rnn_core.workspace import Workspace, evaluations
from tests.tiny import saved_run


def evaluation(spans: bool) -> Evaluation:
    truths, answers = [["B-A", "I-A"], ["O"]], [["B-A", "O"], ["O"]]
    found = metrics.span_scores(truths, answers, "IOB2") if spans else None
    scores = metrics.scores(np.array([[2, 1], [0, 3]]), ("a", "b <i>"), 0.25, found)
    if spans:
        return Evaluation("r", "test of x", scores, [["w", "x"], ["ü"]], truths, answers, [[0.5, 0.25], [1.0]])
    return Evaluation("r", "test of x", scores, [["w", "x"], ["ü"]], ["a", "b"], ["a", "a"], [0.5, 0.25])


def same(a: Evaluation, b: Evaluation) -> bool:
    assert a.scores.confusion.dtype == b.scores.confusion.dtype and np.array_equal(
        a.scores.confusion, b.scores.confusion
    )
    return repr(a) == repr(b)


@pytest.mark.parametrize("spans", [False, True])
def test_an_evaluation_comes_back(workspace: Workspace, spans: bool) -> None:
    folder = evaluations.folder(saved_run(workspace), "f" * 64, "test")
    assert evaluations.load(folder) is None
    evaluations.save(folder, evaluation(spans))
    again = evaluations.load(folder)
    assert again is not None and same(again, evaluation(spans))


def test_each_data_and_split_has_its_place_in_the_runs_folder(workspace: Workspace) -> None:
    run = saved_run(workspace)
    places = {evaluations.folder(run, print_ * 64, split) for print_ in "ab" for split in ("dev", "test")}
    assert len(places) == 4 and all(run.path in place.parents for place in places)


@pytest.mark.parametrize("name", ["scores.json", "predictions.parquet"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff"])
def test_a_damaged_evaluation_is_said(workspace: Workspace, name: str, content: bytes) -> None:
    folder = evaluations.folder(saved_run(workspace), "f" * 64, "test")
    evaluations.save(folder, evaluation(False))
    (folder / name).write_bytes(content)
    with pytest.raises(Problem, match="damaged"):
        evaluations.load(folder)
