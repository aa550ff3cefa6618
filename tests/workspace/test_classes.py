"""Classes: what is counted of a class's answers, and that none of them is lost."""

import multiprocessing
import os
import time
from pathlib import Path

import pytest

from rnn_core.config import Problem
from rnn_core.workspace import classes
from rnn_core.workspace.classes import LATER, RIGHT, SHOWN, SKIPPED, WRONG, Given


def test_what_came_of_a_question_is_counted_once_for_each_learner(tmp_path: Path) -> None:
    code = classes.open_class(tmp_path, "a-lesson")
    assert classes.lesson_of(tmp_path, code) == "a-lesson"
    told = [
        ("ann", 0, RIGHT, "5"), ("bob", 0, WRONG, "4"), ("bob", 0, WRONG, "4"), ("bob", 0, RIGHT, "5"), ("cem", 0, WRONG, "4"),
        ("cem", 0, WRONG, "3"), ("cem", 0, SHOWN, ""), ("dee", 0, SKIPPED, ""), ("eva", 0, WRONG, "3"), ("ann", 1, RIGHT, "x"),
    ]  # fmt: skip
    for who, step, outcome, answer in told:
        classes.note(tmp_path, code, Given(who, step, 2, outcome, answer))
    found = classes.tallies(tmp_path, code)
    assert set(found) == {(0, 2), (1, 2)} and classes.learners(tmp_path, code) == 5
    assert found[0, 2].outcomes == {RIGHT: 1, LATER: 1, WRONG: 1, SHOWN: 1, SKIPPED: 1}
    assert found[0, 2].wrongs == {"4": 2, "3": 2}
    assert found[1, 2].outcomes == {RIGHT: 1}


def _answers(root: Path, code: str, first: int) -> None:
    for learner in range(first, first + 15):
        for question in range(10):
            classes.note(root, code, Given(f"learner-{learner}", question, 0, RIGHT, "a" * 60))


def test_answers_of_many_processes_at_once_are_all_there(tmp_path: Path) -> None:
    code = classes.open_class(tmp_path, "a-lesson")
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=_answers, args=(tmp_path, code, first)) for first in (0, 15, 30, 45)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    found = classes.tallies(tmp_path, code)
    assert {place: tally.outcomes for place, tally in found.items()} == {(question, 0): {RIGHT: 60} for question in range(10)}


def test_a_code_that_is_none_and_a_class_that_is_gone_are_said(tmp_path: Path) -> None:
    for code in ("../../x", "ABCDEF", "abc", "abcdef"):
        for call in (lambda code=code: classes.lesson_of(tmp_path, code), lambda code=code: classes.tallies(tmp_path, code),
                     lambda code=code: classes.note(tmp_path, code, Given("a", 0, 0, RIGHT))):  # fmt: skip
            with pytest.raises(Problem):
                call()
    assert not list(tmp_path.rglob("answers.jsonl")), "an answer to a class that is not there makes none"


def test_a_class_is_kept_for_the_stated_days_after_its_last_answer(tmp_path: Path) -> None:
    old, new = classes.open_class(tmp_path, "a"), classes.open_class(tmp_path, "a")
    ago = time.time() - (classes.KEPT_DAYS + 1) * 86400
    os.utime(tmp_path / classes.FOLDER / old / "answers.jsonl", (ago, ago))
    third = classes.open_class(tmp_path, "a")
    assert {path.name for path in (tmp_path / classes.FOLDER).iterdir()} == {new, third}


def test_a_class_is_bounded_and_a_line_cut_short_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code = classes.open_class(tmp_path, "a")
    path = tmp_path / classes.FOLDER / code / "answers.jsonl"
    classes.note(tmp_path, code, Given("a" * 500, 0, 0, WRONG, "b" * 500))
    assert path.stat().st_size < 200
    with path.open("a") as answers:
        answers.write('["cut", 0\n{"no": "list"}\n[1]\n')
    assert classes.learners(tmp_path, code) == 1
    monkeypatch.setattr(classes, "MOST_BYTES", 50)
    with pytest.raises(Problem, match="as many answers as are kept"):
        classes.note(tmp_path, code, Given("a", 0, 0, RIGHT))


def test_markup_and_line_ends_in_an_answer_stay_one_answer(tmp_path: Path) -> None:
    code = classes.open_class(tmp_path, "a")
    classes.note(tmp_path, code, Given("a", 0, 0, WRONG, "<b>\n[1, 2]\u2028"))
    assert classes.tallies(tmp_path, code)[0, 0].wrongs == {"<b>\n[1, 2]\u2028": 1}
