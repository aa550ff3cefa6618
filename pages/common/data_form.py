"""How a file is read: previewed, its columns guessed and corrected. For Data and Evaluate."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages.common import widgets
from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data.columns import LAYOUTS, preview, with_columns
from rnn_core.data.encodings import ENCODING_NAMES
from rnn_core.data.tables import DELIMITERS, recognise
from rnn_core.views.view import literal

FORMATS = {
    "csv": "table (CSV, TSV)", "jsonl": "JSON lines", "parquet": "Parquet", "conll": "CoNLL columns",
    "conllu": "CoNLL-U", "token_tag": "token, tab, tag",
}  # fmt: skip


def flags(values: dict[str, Any]) -> list[str]:
    """Options of the command line for these values of a config; those that are None are left out."""
    found = []
    for name, value in values.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            found.append(flag if value else flag.replace("--", "--no-", 1))
        elif value is not None:
            found.append(f"{flag}={value}")
    return found


def mapping(path: Path, name: str, config: DataConfig, key: str, with_split: bool = True) -> DataConfig | None:
    """A file's first rows as they would be read, and the guesses for a person to correct.

    Args:
        with_split: whether a split column may be chosen; evaluating takes all rows.

    Returns:
        The config with everything chosen, or None while the choice does not work yet (which is said).
    """
    st.markdown(f"**{literal(name)}**: is this read correctly?")
    guessed: dict[str, Any] = {"format": None, "encoding": None, "delimiter": None}
    try:
        first = recognise(path, config, name)
        guessed = {"format": first.kind, "encoding": first.encoding, "delimiter": first.delimiter}
    except Problem as why:  # what cannot be guessed can still be stated
        widgets.problem(why)
    boxes = st.columns(3)
    read_by = {
        "format": _box(boxes[0], "Format", FORMATS, guessed["format"], f"{key}-format"),
        "encoding": _box(boxes[1], "Encoding", ENCODING_NAMES, guessed["encoding"], f"{key}-encoding",
                         "Guessed. When letters look odd below, choose another. The last rows there have "
                         "letters outside of ASCII, if the head of the file has any."),
        "delimiter": _box(boxes[2], "Delimiter", DELIMITERS, guessed["delimiter"], f"{key}-delimiter"),
    }  # fmt: skip
    if read_by["format"] == "parquet":
        read_by["encoding"] = None
    if read_by["format"] != "csv":
        read_by["delimiter"] = None
    if not any(guessed.values()) and not any(read_by.values()):
        return None
    stated = make(DataConfig, plain(config) | read_by)
    seen = preview(path, stated, name)
    stated = _columns(seen, stated, key, with_split)
    chosen = preview(path, stated, name)
    shown = {header: [row[i] if i < len(row) else "" for row in chosen.rows] for i, header in enumerate(chosen.header)}
    st.dataframe(shown, hide_index=True, height=220)
    if chosen.problem or chosen.layout is None:
        widgets.problem(chosen.problem or "These columns do not fit the task. Choose others.")
        return None
    by_line = chosen.format.by_sentence
    st.caption(f"Read as: {'a token and its tag a line' if by_line else LAYOUTS[chosen.layout]}.")
    return stated


def _box(where: Any, title: str, named: dict[str, Any], guess: str | None, key: str, words: str | None = None) -> Any:
    """A box with the guess chosen, empty where there is none. A new guess gets a new box."""
    listed = list(named)
    return where.selectbox(title, listed, listed.index(guess) if guess in listed else None, key=f"{key}-{guess}",
                           format_func=named.__getitem__, help=words, placeholder="(choose)")  # fmt: skip


def _columns(seen: Any, config: DataConfig, key: str, with_split: bool) -> DataConfig:
    """The boxes for the columns, with the guesses chosen."""
    titles = {"text": "Text column", "label": "Label column"}
    if config.task == "tag":
        titles = {"text": "Token column", "label": "Tag column", "sentence": "Sentence column (if any)"}
    if with_split:
        titles["split"] = "Split column (if any)"
    found: dict[str, str | None] = {}
    none = "(none)"
    for column, (field, title) in zip(st.columns(len(titles)), titles.items(), strict=True):
        needed = field in ("text", "label")
        listed = [*([] if needed else [none]), *seen.header]
        guess = getattr(seen.config, field)
        at = listed.index(guess) if guess in listed else 0
        picked = column.selectbox(title, listed, at, key=f"{key}-{seen.format.kind}-{field}")
        found[field] = "" if picked == none else picked
    return with_columns(config, **found)
