"""The first tab of Words to matrix: rows of text on their way to indices and to the one-hot matrix."""

import streamlit as st

from pages.common import cache, state, view_panel, widgets
from pages.understand.matrix import choice
from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.matrix import ORDERS, text_matrix
from rnn_core.config import Problem
from rnn_core.data.tokens import tokenise
from rnn_core.results import Trace
from rnn_core.views import matrix as views
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.runs import Run

MOST_TEXTS, MOST_TOKENS = 50, 2000
"""Texts typed, and tokens of each, that the matrix takes."""

SOURCES = {"data": "texts of the run's training data", "typed": "typed"}
"""Where the rows below the text come from."""

FROM_DATA = 7
"""The number of training texts shown, of those that the report on the data keeps."""


def show(run: Run, loaded: Loaded, trace: Trace) -> None:
    """The tab."""
    saved = cache.data_of(run)
    words = _choose_words(run, loaded, trace, saved)
    st.dataframe(views.stages(words, trace.text), hide_index=True,
                 column_config={"step by step": st.column_config.TextColumn(width=190)})  # fmt: skip
    view_panel.earlier(views.INDICES, words)
    st.caption(views.shown_words(words))
    st.markdown(views.vocabulary_words(words))
    st.dataframe(views.vocabulary(words), hide_index=True, height=250)
    view_panel.earlier(views.ONE_HOT, words)
    st.markdown(views.one_hot_words(words))
    if saved:
        st.markdown(views.whole_words(saved.name, saved.report.splits, words))


def _choose_words(run: Run, loaded: Loaded, trace: Trace, saved: SavedDataset | None) -> views.Words:
    """Which rows, and how their words are numbered."""
    chosen = state.selection()
    order = chosen.order if chosen.order in ORDERS else "run"
    row = st.container(horizontal=True)
    if saved:
        choice.choose("Rows below the text", "source", list(SOURCES),
                             chosen.source if chosen.source in SOURCES else "data", SOURCES.__getitem__, row)  # fmt: skip
    choice.choose("Number the words by", "order", ORDERS, order, views.ORDERS.__getitem__, row)
    if saved is None or chosen.source == "typed":
        more = _typed(run)
    else:
        more = [tokens for tokens, _ in saved.report.examples[:FROM_DATA]]
    texts = (trace.tokens[1:-1], *map(tuple, more))
    matrix = choice.kept(("matrix", order, texts), (loaded,), lambda: text_matrix(loaded, texts, order))
    return views.Words(loaded, matrix, order, min(1 if chosen.step is None else chosen.step, matrix.indices.shape[1] - 1))


def _typed(run: Run) -> list[tuple[str, ...]]:
    """Further texts, one per line. They are linked by an id, as private texts are."""
    name = state.selection().rows
    saved = cache.workspace().text(name) if name else None
    typed = st.text_area("Further texts, one per line", height=110,
                         **state.bound("rows", tasks.of(run.config).more_texts if saved is None else saved, _keep))  # fmt: skip
    if trouble := state.session().trouble:
        state.session().trouble = None
        widgets.problem(trouble)
    lines = [line for line in typed.split("\n") if line.strip()]
    if len(lines) > MOST_TEXTS:
        st.info(f"These are {len(lines):,} texts; the first {MOST_TEXTS} are shown.", icon=":material/content_cut:")
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
