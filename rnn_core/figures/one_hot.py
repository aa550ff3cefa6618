"""Texts as indices, and as the one-hot matrix."""

from collections.abc import Sequence

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import FIRST, TIGHT, Figure, frame, targets
from rnn_core.figures.text import escape, wrapped
from rnn_core.language import tr
from rnn_core.results import PAD, IndexMatrix, OneHotWindow

MOST_ROWS, MOST_STEPS = 10, 10
"""Texts and steps of the index matrix that are drawn, so that every cell can be read."""

CELL, LETTERS = 64, 9
"""Pixels that a cell of it has at least, and letters of a token on one of its lines."""

KINDS = {
    "pad": palette.faint(palette.GREY, 0.3), "special": palette.LIGHT.sequential[2],
    "unknown": palette.faint(palette.ORANGE, 0.45), "word": palette.LIGHT.sequential[0],
}  # fmt: skip
"""The colours of cells. Each follows the theme, or lets the ground through, so that the ink is read on it."""


def shown_steps(longest: int, step: int) -> np.ndarray:
    """The steps of the index matrix that are drawn around a step, from 0."""
    first = min(max(step - MOST_STEPS // 2, 0), max(longest - MOST_STEPS, 0))
    return np.arange(first, min(first + MOST_STEPS, longest))


def row_height(written: Sequence[Sequence[str]]) -> int:
    """Pixels of a row of cells with these words."""
    return 14 + 16 * max((words.count("<br>") + 1 for line in written for words in line), default=2)


def indices(matrix: IndexMatrix, step: int) -> Figure:
    """Texts (rows) × steps: each cell has its token and its index. A click gives `[step]`."""
    shown = shown_steps(matrix.indices.shape[1], step)
    rows = matrix.tokens[:MOST_ROWS]
    kinds, says, picks = np.zeros((len(rows), len(shown)), int), [], []
    written = []
    for r, tokens in enumerate(rows):
        line = []
        for c, t in enumerate(shown.tolist()):
            index = int(matrix.indices[r, t])
            kind = ("pad", "unknown", "special", "special", "word")[min(index, 4)]
            kinds[r, c] = list(KINDS).index(kind)
            token = tokens[t] if t < len(tokens) else PAD
            line.append(f"{wrapped(token, LETTERS)}<br><b>{index}</b>")
            fed = tr(", read as {fed}", fed=escape(matrix.words[index])) if kind == "unknown" else ""
            says.append(tr(
                "text {number}, t = {t}: {token}{fed}<br>index {index}",
                number=r + 1, t=t + FIRST, token=escape(token, 60), fed=fed, index=index,
            ))
            picks.append(t)
        written.append(line)
    colours = list(KINDS.values())
    last = len(colours) - 1
    data = [dict(
        type="heatmap",
        z=kinds.astype(np.uint8), x0=int(shown[0]) + FIRST, dx=1, zmin=0, zmax=last, showscale=False, hoverinfo="skip",
        colorscale=[[i / last, colour] for i, colour in enumerate(colours)], xgap=2, ygap=2,
        text=written, texttemplate="%{text}", textfont={"color": palette.INK, "size": 12},
    )]  # fmt: skip
    down, across = (axis.ravel() for axis in np.indices(kinds.shape, np.int32))
    data.append(targets(across + shown[0] + FIRST, down, np.array(picks, np.int32), says))
    return frame(
        data,
        row_height(written) * len(rows) + 60,
        ("indices", matrix.tokens[:MOST_ROWS]),
        meta={"least": 110 + CELL * len(shown)},
        xaxis={"range": [shown[0] + FIRST - 0.5, shown[-1] + FIRST + 0.5], "dtick": 1, "title": {"text": tr("step t")},
               "showgrid": False, "side": "bottom"},
        yaxis={"range": [len(rows) - 0.5, -0.5], "tickvals": list(range(len(rows))), "showgrid": False,
               "ticktext": [tr("text {number}, length {length}", number=i, length=length)
                            for i, length in enumerate(matrix.lengths[: len(rows)].tolist(), 1)]},
        shapes=[{"type": "rect", "x0": step + FIRST - 0.5, "x1": step + FIRST + 0.5, "y0": -0.5, "y1": len(rows) - 0.5,
                 "line": {"color": palette.ORANGE, "width": 3}}],  # seen between pale cells in light and in dark
        hoverdistance=-1,
        margin=TIGHT,
    )  # fmt: skip


def one_hot(part: OneHotWindow, words: Sequence[str]) -> Figure:
    """Texts (rows) × columns of the one-hot matrix, one block of columns per step. A click gives `[step]`."""
    r, s, c = part.values.shape
    size, total = len(words), s * c
    places = np.arange(total) + np.repeat(np.arange(s), c)  # an empty column between two steps
    grid = np.full((r, total + s - 1), np.nan, np.float32)
    grid[:, places] = part.values.reshape(r, total)
    names = [words[i] for i in part.columns.tolist()]
    data = [dict(
        type="heatmap",
        z=grid, zmin=0, zmax=1, colorscale=palette.WRITTEN, showscale=False, hoverinfo="skip",
        xgap=1, ygap=1, texttemplate="%{z:.0f}", textfont={"size": 11, "color": palette.INK},
    )]  # fmt: skip
    says, picks = [], []
    for row in range(r):
        for t in part.steps.tolist():
            for index, name in zip(part.columns.tolist(), names, strict=True):
                column = t * size + index
                says.append(tr(
                    "text {number}, t = {t}, word {index} ({name})<br>column {block} · {size:,} + {index} = {column:,}",
                    number=row + 1, t=t + FIRST, index=index, name=escape(name, 40), block=t, size=size, column=column,
                ))  # fmt: skip
                picks.append(t)
    data.append(targets(np.tile(places, r), np.repeat(np.arange(r), total), np.array(picks, np.int32), says))
    middles = places.reshape(s, c).mean(1)
    notes = [{"x": float(x), "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False, "font": {"size": 13},
              "text": f"t = {t + FIRST}"} for x, t in zip(middles, part.steps.tolist(), strict=True)]  # fmt: skip
    numbered = [f"{escape(name, 10)} {i}" for i, name in zip(part.columns, names, strict=True)]
    ticks = {"tickvals": places.tolist(), "ticktext": numbered * s, "tickangle": -90, "tickfont": {"size": 10}}
    return frame(
        data,
        26 * r + 150,
        ("one-hot", tuple(names), tuple(part.steps)),
        meta={"least": 70 + 14 * (total + s - 1)},
        xaxis={"showgrid": False} | ticks,
        yaxis={"range": [r - 0.5, -0.5], "tickvals": list(range(r)), "showgrid": False,
               "ticktext": [tr("text {number}", number=i + 1) for i in part.rows.tolist()]},
        annotations=notes,
        hoverdistance=-1,
        margin=TIGHT | {"t": 26},
    )  # fmt: skip
