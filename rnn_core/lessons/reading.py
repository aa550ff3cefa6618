"""Reads a lesson's file; every mistake in it is named with its line and what was expected."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, get_args, get_type_hints

from rnn_core import views
from rnn_core.config import ModelConfig, Problem, TrainConfig, make
from rnn_core.lessons import EVENTS, GIVENS, KINDS, Ask, Block, Do, Faulty, Lesson, Mistake, Outline, Said, Shown, Step
from rnn_core.lessons.expressions import Expression, parse
from rnn_core.lessons.quantities import QUANTITIES
from rnn_core.lessons.words import Words, parse_words

MOST_LETTERS, MOST_STEPS, MOST_BLOCKS = 100_000, 40, 30
"""Of a file; of a lesson; of a step."""

MINUTES = 10
"""That a lesson takes where it does not say so."""

MOST_MISTAKES = 20
"""Mistakes that are named at once."""

UNROLLED, MODES = "unrolled", ("forwards", "backwards", "over")
"""The view of the picture, and its `mode`: the page shows the view of that mode and of the run's task."""

FROM_ONE = ("step", "back", "down")
"""Controls that are steps: counted from 1 in a lesson, as on the pages, and from 0 in the fields."""

_FRONT = {"title": str, "summary": str, "minutes": int}
_FENCE = re.compile(r"^(`{3,})\s*(\S*)\s*(.*?)\s*$")
_PAIR = re.compile(r"^([A-Za-z][\w ]*?(?:\s+\S.*?)?)\s*:(?:\s+(.*)|$)")
_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

T = TypeVar("T")


@dataclass
class _Pairs:
    """The `key: value` lines of a fence.

    Attributes:
        values: by key, with the line of each.
        named: of keys with an argument, such as `wrong 5`, that argument with the value and its line, in their order.
    """

    line: int
    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    named: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)


class _Reader:
    """Collects mistakes while it reads on."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.seen: dict[str, type] = {}
        """The controls of the views above in this step."""

    def wrong(self, line: int, why: str) -> None:
        self.mistakes.append(Mistake(line, why))

    def tried(self, line: int, make: Callable[[], T]) -> T | None:
        """What this makes; a Problem is a mistake of this line."""
        try:
            return make()
        except Problem as why:
            self.wrong(line, str(why))
            return None

    # ---- lines of key: value -----------------------------------------------------------------------------------------

    def pairs(self, lines: Sequence[str], first: int, keys: Sequence[str], taking: Sequence[str] = ()) -> _Pairs:
        """Lines of `key: value`; a line that begins with two spaces goes on with the value before.

        Args:
            first: the number of the first line.
            keys: those that there are.
            taking: those that take an argument, such as `wrong`.
        """
        found, last = _Pairs(first), None
        for number, line in enumerate(lines, first):
            if not line.strip():
                continue
            if line.startswith("  ") and last:
                last(line.strip())
                continue
            split = _split(line, taking)
            if split is None:
                self.wrong(number, f"`{line.strip()[:60]}` is not `key: value`.")
                continue
            key, argument, value = split
            if key in taking and argument:
                listed = found.named.setdefault(key, [])
                listed.append((argument, value, number))
                last = _more(listed, len(listed) - 1)
            elif key not in keys or argument:
                whole = f"{key} {argument}".strip()
                near = difflib.get_close_matches(whole, keys, 1)
                all_keys = ", ".join((*keys, *(f"{one} …" for one in taking)))
                there = f"Did you mean `{near[0]}`?" if near else f"The keys are {all_keys}."
                self.wrong(number, f"There is no key `{whole[:60]}` here. {there}")
                last = None
            elif key in found.values:
                self.wrong(number, f"`{key}` is given twice.")
            else:
                found.values[key] = value, number
                last = _more(found.values, key)
        return found

    def words(self, pairs: _Pairs, key: str, needed: bool = True) -> Words:
        """The value of a key as words."""
        if key not in pairs.values:
            if needed:
                self.wrong(pairs.line - 1, f"`{key}:` is missing.")
            return Words(())
        value, line = pairs.values[key]
        return self.said(value, line)

    def said(self, value: str, line: int) -> Words:
        return self.tried(line, lambda: parse_words(value, QUANTITIES)) or Words(())

    def expression(self, value: str, line: int, options: Mapping[str, Any] = {}) -> Expression | None:
        """An expression; the key of an option stands for itself."""
        if value in options and not _is_number(value):
            value = repr(value)
        more = f" The options are {', '.join(options)}." if options else ""
        return self.tried(line, lambda: parse(value, QUANTITIES, more))

    def number(self, pairs: _Pairs, key: str, kind: type, default: Any) -> Any:
        if key not in pairs.values:
            return default
        value, line = pairs.values[key]
        try:
            return kind(value)
        except ValueError:
            self.wrong(line, f"`{key}` is a {'whole number' if kind is int else 'number'}, not `{value[:40]}`.")
            return default

    def given(self, pairs: _Pairs) -> dict[str, str]:
        """The keys that say what is looked at."""
        found = {key: value for key, (value, _) in pairs.values.items() if key in GIVENS}
        if (loss := found.get("loss")) not in (None, "last", "every"):
            self.wrong(pairs.values["loss"][1], f"`loss` is `last` or `every`, not `{loss[:40]}`.")
        return found

    # ---- fences ------------------------------------------------------------------------------------------------------

    def fence(self, kind: str, name: str, lines: Sequence[str], line: int) -> tuple[Block | None, dict[str, str]]:
        """A fence, and what is looked at from its step on. `line`: of its first line, the one with the backticks."""
        reads = {"view": self.view, "do": self.do, "ask": self.ask}.get(kind)
        if reads is None:
            self.wrong(line, f"A fence is `view NAME`, `do EVENT` or `ask KIND`, not `{f'{kind} {name}'.strip()[:60]}`.")
            return None, {}
        return reads(name, lines, line)

    def known(self, line: int, what: str, name: str, among: Sequence[str]) -> bool:
        """Whether a name is one of these; if not, that is a mistake."""
        if name in among:
            return True
        near = difflib.get_close_matches(name, among, 1)
        listed = f" Did you mean `{near[0]}`?" if near else f" There are {', '.join(among)}." if len(among) < 12 else ""
        self.wrong(line, f"There is no {what} called `{name[:60]}`.{listed}")
        return False

    def view(self, name: str, lines: Sequence[str], line: int) -> tuple[Shown | None, dict[str, str]]:
        picture = name == UNROLLED
        if not self.known(line, "view", name, views.names()):
            return None, {}
        kinds = _kinds(views.view(name).controls)
        self.seen |= kinds
        pairs = self.pairs(lines, line + 1, (*kinds, *GIVENS, "locked", *(("mode",) if picture else ())))
        mode, at = pairs.values.get("mode", ("forwards", line))
        if not self.known(at, "mode", mode, MODES):
            return None, {}
        controls = self.controls(pairs, kinds) | ({"picture": mode} if picture else {})
        locked, at = pairs.values.get("locked", ("", line))
        held = list(kinds) if locked == "all" else [one for one in re.split(r"[\s,]+", locked) if one]
        held = ["picture" if one == "mode" else one for one in held]
        for one in held:
            self.known(at, "control of this view", one, list(kinds))
        fixed = {key: value for key, value in controls.items() if key in held}
        open_ones = {key: value for key, value in controls.items() if key not in held}
        return Shown(name, open_ones, fixed), self.given(pairs)

    def controls(self, pairs: _Pairs, kinds: Mapping[str, type]) -> dict[str, Any]:
        """The values of controls by their fields, of the right types."""
        found: dict[str, Any] = {}
        for key, (value, line) in pairs.values.items():
            if key in kinds and key not in ("label", "loss"):  # these say what is looked at
                read = self.tried(line, lambda value=value, key=key: _typed(value, kinds[key], key))  # type: ignore[misc]
                if read is not None:
                    found[key] = read
        return found

    def do(self, event: str, lines: Sequence[str], line: int) -> tuple[Do | None, dict[str, str]]:
        if not self.known(line, "event", event, list(EVENTS)):
            return None, {}
        kinds: dict[str, type] = {"set": self.seen, "trained": _options()}.get(event, {})
        own = {"opened": ("view",), "typed": ("example",)}.get(event, ())
        pairs = self.pairs(lines, line + 1, ("task", "until", *GIVENS, *kinds, *own))
        task, until = self.words(pairs, "task"), None
        if "until" in pairs.values:
            until = self.expression(*pairs.values["until"])
        controls = {}
        for key, (value, at) in pairs.values.items():
            if key in kinds and not (key == "run" or key == "text"):
                controls[key] = self.tried(at, lambda value=value, key=key: _typed(value, kinds[key], key))  # type: ignore[misc]
        for config in (ModelConfig, TrainConfig) if event == "trained" else ():
            stated = {name: controls[name] for name in _kinds(config) if controls.get(name) is not None}
            self.tried(line, lambda config=config, stated=stated: make(config, stated))  # type: ignore[misc]
        if event == "set" and not controls and until is None:
            self.wrong(line, "`do set` names a control of a view above it with the value that it should have, or `until:`.")
        name, at = pairs.values.get("view", ("", line))
        if event == "opened":
            self.known(at, "view", name, views.names())
        example, _ = pairs.values.get("example", ("", line))
        if event == "typed" and not example:
            self.wrong(line, "`example:` is missing: a text that would do.")
        given = {} if event == "set" else self.given(pairs)
        return Do(event, task, until, controls, name, example), given

    def ask(self, kind: str, lines: Sequence[str], line: int) -> tuple[Ask | None, dict[str, str]]:
        if not self.known(line, "kind of question", kind, list(KINDS)):
            return None, {}
        choice = kind == "choice"
        own = ("shows",) if kind == "curve" else ()
        pairs = self.pairs(lines, line + 1, ("q", "answer", "why", "within", "unit", *own, *GIVENS),
                           ("wrong", *(("option",) if choice else ())))  # fmt: skip
        options: dict[str, Words] = {}
        for key, value, at in pairs.named.get("option", []):
            if key in options:
                self.wrong(at, f"The option `{key}` is given twice.")
            options[key] = self.said(value, at)
        if choice and len(options) < 2:
            self.wrong(line, "A choice has two lines `option KEY: words` or more.")
        question, why = self.words(pairs, "q"), self.words(pairs, "why")
        answer = None
        if "answer" in pairs.values:
            answer = self.expression(*pairs.values["answer"], options)
        else:
            self.wrong(line, "`answer:` is missing.")
        wrongs = []
        for value, said, at in pairs.named.get("wrong", []):
            condition = self.expression(value, at, options)
            if choice and condition and not condition.asks and not condition.names and value not in options:
                self.wrong(at, f"`{value}` is no option of this question.")
            if condition:
                wrongs.append((condition, self.said(said, at)))
        if answer is None:
            return None, {}
        within = self.number(pairs, "within", float, None)
        unit = pairs.values.get("unit", ("", line))[0]
        shows = self.expression(*pairs.values["shows"]) if "shows" in pairs.values else None
        if kind == "curve" and answer.asks and shows is None:
            self.wrong(line, "`shows:` is missing: the right curve, beside what is drawn.")
        return Ask(kind, question, answer, tuple(wrongs), why, options, within, unit, self.given(pairs), shows), {}


def outline(source: str, name: str) -> Outline:
    """A lesson's headings, for a list; only the front matter is checked. Raises Faulty."""
    reader = _Reader()
    lines = _lines(source)
    front, start = _front(reader, lines)
    if reader.mistakes:
        raise Faulty(name, reader.mistakes)
    words = {key: value for key, (value, _) in front.values.items()}
    steps = sum(line.startswith("## ") for line in lines[start:])
    return Outline(words["title"], words.get("summary", ""), int(words.get("minutes", MINUTES)), steps)


def _lines(source: str) -> list[str]:
    return source.replace("\r\n", "\n").lstrip("\ufeff").split("\n")


def read(source: str, name: str) -> Lesson:
    """A lesson from its file's text.

    Args:
        name: of the file, without `.md`.

    Raises:
        Faulty: with every mistake, its line and what was expected there.
    """
    reader = _Reader()
    if len(source) > MOST_LETTERS:
        raise Faulty(name, [Mistake(1, f"This file has more than {MOST_LETTERS:,} characters.")])
    lines = _lines(source)
    front, start = _front(reader, lines)
    before: Words | None = None
    steps: list[Step] = []
    blocks: list[Block] = []
    given: dict[str, str] = {}
    text: list[str] = []
    title, text_at = None, start + 1

    def close_text() -> None:
        said = reader.said("\n".join(text).strip("\n"), text_at) if "".join(text).strip() else Words(())
        if said:
            blocks.append(Said(said))
        text.clear()

    def close_step(line: int) -> None:
        nonlocal before, blocks, given
        close_text()
        if title is None:
            before = Words(tuple(part for block in blocks if isinstance(block, Said) for part in block.words.parts))
            if any(not isinstance(block, Said) for block in blocks):
                reader.wrong(line, "A fence stands in a step, below a line that begins with `## `.")
        else:
            if len(blocks) > MOST_BLOCKS:
                reader.wrong(line, f"A step has {MOST_BLOCKS} parts at most. Begin another one with `## `.")
            steps.append(Step(title, given, tuple(blocks)))
        blocks, given, reader.seen = [], {}, {}

    number = start
    while number < len(lines):
        line = lines[number]
        fence = _FENCE.match(line)
        if fence:
            close_text()
            end = next((i for i in range(number + 1, len(lines)) if lines[i].strip() == fence[1]), None)
            if end is None:
                reader.wrong(number + 1, f"This fence is not closed by a line of `{fence[1]}`.")
                break
            block, more = reader.fence(fence[2], fence[3], lines[number + 1 : end], number + 1)
            for key, value in more.items():
                if given.setdefault(key, value) != value:
                    reader.wrong(number + 1, f"`{key}` has another value already in this step. Begin another one with `## `.")
            if block:
                blocks.append(block)
            number, text_at = end + 1, end + 2
            continue
        if line.startswith("## "):
            close_step(number + 1)
            title, text_at = line[3:].strip(), number + 2
        elif line.startswith("# "):
            reader.wrong(number + 1, "A step begins with `## `; the lesson's title stands in `title:` at its top.")
        else:
            if not text:
                text_at = number + 1
            text.append(line)
        number += 1
    close_step(len(lines))
    _check_steps(reader, steps, len(lines))
    if reader.mistakes:
        raise Faulty(name, sorted(reader.mistakes, key=lambda one: one.line)[:MOST_MISTAKES])
    summary = front.values.get("summary", ("", 0))[0]
    return Lesson(name, front.values["title"][0], summary, reader.number(front, "minutes", int, MINUTES), reader.given(front),
                  before or Words(()), tuple(steps))  # fmt: skip


def _front(reader: _Reader, lines: Sequence[str]) -> tuple[_Pairs, int]:
    """The front matter, and the number of lines up to its end."""
    end = next((i for i in range(1, len(lines)) if lines[i].strip() == "---"), None)
    if lines[0].strip() != "---" or end is None:
        reader.wrong(1, "A lesson begins with a line `---`, then `title:` and `run:`, and another line `---`.")
        return _Pairs(1), 0
    pairs = reader.pairs(lines[1:end], 2, (*_FRONT, *GIVENS))
    for key in ("title", "run"):
        if not pairs.values.get(key, ("", 0))[0]:
            reader.wrong(1, f"`{key}:` is missing between the two lines `---`.")
    reader.number(pairs, "minutes", int, MINUTES)
    reader.given(pairs)
    return pairs, end + 1


def _check_steps(reader: _Reader, steps: Sequence[Step], last: int) -> None:
    if not steps:
        reader.wrong(last, "A lesson has a step: a line that begins with `## `.")
    if len(steps) > MOST_STEPS:
        reader.wrong(last, f"A lesson has {MOST_STEPS} steps at most.")
    for step in steps:
        seen: dict[str, Any] = {}
        names = [block.name for block in step.blocks if isinstance(block, Shown)]
        if repeated := {one for one in names if names.count(one) > 1}:
            reader.wrong(last, f"The step “{step.title}” shows `{repeated.pop()}` twice. Begin another one with `## `.")
        for block in step.blocks:
            for key, value in block.controls.items() if isinstance(block, Shown) else ():
                if seen.setdefault(key, value) != value:
                    two = f"In the step “{step.title}”, `{key}` has two values."
                    reader.wrong(last, f"{two} Lock it in one view: `locked: {key}`.")


def _split(line: str, taking: Sequence[str]) -> tuple[str, str, str] | None:
    """`key: value`, or `key argument: value`, as key, argument and value; an argument may hold colons within quotes alone."""
    head = line.split(None, 1)[0].rstrip(":") if line.strip() else ""
    if head in taking and not line.split(None, 1)[0].endswith(":"):
        quoted, rest = "", line.strip()[len(head) :]
        for i, letter in enumerate(rest):
            if letter in "\"'" and quoted in ("", letter):
                quoted = "" if quoted else letter
            if letter == ":" and not quoted:
                return head, rest[:i].strip(), rest[i + 1 :].strip()
        return None
    found = re.match(r"^([A-Za-z][\w-]*(?: [\w-]+)*)\s*:(?:\s+(.*)|$)", line)
    return (found[1], "", (found[2] or "").strip()) if found else None


def _more(held: Any, key: Any) -> Callable[[str], None]:
    """Adds a line to the value that is held there."""

    def add(line: str) -> None:
        *rest, value, number = held[key]
        held[key] = (*rest, f"{value}\n{line}" if value else line, number)

    return add


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _kinds(controls: type) -> dict[str, type]:
    """The types of a dataclass's fields, `int` for `int | None`."""
    hints = get_type_hints(controls)
    return {one.name: next((kind for kind in get_args(hints[one.name]) if kind is not type(None)), hints[one.name])
            for one in fields(controls)}  # fmt: skip


def _typed(value: str, kind: type, key: str) -> Any:
    """A control's value. Raises Problem when it is none of its type."""
    try:
        if kind is bool:
            return _YES[value.lower()]
        read = kind(value)
    except (ValueError, KeyError, TypeError):
        wanted = {bool: "yes or no", int: "a whole number", float: "a number"}.get(kind, "a word")
        raise Problem(f"`{key}` is {wanted}, not `{value[:40]}`.") from None
    if key in FROM_ONE:
        if read < 1:
            raise Problem(f"`{key}` counts from 1.")
        return read - 1
    return read


def _options() -> dict[str, type]:
    """Those of a training that a lesson may state: the data by the name of a sample, the network and the training."""
    kinds = {**_kinds(ModelConfig), **_kinds(TrainConfig)}
    return {"data": str} | {name: kind if kind in (bool, int, float) else str for name, kind in kinds.items()}
