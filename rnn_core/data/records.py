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
from rnn_core.data.dialects import read_by, sound, whole_rows
from rnn_core.data.encodings import MAX_RECORD, encodable, lone_returns, split_lines

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Record = tuple[int, T, str | None]

CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

csv.field_size_limit(4 * MAX_RECORD)  # its own 131,072 would end in csv.Error; longer records are refused below


class Number(str):
    """A number of a JSON file as it is written there; a text that holds digits is a plain str."""

    __slots__ = ()


_JSON = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)
"""Numbers stay as they are written: 1.0 is the label "1.0"."""


class CsvReader:
    """Reads a delimited table from pieces of whole lines; a row may go on in the next piece.

    Args:
        delimiter: between fields.
        quoting: one of `dialects.QUOTINGS`.
        width: how many fields a row has; 0 where that is not known.

    Attributes:
        line: where the next row starts.
        doubtful: (line, why) of rows that were read but may hold other rows, since this was last emptied.
    """

    def __init__(self, delimiter: str, name: str, quoting: str = "double", width: int = 0):
        self.delimiter, self.name, self.quoting, self.width = delimiter, name, quoting, width
        self.line = 1
        self.doubtful: list[tuple[int, str]] = []
        self._begun: list[str] = []  # the lines of the row that the last piece broke off in

    def records(self, block: str) -> list[Record[list[str]]]:
        """The rows that end in the piece, without blank lines.

        Raises:
            Problem: at a row longer than `MAX_RECORD` characters, which a quotation mark that is not closed makes.
        """
        lines = self._begun + split_lines(block)
        # A row that the piece breaks off in swallows the blank line put after it; else that is a row of its own.
        reader = csv.reader([*lines, "\n"], **read_by(self.delimiter, self.quoting))
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
                last = self.line + end - 1
                if not sound(row, self.delimiter, self.quoting):
                    fault = f"a quotation mark opens in this row and swallows lines up to line {last}"
                elif self.width > 1 and whole_rows(row, self.delimiter, self.width):
                    why = "rows may have been swallowed between two quotation marks, and kept"
                    self.doubtful.append((self.line + start, why))
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
        if not block or self._begun or block.startswith("\ufeff") or "\0" in block or self.quoting in ("backslash", "spaced"):
            return None
        quoted = self.quoting == "double"
        content = block.encode("utf-8")
        codes = np.frombuffer(content, np.uint8)  # in which numpy counts sooner than str does
        if (np.any(codes == _CR) and lone_returns(block)) or (quoted and not _quoted_well(codes, ord(self.delimiter))):
            return None
        import pyarrow as pa  # here and below: 0.1 s, and few ways to this file need it
        import pyarrow.csv as reader

        names = [f"{i}" for i in range(width)]
        chosen = [names[i] for i in places]
        try:
            table = reader.read_csv(
                pa.BufferReader(content),
                reader.ReadOptions(use_threads=False, block_size=len(content) + 1, column_names=names),
                reader.ParseOptions(delimiter=self.delimiter, quote_char='"' if quoted else False),
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
        f'The quotation mark that opens in the row at line {line} of {name} {how}: close it, write it twice (""), or say that '
        "quotation marks are plain characters.",
        "--quoting none",
    )


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


def json_array(chunks: Iterable[str], name: str, at: int = 0) -> Iterator[Record[dict[str, Any]]]:
    """The objects of a JSON array: the whole file, or the array whose bracket is the `at`-th character.

    Raises:
        Problem: where the array breaks off or holds what is not JSON, and at an object longer than `MAX_RECORD`.
    """
    text, skip, line, begun = "", at, 1, False
    for chunk in chunks:
        if skip:  # characters above the array
            line += chunk.count("\n", 0, skip)
            chunk, skip = chunk[skip:], max(skip - len(chunk), 0)
            if not chunk:
                continue
        text, at = text[at if begun else 0 :] + chunk, 0
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


def json_members(text: str) -> Iterator[tuple[str, int]]:
    """The keys of the JSON object that a text begins with, and where the value of each begins, as far as the text goes."""
    at = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches everywhere, as below
    if text[at : at + 1] != "{":
        return
    while True:
        at = _GAP.match(text, at + 1 if text[at : at + 1] == "{" else at).end()  # type: ignore[union-attr]
        try:
            key, at = _JSON.raw_decode(text, at)
            at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
            if not isinstance(key, str) or text[at : at + 1] != ":":
                return
            at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
            yield key, at
            _, at = _JSON.raw_decode(text, at)
        except (ValueError, RecursionError):  # cut, or broken
            return


def json_columns(chunks: Iterable[str], name: str) -> Iterator[Record[dict[str, Any]]]:
    """The rows of a JSON object that holds a list, or an object by row, for each column; or one that pandas writes as `split`
    (columns and data) or as `index` (an object for each row).

    Raises:
        Problem: when it is not JSON, is longer than `MAX_COLUMNS_JSON` characters, or its columns differ in length.
    """
    pieces, size = [], 0
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size > MAX_COLUMNS_JSON:
            raise Problem(f"{name} is one JSON object by columns, longer than the {MAX_COLUMNS_JSON:,} characters that are read: "
                          "write one object a line.")  # fmt: skip
    try:
        table = _JSON.decode("".join(pieces).strip())
    except (ValueError, RecursionError):
        raise Problem(f"{name} is broken JSON: repair it, or export it again.") from None
    if isinstance(table.get("columns"), list) and isinstance(table.get("data"), list):
        names = [str(name) for name in table["columns"]]
        for number, row in enumerate(table["data"], start=1):
            fits = isinstance(row, list) and len(row) == len(names)
            yield number, dict(zip(names, row, strict=True)) if fits else {}, None if fits else "a row of another length"
        return
    if all(isinstance(row, dict) and row and not any(map(str.isdecimal, row)) for row in table.values()):
        for number, row in enumerate(table.values(), start=1):
            yield number, *_object(row)
        return
    columns = {key: [*column.values()] if isinstance(column, dict) else column for key, column in table.items()}
    columns = {key: column for key, column in columns.items() if isinstance(column, list)}
    if len(set(map(len, columns.values()))) > 1:
        raise Problem(f"The columns of {name} differ in length: export it again, or write one object a line.")
    for number, values in enumerate(zip(*columns.values(), strict=True), start=1):
        yield number, dict(zip(columns, values, strict=True)), None


MAX_COLUMNS_JSON = 32_000_000
"""Characters of a JSON object by columns, which is held in memory as a whole."""

_SPACE = re.compile(r"\s*")
_GAP = re.compile(r"[\s,]*")


def _object(value: Any) -> tuple[dict[str, Any], str | None]:
    if not isinstance(value, dict):
        return {}, "JSON that is not an object"
    return {key: one for key, one in value.items() if encodable(key)}, None


MOST_INFLATED, INFLATION = 64_000_000, 200
"""A column of a Parquet file that is larger than this, decompressed, and this many times its compressed size, is refused: text
compresses to a tenth at best."""


def parquet_header(path: Path, name: str) -> tuple[str, ...]:
    """The column names of a Parquet file. Raises Problem when it is none, or would fill the memory."""
    import pyarrow.parquet as pq  # 0.1 s, and few files need it

    with _parquet_problems(name), pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        for column in (group.column(i) for group in groups for i in range(group.num_columns)):
            size, compressed = column.total_uncompressed_size, max(column.total_compressed_size, 1)
            if size > max(MOST_INFLATED, INFLATION * compressed):
                raise Problem(
                    f"{name} would take {size / 1e6:,.0f} MB once it is decompressed, {size / compressed:,.0f} times what it "
                    "holds: no text is written so. Save it as CSV, or export it again."
                )
        return tuple(file.schema_arrow.names)


def parquet_rows(
    path: Path, places: Sequence[int], name: str, tick: Callable[[float], object] | None = None
) -> Iterator[Record[tuple[Any, ...]]]:
    """The values of the columns at `places` row by row, the first row being 1; classes by their names, where the file has them.

    A value that comes again and again is held once, so that a small file cannot fill the memory.

    Raises:
        Problem: when the file is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    with _parquet_problems(name):
        schema = pq.read_schema(path)
        texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
        classes = [_class_names(schema, schema.names[i]) for i in places]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            names = file.schema_arrow.names
            alone = len(set(names)) == len(names)  # of names that stand twice, pyarrow cannot be asked for one
            for batch in file.iter_batches(batch_size=256, columns=[names[i] for i in places] if alone else None):
                columns = [_parquet_values(batch.column(names[i] if alone else i)) for i in places]
                for values in zip(*columns, strict=True):
                    number += 1
                    if any(isinstance(value, str) and len(value) > MAX_RECORD for value in values):
                        yield number, (), f"a value of more than {MAX_RECORD:,} characters"
                        continue
                    named = zip(values, classes, strict=True)
                    yield number, tuple([_as_class(value, names_) if names_ else value for value, names_ in named]), None
                if tick:
                    tick(number / file.metadata.num_rows)


def _parquet_values(column: Any) -> list[Any]:
    """The values of a column; of one with a dictionary, the same object for the same value."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column.to_pylist()
    values = column.dictionary.to_pylist()
    return [None if i is None else values[i] for i in column.indices.to_pylist()]


def _class_names(schema: Any, column: str) -> list[str]:
    """The names of the classes of a column of numbers, as Hugging Face's datasets writes them beside the schema; or []."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        feature = features[column]
        while isinstance(feature, (dict, list)) and "names" not in feature:
            feature = feature[0] if isinstance(feature, list) else feature["feature"]
        names = feature["names"]
        return list(map(str, names)) if isinstance(names, list) else []
    except (KeyError, ValueError, TypeError, IndexError, RecursionError):
        return []


def _as_class(value: Any, names: Sequence[str]) -> Any:
    """The name of a class, or of each in a list; −1 stands for none."""
    if isinstance(value, list):
        return [_as_class(one, names) for one in value]
    if not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None


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


def sentences(
    lines: Iterable[str], kind: str, width: int, name: str, delimiter: str | None = None
) -> Iterator[Record[tuple[list[str], ...]]]:
    """Sentences of a file with a token a line and blank lines between; the values are `width` lists, one a column.

    `token_tag` has neither comments nor quotes. In `conll` a line that starts with # and has another number of columns
    than the file is a comment, and -DOCSTART- is passed over; in `conllu` so are # lines, ranges (1-2) and empty
    nodes (1.1).

    Args:
        delimiter: a tab where tabs alone part the columns of `conll`, because tokens hold spaces; None: any blanks.

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
        fields = _fields(line, kind, width, delimiter)
        if fields is None:
            continue
        if fault:
            continue
        if not rows and _COMMENT.match(line) and (kind == "conll" or len(fields) != width):
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


_COMMENT = re.compile(r"#\s*(id|sent_id|sentence|text|newdoc|newpar|doc|source|url)\b")
"""Lines above a sentence that are comments however many fields they have."""


def _fields(line: str, kind: str, width: int, delimiter: str | None) -> list[str] | None:
    """The columns of a line, None where it holds no token."""
    if kind == "token_tag":
        return line.rstrip("\r\n").split("\t")
    if kind == "conll":
        fields = conll_fields(line, delimiter)
        comment = fields[0].startswith("#") and len(fields) != width
        return None if comment or fields[0] == "-DOCSTART-" else fields
    if line.startswith("#"):
        return None
    fields = line.rstrip("\r\n").split("\t")
    return None if re.fullmatch(r"[0-9]+[-.][0-9]+", fields[0]) else fields


def conll_fields(line: str, delimiter: str | None = None) -> list[str]:
    """The columns of a CoNLL line. Only spaces and tabs part them: a no-break space may stand inside a token."""
    if delimiter:
        return line.rstrip("\r\n").split(delimiter)
    return re.split(r"[ \t]+", line.strip(" \t\r\n"))


def _count(columns: int) -> str:
    return "1 column" if columns == 1 else f"{columns} columns"


# ---- a text a line, its label beside it -----------------------------------------------------------------------------

FASTTEXT = "__label__"


def labelled_lines(lines: Iterable[str], kind: str) -> Iterator[Record[tuple[Any, ...]]]:
    """Lines that hold a text and its label without a delimiter; blank lines are passed over. The values are text and label.

    `fasttext`: words that begin with `__label__`, anywhere, several as a list; `label_text`: the first word is the label;
    `text_at_label`: the label follows the last @.
    """
    for number, line in enumerate(lines, start=1):
        if not (line := line.strip()):
            continue
        if kind == "fasttext":
            words = line.split()
            labels = [word.removeprefix(FASTTEXT) for word in words if word.startswith(FASTTEXT)]
            text = " ".join(word for word in words if not word.startswith(FASTTEXT))
            yield number, (text, labels[0] if len(labels) == 1 else labels), None
            continue
        if kind == "label_text":
            label, *text_ = line.split(None, 1)
            label, text = label.rstrip(":"), text_[0] if text_ else ""
        else:
            text, at, label = line.rpartition("@")
            text, label = (text.rstrip(), label.strip()) if at else (label, "")
        yield number, (text, label), None


def word_tags(lines: Iterable[str], separator: str, width: int) -> Iterator[Record[tuple[list[str], ...]]]:
    """Sentences a line of words with their tags, such as `Anna|NNP|B-PER`; the values are `width` lists, one a column.

    The word may hold the separator itself: the last `width` − 1 parts are the tags.
    """
    for number, line in enumerate(lines, start=1):
        if words := line.split():
            parts = [word.rsplit(separator, width - 1) for word in words]
            odd = next((word for word, part in zip(words, parts, strict=True) if len(part) != width), None)
            fault = None if odd is None else f"a word without its tags, apart by {separator}"
            yield number, () if fault else tuple(map(list, zip(*parts, strict=True))), fault
