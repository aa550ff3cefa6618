"""How a file is read: previewed, its columns guessed and corrected. For Data and Evaluate."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages.common import cache, widgets
from rnn_core import tasks
from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data.columns import with_columns
from rnn_core.data.encodings import ENCODING_NAMES
from rnn_core.data.formats import DELIMITERS, FORMAT_TITLES, QUOTINGS, STREAM_TITLES, Format
from rnn_core.data.layouts import LAYOUTS
from rnn_core.data.preview import preview
from rnn_core.data.top import Top
from rnn_core.language import N_, tr
from rnn_core.language.retold import retold
from rnn_core.views.view import literal

HEADERS = {"yes": N_("the first row"), "no": N_("there is none")}


def mapping(path: Path, name: str, config: DataConfig, key: str, with_split: bool = True) -> DataConfig | None:
    """A file's first rows as they would be read, and the guesses for a person to correct.

    Args:
        with_split: whether a split column may be chosen; evaluating takes all rows.

    Returns:
        The config with everything chosen, or None while the choice does not work yet (which is said).
    """
    st.markdown(tr("**{name}**: is this read correctly?", name=literal(name)))
    schema = tasks.of(config).schema

    def top(stated: DataConfig) -> Top:
        return cache.top(path, stated, name, schema.stream)

    read_by = read_as(lambda stated: top(stated).format, config, key, STREAM_TITLES if schema.stream else FORMAT_TITLES)
    if read_by is None:
        return None
    stated = make(DataConfig, plain(config) | read_by)
    seen = preview(top(stated), stated, schema)
    if seen.layout != "lines":
        stated = _columns(seen, stated, key, with_split)
        seen = preview(top(stated), stated, schema)
    shown = {header: [row[i] if i < len(row) else "" for row in seen.rows] for i, header in enumerate(seen.header)}
    st.dataframe(shown, hide_index=True, height=220)
    for note in seen.format.notes:
        st.caption(f":material/info: {literal(retold(note), 400)}")
    if seen.problem or seen.layout is None:
        widgets.problem(retold(seen.problem) if seen.problem else tr("These columns do not fit the task. Choose others."))
        return None
    by_line = seen.format.by_sentence
    layout = tr("one token and its tag per line") if by_line else tr(LAYOUTS[seen.layout])
    st.caption(tr("Read as: {layout}.", layout=layout))
    return stated


def read_as(
    look: Callable[[DataConfig], Format], config: DataConfig, key: str, formats: Mapping[str, str] = FORMAT_TITLES
) -> dict[str, Any] | None:
    """The boxes that say how a file is written, with the guesses chosen.

    Args:
        look: how the file would be read by a config.
        formats: those that can be chosen.

    Returns:
        The choices that are no guesses, or None while nothing is known of the file.
    """
    guessed, first = _guesses(look, config), st.columns(3)
    read_by = {
        "format": _box(first[0], tr("Format"), formats, guessed.get("format"), f"{key}-format"),
        "encoding": _box(first[1], tr("Encoding"), ENCODING_NAMES, guessed.get("encoding"), f"{key}-encoding",
                         tr(
                             "Guessed. When letters look odd below, choose another. The last rows there have letters "
                             "outside of ASCII, if the head of the file has any.",
                         )),
    }  # fmt: skip
    if read_by["format"] != "text":
        read_by["delimiter"] = _box(first[2], tr("Delimiter"), DELIMITERS, guessed.get("delimiter"), f"{key}-delimiter")
    if not any(guessed.values()) and not any(read_by.values()):
        return None
    if read_by["format"] == "csv":
        stated = make(DataConfig, plain(config) | _differing(read_by, guessed))
        again = _guesses(look, stated, quietly=True)
        guessed |= {name: again[name] for name in ("quoting", "header") if name in again}  # the others are what was stated
        left, right = st.columns([2, 1])
        read_by |= {
            "quoting": _box(left, tr("Quotation marks"), QUOTINGS, guessed.get("quoting"), f"{key}-quoting",
                            tr("Guessed: the way in which more lines have as many fields as the first.")),
            "header": _box(right, tr("Names of the columns"), HEADERS, guessed.get("header"), f"{key}-header",
                           tr("Guessed: the first row is held against the rows below it.")),
        }  # fmt: skip
    return _differing(read_by, guessed)


def _guesses(look: Callable[[DataConfig], Format], config: DataConfig, quietly: bool = False) -> dict[str, str | None]:
    """How the file would be read; nothing where that cannot be told, which is said unless `quietly`."""
    try:
        found = look(config)
    except Problem as why:  # what cannot be guessed can still be stated
        if not quietly:
            widgets.problem(why)
        return {}
    return {"format": found.kind, "encoding": found.encoding, "delimiter": found.delimiter,
            "quoting": found.quoting, "header": "yes" if found.named else "no"}  # fmt: skip


def _differing(chosen: dict[str, Any], guessed: dict[str, str | None]) -> dict[str, Any]:
    """The choices that are no guesses: a guess is left open, so that another file of the dataset may be written otherwise."""
    found = {name: value for name, value in chosen.items() if value is not None and value != guessed.get(name)}
    if found.get("format", chosen["format"]) != "csv":
        found.pop("delimiter", None)
    return found


def _box(where: Any, title: str, named: Mapping[str, Any], guess: str | None, key: str, words: str | None = None) -> Any:
    """A box with the guess chosen, empty where there is none. A new guess gets a new box."""
    listed = list(named)
    return where.selectbox(title, listed, listed.index(guess) if guess in listed else None, key=f"{key}-{guess}",
                           format_func=lambda one: tr(named[one]), help=words, placeholder=tr("(choose)"))  # fmt: skip


def _columns(seen: Any, config: DataConfig, key: str, with_split: bool) -> DataConfig:
    """The boxes for the columns, with the guesses chosen."""
    task = tasks.of(config)
    titles = {field: tr(title) for field, title in task.columns.items()}
    if with_split and "split" in task.options(DataConfig):
        titles["split"] = tr("Split column (if any)")
    found: dict[str, str | None] = {}
    none = tr("(none)")
    for column, (field, title) in zip(st.columns(len(titles)), titles.items(), strict=True):
        guess = getattr(seen.config, field)
        needed = field in task.schema.columns or (task.schema.stream and guess)
        listed = [*([] if needed else [none]), *seen.header]
        at = listed.index(guess) if guess in listed else 0
        picked = column.selectbox(title, listed, at, key=f"{key}-{seen.format.kind}-{field}")
        found[field] = "" if picked == none else picked
    return with_columns(config, **found)
