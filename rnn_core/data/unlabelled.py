"""Files to predict: all rows in order with all their values, with or without labels."""

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa

from rnn_core.config import DataConfig, Problem
from rnn_core.data.columns import guess_sentence, guess_text, with_columns
from rnn_core.data.dialects import read_by
from rnn_core.data.encodings import lines
from rnn_core.data.formats import DELIMITERS, MAX_COLUMNS, Format, place, read_objects, recognise
from rnn_core.data.json_records import Number
from rnn_core.data.names import TEXT, TITLE, named
from rnn_core.data.schema import Schema
from rnn_core.data.tables import TOO_FEW, Row, read_rows
from rnn_core.data.values import as_list
from rnn_core.language import N_, tr
from rnn_core.language.retold import retold

__all__ = ["ABSENT", "LINES", "Unlabelled", "look_into"]

Layout = Literal["text", "lists", "token"]
"""How a row holds the text to predict: a `text`; a sentence, as `lists` of its tokens; or one `token` of a sentence."""

LINES = "lines"
"""The kind of a file with one text per line, which has no other columns."""

SAMPLE = 200
_FITTING = 0.9
"""The share of rows without faults from which a file is a table, if only its content says so."""


class _Absent:
    """The value of a key that is missing in an object of JSON lines."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@dataclass(frozen=True)
class Unlabelled:
    """One file to predict, and how its rows are read.

    Attributes:
        format: how the file is written; its kind may be `LINES`.
        text: the column of texts or tokens.
        layout: how a row holds the text to predict.
        sentence: the column of sentence ids, in the layout `token`.
        skipped: the number of lines above the first text, if each line is a text.
        types: the Arrow type of each column; other columns hold text.
    """

    path: Path
    format: Format
    text: str
    layout: Layout
    sentence: str | None = None
    skipped: int = 0
    types: dict[str, pa.DataType] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """How the file is read, as a sentence without its full stop, in the reader's language."""
        if self.format.kind == LINES:
            return tr("one text per line")
        held = {"text": N_("texts from the column {column!r}"), "lists": N_("tokens from the column {column!r}"),
                "token": N_("one token per row from the column {column!r}")}  # fmt: skip
        words = tr(held[self.layout], column=self.text)
        return tr("{words}, sentences by the column {column!r}", words=words, column=self.sentence) if self.sentence else words

    def with_all_columns(self, tick: Callable[[float], object] | None = None) -> "Unlabelled":
        """The same with all columns. All of a JSON file is read, because later objects may have keys that the first ones lack.

        Raises:
            Problem: if there are too many keys, or the file cannot be read.
        """
        if self.format.kind != "jsonl":
            return self
        kinds: dict[str, set[str]] = {}
        for _, values, _ in read_objects(self.path, self.format, tick):
            for key, value in values.items():
                kinds.setdefault(key, set()).add(_kind_of(value))
            if len(kinds) > MAX_COLUMNS:
                raise Problem(tr(
                    "The objects of {name} have more than {most:,} different keys: keep fewer.",
                    name=self.format.name, most=MAX_COLUMNS,
                ))
        types = {key: _JSON_TYPES.get(frozenset(found - {"null"}), pa.string()) for key, found in kinds.items()}
        return replace(self, format=replace(self.format, header=tuple(kinds)), types=types)

    def rows(self, tick: Callable[[float], object] | None = None) -> Iterator[Row]:
        """Yields all rows in order, with a value per column.

        A row of a table that lacks only fields after its text has no fault. A row with a fault has the fields of its line,
        with extra ones joined in the last column; in files that are not tables it has no values.

        Args:
            tick: is called with the share of the file read, 0…1; an exception raised by it stops the work.

        Raises:
            Problem: if the rest of the file cannot be read.
        """
        if self.format.kind == LINES:
            below = islice(_lines(self.path, self.format, tick), self.skipped, None)
            for number, line in enumerate(below, start=self.skipped + 1):
                yield Row(number, (line.rstrip("\r\n"),))
        elif self.format.kind == "jsonl":
            header = self.format.header
            for number, values, fault in read_objects(self.path, self.format, tick):
                yield Row(number, () if fault else tuple([values.get(key, ABSENT) for key in header]), fault)
        else:
            rows = read_rows(self.path, self.format, (), tick)
            yield from self._with_fields(rows) if self.format.kind == "csv" else rows

    def _with_fields(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows; those with a fault get the fields of the line where they start."""
        numbered = enumerate(_lines(self.path, self.format), start=1)  # read only from the first fault on
        delimiter, width = self.format.delimiter or ",", len(self.format.header)
        needed = max(place(self.format, column) for column in (self.text, self.sentence) if column)
        for row in rows:
            if row.fault:
                line = next((text for number, text in numbered if number == row.line), "")
                fields = next(csv.reader([line.rstrip("\r\n")], **read_by(delimiter, self.format.quoting)), [])
                enough = needed < len(fields) < width and row.fault == TOO_FEW.format(width=width)  # the text is present
                fields[width - 1 :] = [delimiter.join(fields[width - 1 :])]
                row = replace(row, values=(*fields, *[""] * (width - len(fields))), fault=None if enough else row.fault)
            yield row


def look_into(
    path: Path, config: DataConfig, schema: Schema, name: str | None = None, by_line: bool | None = None, like: str | None = None
) -> Unlabelled:
    """Decides how the rows of a file are read; stated options take precedence.

    Args:
        config: the run's options for tokens; format, encoding, delimiter, text and sentence column are guessed if open.
        schema: the schema of the run's data.
        name: the file's name for people; None: the name of the path.
        by_line: whether each line is one text; None: guessed.
        like: the text column of the run's data, used if the file has it.

    Raises:
        Problem: if the file cannot be read, a stated column is missing, or the rows do not fit the task.
    """
    name = name or path.name
    tagging = schema.per_token
    if by_line:
        return _by_line(path, config, name)
    try:
        format = recognise(path, config, name, fewest=1)
    except Problem:
        if by_line is None and _open(config, name):
            return _by_line(path, config, name)
        raise
    if format.by_sentence and not tagging:
        if by_line is False or not _open(config, name):
            raise Problem(
                tr(
                    "{name} has one token per line, and this run answers whole texts: choose a file with one text per row "
                    "or line.",
                    name=name,
                ),
                "--lines, if each line is one text",
            )
        return _by_line(path, config, name)
    if by_line is None:
        by_looks = format.kind == "label_text" or (format.kind == "csv" and not _a_table(path, format))
        if by_looks and _open(config, name):  # the first word of a line is a label only if stated
            return _by_line(path, config, name)
    if like and not config.text and like in format.header:
        config = with_columns(config, text=like)
    sample = _sample(path, format)
    text = guess_text(format, sample, config, schema)
    sentence = guess_sentence(format, sample, config, schema, text)
    layout: Layout = "token" if sentence else "lists" if tagging and _lists(format, sample, text) else "text"
    source = Unlabelled(path, format, text, layout, sentence, types=_types(path, format, sample))
    _check(list(islice(source.rows(), SAMPLE)), format)
    return source


def _open(config: DataConfig, name: str) -> bool:
    """Whether neither the name of a file nor a stated option marks it as a table."""
    stated = config.format or config.delimiter or config.text
    return not stated and Path(name).suffix.lower() in ("", ".txt", ".text")


def _lines(path: Path, format: Format, tick: Callable[[float], object] | None = None) -> Iterator[str]:
    return lines(path, format.encoding or "utf-8", format.name, tick, format.mended)


def _by_line(path: Path, config: DataConfig, name: str) -> Unlabelled:
    """One text per line, except for a first line that is a heading."""
    seen = recognise(path, with_columns(config, format="token_tag", text=None), name)  # a kind whose columns are not examined
    format = replace(seen, kind=LINES, delimiter=None, header=("text",))
    top = next(_lines(path, format), "").strip().strip('"')
    if config.header == "no" or (config.header == "auto" and not _heading(top)):
        return Unlabelled(path, format, "text", "text")
    column = top[:100] or "text"
    return Unlabelled(path, replace(format, header=(column,)), column, "text", skipped=1)


def _heading(field: str) -> bool:
    """Whether a line is a usual name for a column of texts."""
    return len(field.split()) == 1 and named([field], (*TEXT, *TITLE)) is not None


def _a_table(path: Path, format: Format) -> bool:
    """Whether a file with an uninformative name is a table: by tabs, or by a header with a usual name for texts."""
    if len(format.header) < 2 or not (format.delimiter == "\t" or any(map(_heading, format.header))):
        return False
    with suppress(Problem):
        rows = list(islice(read_rows(path, format), SAMPLE))
        return sum(not row.fault for row in rows) >= _FITTING * len(rows) > 0
    return False


def _sample(path: Path, format: Format) -> list[Row]:
    """The first rows without faults. Raises Problem if there are none."""
    rows = list(islice(read_rows(path, format), SAMPLE))
    if not rows:
        said = tr("{name} has no rows below its header: add one text per row.", name=format.name)
        raise Problem(said, "--lines, if each line is one text")
    sound = [row for row in rows if not row.fault]
    if not sound:
        _check(rows, format)
    return sound


def _check(rows: Sequence[Row], format: Format) -> None:
    """Raises Problem if most of the first rows cannot be read."""
    faults = [row.fault for row in rows if row.fault]
    if 2 * len(faults) > len(rows):
        values = {"faults": len(faults), "rows": len(rows), "name": format.name, "why": retold(faults[0])}
        raise Problem(
            tr(
                "{faults:,} of the first {rows:,} rows of {name} cannot be read ({why}): choose the format or the delimiter (now "
                "{delimiter}), or read each line as one text.",
                **values, delimiter=tr(DELIMITERS[format.delimiter]),
            ) if format.delimiter in DELIMITERS else tr(
                "{faults:,} of the first {rows:,} rows of {name} cannot be read ({why}): choose the format, or read each line as "
                "one text.",
                **values,
            ),
            "--format or --delimiter, or --lines",
        )  # fmt: skip


def _lists(format: Format, rows: Sequence[Row], text: str) -> bool:
    at = place(format, text)
    return format.by_sentence or any(as_list(row.values[at]) is not None for row in rows)


def _types(path: Path, format: Format, rows: Sequence[Row]) -> dict[str, pa.DataType]:
    """The Arrow types of columns: those of a Parquet file, if its values fit them; for sentences, lists of texts."""
    if format.by_sentence:
        return dict.fromkeys(format.header, pa.list_(pa.string()))
    if format.kind != "parquet":
        return {}
    import pyarrow.parquet as pq

    types = {}
    for i, (column, kind) in enumerate(zip(format.header, pq.read_schema(path).types, strict=True)):
        with suppress(pa.ArrowException, TypeError, ValueError):  # such as numbers read as names of classes
            pa.array([row.values[i] for row in rows], kind)
            types[column] = kind
    return types


def _kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Number):
        return "float" if re.search(r"[.eEnN]", value) else "int" if len(value) < 19 else "other"
    if isinstance(value, list):
        return "list" if all(type(entry) is str for entry in value) else "other"
    return {bool: "bool", str: "str"}.get(type(value), "other")


_JSON_TYPES = {
    frozenset({"int"}): pa.int64(), frozenset({"float"}): pa.float64(), frozenset({"int", "float"}): pa.float64(),
    frozenset({"bool"}): pa.bool_(), frozenset({"list"}): pa.list_(pa.string()),
}  # fmt: skip
"""The Arrow type for the kinds of a key's values; any other mixture is written as text."""
