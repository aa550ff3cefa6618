"""Writes tables in bounded memory: CSV, JSON lines, Parquet, and CoNLL for sentences with tags.

A cell of a CSV file that a spreadsheet would run as a formula is written with a ' before it; the other formats keep all
texts unchanged.
"""

import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa

from rnn_core.config import Problem
from rnn_core.data.encodings import encodable
from rnn_core.data.examples import NO_BREAK
from rnn_core.data.json_records import Number
from rnn_core.data.unlabelled import ABSENT
from rnn_core.data.values import as_text
from rnn_core.language import tr

Write = Callable[[Sequence[Sequence[Any]]], None]
"""Appends rows, given column by column."""

CONLL = ".conll"
FORMATS = {".csv": "CSV", ".jsonl": "JSON lines", ".parquet": "Parquet", CONLL: "CoNLL"}
"""The formats that can be written, by file suffix."""

_JSON = json.JSONEncoder(ensure_ascii=False)
_RISKY = frozenset("=+-@\t\r\n")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def neutral(text: str) -> str:
    """A text for a cell of a CSV file, with ' before it if a spreadsheet would run it as a formula.

    Formulas begin with = + - @, a tab or a line end (OWASP, CSV Injection); numbers such as -3.5 are not formulas.
    """
    return "'" + text if text[:1] in _RISKY and text and not _NUMBER.fullmatch(text) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """A whole CSV file in UTF-8, formulas neutralised."""
    held = io.StringIO()
    writer = csv.writer(_Rows(held))
    writer.writerow(map(neutral, header))
    writer.writerows(map(_cell, row) for row in rows)
    return held.getvalue().encode("utf-8", "backslashreplace")


def free_names(taken: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """The wanted names; one that is taken already, ignoring case, gets a number in brackets."""
    there = {name.casefold() for name in taken}
    found = []
    for name in wanted:
        free, copy = name, 1
        while free.casefold() in there:
            copy += 1
            free = f"{name} ({copy})"
        there.add(free.casefold())
        found.append(free)
    return found


@contextmanager
def table(path: Path, schema: pa.Schema, kind: str) -> Iterator[Write]:
    """Opens a table for writing in pieces.

    Args:
        schema: the names and types of the columns. Only Parquet keeps the types; CSV writes lists and objects as JSON.
        kind: a key of `FORMATS` other than CoNLL.
    """
    with {".csv": _csv, ".jsonl": _json_lines, ".parquet": _parquet}[kind](path, schema) as write:
        yield write


def conll_sentence(columns: Sequence[Sequence[str]], comments: Iterable[tuple[str, str]] = ()) -> str:
    """A sentence as CoNLL lines: comments, one line per token with a space between the columns, and a blank line.

    White space in a field becomes a no-break space and an empty field becomes _, so that all lines have equally many fields.

    Args:
        columns: one value per token each; none for a row without tokens.
        comments: names and values; empty values are left out.
    """
    held = []
    for name, value in comments:
        if not value.strip():
            continue
        line = " ".join(f"#{name} = {value}".split())  # "# text" would mark the file as CoNLL-U
        if len(line.split(" ")) == len(columns):  # it would be read as a token
            line = line.replace(" = ", "=", 1)
        held.append(line)
    fields = [[NO_BREAK.join(value.split()) or "_" for value in column] for column in columns]
    held += [" ".join(row) for row in zip(*fields, strict=True)]
    return "\n".join([*held, "", ""])


# ---- one writer per format --------------------------------------------------------------------------------------------


class _Rows:
    """A file that ends the rows of a `csv.writer` with LF. With `lineterminator="\\n"`, the writer would not quote a CR."""

    def __init__(self, file: TextIO):
        self._write = file.write

    def write(self, row: str) -> None:
        self._write(row.removesuffix("\r\n") + "\n")


@contextmanager
def _csv(path: Path, schema: pa.Schema) -> Iterator[Write]:
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        writer = csv.writer(_Rows(file))
        writer.writerow([neutral(name) for name in schema.names])
        yield lambda columns: writer.writerows(zip(*([_cell(v) for v in column] for column in columns), strict=True))


def _cell(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return value if value[:1] not in _RISKY else neutral(value)
    if value is None or value is ABSENT:
        return ""
    if kind is list or kind is dict:
        return _JSON.encode(_plain(value))
    return neutral(as_text(value))


@contextmanager
def _json_lines(path: Path, schema: pa.Schema) -> Iterator[Write]:
    names = schema.names

    def lines(columns: Sequence[Sequence[Any]]) -> Iterator[str]:
        for row in zip(*columns, strict=True):
            values = {name: _plain(value) for name, value in zip(names, row, strict=True) if value is not ABSENT}
            line = _JSON.encode(values)
            yield (line if encodable(line) else json.dumps(values)) + "\n"

    with path.open("w", encoding="utf-8", newline="") as file:
        yield lambda columns: file.writelines(lines(columns))


def _plain(value: Any) -> Any:
    """A value that JSON can represent; NaN and infinity become null."""
    kind = type(value)
    if kind is str or kind is int or kind is bool or value is None:
        return value
    if kind is Number:
        value = int(value) if value.lstrip("-").isdigit() and len(value) < 4000 else float(value)
        return _plain(value)
    if kind is float:
        return value if math.isfinite(value) else None
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    return as_text(value)


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[Write]:
    import pyarrow.parquet as pq

    def write(columns: Sequence[Sequence[Any]]) -> None:
        arrays = [_array(column, field) for column, field in zip(columns, schema, strict=True)]
        writer.write_table(pa.Table.from_arrays(arrays, schema=schema))

    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        yield write


def _array(column: Sequence[Any], field: pa.Field) -> pa.Array:
    values = [None if value is ABSENT else value for value in column]
    if pa.types.is_string(field.type):
        values = [value if value is None or type(value) is str else _text(value) for value in values]
    elif any(type(value) is Number for value in values):
        read = int if pa.types.is_integer(field.type) else float
        values = [read(value) if type(value) is Number else value for value in values]
    try:
        return pa.array(values, field.type)
    except UnicodeEncodeError:  # a lone surrogate
        return pa.array(_mended(values), field.type)
    except (pa.ArrowException, TypeError, ValueError, OverflowError) as error:
        raise Problem(
            tr(
                "The column {name!r} cannot be written as Parquet ({error}): write CSV or JSON lines.",
                name=field.name[:60], error=str(error)[:100],
            )
        ) from None


def _text(value: Any) -> str:
    return _JSON.encode(_plain(value)) if isinstance(value, (list, dict)) else as_text(value)


def _mended(value: Any) -> Any:
    """The same values with lone surrogates written out as \\ud800."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {key: _mended(entry) for key, entry in value.items()}
    return [_mended(entry) for entry in value] if isinstance(value, list) else value
