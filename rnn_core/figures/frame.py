"""What all figures share: a clear ground, tight margins, tokens along the steps, marks, and points to click.

Steps are counted from t = 1 where people read them, as in the formulas (h_0 = 0 is before the first token), and from
0 in `customdata` and arguments, as in the arrays. A figure's own coordinates are the t that people read.
"""

import html
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from rnn_core.figures.palette import GREY, INK
from rnn_core.figures.text import escape
from rnn_core.language import N_, tr

Figure = dict[str, Any]
"""A figure as plotly.js takes it, `{"data": [a dictionary a trace], "layout": {…}}`.

It is no `go.Figure`, which checks every property as it is set and so took nine tenths of a page's time; tests check
every figure through one. There is no `template` in it: Streamlit sets its own.
"""

FIRST = 1
"""What the first step is called."""

LABEL = 24
"""Characters of a label or token that are drawn; hover shows more."""

NO_FADE = {"selected": {"marker": {"opacity": 1}}, "unselected": {"marker": {"opacity": 1}}}
"""A click must not dim the other points: the figure itself marks what is chosen."""

_HIDDEN = {"marker": {"opacity": 0}}
UNSEEN: dict[str, Any] = {
    # Plotly counts all points less than a marker's radius away as equally near, so the markers are small. One that is not
    # displayed is still hovered and clicked, and costs the browser no element.
    "marker": {"size": 2, "opacity": 0, "maxdisplayed": 1},
    "selected": _HIDDEN,
    "unselected": _HIDDEN,
}
"""Points of a trace that are hovered and clicked, but not seen."""

LEGEND: dict[str, Any] = {
    "orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": {"side": "left", "font": {"color": INK}},
}  # fmt: skip
"""A row above the figure."""

ALONG_X: dict[str, Any] = {"hovermode": "x unified", "hoverdistance": -1}
"""Hover says all values at the x that is nearest to the pointer, and a click anywhere in the panel chooses that x."""

ALONG_Y: dict[str, Any] = {"hovermode": "y unified", "hoverdistance": -1}
"""The same along y, for rows."""

TIGHT = {"l": 8, "r": 8, "t": 8, "b": 8}
"""The margins of a figure without a title or a legend above it."""

_INK = {"font": {"color": INK}}
_AXIS: dict[str, Any] = {
    "gridcolor": "rgba(128,128,128,0.22)", "zeroline": False, "ticklabeloverflow": "allow", "tickfont": {"color": INK},
}  # fmt: skip
_CLEAR = "rgba(0,0,0,0)"


def frame(data: list[dict[str, Any]], height: int, keep: Any, **layout: Any) -> Figure:
    """Puts traces into a figure with the common look.

    Args:
        keep: a figure drawn anew with the same `keep` (and size) stays zoomed as it was.
        layout: more of plotly's layout, which wins; of `margin`, the least that there is to be.
    """
    common: dict[str, Any] = {
        "height": height,
        "paper_bgcolor": _CLEAR,
        "plot_bgcolor": _CLEAR,
        **hover(data),
        "uirevision": str(zlib.crc32(repr(keep).encode("utf-8", "replace"))),
        "legend": LEGEND,
        **_INK,
        "hoverlabel": _INK,
        "xaxis": {},
        "yaxis": {},
    }
    merged = common | layout
    merged["margin"] = _margin(data, merged)
    for name in [name for name in merged if name.startswith(("xaxis", "yaxis"))]:
        axis = _AXIS | {"automargin": "bottom" if name[0] == "x" else "left"} | merged[name]
        axis["tickfont"] = _AXIS["tickfont"] | axis["tickfont"]
        if "title" in axis:
            axis["title"] = _INK | axis["title"]
        merged[name] = axis
    return {"data": data or [{"type": "scatter"}], "layout": merged}  # Streamlit refuses a figure without a trace


def hover(data: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """How traces are hovered and clicked: lines and upright bars along x, lying bars along y, cells and loose points singly."""
    if any(trace["type"] == "heatmap" for trace in data):
        return {"hovermode": "closest"}
    if any("lines" in trace.get("mode", "") or (trace["type"] == "bar" and "orientation" not in trace) for trace in data):
        return ALONG_X
    return ALONG_Y if any(trace["type"] == "bar" for trace in data) else {"hovermode": "closest"}


def _margin(data: list[dict[str, Any]], layout: dict[str, Any]) -> dict[str, int]:
    """Margins in pixels with room for ticks, titles, legend and colour bar.

    Plotly finds its own margins by drawing the whole figure a second time. It does not where there is room enough; where this
    estimate is too small, it still does.
    """
    least = {"l": 8, "r": 8, "t": 30, "b": 8} | layout.get("margin", {})
    across, down = layout["xaxis"], layout["yaxis"]
    below = widest(across["ticktext"]) if across.get("tickangle") in (90, -90) else 15
    beside = widest(down.get("ticktext", ("−0.00",)))
    bars = [trace["colorbar"] for trace in data if "colorbar" in trace]
    return {
        "l": max(least["l"], 20 + beside + _title(down)),
        "r": max(least["r"], *(58 + widest(bar.get("ticktext", ("100%",))) + 20 * ("title" in bar) for bar in bars), 0),
        "t": max(least["t"], 44 if layout.get("showlegend") else 0),
        "b": max(least["b"], 20 + below + 30 * ("title" in across)),
    }


_KINDS = {"heatmap": N_("A map of cells"), "bar": N_("Bars"), "scatter": N_("Lines or points")}


def described(figure: Figure) -> str:
    """A figure in a sentence, for people who do not see it: its kind, its axes, and the series that have a name."""
    data, layout = figure["data"], figure["layout"]
    across, up = _about(layout["xaxis"]), _about(layout["yaxis"])
    names = _listed(list(dict.fromkeys(trace["name"] for trace in data if "name" in trace)))
    said = [
        tr(_KINDS.get(data[0]["type"], N_("A figure"))),
        *([tr("across: {axis}", axis=across)] if across else []),
        *([tr("up: {axis}", axis=up)] if up else []),
        *([tr("series: {names}", names=names)] if names else []),
    ]
    return "; ".join(said) + "."


def _about(axis: dict[str, Any]) -> str:
    """What an axis shows: its title, else the words of its ticks."""
    return _listed([axis["title"]["text"].replace("<br>", " ")] if "title" in axis else axis.get("ticktext", []))


def _listed(words: Sequence[str], most: int = 8) -> str:
    return html.unescape(", ".join(words[:most])) + ", …" * (len(words) > most)


def _title(axis: dict[str, Any]) -> int:
    """The pixels that the title of an axis takes, by its lines."""
    return 32 + 16 * axis["title"]["text"].count("<br>") if "title" in axis else 0


def widest(words: Iterable[str]) -> int:
    """About how many pixels the widest of some words takes, at the size of ticks."""
    return max((sum(map(_letter_width, html.unescape(word))) for word in words), default=0)


def _letter_width(letter: str) -> int:
    if letter in " .,:;'!|()[]-ijlftr1I":
        return 4
    return 13 if unicodedata.east_asian_width(letter) in "WF" else 10 if letter in "mwMW@%—…" or letter.isupper() else 7


UPPER, LOWER = {"yaxis": "y"}, {"yaxis": "y2"}
"""Where a trace lies in a figure of two panels."""


def stacked(across: dict[str, Any], upper: dict[str, Any], lower: dict[str, Any]) -> dict[str, Any]:
    """The layout of two panels over one x axis, on any width of screen, each given by its y axis. Hover answers for both."""
    return {
        "xaxis": {"anchor": "y2"} | across,
        "yaxis": {"domain": [0.55, 1]} | upper,
        "yaxis2": {"domain": [0, 0.45]} | lower,
        "hoversubplots": "axis",
    }


def upright(x: float, place: dict[str, str] = UPPER) -> dict[str, Any]:
    """A dotted line over the whole height of a panel."""
    ends = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": f"{place['yaxis']} domain"}
    return {"type": "line", **ends, "line": {"color": GREY, "dash": "dot", "width": 2}}


def steps(count: int) -> np.ndarray:
    """(T,) int32: the t of every step, which is where it is drawn."""
    return np.arange(FIRST, FIRST + count, dtype=np.int32)


def step_axis(tokens: Sequence[str], most: int = 40, width: float = 420, first: int = FIRST) -> dict[str, Any]:
    """An x axis with the tokens under their steps, evenly thinned when there are more than `most`; far more: numbers t.

    Args:
        first: the t of the first column, where pads stand before t = 1.
        width: pixels that the axis has on a desktop's screen; words that need more stand upright. Of a y axis: infinite.
    """
    numbered = len(tokens) > 4 * most  # so far apart, words say nothing of what stands between
    stride = -(-len(tokens) // (most // 2 if numbered else most))
    shown = steps(len(tokens))[::stride].tolist()
    words = [str(x - FIRST + first) for x in shown] if numbered else [escape(token, 14) for token in tokens[::stride]]
    return {
        "tickmode": "array",
        "tickvals": shown,
        "ticktext": words,
        "range": [FIRST - 0.6, FIRST + len(tokens) - 0.4],
        "showgrid": False,
        **({"tickangle": 90} if sum(widest([word]) + 6 for word in words) > width else {}),
    }


def step_words(tokens: Sequence[str], first: int = FIRST) -> list[str]:
    """(T,) what hover calls each step, such as "great (t = 4)"; `first` is the t of the first."""
    return [f"{escape(token, 60)} (t = {t})" for t, token in enumerate(tokens, first)]


def label_axis(labels: Sequence[str], hovered: Sequence[str] | None = None) -> dict[str, Any]:
    """An axis with a label at 0, 1, 2 …: numbers, because plotly would sort or merge the words themselves.

    Args:
        hovered: what hover calls each; None: the label, more of it than there is room for at a tick.
    """
    words = [escape(label, LABEL) for label in labels]
    axis = {"tickmode": "array", "tickvals": list(range(len(words))), "ticktext": words, "showgrid": False}
    return named(axis, [escape(label, 60) for label in labels] if hovered is None else hovered, first=0)


def bar_axis(names: Sequence[str], width: float = 420) -> dict[str, Any]:
    """An x axis with a name under the bar at each of 0, 1, 2 …; names that need more than `width` pixels stand upright."""
    words = [escape(name) for name in names]
    angle = {"tickangle": 90} if sum(widest([word]) + 6 for word in words) > width else {}
    return {"tickvals": list(range(len(words))), "ticktext": words, "range": [-0.6, len(words) - 0.4], "showgrid": False, **angle}


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
    side, shift = ("left", 5) if step < count / 2 else ("right", -5)
    note = {"x": x, "y": 1, "yref": "paper", "yanchor": "top", "xanchor": side, "xshift": shift}
    return (
        {**line, "line": {"color": GREY, "width": 2, "dash": "dot"}},
        {**note, "text": words, "showarrow": False, "font": {"size": 13}},
    )


def targets(
    x: np.ndarray, y: np.ndarray, picks: np.ndarray, hover: str | Sequence[str], seen: bool = False
) -> dict[str, Any]:
    """Points to click, because Streamlit reports no click on a heatmap. The nearest one answers.

    Args:
        x, y: (p,) where they lie.
        picks: (p,) or (p, m) numbers: what a click on each gives, and what `hover` may name besides.
        hover: what hover says, in plotly's markup: (p,) words, or one template for all points.
        seen: draw them as faint dots.
    """
    shade = {"marker": {"opacity": 0.45}}
    dots = {"marker": {"symbol": "square", "size": 5, "color": GREY, "opacity": 0.45}, "selected": shade, "unselected": shade}
    says: dict[str, Any] = {"hovertemplate": f"{hover}<extra></extra>"}
    if not isinstance(hover, str):
        says = {"hovertemplate": "%{text}<extra></extra>", "text": np.array(hover, np.str_)}
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "customdata": picks,
        **says,
        **(dots if seen else UNSEEN),
        "showlegend": False,
    }


def named(axis: dict[str, Any], words: Sequence[str], stride: int = 1, first: int = FIRST) -> dict[str, Any]:
    """An axis of steps whose hover says the words of each, one text per step: one per cell would be five times the picture.

    Where there is a tick, hover would show the tick's text instead, so the ticks are moved aside by less than can be seen.

    Args:
        words: (T,) of the steps, as of `step_words`.
        stride: the number of steps that share a column.
        first: where the first step is drawn.
    """
    count = len(words)
    starts = range(0, count, stride)
    said = words if stride == 1 else [f"{words[i]} … {words[min(i + stride, count) - 1]}" for i in starts]
    aside = [t + count / 4000 for t in axis["tickvals"]]
    return axis | aliased([first + i + (stride - 1) / 2 for i in starts], said) | {"tickvals": aside}


def aliased(places: Iterable[float], words: Iterable[str]) -> dict[str, Any]:
    """What hover says in the place of the numbers of an axis."""
    return {"hoverformat": ".1f", "labelalias": {f"{at:.1f}": word for at, word in zip(places, words, strict=True)}}
