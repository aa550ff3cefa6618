"""From a file to rows: what kind of file it is, and its rows in bounded memory, whatever the kind."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from operator import attrgetter, itemgetter
from pathlib import Path
from typing import Any

from rnn_core.config import DataConfig, Problem
from rnn_core.data.encodings import (
    ENCODINGS,
    HEAD,
    chunks,
    guess_encoding,
    known_encoding,
    line_blocks,
    lines,
    open_binary,
)
from rnn_core.data.records import (
    CONLLU,
    CsvReader,
    conll_fields,
    csv_records,
    json_array,
    json_lines,
    parquet_header,
    parquet_rows,
    sentences,
)

__all__ = ["DELIMITERS", "ENCODINGS", "Block", "Format", "Row", "read_blocks", "read_rows", "recognise"]

DELIMITERS = {",": "comma", "\t": "tab", ";": "semicolon", "|": "bar"}
"""The delimiters of a table and what they are called."""

MAX_COLUMNS = 1_000
BLOCK = 2_000
"""Rows that are handed on at a time, where a file is read row by row."""

SUFFIXES = {
    ".parquet": "parquet", ".pq": "parquet", ".conllu": "conllu", ".conll": "conll", ".iob": "conll", ".bio": "conll",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}  # fmt: skip
_PARQUET = b"PAR1"
_BINARY = {  # by their first bytes: what the file is, and what to do with it
    b"PK\x03\x04": ("a zip archive or an Excel workbook", "open it and save the sheet as CSV (UTF-8)"),
    b"\xd0\xcf\x11\xe0": ("an old Excel or Word file", "open it and save the sheet as CSV (UTF-8)"),
    _PARQUET: ("a Parquet file", "end its name in .parquet, or choose the format Parquet"),
    b"\x89PNG": ("a PNG picture", "choose a table of texts, such as a CSV file"),
    b"\xff\xd8\xff": ("a JPEG picture", "choose a table of texts, such as a CSV file"),
    b"GIF89a": ("a GIF picture", "choose a table of texts, such as a CSV file"),
    b"%PDF-": ("a PDF document", "copy its texts into a table and save that as CSV (UTF-8)"),
    b"\x1f\x8b": ("a gzip archive", "unpack it and choose the file inside"),
    b"7z\xbc\xaf": ("a 7-Zip archive", "unpack it and choose the file inside"),
    b"SQLite format 3\0": ("an SQLite database", "export the table as CSV (UTF-8)"),
    b"ARROW1": ("an Arrow file", "save it as Parquet or CSV"),
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_HEADER_WORDS = re.compile(r"(?i)(text|sentence|review|comment|message|content|tweet)s?\t\w+")


@dataclass(frozen=True)
class Format:
    """How a file is read.

    Attributes:
        name: the file's name, as messages and reports say it.
        kind: csv, jsonl, parquet, conll, conllu or token_tag.
        encoding: one of `ENCODINGS`; None for Parquet.
        delimiter: one of `DELIMITERS`; None where the kind has none of its own.
        header: the column names, unique.
        array: whether the JSON is one array of objects instead of an object a line.
    """

    name: str
    kind: str
    encoding: str | None
    delimiter: str | None
    header: tuple[str, ...]
    array: bool = False

    @property
    def by_sentence(self) -> bool:
        """Whether a row is a sentence, its values lists with one entry a token."""
        return self.kind in ("conll", "conllu", "token_tag")

    @property
    def rows_are(self) -> str:
        """What the number of a row comes after, such as "train.csv line"."""
        return f"{self.name} {'row' if self.kind == 'parquet' else 'line'}"

    def where(self, row: int) -> str:
        """A row in words, such as "train.csv line 12"."""
        return f"{self.rows_are} {row}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, or one sentence.

    Attributes:
        line: where it starts in the file, from 1; for Parquet its number.
        values: one a column asked for: text, or what JSON and Parquet hold; of a sentence, a list of text a column.
        fault: why it cannot be used, or None.
    """

    line: int
    values: tuple[Any, ...]
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """Some rows of a table that follow each other, column by column.

    Attributes:
        lines: (m,) where each row that can be used starts.
        columns: m values for each column asked for, as a list or as an Arrow array of texts without NUL.
        faults: where the others start, and why they cannot be used.
    """

    lines: list[int]
    columns: list[Any]
    faults: list[tuple[int, str]]


# ---- what kind of file ----------------------------------------------------------------------------------------------


def recognise(path: Path, config: DataConfig, name: str | None = None) -> Format:
    """Kind, encoding, delimiter and columns of a file, from its name and first megabyte; what `config` states wins.

    Args:
        name: how the file is called where that is not the name of `path`.

    Raises:
        Problem: when the file is missing, empty, binary, not text in its encoding, or has no or too many columns.
    """
    name = name or path.name
    with open_binary(path, name) as file:
        head = file.read(HEAD)
    if not head.strip():
        raise Problem(f"{name} is empty: choose a file with a header and rows below it.")
    suffix = Path(name).suffix.lower()
    kind = config.format or SUFFIXES.get(suffix)
    if kind == "parquet" or (kind is None and suffix not in (".csv", ".tsv", ".txt") and head.startswith(_PARQUET)):
        return _checked(Format(name, "parquet", None, None, _unique(parquet_header(path, name))))
    for magic, (what, advice) in _BINARY.items():
        if head.startswith(magic):
            raise Problem(f"{name} is {what}, not text: {advice}.")

    encoding = known_encoding(config.encoding, name) if config.encoding else guess_encoding(head, name)
    top = _top(lines(path, encoding, name))
    text = "".join(top)
    controls = sum(1 for _ in _CONTROL.finditer(text))
    if controls >= 8 and controls * 30 > len(text):
        raise Problem(f"{name} is a binary file, not text: save the table as CSV (UTF-8), or choose its encoding.",
                      "--encoding NAME")  # fmt: skip
    if not text.strip():
        raise Problem(f"{name} holds nothing but white space: choose a file with a header and rows below it.")

    kind = _kind(config.format, suffix, top)
    draft = Format(name, kind, encoding, None, (), array=text.lstrip().startswith("["))
    if kind == "csv":
        delimiter = config.delimiter or ("\t" if suffix == ".tsv" else _delimiter(top, name))
        return _checked(replace(draft, delimiter=delimiter, header=_csv_header(path, encoding, delimiter, name)))
    if kind == "jsonl":
        keys = {key: None for _, values, _ in islice(_objects(path, draft), 200) for key in values}
        if not keys:
            raise Problem(f'{name} holds no JSON objects: write one a line, such as {{"text": "…", "label": "…"}}.')
        return _checked(replace(draft, header=tuple(keys)))
    if kind == "conll":
        widths = Counter(len(conll_fields(line)) for line in top if line.strip() and not line.startswith("-DOCSTART-"))
        return _checked(
            replace(draft, header=tuple(f"column {i + 1}" for i in range(widths.most_common(1)[0][0] if widths else 0)))
        )
    return replace(draft, header=CONLLU if kind == "conllu" else ("token", "tag"), delimiter="\t")


def _top(all_lines: Iterable[str], most: int = 2000) -> list[str]:
    """The first lines, up to `most` of them and about a million characters."""
    top, size = [], 0
    for line in islice(all_lines, most):
        top.append(line)
        size += len(line)
        if size > HEAD:
            break
    return top


def _kind(stated: str | None, suffix: str, top: Sequence[str]) -> str:
    if stated:
        return stated
    if suffix in (".csv", ".conllu", ".jsonl", ".ndjson", ".json"):
        return SUFFIXES.get(suffix, "csv")
    start = "".join(top[:20]).lstrip()
    if re.match(r"\{\s*[\"}]|\[\s*\{", start):
        return "jsonl"
    full = [line for line in top if line.strip()]
    if re.match(r"# (sent_id|text|newdoc|newpar|global\.columns)\b", start) or all(
        line.count("\t") == 9 for line in full if not line.startswith("#")
    ):
        return "conllu"
    broken_up = len(full) < len("".join(top).strip().splitlines())  # blank lines between others
    tokens = [line for line in full if not line.startswith("-DOCSTART-")]
    if (broken_up or suffix in SUFFIXES) and not _HEADER_WORDS.match(full[0]):
        pairs = sum(line.count("\t") == 1 and " " not in line.split("\t")[0] for line in tokens)
        if pairs >= 0.75 * len(tokens):
            return "token_tag"
        widths = Counter(len(conll_fields(line)) for line in tokens if not line.startswith("#"))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        if width > 1 and count >= 0.75 * widths.total():
            return "conll"
    return SUFFIXES.get(suffix, "csv")


def _delimiter(top: Sequence[str], name: str) -> str:
    """The delimiter by which the header has columns and most rows have as many."""

    def fit(delimiter: str) -> tuple[float, int]:
        try:
            rows = [fields for _, fields, _ in islice(csv_records(top, delimiter, name), 100)]
        except Problem:  # a quotation mark left open under this delimiter, or by the end of the sample
            rows = []
        width = len(rows[0]) if rows else top[0].count(delimiter) + 1
        share = sum(len(row) == width for row in rows) / len(rows) if rows else 0
        return (share, width) if width > 1 else (-1, 0)

    return max(DELIMITERS, key=fit)


def _csv_header(path: Path, encoding: str, delimiter: str, name: str) -> tuple[str, ...]:
    return _unique(next(csv_records(line_blocks(path, encoding, name), delimiter, name), (1, [""], None))[1])


def _unique(header: Sequence[str]) -> tuple[str, ...]:
    """Column names stripped; one that is empty gets its number, one that came before a number in brackets."""
    names: dict[str, None] = {}
    for i, column in enumerate(header):
        name = column.strip() or f"column {i + 1}"
        copy = 1
        while name in names:
            copy += 1
            name = f"{column.strip() or 'column'} ({copy})"
        names[name] = None
    return tuple(names)


def _checked(format: Format) -> Format:
    width = len(format.header)
    if width > MAX_COLUMNS:
        raise Problem(
            f"{format.name} has {width:,} columns, more than the {MAX_COLUMNS:,} that are read: "
            "keep the columns of texts and labels."
        )
    if width < 2:
        given = f"only the column {format.header[0][:60]!r}" if format.header else "no columns"
        raise Problem(
            f"{format.name} has {given}: a table needs a column of texts and one of labels, "
            "so add one, or choose the delimiter that parts them.",
            "--delimiter and the character",
        )
    return format


# ---- its rows -------------------------------------------------------------------------------------------------------


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
    columns = tuple(columns) or format.header
    places = [] if format.kind == "jsonl" else [place(format, column) for column in columns]
    if format.kind == "csv":
        yield from _csv_blocks(path, format, places, tick)
        return
    records: Iterator[tuple[int, Sequence[Any], str | None]]
    if format.kind == "jsonl":
        records = ((line, [*map(values.get, columns)], fault) for line, values, fault in _objects(path, format, tick))
    elif format.kind == "parquet":
        records = parquet_rows(path, places, format.name, tick)
    else:
        text = lines(path, format.encoding or "utf-8", format.name, tick)
        found = sentences(text, format.kind, len(format.header), format.name)
        records = ((line, () if fault else [lists[i] for i in places], fault) for line, lists, fault in found)
    while some := list(islice(records, BLOCK)):
        sound = [(line, values) for line, values, fault in some if not fault]
        yield Block(
            [line for line, _ in sound],
            [[values[i] for _, values in sound] for i in range(len(columns))],
            [(line, fault) for line, _, fault in some if fault],
        )


def _csv_blocks(
    path: Path, format: Format, places: Sequence[int], tick: Callable[[float], object] | None
) -> Iterator[Block]:
    width = len(format.header)
    reader = CsvReader(format.delimiter or ",", format.name)
    header = 1
    for text in _first_line_apart(line_blocks(path, format.encoding or "utf-8", format.name, tick)):
        start = reader.line
        if not header and (columns := reader.columns(text, width, places)):
            yield Block([*range(start, reader.line)], columns, [])
            continue
        records = reader.records(text)
        if records:
            del records[:header]
            header = 0
        sound = [record for record in records if len(record[1]) == width and not record[2]]
        faults = []
        if len(sound) < len(records):
            wrong = {True: "many", False: "few"}
            faults = [
                (line, fault or f"too {wrong[len(fields) > width]} fields ({width} were expected)")
                for line, fields, fault in records
                if fault or len(fields) != width
            ]
        rows = [fields for _, fields, _ in sound]
        yield Block([line for line, _, _ in sound], [[*map(itemgetter(i), rows)] for i in places], faults)
    reader.end()


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
        rows = [Row(line, some) for line, some in zip(block.lines, values, strict=True)]
        faults = [Row(line, (), fault) for line, fault in block.faults]
        yield from sorted(rows + faults, key=attrgetter("line")) if faults else rows


def listed(column: Any) -> list[Any]:
    """A column of a block as a list."""
    return column if isinstance(column, list) else column.to_pylist()


def place(format: Format, column: str) -> int:
    """Where a column stands. Raises Problem listing the columns there are when it is missing."""
    if column not in format.header:
        there = ", ".join(repr(c[:60]) for c in format.header[:20]) + (", …" if len(format.header) > 20 else "")
        raise Problem(f"{format.name} has no column {column[:60]!r}: choose among its columns {there}.")
    return format.header.index(column)


def _objects(
    path: Path, format: Format, tick: Callable[[float], object] | None = None
) -> Iterator[tuple[int, dict[str, Any], str | None]]:
    source = path, format.encoding or "utf-8", format.name, tick
    return json_array(chunks(*source), format.name) if format.array else json_lines(lines(*source))
