"""What all figures share: a clear ground, tight margins, tokens along the steps, marks, and points to click.

Steps are counted from t = 1 where people read them, as in the formulas (h_0 = 0 is before the first token), and from
0 in `customdata` and arguments, as in the arrays. A figure's own coordinates are the t that people read.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from rnn_core.figures.palette import GREY, literal

FIRST = 1
"""What the first step is called."""

LABEL = 24
"""Characters of a label or token that are drawn; hover shows more."""

NO_FADE = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
"""A click must not dim the other points: the figure itself marks what is chosen."""

_GRID = "rgba(128,128,128,0.22)"
_CLEAR = "rgba(0,0,0,0)"


def frame(figure: go.Figure, height: int, keep: Any, **layout: Any) -> go.Figure:
    """Gives a figure the common look.

    Args:
        keep: a figure drawn anew with the same `keep` (and size) stays zoomed as it was.
        layout: more of plotly's layout, which wins.
    """
    figure.update_layout(
        **{
            "height": height,
            "margin": {"l": 8, "r": 8, "t": 30, "b": 8},
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
            "hovermode": "closest",
            "uirevision": str(zlib.crc32(repr(keep).encode("utf-8", "replace"))),
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": {"side": "left"}},
            **layout,
        }
    )
    axis = {"automargin": True, "gridcolor": _GRID, "zeroline": False}
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def steps(count: int) -> np.ndarray:
    """(T,) int32: the t of every step, which is where it is drawn."""
    return np.arange(FIRST, FIRST + count, dtype=np.int32)


def step_axis(tokens: Sequence[str], most: int = 40) -> dict[str, Any]:
    """An x axis with the tokens under their steps, evenly thinned when there are more than `most`; far more: numbers t."""
    numbered = len(tokens) > 4 * most  # so far apart, words say nothing of what stands between
    stride = -(-len(tokens) // (most // 2 if numbered else most))
    shown = steps(len(tokens))[::stride].tolist()
    return {
        "tickmode": "array",
        "tickvals": shown,
        "ticktext": list(map(str, shown)) if numbered else [literal(token, 14) for token in tokens[::stride]],
        "range": [FIRST - 0.6, FIRST + len(tokens) - 0.4],
        "showgrid": False,
    }


def step_words(tokens: Sequence[str]) -> list[str]:
    """(T,) what hover calls each step, such as "great (t = 4)"."""
    return [f"{literal(token, 60)} (t = {t})" for t, token in enumerate(tokens, FIRST)]


def label_axis(labels: Iterable[str]) -> dict[str, Any]:
    """An axis with a label at 0, 1, 2 …: numbers, because plotly would sort or merge the words themselves."""
    words = [literal(label, LABEL) for label in labels]
    return {"tickmode": "array", "tickvals": list(range(len(words))), "ticktext": words, "showgrid": False}


def outline(x0: float, x1: float, y0: float, y1: float) -> list[dict[str, Any]]:
    """A box seen on any colour and either theme: black inside white."""
    box = {"type": "rect", "x0": x0, "x1": x1, "y0": y0, "y1": y1}
    return [{**box, "line": {"color": "#ffffff", "width": 4}}, {**box, "line": {"color": "#101010", "width": 1.8}}]


def chosen(step: int | None) -> list[dict[str, Any]]:
    """A grey band behind the chosen step, over the whole height."""
    if step is None:
        return []
    place = {"x0": FIRST + step - 0.5, "x1": FIRST + step + 0.5, "y0": 0, "y1": 1, "yref": "paper"}
    return [{"type": "rect", **place, "layer": "below", "line": {"width": 0}, "fillcolor": "rgba(128,128,128,0.28)"}]


def rule(step: int, words: str, count: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """An upright line at a step, and its words inside the top, on the side that has room."""
    x = FIRST + step
    line = {"type": "line", "x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "paper"}
    note = {"x": x, "y": 1, "yref": "paper", "yanchor": "top", "xanchor": "left" if step < count / 2 else "right"}
    return (
        {**line, "line": {"color": GREY, "width": 2, "dash": "dot"}},
        {**note, "text": words, "showarrow": False, "font": {"size": 13}},
    )


def targets(
    x: np.ndarray, y: np.ndarray, picks: Sequence[Sequence[int | None]], words: Sequence[str], seen: bool = False
) -> go.Scatter:
    """Points to click, because Streamlit reports no click on a heatmap. The nearest one answers.

    Args:
        x, y: (p,) where they lie.
        picks: (p,) what a click on each gives, as plain lists: plotly would make an array of them a dict.
        words: (p,) what hover says, in plotly's markup.
        seen: draw them as faint dots.
    """
    opacity = 0.45 if seen else 0
    shade = {"marker": {"opacity": opacity}}
    return go.Scatter(
        x=x,
        y=y,
        mode="markers",
        customdata=[list(pick) for pick in picks],
        text=words,
        hovertemplate="%{text}<extra></extra>",
        # Plotly counts all points less than a marker's radius away as equally near, so the markers stay small.
        marker={"symbol": "square", "size": 5 if seen else 2, "color": GREY, "opacity": opacity},
        selected=shade,
        unselected=shade,
        showlegend=False,
    )
