"""Made-up texts whose label needs a word that stands a known number of words before their end.

The distance of a text is the number of words after the earliest word that its label depends on: a network that reads from
left to right has to keep that word over this distance. Each task draws a text (`draw`) and reads a text (`read`): the label and
the distance follow from the words alone, so they are known for the saved answers of a run too. Distances are drawn about
equally often, and a text is as long as its distance needs, or longer.
"""

import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rnn_core.config import MakeConfig, Problem
from rnn_core.data.written import csv_bytes
from rnn_core.language import N_, tr

FILLERS = "abcdefgh"
FIRST_WORDS = "xy"
SYMBOLS, BLANK = "abcd", "blank"
ASKED = ("first", "second", "third")
MARK, LESS, MORE = "plus", "below ten", "ten or more"
OPENING = {"(": "round", "[": "square"}
CLOSING = {"(": ")", "[": "]"}

HEADER = ("text", "label", "distance")
"""The columns of a file of such texts."""

TRIES = 20
"""The maximum number of draws per text; after them, there are fewer different texts than were asked for."""


class Reading(NamedTuple):
    """The label of a text, and its distance."""

    label: str
    distance: int


class Made(NamedTuple):
    """One row of a file."""

    text: str
    label: str
    distance: int


class SyntheticTask(NamedTuple):
    """A task of memory.

    Attributes:
        title: what is asked, for people.
        example: a text of it.
        draw: the words of a text of at most this many words (8 or more).
        read: the label and the distance of a text; None if the words are no text of this task.
    """

    title: str
    example: str
    draw: Callable[[random.Random, int], list[str]]
    read: Callable[[Sequence[str]], Reading | None]


def _draw_first_word(rng: random.Random, length: int) -> list[str]:
    """x or y, then 1 … length − 1 random letters. The label is the first word (Hochreiter and Schmidhuber 1997, Long short-term
    memory, experiment 2c: a first symbol among random distractors)."""
    return [rng.choice(FIRST_WORDS), *rng.choices(FILLERS, k=rng.randint(1, length - 1))]


def _read_first_word(words: Sequence[str]) -> Reading | None:
    if len(words) < 2 or words[0] not in {*FIRST_WORDS} or not {*FILLERS}.issuperset(words[1:]):
        return None
    return Reading(words[0], len(words) - 1)


def _draw_copy(rng: random.Random, length: int) -> list[str]:
    """Three letters, blanks, and which of the letters is asked for. The label is that letter (the copying task of Hochreiter and
    Schmidhuber 1997 and Arjovsky et al. 2016, asked for one symbol, so that a text has one label; all have to be kept)."""
    blanks = rng.randint(1, length - len(ASKED) - 1)
    return [*rng.choices(SYMBOLS, k=len(ASKED)), *[BLANK] * blanks, rng.choice(ASKED)]


def _read_copy(words: Sequence[str]) -> Reading | None:
    kept, blanks, asked = words[: len(ASKED)], words[len(ASKED) : -1], words[-1:]
    if not blanks or {*blanks} != {BLANK} or not {*SYMBOLS}.issuperset(kept) or asked[0] not in ASKED:
        return None
    place = ASKED.index(asked[0])
    return Reading(kept[place], len(words) - 1 - place)


def _draw_adding(rng: random.Random, length: int) -> list[str]:
    """Digits, two of them after the word plus. The label is whether these two sum to ten or more (the adding problem of
    Hochreiter and Schmidhuber 1997, experiment 4, with digits for real numbers and two classes for their sum; a mark, which was
    a second input, is a word of its own)."""
    after = rng.randint(1, length - 4)
    digits = [str(rng.randrange(10)) for _ in range(rng.randint(0, length - 4 - after) + 1 + after)]
    first, second = len(digits) - after - 1, rng.randrange(len(digits) - after, len(digits))
    wanted = rng.random() < 0.5
    while (int(digits[first]) + int(digits[second]) >= 10) != wanted:
        digits[first], digits[second] = str(rng.randrange(10)), str(rng.randrange(10))
    return [*digits[:first], MARK, *digits[first:second], MARK, *digits[second:]]


def _read_adding(words: Sequence[str]) -> Reading | None:
    marks = [i for i, word in enumerate(words) if word == MARK]
    if len(marks) != 2 or not {*"0123456789", MARK}.issuperset(words) or marks[1] in (marks[0] + 1, len(words) - 1):
        return None
    first, second = (at + 1 for at in marks)
    return Reading(MORE if int(words[first]) + int(words[second]) >= 10 else LESS, len(words) - 1 - first)


def _draw_parity(rng: random.Random, length: int) -> list[str]:
    """2 … length bits. The label is whether the number of ones is even or odd, which depends on each of them (Minsky and Papert
    1969, Perceptrons; of recurrent networks, Hochreiter and Schmidhuber 1996, Bridging long time lags by weight guessing)."""
    return rng.choices("01", k=rng.randint(2, length))


def _read_parity(words: Sequence[str]) -> Reading | None:
    if len(words) < 2 or not {*"01"}.issuperset(words):
        return None
    return Reading("odd" if words.count("1") % 2 else "even", len(words) - 1)


def _draw_brackets(rng: random.Random, length: int) -> list[str]:
    """The beginning of a text of two kinds of nested brackets (a Dyck language; Suzgun et al. 2019, Memory-augmented recurrent
    neural networks can learn generalized Dyck languages). The label is the kind of the one that has to be closed next. After
    its opening, an even number of brackets open and close again; before it stands any beginning."""
    inside = 2 * rng.randint(0, (length - 1) // 2)
    words: list[str] = []
    opened: list[str] = []

    def step(closes: bool) -> None:
        if not closes:
            opened.append(rng.choice([*OPENING]))
        words.append(CLOSING[opened.pop()] if closes else opened[-1])

    for _ in range(rng.randint(0, length - 1 - inside)):
        step(bool(opened) and rng.random() < 0.5)
    step(False)
    outside, end = len(opened), len(words) + inside
    while len(words) < end:
        depth = len(opened) - outside
        step(depth == end - len(words) or (depth > 0 and rng.random() < 0.5))
    return words


def _read_brackets(words: Sequence[str]) -> Reading | None:
    opened: list[int] = []
    for at, word in enumerate(words):
        if word in OPENING:
            opened.append(at)
        elif not opened or word != CLOSING[words[opened.pop()]]:
            return None
    return Reading(OPENING[words[opened[-1]]], len(words) - 1 - opened[-1]) if opened else None


TASKS = {
    "first-word": SyntheticTask(N_("Which was the first word?"), "y c a h", _draw_first_word, _read_first_word),
    "copy": SyntheticTask(
        N_("Which was the first, second or third letter?"), "b d a blank blank second", _draw_copy, _read_copy
    ),
    "adding": SyntheticTask(
        N_("Is the sum of the two digits after plus ten or more?"), "3 plus 7 2 plus 4 9", _draw_adding, _read_adding
    ),
    "parity": SyntheticTask(N_("Is the number of ones even or odd?"), "1 0 1 1", _draw_parity, _read_parity),
    "brackets": SyntheticTask(
        N_("Which kind of bracket has to be closed next?"), "( [ ( ) ]", _draw_brackets, _read_brackets
    ),
}
"""The tasks by name, the choices of `MakeConfig.make`."""


def made(how: MakeConfig) -> list[Made]:
    """Different texts of a task with their labels and distances. The same options give the same texts.

    Raises:
        Problem: if there are too few different texts of this length.
    """
    task, rng = TASKS[how.make], random.Random(f"{how.make} {how.length} {how.seed}")
    found: dict[str, Made] = {}
    for _ in range(TRIES * how.examples):
        words = task.draw(rng, how.length)
        text = " ".join(words)
        if text not in found:
            read = task.read(words)
            assert read is not None, f"{text!r} is no text of {how.make}"
            found[text] = Made(text, *read)
            if len(found) == how.examples:
                return [*found.values()]
    raise Problem(
        tr(
            "There are hardly more than {found:,} different texts of {task} with at most {length} words: ask for longer "
            "texts, or for fewer.",
            found=len(found), task=how.make, length=how.length,
        ),
        "a larger --length, or a smaller --examples",
    )


def csv_of(how: MakeConfig) -> bytes:
    """A CSV file of different texts, with the columns of `HEADER`. Raises Problem as `made` does."""
    return csv_bytes(HEADER, made(how))


def task_of(words: Sequence[str], label: str) -> str | None:
    """The name of the task that gives a text this label; None if there is none. No text is one of two tasks."""
    return next((name for name, task in TASKS.items() if (read := task.read(words)) is not None and read.label == label), None)
