"""Reads a lesson's file; every mistake in it is named with its line and what was expected."""

import re
from collections.abc import Callable, Sequence

from rnn_core.language import tr
from rnn_core.lessons import GIVENS, Block, Faulty, Lesson, Mistake, Outline, Said, Shown, Step
from rnn_core.lessons.fences import Fences
from rnn_core.lessons.lines import Pairs
from rnn_core.lessons.words import Words

MOST_LETTERS, MOST_STEPS, MOST_BLOCKS = 100_000, 40, 30
"""Of a file; of a lesson; of a step."""

MINUTES = 10
"""That a lesson takes where it does not say so."""

MOST_MISTAKES = 20
"""Mistakes that are named at once."""

_FRONT = ("title", "summary", "minutes", "own")
_FENCE = re.compile(r"^(`{3,})\s*(\S*)\s*(.*?)\s*$")


def outline(source: str, name: str, told: Callable[[str], str] = str) -> Outline:
    """A lesson's headings, for a list; only the front matter is checked. `told` as of `read`. Raises Faulty."""
    reader = Fences(told)
    lines = _lines(source)
    front, start = _front(reader, lines)
    if reader.mistakes:
        raise Faulty(name, reader.mistakes)
    words = {key: value for key, (value, _) in front.values.items()}
    steps = sum(line.startswith("## ") for line in lines[start:])
    return Outline(reader.told(words["title"]), reader.told(words.get("summary", "")), int(words.get("minutes", MINUTES)), steps)


def _lines(source: str) -> list[str]:
    return source.replace("\r\n", "\n").lstrip("\ufeff").split("\n")


def read(source: str, name: str, told: Callable[[str], str] = str) -> Lesson:
    """A lesson from its file's text.

    Args:
        name: of the file, without `.md`.
        told: says a paragraph in the reader's language, with the same expressions in it.

    Raises:
        Faulty: with every mistake, its line and what was expected there.
    """
    if len(source) > MOST_LETTERS:
        raise Faulty(name, [Mistake(1, tr("This file has more than {most:,} characters.", most=MOST_LETTERS))])
    reader, lines = Fences(told), _lines(source)
    front, start = _front(reader, lines)
    body = _Body(reader, start + 1)
    number = start
    while number < len(lines):
        number = body.take(lines, number)
    body.end()
    if not body.steps:
        reader.wrong(len(lines), tr("A lesson has a step: a line that begins with `## `."))
    if len(body.steps) > MOST_STEPS:
        reader.wrong(len(lines), tr("A lesson has {most} steps at most.", most=MOST_STEPS))
    if reader.mistakes:
        raise Faulty(name, sorted(reader.mistakes, key=lambda one: one.line)[:MOST_MISTAKES])
    summary, minutes = front.values.get("summary", ("", 0))[0], reader.number(front, "minutes", int, MINUTES)
    title = reader.told(front.values["title"][0])
    return Lesson(
        name, title, reader.told(summary), minutes, reader.given(front), body.before, tuple(body.steps), reader.yes(front, "own"),
    )


class _Body:
    """What stands below the front matter, line by line.

    Attributes:
        before: the words before the first step.
        steps: those that have ended.
    """

    def __init__(self, reader: Fences, line: int):
        self.before, self.steps = Words(()), list[Step]()
        self._reader, self._title, self._line, self._text_at = reader, "", line, line
        self._blocks, self._given, self._text = list[Block](), dict[str, str](), list[str]()
        self._begun = False

    def take(self, lines: Sequence[str], number: int) -> int:
        """Takes the line of this number, from 0, and a fence whole; the number of the next one."""
        line = lines[number]
        if fence := _FENCE.match(line):
            return self._fence(fence, lines, number)
        if line.startswith("## "):
            self.end()
            self._begun, self._title, self._line = True, line[3:].strip(), number + 1
        elif line.startswith("# "):
            self._reader.wrong(number + 1, tr("A step begins with `## `; the lesson's title stands in `title:` at its top."))
        else:
            self._text_at = self._text_at if self._text else number + 1
            self._text.append(line)
        return number + 1

    def _fence(self, fence: re.Match[str], lines: Sequence[str], number: int) -> int:
        self._end_text()
        end = next((i for i in range(number + 1, len(lines)) if lines[i].strip() == fence[1]), None)
        if end is None:
            self._reader.wrong(number + 1, tr("This fence is not closed by a line of `{marks}`.", marks=fence[1]))
            return len(lines)
        if not self._begun:
            self._reader.wrong(number + 1, tr("A fence stands in a step, below a line that begins with `## `."))
        block, given = self._reader.fence(fence[2], fence[3], lines[number + 1 : end], number + 1)
        for key, value in given.items():
            if self._given.setdefault(key, value) != value:
                self._reader.wrong(number + 1, tr(
                    "`{key}` has another value already in this step. Begin another one with `## `.", key=key,
                ))
        if isinstance(block, Shown):
            self._check_shown(block, number + 1)
        if block:
            self._blocks.append(block)
        return end + 1

    def _check_shown(self, new: Shown, line: int) -> None:
        """A step shows a view once, and its views agree on what they share."""
        for old in (block for block in self._blocks if isinstance(block, Shown)):
            if old.name == new.name:
                self._reader.wrong(line, tr("This step shows `{name}` twice. Begin another one with `## `.", name=new.name))
            for key in old.controls.keys() & new.controls.keys():
                if old.controls[key] != new.controls[key]:
                    self._reader.wrong(line, tr(
                        "`{key}` has another value already in this step. Hold this one: `locked: {key}`.", key=key,
                    ))

    def _end_text(self) -> None:
        if any(line.strip() for line in self._text):
            self._blocks.append(Said(self._reader.said("\n".join(self._text).strip("\n"), self._text_at)))
        self._text.clear()

    def end(self) -> None:
        """The step that is open ends here, or what stands before the first one."""
        self._end_text()
        if len(self._blocks) > MOST_BLOCKS:
            self._reader.wrong(self._line, tr("A step has {most} parts at most. Begin another one with `## `.", most=MOST_BLOCKS))
        if self._begun:
            self.steps.append(Step(self._reader.told(self._title), self._given, tuple(self._blocks)))
        else:
            self.before = Words(tuple(part for one in self._blocks if isinstance(one, Said) for part in one.words.parts))
        self._blocks, self._given, self._reader.seen = [], {}, {}


def _front(reader: Fences, lines: Sequence[str]) -> tuple[Pairs, int]:
    """The front matter, and the number of lines up to its end."""
    end = next((i for i in range(1, len(lines)) if lines[i].strip() == "---"), None)
    if lines[0].strip() != "---" or end is None:
        reader.wrong(1, tr("A lesson begins with a line `---`, then `title:` and `run:`, and another line `---`."))
        return Pairs(1), 0
    pairs = reader.pairs(lines[1:end], 2, (*_FRONT, *GIVENS))
    for key in ("title", "run"):
        if not pairs.values.get(key, ("", 0))[0]:
            reader.wrong(1, tr("`{key}:` is missing between the two lines `---`.", key=key))
    reader.number(pairs, "minutes", int, MINUTES)
    reader.yes(pairs, "own")
    reader.given(pairs)
    return pairs, end + 1


def messages(source: str, name: str) -> list[str]:
    """The words of a lesson that are translated, piece by piece. Raises Faulty."""
    found: list[str] = []

    def collect(piece: str) -> str:
        found.append(piece)
        return piece

    read(source, name, collect)
    return found
