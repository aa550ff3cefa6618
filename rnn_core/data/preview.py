"""The top of a file as a page shows it before the import, with guessed columns."""

import re
from dataclasses import dataclass, replace

from rnn_core.config import DataConfig, Problem
from rnn_core.data.columns import column_notes, guess_columns
from rnn_core.data.formats import Format
from rnn_core.data.layouts import Layout, layout_of
from rnn_core.data.schema import Schema
from rnn_core.data.streams import with_text
from rnn_core.data.top import FURTHER, Top
from rnn_core.data.values import as_written


@dataclass(frozen=True)
class Preview:
    """A file before it is imported.

    Attributes:
        format: how the file is read.
        config: the given options, with open columns filled in by guesses.
        header: the column names.
        rows: the first rows, followed by rows with letters beyond ASCII, which show whether the encoding is right. Every value
            is text of up to 200 characters.
        layout: how a row holds the data of the task; None if the columns do not fit.
        problem: the choice to change if they do not; else None.
    """

    format: Format
    config: DataConfig
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    layout: Layout | None
    problem: str | None


def preview(top: Top, config: DataConfig, schema: Schema, rows: int = 20) -> Preview:
    """The first rows of a file and its guessed columns.

    Raises:
        Problem: if the file has no rows. Columns that do not fit are described in the preview.
    """
    format, first = top.format, top.rows[:rows]
    after = first[-1].line if first else 0
    further = [map(_from_beyond_ascii, values) for line, values in top.beyond_ascii if line > after][:FURTHER]
    if schema.stream:
        further = []
    shown = tuple(tuple(map(_short, row)) for row in (*(map(as_written, row.values) for row in first), *further))
    try:
        if schema.stream:
            layout: Layout = "lines" if format.kind == "text" else "documents"
            return Preview(format, with_text(top, config), format.header, shown, layout, None)
        filled = guess_columns(format, top.rows, config, schema)
        layout = layout_of(format, top.rows, filled, schema)
        format = replace(format, notes=format.notes + column_notes(format, top.rows, filled, schema))
        return Preview(format, filled, format.header, shown, layout, None)
    except Problem as problem:
        return Preview(format, config, format.header, shown, None, str(problem))


def _from_beyond_ascii(text: str) -> str:
    """The text from shortly before its first letter beyond ASCII, if that letter would be cut off."""
    found = re.search(r"[^\x00-\x7f]", text)
    return "…" + text[found.start() - 50 :] if found and found.start() > 150 else text


def _short(text: str) -> str:
    text = text[:300].encode("utf-8", "replace").decode("utf-8")  # a lone surrogate, which JSON can spell, is shown as ?
    return text if len(text) <= 200 else text[:199] + "…"
