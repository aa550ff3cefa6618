"""From text to records, one reader a kind of file. Each streams, and holds no more than one record of bounded size.

Every reader gives (line, values, fault): the line where the record starts, its values, and None or the reason why they
cannot be used. Faults of one record are given so; what spoils the whole file raises Problem.
"""

import csv
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rnn_core.config import Problem
from rnn_core.data.encodings import MAX_RECORD, lone_returns, split_lines

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Record = tuple[int, T, str | None]

CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

csv.field_size_limit(4 * MAX_RECORD)  # its own 131,072 would end in csv.Error; longer records are refused below

_JSON = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=str)
"""Numbers stay as they are written: 1.0 is the label "1.0"."""


def csv_records(blocks: Iterable[str], delimiter: str, name: str) -> Iterator[Record[list[str]]]:
    """The rows of a delimited table, the header among them, from pieces of whole lines; see `CsvReader`."""
    reader = CsvReader(delimiter, name)
    for block in blocks:
        yield from reader.records(block)
    reader.end()


class CsvReader:
    """Reads a delimited table from pieces of whole lines; a row may go on in the next piece.

    Attributes:
        line: where the next row starts.
    """

    def __init__(self, delimiter: str, name: str):
        self.delimiter, self.name = delimiter, name
        self.line = 1
        self._begun: list[str] = []  # the lines of the row that the last piece broke off in

    def records(self, block: str) -> list[Record[list[str]]]:
        """The rows that end in the piece, without blank lines.

        Raises:
            Problem: at a row longer than `MAX_RECORD` characters, which a quotation mark that is not closed makes.
        """
        lines = self._begun + split_lines(block)
        # A row that the piece breaks off in swallows the blank line put after it; else that is a row of its own.
        reader = csv.reader([*lines, "\n"], delimiter=self.delimiter)
        parsed = [(fields, reader.line_num) for fields in reader]
        parsed.pop()
        found: list[Record[list[str]]] = []
        start = 0
        for fields, end in parsed:
            fault = None
            if end - start > 1:
                row = lines[start:end]
                if sum(map(len, row)) > MAX_RECORD:
                    raise _too_long(self.name, self.line + start)
                if not _closes_well(row, self.delimiter):
                    last = self.line + end - 1
                    fault = f"a quotation mark opens in this row and swallows lines up to line {last}"
            if len(fields) > 1 or (fields and fields[0].strip()):
                found.append((self.line + start, fields, fault))
            start = end
        self._begun = lines[start:]
        self.line += start
        if sum(map(len, self._begun)) > MAX_RECORD:
            raise _too_long(self.name, self.line)
        return found

    def columns(self, block: str, width: int, places: Sequence[int]) -> "list[pa.Array] | None":
        """Some columns of a piece that has one whole row of `width` fields a line, each quoted whole or not at all.

        Arrow reads such a piece in a tenth of the time: the values are its arrays of texts, in which there is no NUL. None
        for any other piece: that is for `records`.
        """
        if not block or self._begun or block.startswith("\ufeff") or "\0" in block:
            return None
        content = block.encode("utf-8")
        codes = np.frombuffer(content, np.uint8)  # in which numpy counts sooner than str does
        if (np.any(codes == _CR) and lone_returns(block)) or not _quoted_well(codes, ord(self.delimiter)):
            return None
        import pyarrow as pa  # here and below: 0.1 s, and few ways to this file need it
        import pyarrow.csv as reader

        names = [f"{i}" for i in range(width)]
        chosen = [names[i] for i in places]
        try:
            table = reader.read_csv(
                pa.BufferReader(content),
                reader.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
                reader.ParseOptions(delimiter=self.delimiter),
                reader.ConvertOptions(
                    check_utf8=False, column_types=dict.fromkeys(chosen, pa.string()), include_columns=list(dict.fromkeys(chosen))
                ),
            )
        except pa.ArrowInvalid:  # rows of another width
            return None
        count = int(np.count_nonzero(codes == _LF)) + int(codes[-1] != _LF)
        if len(table) != count:  # blank lines
            return None
        self.line += count
        return [table.column(name).combine_chunks() for name in chosen]

    def end(self) -> None:
        """Raises Problem at a quotation mark that is never closed."""
        if self._begun:
            raise _unclosed(self.name, self.line, "is never closed")


def _quoted_well(content: np.ndarray, delimiter: int) -> bool:
    """Whether quotation marks come in pairs within a line, around whole fields, and twice within them.

    Args:
        content: bytes that end in a line end.
        delimiter: the byte that parts fields.
    """
    marks = np.flatnonzero(content == _QUOTE)
    if not len(marks):
        return True
    if np.any(np.searchsorted(marks, np.flatnonzero(content == _LF)) % 2) or len(marks) % 2:
        return False
    edge = np.zeros(256, bool)
    edge[[_QUOTE, _LF, _CR, delimiter]] = True
    before = content[marks[::2] - 1]  # of a mark that is the first byte of all, the last byte: a line end
    after = content[(marks[1::2] + 1) % len(content)]
    return bool(edge[before].all() and edge[after].all())


_QUOTE, _LF, _CR = b'"\n\r'


def _too_long(name: str, line: int) -> Problem:
    return _unclosed(name, line, f"goes on for more than {MAX_RECORD:,} characters")


def _unclosed(name: str, line: int, how: str) -> Problem:
    return Problem(
        f'The quotation mark that opens in the row at line {line} of {name} {how}: close it, or write it twice ("").'
    )


def _closes_well(row: Sequence[str], delimiter: str) -> bool:
    """Whether a row of several lines follows the rules for quotes; a stray mark may pair up with one lines below."""
    try:
        list(csv.reader(row, delimiter=delimiter, strict=True))
    except csv.Error:
        return False
    return True


def json_lines(lines: Iterable[str]) -> Iterator[Record[dict[str, Any]]]:
    """JSON lines: one object a line; blank lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if text := line.strip():
            try:
                value = _JSON.decode(text)
            except (ValueError, RecursionError):
                yield number, {}, "a line that is not JSON"
            else:
                yield number, *_object(value)


def json_array(chunks: Iterable[str], name: str) -> Iterator[Record[dict[str, Any]]]:
    """The objects of one JSON array that is the whole file.

    Raises:
        Problem: where the array breaks off or holds what is not JSON, and at an object longer than `MAX_RECORD`.
    """
    text, at, line, begun = "", 0, 1, False
    for chunk in chunks:
        text, at = text[at:] + chunk, 0
        if not begun:  # white space may stand before the bracket
            at = text.find("[") + 1
            begun, line = at > 0, line + text.count("\n", 0, at or None)
            text, at = text[at:] if begun else "", 0
        while begun:
            begin = _GAP.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere
            line, at = line + text.count("\n", at, begin), begin
            if at < len(text) and text[at] == "]":
                return
            try:
                value, end = _JSON.raw_decode(text, at)
            except (ValueError, RecursionError):  # cut at the end of the chunk, or broken
                if len(text) - at > MAX_RECORD:
                    raise Problem(
                        f"The object that starts in line {line} of {name} is broken JSON or longer than "
                        f"{MAX_RECORD:,} characters: repair it, or write one object a line."
                    ) from None
                break
            yield line, *_object(value)
            line, at = line + text.count("\n", at, end), end
    raise Problem(f"The JSON array in {name} breaks off or is broken in line {line}: repair it, or export it again.")


_GAP = re.compile(r"[\s,]*")


def _object(value: Any) -> tuple[dict[str, Any], str | None]:
    return (value, None) if isinstance(value, dict) else ({}, "JSON that is not an object")


def parquet_header(path: Path, name: str) -> tuple[str, ...]:
    """The column names of a Parquet file. Raises Problem when it is none."""
    import pyarrow.parquet as pq  # 0.1 s, and few files need it

    with _parquet_problems(name), pq.ParquetFile(path) as file:
        return tuple(file.schema_arrow.names)


def parquet_rows(
    path: Path, places: Sequence[int], name: str, tick: Callable[[float], object] | None = None
) -> Iterator[Record[tuple[Any, ...]]]:
    """The values of the columns at `places` row by row, the first row being 1. Raises Problem when the file is damaged."""
    import pyarrow.parquet as pq

    number = 0
    with _parquet_problems(name), pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        alone = len(set(names)) == len(names)  # of names that stand twice, pyarrow cannot be asked for one
        for batch in file.iter_batches(batch_size=256, columns=[names[i] for i in places] if alone else None):
            for values in zip(*(batch.column(names[i] if alone else i).to_pylist() for i in places), strict=True):
                number += 1
                yield number, values, None
            if tick:
                tick(number / file.metadata.num_rows)


class _parquet_problems:
    """Turns whatever pyarrow raises on a damaged file into a Problem."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        import pyarrow as pa

        if isinstance(error, (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError)):
            raise Problem(f"{self.name} is not a whole Parquet file: export it again, or save it as CSV.") from None


def sentences(lines: Iterable[str], kind: str, width: int, name: str) -> Iterator[Record[tuple[list[str], ...]]]:
    """Sentences of a file with a token a line and blank lines between; the values are `width` lists, one a column.

    `token_tag` has neither comments nor quotes. In `conll` a line that starts with # and has another number of columns
    than the file is a comment, and -DOCSTART- is passed over; in `conllu` so are # lines, ranges (1-2) and empty
    nodes (1.1).

    Raises:
        Problem: at a sentence longer than `MAX_RECORD` characters.
    """
    rows: list[list[str]] = []
    start, size, fault = 0, 0, None
    number = 0
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            if rows or fault:
                yield start, tuple(map(list, zip(*rows, strict=True))), fault
            rows, size, fault = [], 0, None
            continue
        fields = _fields(line, kind, width)
        if fields is None:
            continue
        if fault:
            continue
        if not rows:
            start = number
        if len(fields) != width:
            start, rows, fault = number, [], f"a line of {_count(len(fields))} where {width} were expected"
            continue
        rows.append(fields)
        size += len(line)
        if size > MAX_RECORD:
            raise Problem(
                f"The sentence that starts in line {start} of {name} goes on for more than {MAX_RECORD:,} characters: "
                "put a blank line after every sentence."
            )
    if rows or fault:
        yield start, tuple(map(list, zip(*rows, strict=True))), fault


def _fields(line: str, kind: str, width: int) -> list[str] | None:
    """The columns of a line, None where it holds no token."""
    if kind == "token_tag":
        return line.rstrip("\r\n").split("\t")
    if kind == "conll":
        fields = conll_fields(line)
        comment = fields[0].startswith("#") and len(fields) != width
        return None if comment or fields[0] == "-DOCSTART-" else fields
    if line.startswith("#"):
        return None
    fields = line.rstrip("\r\n").split("\t")
    return None if re.fullmatch(r"[0-9]+[-.][0-9]+", fields[0]) else fields


def conll_fields(line: str) -> list[str]:
    """The columns of a CoNLL line. Only spaces and tabs part them: a no-break space may stand inside a token."""
    return re.split(r"[ \t]+", line.strip(" \t\r\n"))


def _count(columns: int) -> str:
    return "1 column" if columns == 1 else f"{columns} columns"
