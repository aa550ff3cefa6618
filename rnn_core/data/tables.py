"""The rows of a file in bounded memory, whatever its format."""

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

MAX_BLOCK = 16_000_000
"""Characters of a block of rows; one row may hold more."""

BLOCK = 2_000
"""Rows that are handed on at a time, where a file is read row by row."""

@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, or one sentence.

    Attributes:
        line: where it starts in the file, from 1; for Parquet its number.
        values: one for each column asked for: text, or what JSON and Parquet hold; of a sentence, a list of text.
        fault: why it cannot be used, or None.
        note: why it is doubtful, or None.
    """

    line: int
    values: tuple[Any, ...]
    fault: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a table that follow each other, column by column.

    Attributes:
        lines: (m,) where each row that can be used starts.
        columns: m values for each column asked for, as a list or as an Arrow array of texts without NUL.
        faults: where the others start, and why they cannot be used.
        notes: where rows start that can be used but are doubtful, and why.
    """

    lines: list[int]
    columns: list[Any]
    faults: list[tuple[int, str]]
    notes: list[tuple[int, str]] = field(default_factory=list)


def read_blocks(
    path: Path, format: Format, columns: Sequence[str] = (), tick: Callable[[float], object] | None = None
) -> Iterator[Block]:
    """The rows below the header, or the sentences, in bounded memory, many at a time.

    Args:
        columns: which values a row shall hold, in this order; all of them when empty.
        tick: hears the share of the file read so far, between 0 and 1.

    Raises:
        Problem: when a column is missing, or the rest of the file cannot be read.
    """
    blocks = _blocks(path, format, tuple(columns) or format.header, tick)
    yield from _noting_replaced(blocks) if format.mended else blocks


def _noting_replaced(blocks: Iterable[Block]) -> Iterator[Block]:
    """The same blocks; rows with a character in place of bytes that did not decode are noted."""
    for block in blocks:
        rows = zip(block.lines, *map(listed, block.columns), strict=True)
        found = [line for line, *values in rows if any(map(_replaced, values))]
        why = f"bytes that are not UTF-8, replaced by {REPLACED}, and kept"
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
    """The lines; one that names the columns of tokens and tags is blank."""
    first = next(all_lines, "")
    yield "\n" if kind in ("conll", "token_tag") and kinds.token_header(first) else first
    yield from all_lines


def _some(
    records: Iterator[tuple[int, Sequence[Any], str | None]],
) -> Iterator[tuple[int, Sequence[Any], str | None]]:
    """The next records, up to `BLOCK` of them and about `MAX_BLOCK` characters."""
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
                fault = f"too {'many' if len(fields) > width else 'few'} fields ({width} were expected)"
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
    """The first block in two, if a line ends in it: the header is not like the rows below."""
    for text in blocks:
        end = text.find("\n") + 1
        yield from filter(None, (text[:end], text[end:]))
        break
    yield from blocks


def read_rows(
    path: Path, format: Format, columns: Sequence[str] = (), tick: Callable[[float], object] | None = None
) -> Iterator[Row]:
    """The rows of `read_blocks`, those that cannot be used among them, one by one."""
    for block in read_blocks(path, format, columns, tick):
        values = zip(*map(listed, block.columns), strict=True)
        notes = dict(block.notes)
        rows = [Row(line, some, None, notes.get(line)) for line, some in zip(block.lines, values, strict=True)]
        faults = [Row(line, (), fault) for line, fault in block.faults]
        yield from sorted(rows + faults, key=attrgetter("line")) if faults else rows


def listed(column: Any) -> list[Any]:
    """A column of a block as a list."""
    return column if isinstance(column, list) else column.to_pylist()
