"""The first tab of Words to matrix: which rows of text stand below the one that is read."""

from collections.abc import Hashable
from typing import Any

import streamlit as st

from pages.common import cache, state, widgets
from rnn_core import tasks
from rnn_core.config import Problem
from rnn_core.data.tokens import tokenise
from rnn_core.language import N_, tr
from rnn_core.views.inputs import Dataset
from rnn_core.workspace.runs import Run

MOST_TEXTS, MOST_TOKENS = 50, 2000
"""Texts typed, and tokens of each, that the matrix takes."""

SOURCES = {"data": N_("texts of the run's training data"), "typed": N_("typed")}
"""Where the rows below the text come from."""

FROM_DATA = 7
"""The number of training texts shown, of those that the report on the data keeps."""


def dataset(run: Run) -> tuple[Hashable, Dataset | None]:
    """The run's data in words, where they are here, and their key."""
    saved = cache.data_of(run)
    return ((saved.fingerprint, saved.name), Dataset(saved.name, saved.report.splits)) if saved else (None, None)


def choose(run: Run, row: Any) -> tuple[tuple[tuple[str, ...], ...], tuple[str | tuple[str, ...] | None, ...]]:
    """The rows below the text as tokens, and their labels, None where they are not known.

    Args:
        row: where it is chosen where they come from.
    """
    chosen, saved = state.selection(), cache.data_of(run)
    if saved:
        source = chosen.source if chosen.source in SOURCES else "data"
        row.segmented_control(tr("Rows below the text"), list(SOURCES), format_func=lambda one: tr(SOURCES[one]), required=True,
                              **state.bound("source", source))  # fmt: skip
    if saved is None or chosen.source == "typed":
        more = tuple(_typed(run))
        return more, (None,) * len(more)
    examples, has = saved.report.examples[:FROM_DATA], tasks.of(run.config).schema.labels
    return tuple(tuple(tokens) for tokens, _ in examples), tuple(label if has else None for _, label in examples)


def _typed(run: Run) -> list[tuple[str, ...]]:
    """Further texts, one per line. They are linked by an id, as private texts are."""
    name = state.selection().rows
    saved = cache.workspace().text(name) if name else None
    typed = st.text_area(tr("Further texts, one per line"), height=110,
                         **state.bound("rows", tasks.of(run.config).more_texts if saved is None else saved, _keep))  # fmt: skip
    if trouble := state.session().trouble:
        state.session().trouble = None
        widgets.problem(trouble)
    lines = [line for line in typed.split("\n") if line.strip()]
    if len(lines) > MOST_TEXTS:
        st.info(tr(
            "These are {count:,} texts; the first {most} are shown.",
            count=len(lines), most=MOST_TEXTS,
        ), icon=":material/content_cut:")
    how = run.config.data.tokens
    cut = [tuple(token for token, _, _ in tokenise(line, how, MOST_TOKENS)) for line in lines[:MOST_TEXTS]]
    return [tokens for tokens in cut if tokens]


def _keep(text: str) -> str | None:
    """The id under which a text is saved; without one, a sentence says why."""
    try:
        return cache.workspace().keep_text(text)
    except Problem as why:
        state.session().trouble = str(why)
        return state.selection().rows
