"""The `key: value` lines of a lesson, and the mistakes in them."""

import contextlib
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rnn_core.config import Problem
from rnn_core.language import N_, tr
from rnn_core.lessons import GIVENS, Mistake
from rnn_core.lessons.expressions import Expression, parse
from rnn_core.lessons.quantities import QUANTITIES
from rnn_core.lessons.words import Words, parse_words

T = TypeVar("T")

NO_WHOLE_NUMBER = N_("`{key}` is a whole number, not `{value}`.")
NO_NUMBER = N_("`{key}` is a number, not `{value}`.")


@dataclass
class Pairs:
    """The `key: value` lines of a fence.

    Attributes:
        values: by key, with the line of each.
        named: of keys with an argument, such as `wrong 5`, that argument with the value and its line, in their order.
    """

    line: int
    values: dict[str, tuple[str, int]] = field(default_factory=dict)
    named: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)


class Reader:
    """Collects mistakes while it reads on.

    Args:
        told: says a paragraph in the reader's language.
    """

    def __init__(self, told: Callable[[str], str] = str) -> None:
        self.mistakes: list[Mistake] = []
        self._told = told

    def wrong(self, line: int, why: str) -> None:
        self.mistakes.append(Mistake(line, why))

    def tried(self, line: int, make: Callable[[], T]) -> T | None:
        """What this makes; a Problem is a mistake of this line."""
        try:
            return make()
        except Problem as why:
            self.wrong(line, str(why))
            return None

    def pairs(self, lines: Sequence[str], first: int, keys: Sequence[str], taking: Sequence[str] = ()) -> Pairs:
        """Lines of `key: value`; a line that begins with two spaces goes on with the value before.

        Args:
            first: the number of the first line.
            keys: those that there are.
            taking: those that take an argument, such as `wrong`.
        """
        found, last = Pairs(first), None
        for number, line in enumerate(lines, first):
            if not line.strip():
                continue
            if line.startswith("  ") and last:
                last(line.strip())
                continue
            split = _split(line, taking)
            if split is None:
                self.wrong(number, tr("`{line}` is not `key: value`.", line=line.strip()[:60]))
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
                there = tr("Did you mean `{name}`?", name=near[0]) if near else tr("The keys are {listed}.", listed=all_keys)
                self.wrong(number, tr("There is no key `{key}` here.", key=whole[:60]) + f" {there}")
                last = None
            elif key in found.values:
                self.wrong(number, tr("`{key}` is given twice.", key=key))
            else:
                found.values[key] = value, number
                last = _more(found.values, key)
        return found

    def words(self, pairs: Pairs, key: str) -> Words:
        """The value of a key as words; a mistake where it is missing."""
        if key not in pairs.values:
            self.wrong(pairs.line - 1, tr("`{key}:` is missing.", key=key))
            return Words(())
        value, line = pairs.values[key]
        return self.said(value, line)

    def said(self, value: str, line: int) -> Words:
        """Words that begin in this line; a mistake is of the line of theirs that has it."""
        try:
            written = parse_words(value, QUANTITIES)
            with contextlib.suppress(Problem):  # a translation with a mistake in it
                return parse_words(self.told(value), QUANTITIES)
            return written
        except Problem as why:
            for number, one in enumerate(value.split("\n"), line):
                with contextlib.suppress(Problem):
                    parse_words(one, QUANTITIES)
                    continue
                line = number
                break
            self.wrong(line, str(why))
            return Words(())

    def told(self, words: str) -> str:
        """Words in the reader's language, paragraph by paragraph."""
        return "\n\n".join(self._told(part.strip("\n")) for part in re.split(r"\n[ \t]*\n", words) if part.strip())

    def expression(self, value: str, line: int, options: Mapping[str, Any] = {}) -> Expression | None:
        """An expression; the key of an option stands for itself."""
        if value in options and not _is_number(value):
            value = repr(value)
        more = tr("The options are {listed}.", listed=", ".join(options)) if options else ""
        return self.tried(line, lambda: parse(value, QUANTITIES, more))

    def number(self, pairs: Pairs, key: str, kind: type, default: Any) -> Any:
        if key not in pairs.values:
            return default
        value, line = pairs.values[key]
        try:
            return kind(value)
        except ValueError:
            self.wrong(line, tr(NO_WHOLE_NUMBER if kind is int else NO_NUMBER, key=key, value=value[:40]))
            return default

    def yes(self, pairs: Pairs, key: str) -> bool:
        """Whether a key says yes; no where it is missing."""
        value, line = pairs.values.get(key, ("no", 0))
        if value not in ("yes", "no"):
            self.wrong(line, tr("`{key}` is `yes` or `no`, not `{value}`.", key=key, value=value[:40]))
        return value == "yes"

    def given(self, pairs: Pairs) -> dict[str, str]:
        """The keys that say what is looked at."""
        found = {key: value for key, (value, _) in pairs.values.items() if key in GIVENS}
        if (loss := found.get("loss")) not in (None, "last", "every"):
            self.wrong(pairs.values["loss"][1], tr("`loss` is `last` or `every`, not `{value}`.", value=loss[:40]))
        return found


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
