"""The task and the tokens that fit a file, guessed from its first rows."""

from collections.abc import Sequence
from typing import Literal

from rnn_core.config import DataConfig, Problem
from rnn_core.data.columns import guess_columns
from rnn_core.data.contents import without_spaces
from rnn_core.data.formats import Format, place
from rnn_core.data.layouts import layout_of
from rnn_core.data.pairs import called_as_pair
from rnn_core.data.schema import CLASSES, PAIRS, Schema
from rnn_core.data.schema import TAGS as TAGGED
from rnn_core.data.tables import Row
from rnn_core.data.top import Top
from rnn_core.data.values import as_list, as_text
from rnn_core.language import tr

_MOST = 0.8
"""The share of rows with equally many tokens and tags from which a file is sequence tagging; other rows are faults."""

_DIFFERENT = 0.5
"""The share of rows with different values above which a column holds texts, not labels."""


def guess_schema(top: Top, stated: DataConfig) -> Schema:
    """Guesses from its first rows whether a file holds one tag per token, one label per text, or pairs of texts; without
    evidence, one label per text.

    Args:
        stated: options with the known columns.

    Raises:
        Problem: if the file has no rows, or they may be texts as well as tokens.
    """
    format = top.format
    if format.by_sentence:
        return TAGGED
    rows, config = top.rows, stated
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
    if _holds_pairs(format, rows, stated):
        return PAIRS
    _ask_about_words(format, rows, stated)
    return CLASSES


def _holds_pairs(format: Format, rows: Sequence[Row], config: DataConfig) -> bool:
    """Whether two columns are named as the sides of a pair, and the values of the second differ, unlike labels."""
    if config.label:
        return False
    try:
        config = guess_columns(format, rows, config, PAIRS)
    except Problem:
        return False
    text, target = config.text or "", config.target or ""
    if not called_as_pair(text, target):
        return False
    written = [as_text(row.values[place(format, target)]).strip() for row in rows]
    return len(set(written)) > _DIFFERENT * len(written) > 1


def _ask_about_words(format: Format, rows: Sequence[Row], config: DataConfig) -> None:
    """Raises Problem if rows may be texts of one word, or tokens of sentences without a sentence column."""
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
            tr(
                "Nearly every text in the column {text!r} of {name} is a single word: if these are the tokens of "
                "sentences, a column must say which sentence each belongs to, or blank lines must separate the sentences; "
                "if each is a text of its own, choose classification.",
                text=config.text, name=format.name,
            ),
            "--sentence COLUMN, or --task classify",
        )


def guess_tokens(top: Top, config: DataConfig, schema: Schema) -> Literal["word", "char"]:
    """Guesses from its first rows whether the tokens of a file should be words or characters. Those of a stream are
    characters: there are few different ones, so even a short text has many examples of each.

    Raises:
        Problem: if the file has no rows, or its columns do not fit.
    """
    if schema.per_token:
        return "word"
    if schema.stream:
        return "char"
    found = guess_columns(top.format, top.rows, config, schema)
    places = [place(top.format, getattr(found, name) or "") for name in schema.texts]
    texts = [[as_text(row.values[at]) for row in top.rows] for at in places]
    codes = len(texts) > 1 and any(sum(map(str.isspace, "".join(some))) < len(some) / 5 for some in texts)  # such as dates
    return "char" if codes or any(map(without_spaces, texts)) else "word"
