"""What a visitor has done in a lesson, and how a link says it."""

import re
from dataclasses import dataclass, field

from rnn_core.lessons import MOST_TRIES, Lesson
from rnn_core.lessons.marking import Mark


@dataclass
class Goal:
    """One question or task.

    Attributes:
        tries: wrong answers.
        mark: of the last answer.
        answer: the last one, as it was given.
        done: whether it is answered, done, shown or skipped.
        shown: whether the right answer was shown.
        skipped: whether it was skipped.
    """

    tries: int = 0
    mark: Mark | None = None
    answer: str = ""
    done: bool = False
    shown: bool = False
    skipped: bool = False

    @property
    def may_show(self) -> bool:
        """Whether the right answer may be shown."""
        return self.tries >= MOST_TRIES


@dataclass
class Progress:
    """One lesson.

    Attributes:
        goals: by step and block, both from 0.
        finished: by step, from 0, whether it was done rather than skipped.
    """

    goals: dict[tuple[int, int], Goal] = field(default_factory=dict)
    finished: dict[int, bool] = field(default_factory=dict)

    def goal(self, step: int, block: int) -> Goal:
        return self.goals.setdefault((step, block), Goal())

    @property
    def link(self) -> str:
        """The finished steps, as `Selection.done` has them."""
        return ".".join(f"{step + 1}{'' if done else 's'}" for step, done in sorted(self.finished.items()))


def from_link(done: str, lesson: Lesson) -> Progress:
    """The progress that a link names; steps that the lesson does not have are left out."""
    found = {int(number) - 1: not skipped for number, skipped in re.findall(r"(\d{1,3})(s?)", done)}
    return Progress(finished={step: by for step, by in found.items() if 0 <= step < len(lesson.steps)})
