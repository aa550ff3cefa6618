"""Numbers side by side: labels, lengths, units, probabilities, scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import ALONG_Y, LEGEND, NO_FADE, TIGHT, Figure, aliased, frame, label_axis, outline
from rnn_core.figures.palette import faint
from rnn_core.figures.text import escape, percent, units
from rnn_core.language import N_, tr
from rnn_core.results import ClassScores, DataReport, Scores, SpanScores

MOST_LABELS = 60
"""Labels drawn at most, the most frequent ones."""

MOST_BINS = 50
"""Lengths are put together so that there are no more bars than this."""

_SPLITS = {"train": palette.BLUE, "dev": palette.ORANGE, "test": palette.GREEN}


def label_counts(report: DataReport) -> Figure:
    """How often each label stands in each split, the most frequent on top."""
    totals: dict[str, int] = {}
    for summary in report.splits.values():
        for label, count in summary.label_counts.items():
            totals[label] = totals.get(label, 0) + count
    labels = sorted(totals, key=lambda label: -totals[label])
    shown = labels[:MOST_LABELS]
    rows = np.arange(len(shown), dtype=np.int32)
    data: list[dict[str, Any]] = []
    for split, summary in report.splits.items():
        data.append(dict(
            type="bar",
            y=rows,
            x=np.array([summary.label_counts.get(label, 0) for label in shown], np.int32),
            orientation="h",
            name=split,
            hovertemplate="%{x:,}<extra>" + split + "</extra>",
            marker={"color": _SPLITS.get(split, palette.GREY)},
        ))
    title = tr("how often") if len(shown) == len(labels) else tr(
        "how often ({shown} of {labels} labels: the most frequent)", shown=len(shown), labels=len(labels),
    )  # fmt: skip
    return frame(
        data,
        max(180, len(shown) * (15 if len(shown) > 15 else 44) + 90),
        ("labels", tuple(shown)),
        barmode="group",
        bargap=0.25,
        xaxis={"title": {"text": title}},
        yaxis=label_axis(shown) | {"range": [max(len(shown), 1) - 0.5, -0.5]},
        showlegend=True,
    )


def lengths(report: DataReport, row: str = "text") -> Figure:
    """How many texts of each split have how many tokens; several lengths a bar when they differ widely.

    Args:
        row: the name of a text: `text` or `source`.
    """
    longest = max((len(summary.lengths) for summary in report.splits.values()), default=1)
    width = max(1, -(-longest // MOST_BINS))
    starts = np.arange(0, max(longest, 1), width)
    middles = starts + (width - 1) / 2
    words = [
        tr("{first} tokens", first=first) if width == 1 else tr("{first}–{last} tokens", first=first, last=first + width - 1)
        for first in starts.tolist()
    ]
    across = tr("tokens in a {row}", row=units(row, 1)) if width == 1 else tr(
        "tokens in a {row} ({width} lengths a bar)", row=units(row, 1), width=width,
    )  # fmt: skip
    data: list[dict[str, Any]] = []
    for split, summary in report.splits.items():
        counts = np.zeros(len(starts) * width, np.int64)
        counts[: len(summary.lengths)] = summary.lengths
        data.append(dict(
            type="bar",
            x=middles.astype(np.float32),
            y=counts.reshape(-1, width).sum(1).astype(np.int32),
            name=split,
            hovertemplate=f"%{{y:,}} {units(row)}<extra>{split}</extra>",
            marker={"color": _SPLITS.get(split, palette.GREY)},
        ))
    return frame(
        data,
        280,
        ("lengths", longest),
        barmode="stack",
        legend=LEGEND | {"traceorder": "normal"},  # as in the figure beside it: train first
        bargap=0.08,
        xaxis={"title": {"text": across}} | aliased(middles, words),
        yaxis={"title": {"text": units(row)}},
        showlegend=True,
    )


def state(values: np.ndarray, unit: int | None = None, gate: bool = False) -> Figure:
    """The (d,) numbers of one step's state, a bar each, in the colours of the heatmap. A click gives `[unit]`.

    Args:
        gate: the numbers lie in 0…1.
    """
    return _numbers(values, N_("unit"), 260, unit, gate)


def embedding(values: np.ndarray) -> Figure:
    """The (n,) numbers a token is looked up as."""
    return _numbers(values, N_("number"), 200)


def _numbers(values: np.ndarray, name: str, height: int, chosen: int | None = None, gate: bool = False) -> Figure:
    values = np.asarray(values, np.float32)
    bound = max(float(np.abs(values).max(initial=0)), 1e-6)
    # Small embeddings would all be pale on ±1; states keep the heatmap's scale.
    ends = max(1.0, bound) if name == "unit" else bound
    low, high = (0.0, 1.0) if gate else (-bound, bound)
    data = [dict(
        type="bar",
        x=np.arange(len(values), dtype=np.int32),
        y=values,
        customdata=np.arange(len(values), dtype=np.int32),
        hovertemplate="%{y:+.4f}<extra></extra>",
        marker={
            "color": palette.shades(values, palette.SEQUENTIAL, 0, 1) if gate
            else palette.shades(values, palette.DIVERGING, -ends, ends),
            "line": {"width": 0.5 if len(values) <= 200 else 0, "color": "rgba(128,128,128,0.8)"},
        },
        **NO_FADE,
    )]
    box = outline(chosen - 0.5, chosen + 0.5, 1.05 * low, 1.05 * high) if chosen is not None else []
    zero = {
        "type": "line",
        "x0": 0,
        "x1": 1,
        "xref": "paper",
        "y0": 0,
        "y1": 0,
        "line": {"color": palette.GREY, "width": 1},
    }
    return frame(
        data,
        height,
        (name, len(values)),
        bargap=0.1 if len(values) <= 200 else 0,
        xaxis={"title": {"text": tr(name)}, "range": [-0.6, len(values) - 0.4], "tickformat": "d", "showgrid": False,
               "unifiedhovertitle": {"text": f"{tr(name)} %{{x}}"}},
        yaxis={"range": [1.1 * low, 1.1 * high]},
        shapes=[zero, *box],
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )


def top_probabilities(
    p: np.ndarray, labels: Sequence[str], colours: Mapping[str, str], truth: str | None = None, most: int = 10,
    mark: str = N_("truth"),
) -> Figure:
    """The likeliest of k classes: the prediction is filled, the others are faint, the truth is outlined.

    Args:
        p: (k,) probabilities.
        labels: (k,) their classes.
        truth: shown even where it is not among the `most` likeliest.
        mark: the message beside the truth.
    """
    p = np.asarray(p, np.float32)
    order = np.argsort(-p, kind="stable")[:most].tolist()
    if truth is not None and truth in labels and (place := list(labels).index(truth)) not in order:
        order = [*order[: most - 1], place]
    shown = [labels[i] for i in order]
    is_truth = [label == truth for label in shown]
    data = [dict(
        type="bar",
        y=np.arange(len(order), dtype=np.int32),
        x=p[order],
        orientation="h",
        customdata=np.array(order, np.int32),
        text=[percent(float(p[i])) + (f" · {tr(mark)}" if true else "") for i, true in zip(order, is_truth, strict=True)],
        textposition="outside",
        cliponaxis=False,
        hovertemplate="p = %{x:.4f}<extra></extra>",
        marker={
            "color": [colours[label] if i == 0 else faint(colours[label], 0.35) for i, label in enumerate(shown)],
            "line": {"color": palette.GREY, "width": [4 if true else 0 for true in is_truth]},
        },
        **NO_FADE,
    )]
    return frame(
        data,
        max(110, 34 * len(order) + 40),
        ("top", tuple(labels)),
        bargap=0.3,
        xaxis={"range": [0, 1.34 if truth is not None else 1.18], "tickvals": [0, 0.25, 0.5, 0.75, 1], "tickformat": ".0%"},
        yaxis=label_axis(shown) | {"range": [len(order) - 0.5, -0.5]},
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
    )


def per_class(scores: Scores | SpanScores) -> Figure:
    """Precision, recall and F1 of each class, or of each type of entity."""
    rows: tuple[ClassScores, ...] = scores.per_type if isinstance(scores, SpanScores) else scores.per_class
    words = [tr("{label} ({support:,} true)", label=escape(row.label, 60), support=row.support) for row in rows]
    ends = np.array([[row.precision, row.recall] for row in rows], np.float32).reshape(-1, 2)
    gaps = np.column_stack([ends, np.full(len(rows), np.nan, np.float32)]).ravel()
    data = [dict(
        type="scatter",
        x=gaps,
        y=np.repeat(np.arange(len(rows), dtype=np.int32), 3),
        mode="lines",
        line={"color": palette.GREY, "width": 2},
        hoverinfo="skip",
        showlegend=False,
    )]
    looks = (
        ("precision", tr("precision"), palette.BLUE, "triangle-right"),
        ("recall", tr("recall"), palette.ORANGE, "triangle-left"),
        ("f1", "F1", palette.GREEN, "circle"),
    )
    for name, title, colour, symbol in looks:
        data.append(dict(
            type="scatter",
            x=np.array([getattr(row, name) for row in rows], np.float32),
            y=np.arange(len(rows), dtype=np.int32),
            mode="markers",
            name=title,
            marker={"color": colour, "symbol": symbol, "size": 12 if len(rows) <= 25 else 9},
            customdata=np.arange(len(rows), dtype=np.int32),
            hovertemplate="%{x:.3f}<extra>" + title + "</extra>",
            **NO_FADE,
        ))
    return frame(
        data,
        max(160, len(rows) * (16 if len(rows) > 25 else 30) + 90),
        ("per class", tuple(row.label for row in rows)),
        xaxis={"range": [-0.03, 1.03]},
        **ALONG_Y,
        yaxis=label_axis([row.label for row in rows], words) | {"range": [max(len(rows), 1) - 0.5, -0.5], "showgrid": True},
        showlegend=True,
    )


def amounts(names: Sequence[str], values: Sequence[float], says: Sequence[str], title: str) -> Figure:
    """Amounts as bars, each with its number in words."""
    at: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": list(names)}
    data = [dict(
        type="bar",
        y=np.arange(len(names), dtype=np.int32), x=np.asarray(values, np.float64), orientation="h", text=list(says),
        textposition="outside", cliponaxis=False, marker={"color": palette.BLUE}, hoverinfo="skip",
    )]  # fmt: skip
    return frame(
        data,
        30 * len(names) + 70,
        ("amounts", title, tuple(names)),
        bargap=0.3,
        xaxis={"title": {"text": title}, "range": [0, 1.7 * (max(values, default=0) or 1)]},
        yaxis=at | {"range": [len(names) - 0.5, -0.5], "showgrid": False},
        margin=TIGHT,
    )
