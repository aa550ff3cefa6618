"""An evaluation's tables, and the texts behind a cell of its confusion matrix."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages.common import cache, state
from rnn_core.data.written import csv_bytes
from rnn_core.results import Answer, Mistake, Scores
from rnn_core.views import evaluate as views
from rnn_core.views.view import literal
from rnn_core.workspace import evaluations
from rnn_core.workspace.runs import Run

MOST_LISTED = 200
MOST_WRITTEN = 50_000
"""Mistakes in the file of them, which is made in the server's memory."""

_FOUR = st.column_config.NumberColumn(format="%.4f")


def tables(scores: Scores) -> None:
    """Every class, the averages over them, and the entity types in numbers."""
    total = sum(c.support for c in scores.per_class)
    averages = [  # the two ways to average over classes; micro: every decision alike, which here is the accuracy
        ("(macro average)", scores.macro_recall, scores.macro_precision, scores.macro_f1, total),
        ("(micro average)", scores.accuracy, scores.accuracy, scores.micro_f1, total),
    ]
    _table("class", "accuracy within it (recall)",
           [(c.label, c.recall, c.precision, c.f1, c.support) for c in scores.per_class] + averages)  # fmt: skip
    if spans := scores.spans:
        st.markdown("**Entity types, as whole spans**")
        total = sum(c.support for c in spans.per_type)
        means = [sum(getattr(c, figure) for c in spans.per_type) / max(len(spans.per_type), 1)
                 for figure in ("recall", "precision")]  # fmt: skip
        averages = [
            ("(macro average)", *means, spans.macro_f1, total),
            ("(micro average)", spans.recall, spans.precision, spans.f1, total),
        ]
        _table("type", "recall", [(c.label, c.recall, c.precision, c.f1, c.support) for c in spans.per_type] + averages)


def _table(first: str, recall: str, rows: list[tuple[str, float, float, float, int]]) -> None:
    titles = (first, recall, "precision", "F1", "support")
    st.dataframe(
        dict(zip(titles, zip(*rows, strict=True), strict=True)),
        hide_index=True,
        column_config=dict.fromkeys(titles[1:4], _FOUR),
    )


def cell_of(named: str | None, scores: Scores) -> tuple[str | None, str | None]:
    """The truth and the answer of the cell that a link names as `row,column`; None twice when it names none."""
    parts = (named or "").split(",")
    if len(parts) != 2 or not all(p.isdecimal() and int(p) < len(scores.labels) for p in parts):
        return None, None
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
        row.selectbox(f"Cell: {side}", labels, None, key=f"cell-{side}", on_change=choose, width=260,
                      placeholder="Choose a class")  # fmt: skip


def behind(folder: Path, scores: Scores, run: Run, truth: str, answer: str, unit: str) -> None:
    """The texts, or tokens in context, of one cell; a click on one opens it in Inspect."""
    count = int(scores.confusion[scores.labels.index(truth), scores.labels.index(answer)])
    listed, between = evaluations.behind(folder, truth, answer, MOST_LISTED), run.config.data.between
    what = "Right" if truth == answer else "Wrong"
    st.subheader(f"{what}: {count:,} {unit} labelled {literal(truth, 40)}, answered {literal(answer, 40)}")
    if not listed:
        st.caption("Nothing here. Click another cell.")
        return
    st.caption("The least sure first when right, the surest first when wrong. Click a row to open it in Inspect."
               + (f" The first {MOST_LISTED} are shown." if count > MOST_LISTED else ""))  # fmt: skip
    picked = _pick(
        {
            "text": [views.in_context(where, between) for where in listed],
            "confidence": [where.confidence for where in listed],
        },
        f"behind-{run.id}-{truth}-{answer}",
    )
    if picked is not None:
        _inspect(run, listed[picked], truth)


def all_mistakes(folder: Path, scores: Scores, run: Run, unit: str) -> None:
    """The wrong answers of all cells, the surest first, and a file of them; a click on one opens it in Inspect."""
    between = run.config.data.between
    listed, count = cache.mistakes(str(folder), (folder / "scores.json").stat().st_mtime_ns, MOST_LISTED)
    total = int(scores.confusion.sum())
    st.subheader(f"All {count:,} mistakes" if count else "No mistakes")
    if not count:
        st.caption(f"All {total:,} {unit} were answered right.")
        return
    st.caption(f"Of {total:,} {unit}, the surest mistake first. Click a row to open it in Inspect."
               + (f" The first {MOST_LISTED} are shown." if count > MOST_LISTED else ""))  # fmt: skip
    picked = _pick(
        {
            "text": [views.in_context(one.where, between) for one in listed],
            "truth": [one.truth for one in listed],
            "answer": [one.answer for one in listed],
            "confidence": [one.where.confidence for one in listed],
        },
        f"mistakes-{run.id}",
    )
    written = min(count, MOST_WRITTEN)
    st.download_button(
        f"Download all {count:,} as CSV" if written == count else f"Download the surest {written:,} as CSV",
        lambda: _mistakes_csv(folder, between),
        "mistakes.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
        help="A cell that a spreadsheet would take for a formula begins with a ' there; the table's own download leaves it.",
    )
    if picked is not None:
        _inspect(run, listed[picked].where, listed[picked].truth)


def _pick(columns: dict[str, list[Any]], key: str) -> int | None:
    """A table of texts with the confidence of their answers; the row that was clicked."""
    event = st.dataframe(
        columns,
        hide_index=True,
        on_select="rerun",
        selection_mode=["single-row", "single-cell"],
        key=key,
        column_config={
            "text": st.column_config.TextColumn(width="large"),
            "confidence": st.column_config.ProgressColumn(format="%.3f", min_value=0, max_value=1),
        },
    )
    picked = [*event["selection"]["rows"], *(row for row, _ in event["selection"].get("cells", []))]
    return picked[0] if picked else None


def _mistakes_csv(folder: Path, between: str) -> bytes:
    """Text, and for a tag its token and place, truth, answer and confidence; formulas neutralised."""

    def row(mistake: Mistake) -> list[str | int | float]:
        where = mistake.where
        token: list[str | int] = [] if where.token is None else [where.tokens[where.token], where.token + 1]
        return [between.join(where.tokens), *token, mistake.truth, mistake.answer, where.confidence]

    rows, _ = evaluations.mistakes(folder, MOST_WRITTEN, row)
    token = ["token", "place"] if rows and len(rows[0]) == 6 else []
    return csv_bytes(["text", *token, "truth", "answer", "confidence"], rows)


def _inspect(run: Run, where: Answer, truth: str) -> None:
    """Opens an answer's text in Inspect, at its token."""
    state.select(
        run=run.id, text=run.config.data.between.join(where.tokens), spaced=bool(run.config.data.between), label=truth,
        step=None if where.token is None else where.token + 1,
    )  # fmt: skip
    st.switch_page("pages/read/inspect/inspect.py")
