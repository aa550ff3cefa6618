"""Evaluations on disk come back as they were, and the answers of a cell are found there."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_core import metrics
from rnn_core.config import Problem
from rnn_core.results import Answer, Answers, Evaluation, Mistake
from rnn_core.workspace import Workspace, evaluations
from tests.tiny import saved_run

LABELS = ("a", "b <i>", "c")


def evaluation(spans: bool = False, texts: int = 2) -> Evaluation:
    found = metrics.span_scores([["B-A", "I-A"], ["O"]], [["B-A", "O"], ["O"]], "IOB2") if spans else None
    return Evaluation("r", "test of x", texts, metrics.scores(np.array([[2, 1], [0, 3]]), LABELS[:2], 0.25, found))


def random_answers(per_token: bool, texts: int, seed: int = 0) -> Answers:
    rng = np.random.default_rng(seed)
    tokens = [[f"w{i}-{t}" for t in range(rng.integers(1, 6))] for i in range(texts)]

    def drawn(one: Callable[[], Any]) -> list[Any]:
        return [[one() for _ in row] if per_token else one() for row in tokens]

    labels = [drawn(lambda: str(rng.choice(LABELS))) for _ in range(2)]
    return Answers(tokens, *labels, drawn(lambda: float(rng.integers(0, 8)) / 8))


def save(folder: Path, answers: Answers, piece: int = 7, result: Evaluation | None = None) -> None:
    def made(keep: Callable[[Answers], None]) -> Evaluation:
        columns = [getattr(answers, field.name) for field in fields(Answers)]
        for start in range(0, len(answers.tokens), piece):
            keep(Answers(*[column[start : start + piece] for column in columns]))
        return result or evaluation(texts=len(answers.tokens))

    evaluations.save(folder, made)


def place(workspace: Workspace) -> Path:
    return evaluations.folder(saved_run(workspace), "f" * 64, "test")


def same(a: Evaluation, b: Evaluation) -> bool:
    assert a.scores.confusion.dtype == b.scores.confusion.dtype and np.array_equal(
        a.scores.confusion, b.scores.confusion
    )
    return repr(a) == repr(b)


@pytest.mark.parametrize("spans", [False, True])
def test_an_evaluation_comes_back(workspace: Workspace, spans: bool) -> None:
    folder = place(workspace)
    assert evaluations.load(folder) is None
    save(folder, random_answers(spans, 2), result=evaluation(spans))
    again = evaluations.load(folder)
    assert again is not None and same(again, evaluation(spans))


def test_each_data_and_split_has_its_place_in_the_runs_folder(workspace: Workspace) -> None:
    run = saved_run(workspace)
    places = {evaluations.folder(run, print_ * 64, split) for print_ in "ab" for split in ("dev", "test")}
    assert len(places) == 4 and all(run.path in place.parents for place in places)


def in_cell(found: Answers, truth: str, answer: str) -> list[Answer]:
    """What `evaluations.behind` shall find, in plain Python."""
    listed = []
    for row in zip(*[getattr(found, field.name) for field in fields(Answers)], strict=True):
        tokens, *columns = row
        each = zip(*columns, strict=True) if isinstance(columns[0], list) else [columns]
        listed += [
            Answer(tokens, at if isinstance(columns[0], list) else None, sure)
            for at, (true, given, sure) in enumerate(each)
            if (true, given) == (truth, answer)
        ]
    return sorted(listed, key=lambda one: one.confidence, reverse=truth != answer)


@pytest.mark.parametrize("per_token", [False, True])
def test_what_lies_behind_a_cell_is_found_in_its_order(workspace: Workspace, per_token: bool) -> None:
    folder, found = place(workspace), random_answers(per_token, 100)
    save(folder, found)
    for truth in LABELS:
        for answer in LABELS:
            wanted = in_cell(found, truth, answer)
            assert len(wanted) > 3 and evaluations.behind(folder, truth, answer, 1000) == wanted
            assert evaluations.behind(folder, truth, answer, 3) == wanted[:3]
    assert evaluations.behind(folder, "a", "other", 10) == []


@pytest.mark.parametrize("per_token", [False, True])
def test_all_mistakes_are_those_of_all_cells_the_surest_first(workspace: Workspace, per_token: bool) -> None:
    folder, found = place(workspace), random_answers(per_token, 100)
    save(folder, found)
    wrong = [(truth, answer) for truth in LABELS for answer in LABELS if truth != answer]
    cells = [Mistake(where, *cell) for cell in wrong for where in evaluations.behind(folder, *cell, 1000)]
    listed, count = evaluations.mistakes(folder, 1000, lambda mistake: mistake)
    assert count == len(listed) == len(cells) > 60
    assert sorted(map(repr, listed)) == sorted(map(repr, cells))
    sure = [one.where.confidence for one in listed]
    assert sure == sorted(sure, reverse=True)
    assert evaluations.mistakes(folder, 7, lambda one: one.truth) == ([one.truth for one in listed[:7]], count)


def test_an_evaluation_without_mistakes_lists_none(workspace: Workspace) -> None:
    folder = place(workspace)
    save(folder, Answers([["w"]], ["a"], ["a"], [0.5]))
    assert evaluations.mistakes(folder, 10, repr) == ([], 0)


def test_an_evaluation_without_answers_comes_back(workspace: Workspace) -> None:
    folder = place(workspace)
    save(folder, Answers([], [], [], []), result=evaluation(texts=5))
    again = evaluations.load(folder)
    assert again is not None and again.texts == 5 and evaluations.mistakes(folder, 10, repr) == ([], 0)


def test_an_evaluation_that_is_cut_off_leaves_the_last_one(workspace: Workspace) -> None:
    folder, found = place(workspace), random_answers(False, 9)
    save(folder, found)

    def cut_off(keep: Callable[[Answers], None]) -> Evaluation:
        keep(random_answers(False, 5, seed=1))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        evaluations.save(folder, cut_off)
    again = evaluations.load(folder)
    assert again is not None and again.texts == 9 and sorted(p.name for p in folder.iterdir()) == [
        "predictions.parquet", "scores.json",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["scores.json", "predictions.parquet"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff"])
def test_a_damaged_evaluation_is_said(workspace: Workspace, name: str, content: bytes) -> None:
    folder = place(workspace)
    save(folder, random_answers(False, 2))
    (folder / name).write_bytes(content)
    with pytest.raises(Problem, match="damaged"):
        evaluations.load(folder)
    if name == "predictions.parquet":
        with pytest.raises(Problem, match="damaged"):
            evaluations.behind(folder, "a", "a", 1)
        with pytest.raises(Problem, match="damaged"):
            evaluations.mistakes(folder, 1, repr)
