"""From text to records, with one reader per kind of file. Each streams, and holds at most one record of bounded size.

Every reader yields (line, values, fault): the line where the record starts, its values, and the reason why they cannot be
used, or None. A fault of one record is yielded; a fault of the whole file raises Problem.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from rnn_core.config import Problem
from rnn_core.data.dialects import read_by, sound, whole_rows
from rnn_core.data.encodings import MAX_RECORD, lone_returns, split_lines
from rnn_core.language import N_, tr

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Record = tuple[int, T, str | None]

CONLLU = ("ID", "FORM", "LEMMA", "UPOS", "XPOS", "FEATS", "HEAD", "DEPREL", "DEPS", "MISC")

csv.field_size_limit(4 * MAX_RECORD)  # the default of 131,072 raises csv.Error; longer records are refused below


class CsvReader:
    """Reads a delimited table from pieces of whole lines; a row may continue in the next piece.

    Args:
        delimiter: the character between fields.
        quoting: one of `dialects.QUOTINGS`.
        width: the number of fields of a row; 0 if it is not known.

    Attributes:
        line: the line where the next row starts.
        doubtful: (line, reason) of the rows that were read but may hold other rows. The caller empties it.
    """

    def __init__(self, delimiter: str, name: str, quoting: str = "double", width: int = 0):
        self.delimiter, self.name, self.quoting, self.width = delimiter, name, quoting, width
        self.line = 1
        self.doubtful: list[tuple[int, str]] = []
        self._begun: list[str] = []  # the lines of the row that the last piece ends within

    def records(self, block: str) -> list[Record[list[str]]]:
        """Returns the rows that end in the piece, without blank lines.

        Raises:
            Problem: if a row is longer than `MAX_RECORD` characters, because a quotation mark is not closed.
        """
        lines = self._begun + split_lines(block)
        # A row that continues in the next piece swallows the blank line added here; otherwise that line is a row of its own.
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
                    fault = N_("a quotation mark opens in this row and swallows lines up to line {last}").format(last=last)
                elif self.width > 1 and whole_rows(row, self.delimiter, self.width):
                    why = N_("rows may have been swallowed between two quotation marks, and kept")
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
        """Returns columns of a piece with one whole row of `width` fields per line, each field quoted as a whole or not at all.

        Arrow reads such a piece in a tenth of the time. The values are Arrow arrays of texts without NUL. None for any other
        piece, which `records` reads.
        """
        if not block or self._begun or block.startswith("\ufeff") or "\0" in block or self.quoting in ("backslash", "spaced"):
            return None
        quoted = self.quoting == "double"
        content = block.encode("utf-8")
        codes = np.frombuffer(content, np.uint8)  # numpy counts in it faster than str does
        if (np.any(codes == _CR) and lone_returns(block)) or (quoted and not _quoted_well(codes, ord(self.delimiter))):
            return None
        import pyarrow as pa  # here and below: the import takes 0.1 s, and few files need it
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
        """Raises Problem if a quotation mark is never closed."""
        if self._begun:
            raise Problem(
                tr(
                    "The quotation mark that opens in the row at line {line} of {name} is never closed: close it, write it twice "
                    '(""), or read quotation marks as plain characters.',
                    line=self.line, name=self.name,
                ),
                "--quoting none",
            )


def _quoted_well(content: np.ndarray, delimiter: int) -> bool:
    """Whether quotation marks come in pairs within a line, enclose whole fields, and are doubled within these.

    Args:
        content: bytes that end with a line end.
        delimiter: the byte between fields.
    """
    marks = np.flatnonzero(content == _QUOTE)
    if not len(marks):
        return True
    if np.any(np.searchsorted(marks, np.flatnonzero(content == _LF)) % 2) or len(marks) % 2:
        return False
    edge = np.zeros(256, bool)
    edge[[_QUOTE, _LF, _CR, delimiter]] = True
    before = content[marks[::2] - 1]  # for a mark at the first byte this is the last byte, a line end
    after = content[(marks[1::2] + 1) % len(content)]
    return bool(edge[before].all() and edge[after].all())


_QUOTE, _LF, _CR = b'"\n\r'


def _too_long(name: str, line: int) -> Problem:
    return Problem(
        tr(
            "The quotation mark that opens in the row at line {line} of {name} is longer than {most:,} characters: close it, "
            'write it twice (""), or read quotation marks as plain characters.',
            line=line, name=name, most=MAX_RECORD,
        ),
        "--quoting none",
    )


def sentences(
    lines: Iterable[str], kind: str, width: int, name: str, delimiter: str | None = None
) -> Iterator[Record[tuple[list[str], ...]]]:
    """Sentences of a file with one token per line and a blank line after each; the values are `width` lists, one per column.

    `token_tag` has neither comments nor quotes. In `conll`, a line that starts with # and does not have `width` columns is a
    comment, and -DOCSTART- is skipped. In `conllu`, lines that start with #, ranges (1-2) and empty nodes (1.1) are skipped.

    Args:
        delimiter: a tab if only tabs separate the columns of `conll`, because tokens contain spaces; None: spaces and tabs.

    Raises:
        Problem: if a sentence is longer than `MAX_RECORD` characters.
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
            said = N_("a line of {n} columns where {width} were expected")
            if len(fields) == 1:
                said = N_("a line of 1 column where {width} were expected")
            start, rows, fault = number, [], said.format(n=len(fields), width=width)
            continue
        rows.append(fields)
        size += len(line)
        if size > MAX_RECORD:
            raise Problem(
                tr(
                    "The sentence that starts in line {start} of {name} is longer than {most:,} characters: put a blank line "
                    "after every sentence.",
                    start=start, name=name, most=MAX_RECORD,
                )
            )
    if rows or fault:
        yield start, tuple(map(list, zip(*rows, strict=True))), fault


_COMMENT = re.compile(r"#\s*(id|sent_id|sentence|text|newdoc|newpar|doc|source|url)\b")
"""Lines above a sentence that are comments, whatever their number of fields."""


def _fields(line: str, kind: str, width: int, delimiter: str | None) -> list[str] | None:
    """The columns of a line; None if it holds no token."""
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
    """The columns of a CoNLL line, separated by spaces and tabs only: a token may contain a no-break space."""
    if delimiter:
        return line.rstrip("\r\n").split(delimiter)
    return re.split(r"[ \t]+", line.strip(" \t\r\n"))


# ---- one text per line, its label beside it --------------------------------------------------------------------------

FASTTEXT = "__label__"


def labelled_lines(lines: Iterable[str], kind: str) -> Iterator[Record[tuple[Any, ...]]]:
    """Lines that hold a text and its label without a delimiter; blank lines are skipped. The values are text and label.

    `fasttext`: labels are words that begin with `__label__`, anywhere; several of them are a list. `label_text`: the first word
    is the label. `text_at_label`: the label follows the last @.
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
    """One sentence per line, of words with their tags such as `Anna|NNP|B-PER`; the values are `width` lists, one per column.

    A word may contain the separator: the last `width` − 1 parts are the tags.
    """
    for number, line in enumerate(lines, start=1):
        if words := line.split():
            parts = [word.rsplit(separator, width - 1) for word in words]
            odd = next((word for word, part in zip(words, parts, strict=True) if len(part) != width), None)
            fault = None if odd is None else N_("a word without its tags, separated by {separator}").format(separator=separator)
            yield number, () if fault else tuple(map(list, zip(*parts, strict=True))), fault
