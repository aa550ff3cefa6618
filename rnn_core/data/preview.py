"""The top of a file, shown before anything is imported, with its columns guessed."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from rnn_core.config import DataConfig, Problem
from rnn_core.data.columns import column_notes, guess_columns, sample_rows
from rnn_core.data.encodings import HEAD
from rnn_core.data.layouts import Layout, layout_of
from rnn_core.data.schema import Schema
from rnn_core.data.tables import Format, read_rows, recognise
from rnn_core.data.values import as_text

_LOOKED_INTO, _FURTHER = 5_000, 5
"""Rows in which letters outside of ASCII are looked for, and how many of those that have some are shown."""


@dataclass(frozen=True)
class Preview:
    """A file before it is imported.

    Attributes:
        format: how the file is read.
        config: the config given, its open columns filled in by guesses.
        header: the column names.
        rows: the first rows, and after them some whose letters show whether the encoding is right; every value as text
            of at most 200 characters.
        layout: how a row holds what the task needs; None when the columns do not fit.
        problem: what to choose differently when they do not, else None.
    """

    format: Format
    config: DataConfig
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    layout: Layout | None
    problem: str | None


def preview(path: Path, config: DataConfig, schema: Schema, name: str | None = None, rows: int = 20) -> Preview:
    """The top of a file and the columns guessed, in bounded time and memory.

    Raises:
        Problem: when the file cannot be read at all; what the columns lack is said in the preview.
    """
    format = recognise(path, config, name)
    sample = sample_rows(path, format)
    first = [[_written(value) for value in row.values] for row in sample[:rows]]
    further = islice(_beyond_ascii(path, format, sample[len(first) - 1].line), _FURTHER) if first else ()
    shown = tuple(tuple(map(_short, row)) for row in chain(first, further))
    try:
        filled = guess_columns(format, sample, config, schema)
        layout = layout_of(format, sample, filled, schema)
        format = replace(format, notes=format.notes + column_notes(format, sample, filled, schema))
        return Preview(format, filled, format.header, shown, layout, None)
    except Problem as problem:
        return Preview(format, config, format.header, shown, None, str(problem))


def _beyond_ascii(path: Path, format: Format, after: int) -> Iterator[list[str]]:
    """What stands in the rows below the line `after` that have letters outside of ASCII, from the head of the file."""
    if not format.encoding:
        return
    size = 0
    with suppress(Problem):  # what is wrong further down is said when all is read
        for row in islice(read_rows(path, format), _LOOKED_INTO):
            values = [_written(value) for value in row.values]
            size += sum(map(len, values))
            if size > HEAD:
                return
            if row.line > after and not row.fault and not all(map(str.isascii, values)):
                yield [_from_beyond_ascii(value) for value in values]


def top_of(rows: Iterable[Sequence[Any]]) -> tuple[tuple[str, ...], ...]:
    """Rows as a preview shows them."""
    return tuple(tuple(_short(_written(value)) for value in row) for row in rows)


def _written(value: Any) -> str:
    return " ".join(map(as_text, value[:200])) if isinstance(value, list) else as_text(value)


def _from_beyond_ascii(text: str) -> str:
    """The text from a little before its first letter outside of ASCII, where that would be cut away."""
    found = re.search(r"[^\x00-\x7f]", text)
    return "…" + text[found.start() - 50 :] if found and found.start() > 150 else text


def _short(text: str) -> str:
    text = text[:300].encode("utf-8", "replace").decode("utf-8")  # half a character, which JSON can spell, is shown as ?
    return text if len(text) <= 200 else text[:199] + "…"
