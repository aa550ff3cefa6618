"""The hypotheses of a beam search as a tree."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import FIRST, NO_FADE, Figure, frame
from rnn_core.figures.text import escape
from rnn_core.language import tr

MOST_WORDS = 320
"""More candidates than this are drawn without their words, which hover says."""

_COLOURS = {"kept": palette.BLUE, "ended": palette.GREEN, "pruned": palette.GREY}
_SYMBOLS = {"kept": "circle", "ended": "square", "pruned": "x-thin-open"}


def tree(
    steps: np.ndarray,
    parents: np.ndarray,
    tokens: Sequence[str],
    log_p: np.ndarray,
    fates: Sequence[str],
    best: Sequence[int],
    step: int,
    first: int = 0,
    most: int = 4,
) -> Figure:
    """The candidates of a search, each joined to the one that it continues. A click gives `[step]`.

    Args:
        steps: (m,) the step of each candidate's last token, from 0, in order.
        parents: (m,) the candidate that each continues; −1: none.
        tokens: (m,) their last tokens.
        log_p: (m,) log p of all their tokens.
        fates: (m,) `kept`, `ended` or `pruned`.
        best: the candidates that lead to the translation.
        step: the chosen one, marked.
        first: the first step of the search.
        most: the pruned candidates that are drawn of each step, the most probable ones.
    """
    x = np.asarray(steps) + FIRST
    y, drawn = _rows(np.asarray(steps), np.asarray(log_p), fates, most)
    on = set(best)
    pruned = [i for i, fate in enumerate(fates) if fate == "pruned" and drawn[i]]
    going = [i for i in range(len(x)) if fates[i] != "pruned" and i not in on]
    data = [
        _edges(pruned, parents, x, y, palette.faint(palette.GREY, 0.35), 1),
        _edges(going, parents, x, y, palette.BLUE, 1.5),
        {"type": "scatter", "mode": "lines+markers", "name": tr("the translation"), "x": x[list(best)], "y": y[list(best)],
         "hoverinfo": "skip", "line": {"color": palette.ORANGE, "width": 4}, "marker": {"size": 16}, **NO_FADE},
    ]  # fmt: skip
    written = drawn.sum() <= MOST_WORDS
    said = {"kept": tr("kept"), "ended": tr("ended"), "pruned": tr("pruned")}
    for fate, title in (("kept", tr("kept")), ("ended", tr("ended by <eos>")), ("pruned", tr("pruned"))):
        some = [i for i, one in enumerate(fates) if one == fate and drawn[i]]
        if some:
            data.append(dict(
                type="scatter", mode="markers+text" if written else "markers", name=escape(title), x=x[some], y=y[some],
                text=[escape(tokens[i], 12) for i in some] if written else None, textposition="top center",
                textfont={"size": 12, "color": palette.GREY if fate == "pruned" else palette.INK},
                customdata=[[int(steps[i])] for i in some],
                hovertext=[f"{escape(tokens[i], 60)} (t = {int(x[i])})<br>log p = {log_p[i]:.4f}, {said[fate]}" for i in some],
                hoverinfo="text",
                marker={"color": _COLOURS[fate], "symbol": _SYMBOLS[fate], "size": 9,
                        "line": {"width": 1.5, "color": _COLOURS[fate]}},
                **NO_FADE,
            ))  # fmt: skip
    last = int(x.max(initial=FIRST))
    band = {"type": "rect", "x0": FIRST + step - 0.5, "x1": FIRST + step + 0.5, "y0": 0, "y1": 1, "yref": "paper"}
    return frame(
        data,
        int(np.clip(46 * (int(y[drawn].max(initial=0)) + 1) + 90, 180, 560)),
        ("beam", tuple(tokens)),
        hovermode="closest",
        showlegend=True,
        shapes=[{**band, "layer": "below", "line": {"width": 0}, "fillcolor": "rgba(128,128,128,0.2)"}],
        xaxis={"title": {"text": tr("step t")}, "range": [FIRST + first - 0.6, last + 0.6], "showgrid": False,
               "dtick": max(1, last // 20), "tickformat": "d"},
        yaxis={"range": [y[drawn].max(initial=0) + 0.6, -0.8], "showgrid": False, "showticklabels": False,
               "title": {"text": tr("the most probable on top")}},
        meta={"least": 46 * (last - first)},
    )  # fmt: skip


def _rows(steps: np.ndarray, log_p: np.ndarray, fates: Sequence[str], most: int) -> tuple[np.ndarray, np.ndarray]:
    """The row of each candidate among those of its step, and whether it is drawn. Pruned ones are below the others, the most
    probable first."""
    out = np.array([fate == "pruned" for fate in fates], bool)
    rows, drawn = np.zeros(len(steps), np.int32), ~out
    for step in np.unique(steps):
        here = np.flatnonzero(steps == step)
        order = here[np.lexsort((-log_p[here], out[here]))]
        rows[order] = np.arange(len(here))
        drawn[order[out[order]][:most]] = True
    return rows, drawn


def _edges(some: Sequence[int], parents: np.ndarray, x: np.ndarray, y: np.ndarray, colour: str, width: float) -> dict[str, Any]:
    """A line from each candidate to the one that it continues, as one trace."""
    joined = [i for i in some if parents[i] >= 0]
    across = [value for i in joined for value in (int(x[parents[i]]), int(x[i]), None)]
    down = [value for i in joined for value in (int(y[parents[i]]), int(y[i]), None)]
    return {"type": "scatter", "mode": "lines", "x": across, "y": down, "hoverinfo": "skip", "showlegend": False,
            "line": {"color": colour, "width": width}}  # fmt: skip
