"""Which column holds what: guessed from names and content, corrected by the user, shown before anything is imported."""

import ast
import json
import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

from rnn_core.config import TASKS, DataConfig, Problem, make, plain
from rnn_core.data.encodings import HEAD
from rnn_core.data.tables import Format, Row, place, read_rows, recognise

Layout = Literal["text", "lists", "sentence", "token"]
"""How a row holds what the task needs: `text`, one label a text; or with tags: `lists` of tokens and of tags, a
`sentence` with spaces between tokens and between tags, or one `token` with its tag and the sentence it belongs to."""

LAYOUTS: dict[Layout, str] = {
    "text": "a text and its label a row",
    "lists": "a sentence a row, as lists of tokens and tags",
    "sentence": "a sentence a row, with spaces between tokens and between tags",
    "token": "a token and its tag a row",
}

_TEXT = ("text", "review", "sentence", "content", "comment", "tweet", "message", "body", "document", "phrase", "post",
         "utterance", "question", "sms", "headline", "title", "description", "texts", "sentences")  # fmt: skip
_TOKENS = ("tokens", "words", "token", "word", "form", "text", "sentence")
_LABEL = ("label", "sentiment", "class", "category", "target", "rating", "stars", "polarity", "intent", "emotion",
          "topic", "score", "tag", "labels", "y")  # fmt: skip
_TAGS = (
    "tags",
    "ner_tags",
    "tag",
    "ner",
    "upos",
    "pos_tags",
    "pos",
    "upos_tags",
    "xpos",
    "labels",
    "label",
    "entities",
)
_SENTENCE = (
    "sentence_#",
    "sentence_id",
    "sent_id",
    "sentence_idx",
    "sentence_no",
    "sentence_number",
    "sentence",
    "sent",
)
_SPLIT = ("split", "set", "fold", "partition", "subset")
_SPLIT_VALUES = {
    "train": "train", "training": "train", "trn": "train",
    "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "development": "dev",
    "test": "test", "testing": "test", "tst": "test",
}  # fmt: skip

SAMPLE = 200
"""Rows from which columns are guessed."""

_LOOKED_INTO, _FURTHER = 5_000, 5
"""Rows in which letters outside of ASCII are looked for, and how many of those that have some are shown."""

_MOST = 0.8
"""The share of rows with as many tags as tokens from which a file is one to label; the others are left out as faulty."""


@dataclass(frozen=True)
class Preview:
    """A file before it is imported.

    Attributes:
        format: how the file is read.
        config: the config given, its open columns filled in by guesses.
        header: the column names.
        rows: the first rows, and after them some whose letters show whether the encoding is right; every value as text
            of at most 200 characters.
        layout: how a row holds what the task needs; None when the columns do not fit.
        problem: what to choose differently when they do not, else None.
    """

    format: Format
    config: DataConfig
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    layout: Layout | None
    problem: str | None


def preview(path: Path, config: DataConfig, name: str | None = None, rows: int = 20) -> Preview:
    """The top of a file and the columns guessed, in bounded time and memory.

    Raises:
        Problem: when the file cannot be read at all; what the columns lack is said in the preview.
    """
    format = recognise(path, config, name)
    sample = sample_rows(path, format)
    first = [[_written(value) for value in row.values] for row in sample[:rows]]
    further = islice(_beyond_ascii(path, format, sample[len(first) - 1].line), _FURTHER) if first else ()
    shown = tuple(tuple(map(_short, row)) for row in chain(first, further))
    try:
        filled = guess_columns(format, sample, config)
        return Preview(format, filled, format.header, shown, layout_of(format, sample, filled), None)
    except Problem as problem:
        return Preview(format, config, format.header, shown, None, str(problem))


def _beyond_ascii(path: Path, format: Format, after: int) -> Iterator[list[str]]:
    """What stands in the rows below the line `after` that have letters outside of ASCII, from the head of the file."""
    if not format.encoding:
        return
    size = 0
    with suppress(Problem):  # what is wrong further down is said when all is read
        for row in islice(read_rows(path, format), _LOOKED_INTO):
            values = [_written(value) for value in row.values]
            size += sum(map(len, values))
            if size > HEAD:
                return
            if row.line > after and not row.fault and not all(map(str.isascii, values)):
                yield [_from_beyond_ascii(value) for value in values]


def guess_task(path: Path, name: str | None = None, **read_by: str | None) -> Literal["classify", "tag"]:
    """Whether a file holds one label a text or one tag a token, from its first rows; classify where nothing tells.

    Args:
        read_by: options of `DataConfig` that are known: format, encoding, delimiter, columns.

    Raises:
        Problem: when the file cannot be read at all.
    """
    config = make(DataConfig, {"task": "tag"} | read_by)
    format = recognise(path, config, name)
    if format.by_sentence:
        return "tag"
    rows = sample_rows(path, format)
    try:
        config = guess_columns(format, rows, config)
        layout = layout_of(format, rows, config)
    except Problem:
        return "classify"
    text, label = ([row.values[place(format, column or "")] for row in rows] for column in (config.text, config.label))
    if layout == "token":  # a sentence has several rows
        sentences = [as_text(row.values[place(format, config.sentence or "")]) for row in rows]
        return "tag" if len(set(sentences) - {""}) < len(rows) else "classify"
    parts = as_list if layout == "lists" else lambda value: as_text(value).split()
    lengths = [(len(parts(tokens) or ()), len(parts(tags) or ())) for tokens, tags in zip(text, label, strict=True)]
    telling = [tokens == tags for tokens, tags in lengths if max(tokens, tags) > 1]  # one and one may be text and label
    return "tag" if telling and sum(telling) >= _MOST * len(telling) else "classify"


def sample_rows(path: Path, format: Format) -> list[Row]:
    """The first sound rows with all their values. Raises Problem when there is no row below the header."""
    rows = list(islice(read_rows(path, format), SAMPLE))
    if not rows:
        raise Problem(f"{format.name} has no rows below its header: add rows with a text and a label each.")
    return [row for row in rows if not row.fault]


def guess_columns(format: Format, rows: Sequence[Row], config: DataConfig) -> DataConfig:
    """`config` with its open columns filled in: by their names, else by what they hold.

    Args:
        rows: some rows with all their values.

    Raises:
        Problem: when a stated column is missing, or a guess is not possible.
    """
    for stated in (config.text, config.label, config.sentence, config.split):
        if stated:
            place(format, stated)
    tagging = TASKS[config.task].per_token
    if format.by_sentence:
        return _fixed_columns(format, rows, config)
    texts = {
        column: [as_text(row.values[i]) for row in rows if row.values[i] is not None]
        for i, column in enumerate(format.header)
    }
    taken = {config.text, config.label, config.sentence, config.split}
    free = [column for column in format.header if column not in taken]

    def claim(column: str | None) -> str | None:
        if column in free:
            free.remove(column)
        return column

    split = config.split
    if split is None:
        split = claim(_named(free, _SPLIT, lambda column: _looks_like_splits(texts[column])))
    # Names first, for both: a label called "score" must be gone before the longest column is taken for the text.
    text = config.text or claim(_named(free, _TOKENS if tagging else _TEXT))
    label = config.label or claim(_named(free, _TAGS if tagging else _LABEL))
    text = text or claim(max(free, key=lambda column: sum(map(len, texts[column])), default=None))
    label = label or claim(min(free, key=lambda column: _variety(texts[column]), default=None))
    if text is None or label is None:
        missing = "text" if text is None else "label"
        raise Problem(f"{format.name} has no column left for the {missing}: choose the columns.", f"--{missing} COLUMN")
    sentence = config.sentence
    if tagging and sentence is None and _tokens(texts[text]):
        sentence = claim(_named(free, _SENTENCE))
    return with_columns(config, text=text, label=label, sentence=sentence, split=split)


def with_columns(config: DataConfig, **columns: str | None) -> DataConfig:
    """`config` with other columns."""
    return make(DataConfig, plain(config) | columns)


def _fixed_columns(format: Format, rows: Sequence[Row], config: DataConfig) -> DataConfig:
    if not TASKS[config.task].per_token:
        raise Problem(
            f"{format.name} has one tag a token: choose the task of labelling, or a file with one label a text.", "--task tag"
        )
    if format.kind == "conll":
        numbers = [all(token.isdigit() for row in rows for token in row.values[i]) for i in range(len(format.header))]
        first = next((column for column, number in zip(format.header, numbers, strict=True) if not number), None)
        text, label = first or format.header[0], format.header[-1]
    else:
        text, label = ("FORM", "UPOS") if format.kind == "conllu" else format.header
    return with_columns(config, text=config.text or text, label=config.label or label)


def _named(
    columns: Sequence[str], names: Sequence[str], fits: Callable[[str], bool] = lambda column: True
) -> str | None:
    """The first column called by one of `names`, the foremost name first; else one that ends in it (review_text)."""
    plain = {column: re.sub(r"[\s_-]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)).lower() for column in columns}
    for whole in (True, False):
        for name in names:
            for column, given in plain.items():
                if (given == name if whole else given.endswith("_" + name)) and fits(column):
                    return column
    return None


def _variety(values: Sequence[str]) -> tuple[bool, int]:
    """Sorts label-like columns first: at least two values, then the fewest."""
    distinct = len({value.strip() for value in values} - {""})
    return distinct < 2, distinct


def _tokens(values: Sequence[str]) -> bool:
    """Whether most values are single tokens rather than sentences."""
    return sum(" " in value.strip() for value in values) * 2 < len(values)


def split_of(value: Any) -> str | None:
    """train, dev or test for the usual spellings of them, else None."""
    return _SPLIT_VALUES.get(as_text(value).strip().lower())


def _looks_like_splits(values: Sequence[str]) -> bool:
    return bool(values) and all(map(split_of, values))


def layout_of(format: Format, rows: Sequence[Row], config: DataConfig) -> Layout:
    """How the chosen columns hold tokens and tags.

    Raises:
        Problem: when every row is one token and no column says which sentence it belongs to.
    """
    if not TASKS[config.task].per_token:
        return "text"
    if config.sentence:
        return "token"
    at, to = place(format, config.text or ""), place(format, config.label or "")
    pairs = [(row.values[at], row.values[to]) for row in rows]
    if format.by_sentence or any(as_list(text) is not None and as_list(tags) is not None for text, tags in pairs):
        return "lists"
    if len(pairs) > 1 and _tokens([as_text(text) for text, _ in pairs]):
        raise Problem(
            f"The column {config.text!r} of {format.name} holds one token a row: "
            "choose the sentence column, which says what belongs together.",
            "--sentence COLUMN",
        )
    return "sentence"


def as_text(value: Any) -> str:
    """A value as the file writes it, as far as that is known; nothing and NaN are the empty text."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else str(value)


def as_list(value: Any) -> list[str] | None:
    """The entries of a list, or of text that is one in JSON or as Python writes it; None for anything else."""
    if isinstance(value, str):
        if not value.lstrip().startswith("["):
            return None
        try:
            value = json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
        except RecursionError:
            return None
        except ValueError:  # ['a', 'b'] is what pandas makes of lists in a CSV
            try:
                value = ast.literal_eval(value.strip())
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                return None
    return [as_text(entry) for entry in value] if isinstance(value, list) else None


def _written(value: Any) -> str:
    return " ".join(map(as_text, value[:200])) if isinstance(value, list) else as_text(value)


def _from_beyond_ascii(text: str) -> str:
    """The text from a little before its first letter outside of ASCII, where that would be cut away."""
    found = re.search(r"[^\x00-\x7f]", text)
    return "…" + text[found.start() - 50 :] if found and found.start() > 150 else text


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
