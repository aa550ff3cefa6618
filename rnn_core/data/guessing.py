"""The task and the tokens that fit a file, guessed from its first rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from rnn_core.config import DataConfig, Problem, make
from rnn_core.data.columns import guess_columns, sample_rows
from rnn_core.data.contents import without_spaces
from rnn_core.data.layouts import layout_of
from rnn_core.data.schema import CLASSES, Schema
from rnn_core.data.schema import TAGS as TAGGED
from rnn_core.data.tables import Format, Row, place, recognise
from rnn_core.data.values import as_list, as_text

_MOST = 0.8
"""The share of rows with as many tags as tokens from which a file is one to label; the others are left out as faulty."""


def guess_schema(path: Path, name: str | None = None, **read_by: str | None) -> Schema:
    """Whether a file holds one tag per token or one label per text, from its first rows; the latter where nothing tells.

    Args:
        read_by: options of `DataConfig` that are known: format, encoding, delimiter, columns.

    Raises:
        Problem: when the file cannot be read at all.
    """
    config = make(DataConfig, dict(read_by))
    format = recognise(path, config, name)
    if format.by_sentence:
        return TAGGED
    rows = sample_rows(path, format)
    try:
        config = guess_columns(format, rows, config, TAGGED)
        layout = layout_of(format, rows, config, TAGGED)
    except Problem:
        layout = None
    if layout == "spans":
        return TAGGED
    if layout:
        text, label = ([row.values[place(format, column or "")] for row in rows] for column in (config.text, config.label))
        if layout == "token":  # a sentence has several rows
            sentences = [as_text(row.values[place(format, config.sentence or "")]) for row in rows]
            if len(set(sentences) - {""}) < len(rows):
                return TAGGED
        else:
            parts = as_list if layout == "lists" else lambda value: as_text(value).split()
            lengths = [(len(parts(tokens) or ()), len(parts(tags) or ())) for tokens, tags in zip(text, label, strict=True)]
            telling = [tokens == tags for tokens, tags in lengths if max(tokens, tags) > 1]  # one and one may be text and label
            if telling and sum(telling) >= _MOST * len(telling):
                return TAGGED
    _ask_about_words(format, rows, read_by)
    return CLASSES


def _ask_about_words(format: Format, rows: Sequence[Row], read_by: Mapping[str, str | None]) -> None:
    """Raises Problem where rows may be texts of one word, or the tokens of sentences whose column is missing."""
    config = make(DataConfig, dict(read_by))
    try:
        config = guess_columns(format, rows, config, CLASSES)
    except Problem:
        return
    at, to = place(format, config.text or ""), place(format, config.label or "")
    words = [as_text(row.values[at]).strip() for row in rows]
    labels = {as_text(row.values[to]).strip() for row in rows}
    single = sum(len(word) <= 30 and " " not in word and not without_spaces([word]) for word in words)
    if len(rows) >= 20 and single >= 0.9 * len(rows) and len(labels) <= 50:
        raise Problem(
            f"Nearly every text in the column {config.text!r} of {format.name} is a single word: if these are the tokens of "
            "sentences, a column must say which sentence each is of, or blank lines must part the sentences; if each is a text "
            "of its own, choose classification.",
            "--sentence COLUMN, or --task classify",
        )


def guess_tokens(path: Path, config: DataConfig, schema: Schema, name: str | None = None) -> Literal["word", "char"]:
    """Whether the texts of a file are rather read by words or by characters, from its first rows. A stream is read by
    characters: there are few of them, so that a short text already says much about each.

    Raises:
        Problem: when the file cannot be read, or its columns do not fit.
    """
    if schema.per_token:
        return "word"
    if schema.stream:
        return "char"
    format = recognise(path, config, name)
    rows = sample_rows(path, format)
    found = guess_columns(format, rows, config, schema)
    texts = [[as_text(row.values[place(format, getattr(found, name) or "")]) for row in rows] for name in schema.texts]
    return "char" if any(map(without_spaces, texts)) else "word"
