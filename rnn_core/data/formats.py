"""How a file is written, and its recognition: kind, encoding, delimiter and columns."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from rnn_core.config import DataConfig, Problem
from rnn_core.data import kinds
from rnn_core.data.dialects import DELIMITERS, QUOTINGS, parse, sniff
from rnn_core.data.encodings import ENCODINGS, HEAD, chunks, guess_encoding, known_encoding, lines, open_binary
from rnn_core.data.json_records import json_array, json_columns, json_lines, json_members
from rnn_core.data.parquet_records import parquet_header
from rnn_core.data.records import CONLLU, conll_fields
from rnn_core.language import N_, tr

__all__ = [
    "DELIMITERS", "ENCODINGS", "FORMAT_TITLES", "QUOTINGS", "STREAM_TITLES", "Format", "place", "read_objects", "recognise",
]  # fmt: skip

FORMAT_TITLES = {
    "csv": N_("table (CSV, TSV)"), "jsonl": N_("JSON lines"), "parquet": "Parquet", "conll": N_("CoNLL columns"),
    "conllu": "CoNLL-U", "token_tag": N_("token, tab, tag"), "word_tag": N_("word|tag, one sentence per line"),
    "fasttext": "fastText (__label__)", "label_text": N_("label, then the text"), "text_at_label": "text@label",
}  # fmt: skip
STREAM_TITLES = {"text": N_("plain text")} | {kind: FORMAT_TITLES[kind] for kind in ("csv", "jsonl", "parquet")}
"""The kinds for a text without labels: the whole file, or a column of a table."""

MAX_COLUMNS = 1_000

_PARQUET = b"PAR1"
_BINARY = {  # first bytes: the kind of file, and advice
    b"PK\x03\x04": (N_("a zip archive or an Excel workbook"), N_("open it and save the sheet as CSV (UTF-8)")),
    b"\xd0\xcf\x11\xe0": (N_("an old Excel or Word file"), N_("open it and save the sheet as CSV (UTF-8)")),
    _PARQUET: (N_("a Parquet file"), N_("end its name in .parquet, or choose the format Parquet")),
    b"\x89PNG": (N_("a PNG picture"), N_("choose a table of texts, such as a CSV file")),
    b"\xff\xd8\xff": (N_("a JPEG picture"), N_("choose a table of texts, such as a CSV file")),
    b"GIF89a": (N_("a GIF picture"), N_("choose a table of texts, such as a CSV file")),
    b"%PDF-": (N_("a PDF document"), N_("copy its texts into a table and save that as CSV (UTF-8)")),
    b"\x1f\x8b": (N_("a gzip archive"), N_("unpack it and choose the file inside")),
    b"7z\xbc\xaf": (N_("a 7-Zip archive"), N_("unpack it and choose the file inside")),
    b"SQLite format 3\0": (N_("an SQLite database"), N_("export the table as CSV (UTF-8)")),
    b"ARROW1": (N_("an Arrow file"), N_("save it as Parquet or CSV")),
}
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")


@dataclass(frozen=True)
class Format:
    """How a file is read.

    Attributes:
        name: the file's name in messages and reports.
        kind: one of `config.DataConfig.format`.
        encoding: one of `ENCODINGS`; None for Parquet.
        delimiter: one of `DELIMITERS`; for `word_tag`, the separator of a word and its tags; None if there is none.
        header: the column names, unique.
        json: how a JSON file holds its rows: one object per line, one array of objects, or a list for each column.
        at: for an array under a key, the number of characters before it.
        quoting: for a table, one of `QUOTINGS`.
        above: for a table, the number of lines above its first row.
        named: for a table, whether its first row names the columns.
        mended: whether bytes that do not decode are replaced, because nearly all others do.
        notes: sentences on unusual features of the file.
    """

    name: str
    kind: str
    encoding: str | None
    delimiter: str | None
    header: tuple[str, ...]
    json: Literal["lines", "array", "columns"] = "lines"
    at: int = 0
    quoting: str = "double"
    above: int = 0
    named: bool = True
    mended: bool = False
    notes: tuple[str, ...] = ()

    @property
    def by_sentence(self) -> bool:
        """Whether a row is a sentence: its values are lists with one entry per token."""
        return self.kind in ("conll", "conllu", "token_tag", "word_tag")

    @property
    def rows_are(self) -> str:
        """The prefix of a row's number, such as "train.csv line"."""
        return f"{self.name} {'row' if self.kind == 'parquet' else 'line'}"

    def where(self, row: int) -> str:
        """A row in words, such as "train.csv line 12", in English, which `retold` translates."""
        said = N_("{name} row {number:d}") if self.kind == "parquet" else N_("{name} line {number:d}")
        return said.format(name=self.name, number=row)


def place(format: Format, column: str) -> int:
    """The index of a column. Raises Problem, which lists the columns, if it is missing."""
    if column not in format.header:
        there = ", ".join(repr(c[:60]) for c in format.header[:20]) + (", …" if len(format.header) > 20 else "")
        raise Problem(tr(
            "{name} has no column {column!r}: choose among its columns {there}.",
            name=format.name, column=column[:60], there=there,
        ))
    return format.header.index(column)


def recognise(path: Path, config: DataConfig, name: str | None = None, fewest: int = 2) -> Format:
    """Recognises kind, encoding, delimiter and columns of a file from its name and first megabyte.

    Args:
        config: values stated in it take precedence.
        name: the file's name for people; None: the name of `path`.
        fewest: the minimum number of columns.

    Raises:
        Problem: if the file is missing, empty, binary, not text in its encoding, of a kind that cannot be read, or has too
            few or too many columns.
    """
    name = name or path.name
    with open_binary(path, name) as file:
        try:
            head = file.read(HEAD)
        except OSError as error:
            raise Problem(tr(
                "{name} cannot be read ({error}): choose another file.",
                name=name, error=error.strerror,
            )) from None
    if not head.strip():
        raise Problem(tr("{name} is empty: choose a file with text in it.", name=name))
    suffix = Path(name).suffix.lower()
    kind = config.format or kinds.SUFFIXES.get(suffix)
    if kind == "parquet" or (kind is None and suffix not in (".csv", ".tsv", ".txt") and head.startswith(_PARQUET)):
        return _checked(Format(name, "parquet", None, None, _unique(parquet_header(path, name), name)), fewest)
    for magic, (what, advice) in _BINARY.items():
        if head.startswith(magic):
            raise Problem(tr("{name} is {what}, not text: {advice}.", name=name, what=tr(what), advice=tr(advice)))

    encoding, mended = (known_encoding(config.encoding, name), False) if config.encoding else guess_encoding(head, name)
    top = _top(lines(path, encoding, name, mended=mended))
    text = "".join(top)
    controls = sum(1 for _ in _CONTROL.finditer(text))
    if controls >= 8 and controls * 30 > len(text):
        raise Problem(tr("{name} is a binary file, not text: save the table as CSV (UTF-8), or choose its encoding.", name=name),
                      "--encoding NAME")  # fmt: skip
    if not text.strip():
        raise Problem(tr("{name} holds nothing but white space: choose a file with text in it.", name=name))

    draft = Format(name, kinds.kind_of(config.format, suffix, top, name), encoding, None, (), mended=mended)
    return _checked(_with_columns(draft, path, config, top, suffix), fewest, config.delimiter)


def _with_columns(draft: Format, path: Path, config: DataConfig, top: Sequence[str], suffix: str) -> Format:
    """Adds delimiter and columns to a format of a known kind."""
    kind = draft.kind
    if kind == "csv":
        whole = len(top) < MOST_LINES and sum(map(len, top)) <= HEAD
        dialect = sniff(top, config, suffix == ".tsv" and any("\t" in line for line in top), whole)
        rows = parse(top[dialect.above :], dialect.delimiter, dialect.quoting)
        first = next((fields for fields, _ in rows if len(fields) > 1 or (fields and fields[0].strip())), [""])
        header = first if dialect.header else [f"column {i + 1}" for i in range(len(first))]
        return replace(
            draft, delimiter=dialect.delimiter, header=_unique(header, draft.name), quoting=dialect.quoting,
            above=dialect.above, named=dialect.header, notes=dialect.notes,
        )  # fmt: skip
    if kind == "jsonl":
        draft = _json_shape(draft, "".join(top), suffix in (".jsonl", ".ndjson"))
        keys = {key: None for _, values, _ in islice(read_objects(path, draft), 200) for key in values}
        if not keys:
            raise Problem(tr(
                '{name} holds no JSON objects: write one per line, such as {{"text": "…", "label": "…"}}.',
                name=draft.name,
            ))
        return replace(draft, header=tuple(keys))
    if kind == "conll":
        delimiter = kinds.tabs_alone(top)
        tokens = [line for line in top if line.strip() and not line.startswith(("-DOCSTART-", "#"))]
        widths = Counter(len(conll_fields(line, delimiter)) for line in tokens)
        width = widths.most_common(1)[0][0] if widths else 0
        return replace(draft, delimiter=delimiter, header=_numbered(width))
    if kind == "word_tag":
        separator, width = kinds.word_tags(top) or ("|", 2)
        return replace(draft, delimiter=separator, header=_numbered(width))
    if kind in ("fasttext", "label_text", "text_at_label"):
        return replace(draft, header=("text", "label"))
    return replace(draft, header=CONLLU if kind == "conllu" else ("token", "tag"), delimiter="\t")


def _numbered(width: int) -> tuple[str, ...]:
    return tuple(f"column {i + 1}" for i in range(width))


def _json_shape(draft: Format, text: str, by_line: bool) -> Format:
    """Decides how JSON holds its rows, from its beginning: as lines, an array, or a list or an array under a key.

    Args:
        by_line: whether the file's name says that it holds one object per line.
    """
    if text.lstrip("\ufeff \t\r\n").startswith("["):
        return replace(draft, json="array")
    first, _, more = text.strip().partition("\n")
    members = list(json_members(text))
    inner = {key: text[at : at + 200] for key, at in members}
    if not inner or by_line or (more.lstrip().startswith("{") and first.rstrip().endswith("}")):
        return draft  # one object per line
    ends = [at for _, at in members[1:]] + [len(text)]
    nested = [(end - at, key, at) for (key, at), end in zip(members, ends, strict=True) if _OBJECTS.match(text, at)]
    if nested:
        _, key, at = max(nested)
        others = "".join(N_(", and not those under {other!r}").format(other=other) for _, other, _ in nested if other != key)
        said = N_("The rows are the objects under the key {key!r}.")
        if others:
            said = N_("The rows are the objects under the key {key!r}{others}.")
        return replace(draft, json="array", at=at, notes=(said.format(key=key, others=others),))
    lists = [value for value in inner.values() if value.startswith(("[", "{"))]
    if len(lists) > 1 and len(lists) == len(inner) and not by_line:
        return replace(draft, json="columns", notes=(N_("The file is one JSON object that holds all rows."),))
    return draft


_OBJECTS = re.compile(r"\[\s*\{")


MOST_LINES = 2_000
"""The number of lines by which a file is recognised."""


def _top(all_lines: Iterable[str], most: int = MOST_LINES) -> list[str]:
    """The first lines, up to `most` lines and about a million characters."""
    top, size = [], 0
    for line in islice(all_lines, most):
        top.append(line)
        size += len(line)
        if size > HEAD:
            break
    return top


def _unique(header: Sequence[str], name: str) -> tuple[str, ...]:
    """Makes column names unique: stripped, an empty one replaced by its number, a repeated one with a number in brackets."""
    if len(header) > MAX_COLUMNS:
        raise Problem(
            tr(
                "{name} has {columns:,} columns, more than the maximum of {most:,}: keep the columns of texts and labels.",
                name=name, columns=len(header), most=MAX_COLUMNS,
            )
        )
    names: dict[str, None] = {}
    copies: dict[str, int] = {}  # the last number given for each name
    for i, column in enumerate(header):
        plain = column.strip()
        called = plain or f"column {i + 1}"
        while called in names:
            copies[plain] = copies.get(plain, 1) + 1
            called = f"{plain or 'column'} ({copies[plain]})"
        names[called] = None
    return tuple(names)


def _checked(format: Format, fewest: int, delimiter: str | None = None) -> Format:
    width = len(format.header)
    if width > MAX_COLUMNS:
        raise Problem(
            tr(
                "{name} has {columns:,} columns, more than the maximum of {most:,}: keep the columns of texts and labels.",
                name=format.name, columns=width, most=MAX_COLUMNS,
            )
        )
    if width < fewest and delimiter and format.kind == "csv":
        raise Problem(
            tr(
                "No {delimiter} separates the fields of {name}: choose another delimiter.",
                delimiter=tr(DELIMITERS[delimiter]), name=format.name,
            ),
            "another --delimiter",
        )
    if width < fewest:
        raise Problem(
            tr(
                "{name} has {given}, so there is no column of labels, or of a second text: to train or to score, add one; "
                "`predict` answers texts without labels.",
                name=format.name, given=_only_one(format),
            )
        )
    return format


def _only_one(format: Format) -> str:
    """That a file has a single column, as a clause."""
    if not (format.header and format.named):
        if format.kind != "csv":
            return tr("only one column")
        return tr("only one column (no comma, tab, semicolon or bar separates fields)")
    if format.kind != "csv":
        return tr("only the column {column!r}", column=format.header[0][:60])
    return tr(
        "only the column {column!r} (no comma, tab, semicolon or bar separates fields)", column=format.header[0][:60]
    )  # fmt: skip


def read_objects(
    path: Path, format: Format, tick: Callable[[float], object] | None = None
) -> Iterator[tuple[int, dict[str, Any], str | None]]:
    """Yields (line, object, fault) for each object of a JSON file, with all its keys, including those that the header lacks."""
    source = path, format.encoding or "utf-8", format.name, tick, format.mended
    if format.json == "lines":
        return json_lines(lines(*source))
    if format.json == "columns":
        return json_columns(chunks(*source), format.name)
    return json_array(chunks(*source), format.name, format.at)
