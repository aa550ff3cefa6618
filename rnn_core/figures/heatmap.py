"""Two-way tables as colour: units × steps, and truth × answer."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import (
    FIRST,
    LABEL,
    TIGHT,
    Figure,
    frame,
    label_axis,
    named,
    outline,
    step_axis,
    step_words,
    targets,
)
from rnn_core.figures.text import escape
from rnn_core.language import tr
from rnn_core.results import Scores

MOST_COLUMNS = 1000
"""More steps than this share columns: a screen has no more pixels, and the browser draws twice as fast."""

MOST_TARGETS = 8000
"""More cells than this cannot each have a point to click; then a row of points along the top stands for the steps."""

MOST_TRUE = 150_000
"""Up to this number of cells hover knows the number as computed (four bytes per cell), beyond that the number as drawn."""

MOST_WRITTEN = 25
"""Up to this number of classes the cells of a confusion matrix are written out."""


def states(
    matrix: np.ndarray,
    tokens: Sequence[str],
    step: int | None = None,
    unit: int | None = None,
    title: str = "",
    limits: tuple[float, float] | None = None,
    gate: bool = False,
    first: int = FIRST,
) -> Figure:
    """Units × steps, on the diverging scale with 0 in its middle. A click gives `[step, unit]`.

    Sent as one byte per cell (the value × 100; × 127 / the limit where that is above 1.27), which is what keeps a
    large one quick. Beyond 1,000 steps a column stands for several, and shows of each unit the value farthest from 0,
    so that no spike is lost.

    Args:
        matrix: (T, d) states, gates or any numbers with a meaning at 0.
        tokens: (T,).
        step, unit: the chosen ones, outlined. Where the cells are too many to be clicked one by one, a click chooses
            a step and gives this `unit` back.
        limits: least and greatest value of the colours, to compare two pictures; made symmetric. ±1 if left out, or
            what the values need.
        gate: the values lie in 0…1: the sequential scale from 0 to 1.
        first: the t of the first column, where pads stand before t = 1.
    """
    values = np.nan_to_num(np.asarray(matrix, np.float32))
    count, d = values.shape
    stride = -(-count // MOST_COLUMNS)
    pooled = farthest_from_zero(values, stride)
    bound = 1.0 if gate else max(map(abs, limits or (1.0, float(np.abs(pooled).max(initial=0))))) or 1.0
    z, scale = as_bytes(pooled.T, bound)
    by_cell = each_cell_clickable(count, d)
    low, middle = (0.0, 0.5) if gate else (-bound, 0.0)
    data = [dict(
        type="heatmap",
        z=z,
        x0=FIRST + (stride - 1) / 2,
        dx=stride,
        meta=1 / scale,
        zmin=low * scale,
        zmax=bound * scale,
        colorscale=palette.SEQUENTIAL if gate else palette.DIVERGING,
        colorbar=_bar([v * scale for v in (low, middle, bound)], [f"{v:.3g}" for v in (low, middle, bound)]),
        **({"hoverinfo": "skip"} if by_cell else _cell_hover(pooled, scale)),
    )]
    words = step_words(tokens, first)
    if by_cell:
        t, u = (axis.ravel() for axis in np.indices((count, d), np.int16))
        cells = np.stack([t, u, values.ravel()], 1, dtype=np.float32)
        data.append(targets(t + FIRST, u, cells, tr("%{x}<br>unit %{y}: %{customdata[2]:+.4f}")))
    else:
        t = np.arange(0, count, stride, dtype=np.int32)  # a column each: more points only slow the browser
        edge = np.full(len(t), -0.5 - 0.02 * d, np.float32)
        picks = t if unit is None else np.stack([t, np.full_like(t, unit)], 1)
        data.append(targets(t + FIRST, edge, picks, words[::stride], seen=True))
    shapes = outline(FIRST + step - 0.5, FIRST + step + 0.5, -0.5, d - 0.5) if step is not None else []
    shapes += outline(FIRST - 0.5, FIRST + count - 0.5, unit - 0.5, unit + 0.5) if unit is not None else []
    axis = named(step_axis(tokens, width=850, first=first), words, stride) | {"range": [FIRST - 0.5, FIRST + count - 0.5]}
    if stride > 1:
        axis["title"] = {"text": tr("a column: {stride} steps, of each unit the value farthest from 0", stride=stride)}
    return frame(
        data,
        int(np.clip(14 * d, 120, 560)) + 90,
        ("states", tuple(tokens), d),
        xaxis=axis,
        yaxis={"range": [d - 0.5, -0.5 if by_cell else -0.5 - 0.04 * d], "title": {"text": tr("unit")}, "showgrid": False,
               "tickformat": "d"},
        shapes=shapes,
        # Without a limit the nearest point answers anywhere in its cell; with the row alone, near the row: the heatmap
        # says its numbers only where no point is near (hovermode x would let any click count, and never show them).
        hoverdistance=-1 if by_cell else 8,
        **({"title": {"text": escape(title), "font": {"size": 15}}} if title else {"margin": TIGHT}),
    )  # fmt: skip


def weights(values: np.ndarray, letter: str, names: Sequence[str], columns: str) -> Figure:
    """The rows of a matrix, on the diverging scale with 0 in its middle.

    Args:
        values: (r, c).
        letter: of the matrix.
        names: (r,) what the rows are called; empty: they are units.
        columns: what the columns multiply.
    """
    values = np.nan_to_num(np.asarray(values, np.float32))
    bound = float(np.abs(values).max(initial=0)) or 1.0
    z, scale = as_bytes(values, bound)
    rows = [escape(name, LABEL) for name in names] or [tr("unit {row}", row=row) for row in range(len(values))]
    data = [dict(
        type="heatmap",
        z=z,
        customdata=np.ascontiguousarray(values),
        zmin=-bound * scale,
        zmax=bound * scale,
        colorscale=palette.DIVERGING,
        colorbar=_bar([v * scale for v in (-bound, 0, bound)], [f"{v:.3g}" for v in (-bound, 0, bound)]),
        hovertemplate=tr("%{y}, column %{x}: %{customdata:+.4f}") + f"<extra>{letter}</extra>",
    )]
    few = range(0, len(rows), -(-len(rows) // 32))
    return frame(
        data,
        int(np.clip(14 * len(rows), 120, 560)) + 90,
        ("weights", letter, values.shape),
        xaxis={"title": {"text": tr("column: a number of {columns}", columns=columns)}, "showgrid": False, "tickformat": "d"},
        yaxis={"range": [len(rows) - 0.5, -0.5], "showgrid": False, "tickvals": list(few), "ticktext": [rows[i] for i in few]},
        margin=TIGHT,
    )


def each_cell_clickable(count: int, d: int) -> bool:
    """Whether the cells of `count` steps and `d` units can be clicked one by one; else a click chooses a step alone."""
    return count * d <= MOST_TARGETS


def farthest_from_zero(values: np.ndarray, stride: int) -> np.ndarray:
    """(T, d) → (⌈T / stride⌉, d): of each unit the value with the greatest magnitude in every `stride` steps."""
    if stride == 1:
        return values
    short = -len(values) % stride
    groups = np.pad(values, ((0, short), (0, 0))).reshape(-1, stride, values.shape[1])
    return np.take_along_axis(groups, np.abs(groups).argmax(1)[:, None], 1)[:, 0]


def as_bytes(values: np.ndarray, bound: float) -> tuple[np.ndarray, float]:
    """Numbers as int8, cut off at ±bound, and what they were multiplied by: 100 where that fits."""
    scale = 100.0 if bound <= 1.27 else 127 / bound
    most = min(127.0, np.ceil(bound * scale))
    return np.ascontiguousarray(np.clip(np.rint(values * scale), -most, most).astype(np.int8)), scale


def _bar(places: Sequence[float], words: Sequence[str]) -> dict[str, Any]:
    """A slim colour bar."""
    return {"thickness": 12, "tickvals": list(places), "ticktext": list(words), "outlinewidth": 0, "xpad": 6}


def _cell_hover(pooled: np.ndarray, scale: float) -> dict[str, Any]:
    """What the heatmap itself says: the true numbers where they can be sent, else what is drawn."""
    if pooled.size > MOST_TRUE:
        said = tr("%{{x}}<br>unit %{{y}}: %{{z}} × {factor:.3g}, rounded", factor=1 / scale)
        return {"hovertemplate": f"{said}<extra></extra>"}
    return {
        "customdata": np.ascontiguousarray(pooled.T),
        "hovertemplate": tr("%{x}<br>unit %{y}: %{customdata:+.4f}") + "<extra></extra>",
    }


def confusion(scores: Scores, shares: bool = False) -> Figure:
    """What was answered (columns) for each true class (rows), in counts or shares of the row. A click gives `[row, column]`.

    The colour is the share of the row either way, so that a rare class is seen beside a common one.
    """
    labels = scores.labels
    k = len(labels)
    counts = np.asarray(scores.confusion)
    rows = counts.sum(1, keepdims=True)
    share = np.divide(counts, rows, out=np.zeros(counts.shape), where=rows > 0)
    written: dict[str, Any] = {}
    if k <= MOST_WRITTEN:
        text = [[f"{v:.0%}" if shares else f"{v:,}" for v in row] for row in (share if shares else counts).tolist()]
        written = {"text": text, "texttemplate": "%{text}", "textfont": {"size": 14 if k <= 12 else 10, "color": palette.INK}}
    data = [dict(
        type="heatmap",
        z=share.astype(np.float32),
        zmin=0,
        zmax=1,
        colorscale=palette.WRITTEN if written else palette.SEQUENTIAL,
        colorbar={"thickness": 12, "outlinewidth": 0, "xpad": 6, "tickformat": ".0%",
                  "title": {"text": tr("share of the row"), "side": "right"}},
        hoverinfo="skip",
        xgap=1 if k <= MOST_WRITTEN else 0,
        ygap=1 if k <= MOST_WRITTEN else 0,
        **written,
    )]
    # Beyond the bound the fullest cells can be clicked; empty ones have nothing to show.
    cells = np.sort(np.argsort(-counts, axis=None, kind="stable")[:MOST_TARGETS])
    truth, answer = np.unravel_index(cells, counts.shape)
    words = [escape(label, 60) for label in labels]
    says = [
        tr(
            "truth {truth}<br>answer {answer}<br>{count:,} of {row:,} ({share:.1%})",
            truth=words[i], answer=words[j], count=counts[i, j], row=rows[i, 0], share=share[i, j],
        )
        for i, j in zip(truth.tolist(), answer.tolist(), strict=True)
    ]
    truth, answer = truth.astype(np.int32), answer.astype(np.int32)
    data.append(targets(answer, truth, np.stack([truth, answer], 1), says))
    small = {"tickfont": {"size": 9 if k > 40 else 11 if k > 15 else 13}}
    axis = label_axis(labels) | small
    pixels = 56 if k <= 5 else 34 if k <= 25 else 14
    return frame(
        data,
        max(240, k * pixels + 130),
        ("confusion", labels),
        xaxis=axis | {"title": {"text": tr("answer")}, "range": [-0.5, k - 0.5]},
        yaxis=axis | {"title": {"text": tr("truth")}, "range": [k - 0.5, -0.5]},
        hoverdistance=-1,
        margin=TIGHT,
    )
