"""How a row holds texts with their labels, or tokens with their tags."""

from collections.abc import Sequence
from typing import Literal

from rnn_core.config import DataConfig, Problem
from rnn_core.data.contents import single_tokens
from rnn_core.data.formats import Format, place
from rnn_core.data.schema import Schema
from rnn_core.data.tables import Row
from rnn_core.data.values import as_list, as_text, hold_spans
from rnn_core.language import N_, tr

Layout = Literal["text", "texts", "lists", "sentence", "token", "spans", "lines", "documents"]
"""How a row holds the data of the task. Without tags: `text`, one label per text; `texts`, two texts that belong together.
With tags: `lists` of tokens and of tags; a `sentence` with spaces between tokens and between tags; one `token` with its tag and
its sentence; or a text with `spans` of its characters and their types. For a stream: the `lines` of one text, or whole
`documents`."""

LAYOUTS: dict[Layout, str] = {
    "text": N_("one text and its label per row"),
    "texts": N_("two texts per row, one to read and one to write"),
    "lists": N_("one sentence per row, as lists of tokens and tags"),
    "sentence": N_("one sentence per row, with spaces between tokens and between tags"),
    "token": N_("one token and its tag per row"),
    "spans": N_("one text per row, with spans of characters and their types"),
    "lines": N_("one text, each line a row; <|endoftext|> ends a document"),
    "documents": N_("one document per row"),
}


def layout_of(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> Layout:
    """The layout of the chosen columns.

    Raises:
        Problem: if every row is one token and no column says which sentence it belongs to.
    """
    if not schema.per_token:
        return "text" if len(schema.texts) == 1 else "texts"
    if config.sentence:
        return "token"
    at, to = place(format, config.text or ""), place(format, config.label or "")
    pairs = [(row.values[at], row.values[to]) for row in rows]
    if hold_spans([tags for _, tags in pairs]) and not any(as_list(text) is not None for text, _ in pairs):
        return "spans"
    if format.by_sentence or any(as_list(text) is not None and as_list(tags) is not None for text, tags in pairs):
        return "lists"
    if len(pairs) > 1 and single_tokens([as_text(text) for text, _ in pairs]):
        raise Problem(
            tr(
                "The column {text!r} of {name} holds one token per row: choose the sentence column, which says which "
                "tokens belong together.",
                text=config.text, name=format.name,
            ),
            "--sentence COLUMN",
        )
    return "sentence"
