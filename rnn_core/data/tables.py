"""The rows of a file of any format, in bounded memory."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from operator import attrgetter
from pathlib import Path
from typing import Any

from rnn_core.data import kinds
from rnn_core.data.encodings import (
    REPLACED,
    line_blocks,
    lines,
)
from rnn_core.data.formats import Format, place, read_objects
from rnn_core.data.parquet_records import parquet_rows
from rnn_core.data.records import CsvReader, labelled_lines, sentences, word_tags
from rnn_core.language import N_

MAX_BLOCK = 16_000_000
"""The maximum number of characters in a block of rows; a single row may hold more."""

BLOCK = 2_000
"""Rows per block, if a file is read row by row."""
TOO_MANY, TOO_FEW = N_("too many fields ({width} were expected)"), N_("too few fields ({width} were expected)")
"""Why a row of a table cannot be read."""

@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, or one sentence.

    Attributes:
        line: the line where it starts, from 1; for Parquet, the row number.
        values: one per requested column: text, or a value of JSON or Parquet; for a sentence, a list of texts.
        fault: the reason why it cannot be used, or None.
        note: the reason why it is doubtful, or None.
    """

    line: int
    values: tuple[Any, ...]
    fault: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive rows of a table, column by column.

    Attributes:
        lines: (m,) the line where each usable row starts.
        columns: m values per requested column, as a list or as an Arrow array of texts without NUL.
        faults: (line, reason) of the rows that cannot be used.
        notes: (line, reason) of usable rows that are doubtful.
    """

    lines: list[int]
    columns: list[Any]
    faults: list[tuple[int, str]]
    notes: list[tuple[int, str]] = field(default_factory=list)


def read_blocks(
    path: Path, format: Format, columns: Sequence[str] = (), tick: Callable[[float], object] | None = None
) -> Iterator[Block]:
    """Yields the rows below the header, or the sentences, in blocks of bounded size.

    Args:
        columns: the columns of a row, in this order; empty: all columns.
        tick: is called with the share of the file read, 0…1.

    Raises:
        Problem: if a column is missing, or the rest of the file cannot be read.
    """
    blocks = _blocks(path, format, tuple(columns) or format.header, tick)
    yield from _noting_replaced(blocks) if format.mended else blocks


def _noting_replaced(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same blocks, with a note on each row in which bytes that did not decode were replaced."""
    for block in blocks:
        rows = zip(block.lines, *map(listed, block.columns), strict=True)
        found = [line for line, *values in rows if any(map(_replaced, values))]
        why = N_("bytes that are not UTF-8, replaced by {sign}, and kept").format(sign=REPLACED)
        yield replace(block, notes=[*block.notes, *((line, why) for line in found)])


def _replaced(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return any(isinstance(part, str) and REPLACED in part for part in parts)


def _blocks(
    path: Path, format: Format, columns: Sequence[str], tick: Callable[[float], object] | None
) -> Iterator[Block]:
    places = [] if format.kind == "jsonl" else [place(format, column) for column in columns]
    if format.kind == "csv":
        yield from _csv_blocks(path, format, places, tick)
        return
    records: Iterator[tuple[int, Sequence[Any], str | None]]
    if format.kind == "jsonl":
        records = ((line, [*map(values.get, columns)], fault) for line, values, fault in read_objects(path, format, tick))
    elif format.kind == "parquet":
        records = parquet_rows(path, places, format.name, tick)
    else:
        text = _below_header(lines(path, format.encoding or "utf-8", format.name, tick, format.mended), format.kind)
        if format.kind == "word_tag":
            found = word_tags(text, format.delimiter or "|", len(format.header))
        elif format.by_sentence:
            found = sentences(text, format.kind, len(format.header), format.name, format.delimiter)
        else:
            found = labelled_lines(text, format.kind)
        records = ((line, () if fault else [lists[i] for i in places], fault) for line, lists, fault in found)
    while some := list(_some(records)):
        sound = [(line, values) for line, values, fault in some if not fault]
        yield Block(
            [line for line, _ in sound],
            [[values[i] for _, values in sound] for i in range(len(columns))],
            [(line, fault) for line, _, fault in some if fault],
        )


def _below_header(all_lines: Iterator[str], kind: str) -> Iterator[str]:
    """The lines; a first line that names the columns of tokens and tags becomes blank."""
    first = next(all_lines, "")
    yield "\n" if kind in ("conll", "token_tag") and kinds.token_header(first) else first
    yield from all_lines


def _some(
    records: Iterator[tuple[int, Sequence[Any], str | None]],
) -> Iterator[tuple[int, Sequence[Any], str | None]]:
    """The next records, up to `BLOCK` records and about `MAX_BLOCK` characters."""
    size = 0
    for record in islice(records, BLOCK):
        yield record
        size += sum(len(value) for value in record[1] if isinstance(value, (str, bytes)))
        if size > MAX_BLOCK:
            return


def _csv_blocks(
    path: Path, format: Format, places: Sequence[int], tick: Callable[[float], object] | None
) -> Iterator[Block]:
    width, needed = len(format.header), max(places, default=0) + 1
    reader = CsvReader(format.delimiter or ",", format.name, format.quoting, width)
    header = int(format.named)
    source = line_blocks(path, format.encoding or "utf-8", format.name, tick, format.mended)
    for text in _first_line_apart(_below(source, format.above)):
        start = reader.line + format.above
        if not header and (columns := reader.columns(text, width, places)):
            yield Block([*range(start, reader.line + format.above)], columns, [])
            continue
        records = reader.records(text)
        if records:
            del records[:header]
            header = 0
        sound, faults = [], []
        for line, fields, fault in records:
            if not fault and (len(fields) < needed or (len(fields) > width and any(fields[width:]))):
                fault = (TOO_MANY if len(fields) > width else TOO_FEW).format(width=width)
            if fault:
                faults.append((line + format.above, fault))
            else:
                sound.append((line + format.above, fields))
        doubtful = [(line + format.above, why) for line, why in reader.doubtful]
        reader.doubtful.clear()
        lines_ = [line for line, _ in sound]
        yield Block(lines_, [[fields[i] for _, fields in sound] for i in places], faults,
                    [note for note in doubtful if note[0] in lines_] if doubtful else [])  # fmt: skip
    reader.end()


def _below(blocks: Iterator[str], above: int) -> Iterator[str]:
    """The blocks without the first lines."""
    for text in blocks:
        while above and text:
            end = text.find("\n") + 1 or len(text)
            text, above = text[end:], above - 1
        if text:
            yield text


def _first_line_apart(blocks: Iterator[str]) -> Iterator[str]:
    """Splits the first block after its first line: the header differs from the rows below."""
    for text in blocks:
        end = text.find("\n") + 1
        yield from filter(None, (text[:end], text[end:]))
        break
    yield from blocks


def read_rows(
    path: Path, format: Format, columns: Sequence[str] = (), tick: Callable[[float], object] | None = None
) -> Iterator[Row]:
    """Yields the rows of `read_blocks` one by one, including those that cannot be used."""
    for block in read_blocks(path, format, columns, tick):
        values = zip(*map(listed, block.columns), strict=True)
        notes = dict(block.notes)
        rows = [Row(line, some, None, notes.get(line)) for line, some in zip(block.lines, values, strict=True)]
        faults = [Row(line, (), fault) for line, fault in block.faults]
        yield from sorted(rows + faults, key=attrgetter("line")) if faults else rows


def listed(column: Any) -> list[Any]:
    """Returns a column of a block as a list."""
    return column if isinstance(column, list) else column.to_pylist()
