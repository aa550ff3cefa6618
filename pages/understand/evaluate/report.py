"""The answers of an evaluation that are listed with their texts, and the file of all mistakes."""

from pathlib import Path

import streamlit as st

from pages.common import state
from pages.understand.evaluate import saved
from rnn_core.data.written import csv_bytes
from rnn_core.language import tr
from rnn_core.results import Mistake, Scores
from rnn_core.views.inputs import Answers
from rnn_core.workspace import evaluations

MOST_LISTED = 200
MOST_WRITTEN = 50_000
"""Mistakes in the file of them, which is made in the server's memory."""


def cell_of(named: str | None, scores: Scores) -> tuple[str, str] | None:
    """The truth and the answer of the cell that a link names as `row,column`; None when it names none."""
    parts = (named or "").split(",")
    if len(parts) != 2 or not all(p.isdecimal() and int(p) < len(scores.labels) for p in parts):
        return None
    return scores.labels[int(parts[0])], scores.labels[int(parts[1])]


def choose_cell(scores: Scores, truth: str | None, answer: str | None) -> None:
    """Two boxes that choose a cell of the confusion matrix, as a click on it does."""
    labels = list(scores.labels)
    chosen = {"truth": truth, "answer": answer}

    def choose() -> None:
        pair = [st.session_state[f"cell-{side}"] for side in chosen]
        if None not in pair:
            state.select(cell=",".join(str(labels.index(label)) for label in pair))

    row = st.container(horizontal=True)
    for side, label in chosen.items():
        if label is not None:
            st.session_state[f"cell-{side}"] = label
        title = tr("Cell: truth") if side == "truth" else tr("Cell: answer")
        row.selectbox(title, labels, None, key=f"cell-{side}", on_change=choose, width=260,
                      placeholder=tr("Choose a class"))  # fmt: skip


def listed(folder: Path, scores: Scores, unit: str, between: str, cell: tuple[str, str] | None) -> Answers:
    """The answers of one cell of the confusion matrix, or the wrong ones of all of them. Raises Problem when they are damaged."""
    total = int(scores.confusion.sum())
    if cell is None:
        found, count = saved.mistakes(str(folder), (folder / "scores.json").stat().st_mtime_ns, MOST_LISTED)
    else:
        found = [Mistake(where, *cell) for where in evaluations.behind(folder, *cell, MOST_LISTED)]
        count = int(scores.confusion[scores.labels.index(cell[0]), scores.labels.index(cell[1])])
    return Answers(found, count, total, unit, between, cell)


def offer_mistakes(folder: Path, count: int, between: str) -> None:
    """The button that downloads all mistakes."""
    written = min(count, MOST_WRITTEN)
    st.download_button(
        tr("Download all {count:,} as CSV", count=count) if written == count else
        tr("Download the {count:,} most confident as CSV", count=written),
        lambda: _mistakes_csv(folder, between),
        "mistakes.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        help=tr("A cell that a spreadsheet would take for a formula begins with a ' there."),
    )


def _mistakes_csv(folder: Path, between: str) -> bytes:
    """Text, and for a tag its token and place, truth, answer and confidence; formulas neutralised."""

    def row(mistake: Mistake) -> list[str | int | float]:
        where = mistake.where
        token: list[str | int] = [] if where.token is None else [where.tokens[where.token], where.token + 1]
        return [between.join(where.tokens), *token, mistake.truth, mistake.answer, where.confidence]

    rows, _ = evaluations.mistakes(folder, MOST_WRITTEN, row)
    token = ["token", "place"] if rows and len(rows[0]) == 6 else []
    return csv_bytes(["text", *token, "truth", "answer", "confidence"], rows)
