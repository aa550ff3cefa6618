"""A lesson's questions with the values of its quantities, for tests that find each answer in a second way."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pages.learn.looked import Looked, run_of
from rnn_core.lessons import Ask, Do, Lesson, Quantities
from rnn_core.lessons.expressions import Value
from rnn_core.lessons.marking import mark, option, solution
from rnn_core.lessons.quantities import held
from rnn_core.lessons.reading import read

LESSONS = Path(__file__).parents[2] / "lessons"


@dataclass(frozen=True)
class Asked:
    """A question where it stands in its lesson.

    Attributes:
        ask: the question.
        of: the quantities of what it is about.
    """

    ask: Ask
    of: Quantities

    @property
    def right(self) -> Value | None:
        steps = len(np.asarray(self.of("text.tokens"))) if self.ask.kind == "step" else 0
        return solution(self.ask, steps, self.of)

    def marked(self, answer: Value) -> tuple[bool, str]:
        """Whether an answer is right, and what is said to it. A number is typed with four significant digits."""
        typed = f"{answer:.4g}" if isinstance(answer, float) else str(answer)
        found = mark(self.ask, float(typed) if isinstance(answer, float) else answer, typed, self.of)
        return found.right, found.said

    def misses(self, *answers: Value) -> None:
        """Each of these, found in another way, is wrong and meets the `wrong` of its place, in their order."""
        assert len(answers) == len(self.ask.wrongs)
        for answer, (_, words) in zip(answers, self.ask.wrongs, strict=True):
            given = option(str(answer)) if self.ask.kind == "choice" else answer
            assert self.marked(answer) == (False, words.filled(self.of, given)), (answer, words)

    def is_right(self, answer: Value) -> None:
        """An answer that was found in another way is marked right, and its words can be said."""
        right, said = self.marked(answer)
        assert right and said
        if isinstance(answer, float) and isinstance(self.right, float):
            np.testing.assert_allclose(self.right, answer, rtol=1e-5)


def lesson(name: str) -> Lesson:
    return read((LESSONS / f"{name}.md").read_text(encoding="utf-8"), name)


def looked(of: Lesson, step: int, **given: str) -> Looked:
    """What a step looks at, counted from 1."""
    here = of.given_at(step - 1) | given
    return Looked(run_of(here["run"]), here)


def asked(of: Lesson, step: int, number: int = 0) -> Asked:
    """A question by its step, counted from 1, and its place among the questions there, from 0."""
    found = [block for block in of.steps[step - 1].blocks if isinstance(block, Ask)][number]
    return Asked(found, held(looked(of, step, **found.given).resolve))


def task(of: Lesson, step: int) -> Do:
    """The thing to do in a step, counted from 1."""
    return next(block for block in of.steps[step - 1].blocks if isinstance(block, Do))
