"""Lessons: Markdown files whose steps hold views, things to do, and questions that are marked by the network's own numbers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Expression, Value
from rnn_core.lessons.words import Words

GIVENS = {
    "run": "a run by its id, `ready/NAME` for a ready-made one, or `trained` for the one that the lesson has had trained",
    "text": "the text that is read",
    "label": "the class or the tags that the loss asks for",
    "loss": "`last` or `every`: where the loss is taken; without it, as the run was trained",
    "more": "further texts, parted by |",
    "target": "the translation whose losses are followed back",
}
"""The keys that say what is looked at: in the front matter for the whole lesson, in a fence from its step on."""

EVENTS = {
    "typed": "a text of one's own was read", "played": "a picture was played to its end",
    "picked": "a step, a unit or a cell was chosen", "set": "a control has a value", "opened": "a formula was opened",
    "trained": "a network was trained",
}  # fmt: skip
"""What the learner may be asked to do."""

KINDS = {
    "number": "a number", "choice": "one of several answers", "step": "a step of the text",
    "curve": "a number for each step of the text, as a drawing",
}  # fmt: skip
"""What a question may ask for."""

NEAR = 0.2
"""How far a drawn curve may be off, as a share of its height."""

MOST_TRIES = 2
"""The number of wrong answers after which the right one may be shown."""


@dataclass(frozen=True)
class Mistake:
    """What is wrong in a file.

    Attributes:
        line: from 1.
        why: a sentence on what was found and what was expected.
    """

    line: int
    why: str


class Faulty(Problem):
    """A lesson that cannot be shown, with its mistakes in the order of their lines."""

    def __init__(self, name: str, mistakes: Sequence[Mistake]):
        super().__init__(tr("{name}, line {line}: {why}", name=name, line=mistakes[0].line, why=mistakes[0].why))
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True)
class Said:
    """Markdown between the fences."""

    words: Words


@dataclass(frozen=True)
class Shown:
    """A view.

    Attributes:
        name: in the table of views.
        controls: values of its controls, by their fields, which the learner may change.
        fixed: likewise, but they stay as they are.
    """

    name: str
    controls: Mapping[str, Any]
    fixed: Mapping[str, Any]


@dataclass(frozen=True)
class Do:
    """Something to do.

    Attributes:
        event: one of `EVENTS`.
        task: in words.
        until: when it is done; None: as soon as the event happens.
        controls: of `set`, the values that are wanted, by their fields; of `trained`, the options of the training.
        view: of `opened`, the view whose formula is opened.
        example: of `typed`, a text that would do.
    """

    event: str
    task: Words
    until: Expression | None
    controls: Mapping[str, Any]
    view: str = ""
    example: str = ""


@dataclass(frozen=True)
class Ask:
    """A question.

    Attributes:
        kind: one of `KINDS`.
        question: in words.
        answer: if it reads x, a condition on the learner's answer; otherwise the value that the answer must have.
        wrongs: likewise for wrong answers, with what is said to each.
        why: what is said to the right answer.
        options: of a choice, by what stands for each in expressions.
        within: how far a number, or each number of a curve, may be off; None: a number is right if it is the value rounded to as
            many digits as were typed, two at least, and a curve if each of its numbers is at most `NEAR` off. A curve is drawn
            from 0 to 1, and so compared with the right one divided by its largest.
        unit: what stands behind the box of a number.
        given: what this question alone is about, by `GIVENS`.
        shows: of a curve, the right one, where `answer` is a condition on x.
    """

    kind: str
    question: Words
    answer: Expression
    wrongs: tuple[tuple[Expression, Words], ...]
    why: Words
    options: Mapping[str, Words]
    within: float | None
    unit: str
    given: Mapping[str, str]
    shows: Expression | None = None


Block = Said | Shown | Do | Ask


@dataclass(frozen=True)
class Step:
    """One step of a lesson.

    Attributes:
        title: Markdown of one line.
        given: what is looked at from here on, by `GIVENS`.
        blocks: in their order. What follows a question or a task is seen when that is done.
    """

    title: str
    given: Mapping[str, str]
    blocks: tuple[Block, ...]

    @property
    def goals(self) -> int:
        """How many blocks are to be done."""
        return sum(isinstance(block, Do | Ask) for block in self.blocks)


@dataclass(frozen=True)
class Outline:
    """A lesson in a list; attributes as of `Lesson`, but `steps` is their number."""

    title: str
    summary: str
    minutes: int
    steps: int


@dataclass(frozen=True)
class Lesson:
    """A lesson.

    Attributes:
        name: of its file, without `.md`.
        title: Markdown of one line.
        summary: what it puts right, in one sentence.
        minutes: how long it takes.
        given: what is looked at, by `GIVENS`.
        before: Markdown before the first step.
        steps: one at least.
        own: whether the learner may take another run of the same task instead.
    """

    name: str
    title: str
    summary: str
    minutes: int
    given: Mapping[str, str]
    before: Words
    steps: tuple[Step, ...]
    own: bool = False

    def given_at(self, step: int) -> dict[str, str]:
        """What is looked at when a step is entered, counted from 0: that of the lesson, and of all steps so far."""
        found = dict(self.given)
        for one in self.steps[: step + 1]:
            found |= one.given
        return found

    def asks(self) -> Iterator[tuple[int, Ask]]:
        """Every question with its step, counted from 0."""
        for number, step in enumerate(self.steps):
            for block in step.blocks:
                if isinstance(block, Ask):
                    yield number, block


Quantities = Callable[[str], Value]
"""The value of a quantity by its name. Raises Problem where it has none here."""
