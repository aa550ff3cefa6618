"""How a class answered the questions of a lesson: counts alone, without names, joined by a code.

A class is a folder `classes/CODE` with `class.json` and `answers.jsonl`, to which each answer adds a line. A line is written at
once by a file opened for appending, so answers of many sessions do not mix, and none is lost.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.workspace import files

FOLDER, KEPT_DAYS = "classes", 30
"""Of a workspace; days after the last answer for which a class is kept."""

MOST_BYTES = 4 << 20
"""Of the answers of a class: some 40,000."""

MOST_LETTERS = 60
"""Of an answer that is kept."""

RIGHT, WRONG, SHOWN, SKIPPED = "right", "wrong", "shown", "skipped"
"""What may come of an answer."""

LATER = "right later"
OUTCOMES = (RIGHT, LATER, WRONG, SHOWN, SKIPPED)
"""What may come of a question: right at the first answer or later, wrong so far, shown after wrong answers, or skipped."""

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of a code: none that is taken for another when it is read from a wall."""
_CODE = re.compile(rf"[{_LETTERS}]{{6}}")


@dataclass(frozen=True)
class Given:
    """One answer.

    Attributes:
        learner: a random id of the session.
        step, block: of the question, from 0.
        outcome: `right`, `wrong`, `shown` or `skipped`.
        answer: as it was given; empty where none was.
    """

    learner: str
    step: int
    block: int
    outcome: str
    answer: str = ""


@dataclass
class Tally:
    """What came of one question.

    Attributes:
        outcomes: how many learners have come to each of `OUTCOMES`.
        wrongs: how often each wrong answer was given, once for each learner.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    wrongs: Counter[str] = field(default_factory=Counter)


def open_class(root: Path, lesson: str) -> str:
    """Opens a class for a lesson and returns its code; removes those that nobody has answered in for `KEPT_DAYS`. Raises Problem
    when the workspace cannot be written."""
    forget_old(root)
    code = "".join(secrets.choice(_LETTERS) for _ in range(6))
    folder = root / FOLDER / code
    with files.saying_disk_trouble(folder):
        folder.mkdir(parents=True)
        files.write_json(folder / "class.json", {"lesson": lesson, "time": time.time()})
        (folder / "answers.jsonl").touch()
    return code


def forget_old(root: Path) -> None:
    """Removes the classes that nobody has answered in for `KEPT_DAYS`."""
    for folder in (root / FOLDER).glob("*"):
        answers = folder / "answers.jsonl"
        if not answers.exists() or time.time() - answers.stat().st_mtime > KEPT_DAYS * 86400:
            shutil.rmtree(folder, ignore_errors=True)


def lesson_of(root: Path, code: str) -> str:
    """The lesson of a class. Raises Problem where there is none with this code."""
    try:
        found = json.loads((_folder(root, code) / "class.json").read_text(encoding="utf-8"))
        return str(found["lesson"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Problem(tr(
            "There is no class with the code {code!r} (any more). Ask for the link again.",
            code=code[:12],
        )) from None


def note(root: Path, code: str, given: Given) -> None:
    """Adds an answer. Raises Problem when the class is not there, is full, or cannot be written."""
    path = _folder(root, code) / "answers.jsonl"
    line = json.dumps([given.learner[:32], given.step, given.block, given.outcome, given.answer[:MOST_LETTERS]]) + "\n"
    try:
        place = os.open(path, os.O_WRONLY | os.O_APPEND)  # without creating it: it was removed with its class
    except OSError:
        raise Problem(tr(
            "There is no class with the code {code!r} (any more). Your answers are not counted.",
            code=code[:12],
        )) from None
    try:
        if os.fstat(place).st_size > MOST_BYTES:
            raise Problem(tr("This class has as many answers as are kept. Open another one for the next group."))
        with files.saying_disk_trouble(path):
            os.write(place, line.encode())
    finally:
        os.close(place)


def learners(root: Path, code: str) -> int:
    """How many have answered. Raises Problem as `lesson_of`."""
    return len({given.learner for given in _answers(root, code)})


def tallies(root: Path, code: str) -> dict[tuple[int, int], Tally]:
    """What came of each question that somebody has answered, by its step and block. Raises Problem as `lesson_of`."""
    seen: dict[tuple[int, int], dict[str, list[Given]]] = {}
    for given in _answers(root, code):
        seen.setdefault((given.step, given.block), {}).setdefault(given.learner, []).append(given)
    found = {}
    for place, by in seen.items():
        tally = found[place] = Tally()
        for answers in by.values():
            last = answers[-1].outcome
            tally.outcomes[LATER if last == RIGHT and len(answers) > 1 else last] += 1
            tally.wrongs.update({one.answer for one in answers if one.outcome == WRONG})
    return found


def _answers(root: Path, code: str) -> Iterator[Given]:
    lesson_of(root, code)
    with files.saying_disk_trouble(root), (_folder(root, code) / "answers.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            try:
                learner, step, block, outcome, answer = json.loads(line)
                yield Given(str(learner), int(step), int(block), str(outcome), str(answer))
            except (ValueError, TypeError):  # cut short when the disk was full
                continue


def _folder(root: Path, code: str) -> Path:
    if not _CODE.fullmatch(code):
        raise Problem(tr("{code!r} is no code of a class: it has six small letters and digits.", code=code[:12]))
    return root / FOLDER / code
