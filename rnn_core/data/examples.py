"""From rows to examples: tokens and their target, whatever the layout; what cannot be used is counted with its row."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from typing import Any

from rnn_core.config import DataConfig
from rnn_core.data.columns import Layout, as_list, as_text, split_of
from rnn_core.data.tables import Format, read_rows
from rnn_core.data.tokens import tokenise
from rnn_core.results import LeftOut

NO_BREAK = "\u00a0"
_PLAIN_SPACE = re.compile(r"[ \t\r\n\v\f]+")
_UNUSABLE = re.compile(r"[\0\ud800-\udfff]")
"""NUL, and halves of characters, which JSON can spell and no file can hold."""

SHOWN = 20
"""How many rows are named for a reason."""


@dataclass(frozen=True)
class Example:
    """One text or sentence with its truth.

    Attributes:
        text: as in the file, or the tokens with a space between; it ends with the last token kept.
        tokens: (m,) without specials; none holds a plain space unless tokens are characters.
        target: the label, or (m,) tags.
        row: where it stands, such as "train.csv line 12".
    """

    text: str
    tokens: tuple[str, ...]
    target: str | tuple[str, ...]
    row: str


@dataclass
class Tally:
    """What reading left out, or cut, by reason."""

    read: int = 0
    reasons: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def note(self, reason: str, where: str) -> None:
        """Counts one row; the first `SHOWN` are named."""
        self.counts[reason] = self.counts.get(reason, 0) + 1
        rows = self.reasons.setdefault(reason, [])
        if len(rows) < SHOWN:
            rows.append(where)

    def left_out(self) -> tuple[LeftOut, ...]:
        """The reasons, the most frequent first."""
        order = sorted(self.counts, key=lambda reason: -self.counts[reason])
        return tuple(LeftOut(reason, self.counts[reason], tuple(self.reasons[reason])) for reason in order)


class _Fault(Exception):
    """Why one row cannot be used."""


def read_file(
    path: Path,
    format: Format,
    config: DataConfig,
    layout: Layout,
    tally: Tally,
    tick: Callable[[float], None] | None = None,
) -> Iterator[tuple[Example, str | None]]:
    """The examples of a file, each with its split (None without a split column); the others go to `tally`.

    Args:
        config: with text and label, and what else the layout needs, filled in.
    """
    sentences = _grouped if layout == "token" else _single
    for line, values, fault in sentences(path, format, config, tick):
        tally.read += 1
        where = format.where(line)
        try:
            if fault:
                raise _Fault(fault)
            text, target, split = values
            name = None
            if config.split and not (name := split_of(split)):
                raise _Fault(f"no known split in the column {config.split!r} (train, dev or test)")
            example, cut = (
                _labelled(text, target, config, where)
                if layout == "text"
                else _tagged(text, target, layout, config, where)
            )
        except _Fault as reason:
            tally.note(str(reason), where)
            continue
        if cut:
            tally.note(f"cut after {config.max_tokens:,} tokens, and kept", where)
        yield example, name


Sentence = tuple[int, tuple[Any, Any, Any], str | None]
"""Line; text or tokens, label or tags, and split; fault."""


def _single(path: Path, format: Format, config: DataConfig, tick: Callable[[float], None] | None) -> Iterator[Sentence]:
    columns = [config.text or "", config.label or "", *([config.split] if config.split else [])]
    for row in read_rows(path, format, columns, tick):
        yield row.line, (*row.values, None, None, None)[:3], row.fault


def _grouped(
    path: Path, format: Format, config: DataConfig, tick: Callable[[float], None] | None
) -> Iterator[Sentence]:
    """A token a row: rows that follow each other with one sentence id; an empty id is that of the row above."""
    columns = [config.text or "", config.label or "", config.sentence or "", *([config.split] if config.split else [])]
    seen: set[str] = set()
    now: str | None = None
    start, tokens, tags, split, fault = 0, [], [], None, None  # type: int, list[str], list[str], Any, str | None
    for row in read_rows(path, format, columns, tick):
        token, tag, given, own = (*row.values, None, None, None, None)[:4]
        given = as_text(given).strip() or now or ""
        if given != now:
            if tokens or fault:
                yield start, (tokens, tags, split), fault
            now, start, tokens, tags, split, fault = given, row.line, [], [], own, None
            if given in seen:
                fault = "a sentence whose other rows stand further up (keep the rows of a sentence together)"
            seen.add(given)
        if row.fault and not fault:
            start, fault = row.line, row.fault
        tokens.append(as_text(token))
        tags.append(as_text(tag))
    if tokens or fault:
        yield start, (tokens, tags, split), fault


def _labelled(text: Any, label: Any, config: DataConfig, where: str) -> tuple[Example, bool]:
    text, label = as_text(text), as_text(label).strip()
    if not text.strip():
        raise _Fault("no text")
    if not label:
        raise _Fault("no label")
    if _UNUSABLE.search(text) or _UNUSABLE.search(label):
        raise _Fault("a NUL byte or half a character")
    found = tokenise(text, config.tokens, config.max_tokens + 1)
    cut = len(found) > config.max_tokens
    tokens = tuple([intern(token) for token, _, _ in found[: config.max_tokens]])
    if not tokens:
        raise _Fault("no text")
    return Example(text[: found[config.max_tokens - 1][2]] if cut else text, tokens, intern(label), where), cut


def _tagged(text: Any, tags: Any, layout: Layout, config: DataConfig, where: str) -> tuple[Example, bool]:
    if layout == "sentence":
        tokens, marks = _parts(as_text(text)), _parts(as_text(tags))
    else:
        listed, marked = as_list(text), as_list(tags)
        if listed is None or marked is None:
            raise _Fault(f"no list in the column {(config.text if listed is None else config.label)!r}")
        tokens = [_PLAIN_SPACE.sub(NO_BREAK, token.strip(" \t\r\n\v\f")) for token in listed]
        marks = [mark.strip() for mark in marked]
    if not tokens:
        raise _Fault("no text")
    if not marks:
        raise _Fault("no tags")
    if len(tokens) != len(marks):
        raise _Fault("tokens and tags of different number")
    if not all(tokens) or not all(marks):
        raise _Fault("an empty token or tag")
    if _unusable(tokens) or _unusable(marks):
        raise _Fault("a NUL byte or half a character")
    cut = len(tokens) > config.max_tokens
    kept, target = tuple(map(intern, tokens[: config.max_tokens])), tuple(map(intern, marks[: config.max_tokens]))
    return Example(" ".join(kept), kept, target, where), cut


def _parts(text: str) -> list[str]:
    return [part for part in _PLAIN_SPACE.split(text) if part]


def _unusable(parts: Iterable[str]) -> bool:
    return any(map(_UNUSABLE.search, parts))
