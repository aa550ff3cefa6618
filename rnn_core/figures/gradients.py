"""What flows back through time: loss × copy as colour, shares of copies, and lines on logarithmic scales."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import (
    FIRST,
    LABEL,
    LOWER,
    NO_FADE,
    TIGHT,
    UPPER,
    Figure,
    chosen,
    frame,
    named,
    outline,
    stacked,
    step_axis,
    step_words,
    steps,
    targets,
    upright,
)  # fmt: skip
from rnn_core.figures.heatmap import MOST_COLUMNS, MOST_TARGETS
from rnn_core.figures.text import escape
from rnn_core.language import N_, tr
from rnn_core.results import BatchDirections, SgdStep, Truncation

DECADES = 10
"""The powers of ten below the largest value that are told apart by colour, if the values go that far down."""

_NOTHING = 25
"""The number of the 250 shades that lie between exactly 0 and the least that is drawn."""

BANDS = (
    (0, 0, N_("the same step")), (1, 2, N_("1–2 steps away")), (3, 7, "3–7"), (8, 20, "8–20"), (21, None, N_("more than 20")),
)  # fmt: skip
"""How far a loss was from the copy that it reaches: from, to, and in words."""

_CLEAR = "rgba(128,128,128,0.06)"
_SHADES = palette.LIGHT.sequential[1:]
_BAND_COLOURS = tuple(palette.LIGHT.sequential[i] for i in (8, 6, 4, 3, 1))
_POINTED = 200
"""Lines of up to this number of points show each of them."""


def pairs(
    values: np.ndarray,
    rows: np.ndarray,
    tokens: Sequence[str],
    step: int | None = None,
    copy: int | None = None,
    losses: Sequence[str] | None = None,
) -> Figure:
    """Losses (rows) × copies (columns), coloured by the power of ten. A click gives `[step, copy]`.

    Sent as one byte per cell. Where the cells are too many to be clicked one by one, a column of points at the left
    chooses a row and gives this `copy` back. Beyond 1,000 steps a column stands for several and shows the largest.

    Args:
        values: (R, T) norms.
        rows: (R,) the steps of the losses, from 0.
        step, copy: the chosen loss and copy, from 0, outlined.
        losses: the tokens at the steps of the losses, if those are another text's.
    """
    values = np.nan_to_num(np.asarray(values, np.float64), posinf=3e38)
    count = len(tokens)
    stride = -(-count // MOST_COLUMNS)
    drawn = np.maximum.reduceat(values, np.arange(0, count, stride), axis=1) if stride > 1 else values
    most = drawn.max(initial=0)
    positive = drawn[drawn > 0]
    decades = int(np.clip(np.ceil(np.log10(most / positive.min())), 1, DECADES)) if len(positive) else 1
    with np.errstate(divide="ignore"):
        places = 1 + np.log10(drawn / (most or 1)) / decades
    z = np.where(drawn > 0, _NOTHING + np.rint(np.clip(places, 0, 1) * (250 - _NOTHING)), 0).astype(np.uint8)
    every = int(rows[1] - rows[0]) if len(rows) > 1 else 1
    top = np.log10(most) if most > 0 else 0.0
    powers = [n for n in range(int(np.floor(top)), int(np.floor(top)) - decades - 1, -max(1, decades // 5)) if n >= top - decades]
    data = [dict(
        type="heatmap",
        z=z,
        x0=FIRST + (stride - 1) / 2,
        dx=stride,
        y0=int(rows[0]) + FIRST,
        dy=every,
        zmin=0,
        zmax=250,
        colorscale=[[0, _CLEAR], [_NOTHING / 250 - 1e-6, _CLEAR]]
        + [[(_NOTHING + place * (250 - _NOTHING)) / 250, colour]
           for place, colour in zip(np.linspace(0, 1, len(_SHADES)).tolist(), _SHADES, strict=True)],
        colorbar={
            "thickness": 12, "outlinewidth": 0, "xpad": 6,
            "tickvals": [0, *(_NOTHING + (250 - _NOTHING) * (1 + (n - top) / decades) for n in powers)],
            "ticktext": ["0", *(f"10<sup>{n}</sup>" for n in powers)],
        },
        hoverinfo="skip",
    )]  # fmt: skip
    words, asked = step_words(tokens), step_words(losses or tokens)
    if values.size <= MOST_TARGETS:
        r, i = (axis.ravel() for axis in np.indices(values.shape, np.int32))
        t = rows[r].astype(np.int32)
        picks = np.stack([t, i, values.ravel()], 1)
        data.append(targets(i + FIRST, t + FIRST, picks, tr("loss at %{y}<br>copy of %{x}<br>%{customdata[2]:.3e}")))
    else:
        edge = np.full(len(rows), FIRST - 0.5 - 0.015 * count, np.float32)
        says = [tr(
            "loss at {asked}<br>largest {value:.3e}",
            asked=asked[t], value=value,
        ) for t, value in zip(rows, values.max(1), strict=True)]
        picks = rows if copy is None else np.stack([rows, np.full_like(rows, copy)], 1)
        data.append(targets(edge, rows + FIRST, picks, says, seen=True))
    shapes = []
    left = FIRST - 0.5 - (0.03 * count if values.size > MOST_TARGETS else 0)
    if step is not None:
        shapes += outline(FIRST - 0.5, FIRST + count - 0.5, FIRST + step - every / 2, FIRST + step + every / 2)
    if copy is not None:
        shapes += outline(FIRST + copy - 0.5, FIRST + copy + 0.5, rows[0] + FIRST - every / 2, rows[-1] + FIRST + every / 2)
    across = named(step_axis(tokens, width=850), words)
    across |= {"range": [left, FIRST + count - 0.5], "title": {"text": tr("copy used at step k")}}
    down = named(step_axis(losses or tokens, 26, width=np.inf), asked)
    down |= {"range": [rows[-1] + FIRST + every / 2, rows[0] + FIRST - every / 2], "title": {"text": tr("loss at step t")}}
    return frame(
        data,
        int(np.clip(18 * len(rows), 180, 520)) + 110,
        ("pairs", tuple(tokens)),
        meta={"least": 200 + 22 * min(count, 30)},
        xaxis=across,
        yaxis=down,
        shapes=shapes,
        hoverdistance=-1 if values.size <= MOST_TARGETS else 8,
        margin=TIGHT,
    )


def along(
    series: Mapping[str, np.ndarray],
    tokens: Sequence[str],
    title: str,
    step: int | None = None,
    log: bool = True,
    colour: str | None = None,
) -> Figure:
    """Named (T,) values along the text, on a logarithmic scale unless said. A click gives `[step]`.

    Args:
        colour: of all the lines, told apart by their dashes; None: each has its own.
    """
    data: list[dict[str, Any]] = []
    picks = np.arange(len(tokens), dtype=np.int32)
    looks = [{"color": own} for own in palette.qualitative(max(len(series), 1))]
    if colour:
        looks = [{"color": colour, "dash": dash} for dash, _ in zip(("solid", "dot", "dash"), series, strict=False)]
    for (name, values), look in zip(series.items(), looks, strict=True):
        data.append(dict(
            type="scatter",
            x=steps(len(tokens)),
            y=_positive(values) if log else np.asarray(values, np.float64),
            name=escape(name, 60),
            mode="lines+markers" if len(tokens) <= _POINTED else "lines",
            line=look | {"width": 2.5},
            customdata=picks,
            meta=escape(name, 40),  # in the template itself, %{…} in a name would be read
            hovertemplate="%{y:.4g}<extra>%{meta}</extra>",
            **NO_FADE,
        ))
    return frame(
        data,
        300,
        ("along", title, tuple(tokens)),
        xaxis=named(step_axis(tokens, width=850), step_words(tokens)),
        yaxis=log_axis(title, series.values()) if log else {"title": {"text": title}, "rangemode": "nonnegative"},
        shapes=chosen(step),
        showlegend=True,
    )


def against(
    series: Mapping[str, tuple[np.ndarray, np.ndarray]], x_title: str, title: str, dashed: Sequence[str] = ()
) -> Figure:
    """Named values y on a logarithmic scale against numbers x, both (m,)."""
    data: list[dict[str, Any]] = []
    for (name, (x, y)), colour in zip(series.items(), palette.qualitative(max(len(series), 1)), strict=True):
        data.append(dict(
            type="scatter",
            x=np.asarray(x, np.int32),
            y=_positive(y),
            name=escape(name, 60),
            mode="lines+markers" if len(x) <= _POINTED and name not in dashed else "lines",
            line={"color": colour, "width": 2.5, "dash": "dash" if name in dashed else "solid"},
            meta=escape(name, 40),
            hovertemplate="%{y:.4g}<extra>%{meta}</extra>",
        ))
    across: dict[str, Any] = {"title": {"text": x_title}, "unifiedhovertitle": {"text": f"{x_title}: %{{x}}"}}
    if max((max(x, default=0) for x, _ in series.values()), default=0) < 20:
        across["dtick"] = 1  # there are no half steps
    axis = log_axis(title, [y for _, y in series.values()])
    return frame(data, 330, ("against", title), xaxis=across, yaxis=axis, showlegend=True)


def banded(shares: np.ndarray, rows: np.ndarray) -> dict[str, np.ndarray]:
    """(R, T) shares of (loss, copy) → by how far the loss was, (T,) shares of the copies."""
    apart = np.abs(np.asarray(rows)[:, None] - np.arange(shares.shape[1]))
    found = {}
    for low, high, words in BANDS:
        within = (apart >= low) & (apart <= (apart.max(initial=0) if high is None else high))
        if within.any():
            found[words] = (shares * within).sum(0)
    return found


def shares(bands: Mapping[str, np.ndarray], tokens: Sequence[str], copy: int | None = None) -> Figure:
    """One bar per copy, its share of the gradient, in bands of how far the loss was; a band without a name is of one colour. A
    click gives `[copy]`."""
    data: list[dict[str, Any]] = []
    colours = {"": palette.BLUE} | dict(zip((name for _, _, name in BANDS), _BAND_COLOURS, strict=True))
    for name, values in bands.items():
        data.append(dict(
            type="bar",
            x=steps(len(tokens)),
            y=np.asarray(values, np.float64),
            name=tr(name),
            marker={"color": colours[name], "line": {"width": 0.5 if len(tokens) <= _POINTED else 0, "color": palette.GREY}},
            customdata=np.arange(len(tokens), dtype=np.int32),
            hovertemplate="%{y:+.4f}<extra>" + tr("loss {band}", band=tr(name)) + "</extra>",
            **NO_FADE,
        ))
    return frame(
        data,
        320,
        ("shares", tuple(tokens)),
        barmode="relative",
        bargap=0.15,
        xaxis=named(step_axis(tokens, width=850), step_words(tokens))
        | {"unifiedhovertitle": {"text": tr("copy of %{x}")}},
        yaxis={"title": {"text": tr("share of the gradient")}, "zeroline": True},
        shapes=chosen(copy),
        showlegend=True,
    )


def truncation(found: Sequence[Truncation], parameter: str, k: int | None = None) -> Figure:
    """Cosine with the full gradient and length over its length, against K, for windows and for chunks."""
    data: list[dict[str, Any]] = []
    looks = {N_("window"): (palette.BLUE, "solid"), N_("chunks"): (palette.ORANGE, "dash")}
    for kind, (colour, dash) in looks.items():
        these = [one for one in found if one.kind == kind]
        for place, of in ((UPPER, "cosines"), (LOWER, "ratios")):
            data.append(dict(
                type="scatter",
                x=np.array([one.k for one in these], np.int32),
                y=np.array([getattr(one.against, of)[parameter] for one in these], np.float64),
                name=tr(kind),
                legendgroup=kind,
                showlegend=place == UPPER,
                mode="lines+markers",
                line={"color": colour, "width": 2.5, "dash": dash},
                hovertemplate="%{y:.4f}<extra>" + tr(kind) + "</extra>",
                **place,
            ))
    ks = sorted({one.k for one in found})
    below = {
        "type": "log", "title": {"text": "K"}, "tickvals": ks, "ticktext": [f"{k:,}" for k in ks],
        "unifiedhovertitle": {"text": "K = %{x}"},
    }  # fmt: skip
    return frame(
        data,
        440,
        ("truncation", parameter),
        **stacked(
            below,
            {"title": {"text": tr("cosine with<br>the full gradient")}},
            {"title": {"text": tr("length /<br>full length")}, "rangemode": "tozero"},
        ),
        shapes=[upright(k, place) for place in (UPPER, LOWER)] if k is not None else [],
        showlegend=True,
    )


def sgd(found: SgdStep, own_rate: float) -> Figure:
    """The loss after one step of gradient descent, against the learning rate; dashed: before."""
    data: list[dict[str, Any]] = []
    finite = np.isfinite(found.after)
    data.append(dict(
        type="scatter",
        x=found.rates[finite],
        y=found.after[finite],
        name=tr("after the step"),
        mode="lines+markers",
        line={"color": palette.BLUE, "width": 2.5},
        hovertemplate="%{y:.4f}<extra>" + tr("after the step") + "</extra>",
    ))
    before = {"x0": 0, "x1": 1, "xref": "x domain", "y0": found.before, "y1": found.before}
    note = {"x": 1, "xref": "x domain", "xanchor": "right", "y": found.before, "yanchor": "bottom"}
    return frame(
        data,
        300,
        ("sgd",),
        xaxis=log_axis(tr("learning rate (dotted: this run's)"), [found.rates])
        | {"unifiedhovertitle": {"text": tr("learning rate %{x:.4g}")}},
        yaxis={"title": {"text": tr("loss of this text")}},
        shapes=[{"type": "line", **before, "line": {"color": palette.GREY, "dash": "dash"}}, upright(own_rate)],
        annotations=[{**note, "text": tr("before"), "showarrow": False}],
    )


def directions(found: BatchDirections) -> Figure:
    """Cosines with the mini-batch's gradient by parameter: this text, and each text of the batch."""
    names = list(found.cosines)
    data: list[dict[str, Any]] = []
    for row, name in enumerate(names):
        data.append(dict(
            type="scatter",
            x=found.cosines[name],
            y=np.full(len(found.cosines[name]), row, np.int32),
            mode="markers",
            marker={"color": palette.GREY, "size": 7, "opacity": 0.5},
            name=tr("each text of the batch"),
            showlegend=row == 0,
            hovertemplate="%{x:.3f}<extra>" + tr("a text of the batch") + "</extra>",
        ))
    data.append(dict(
        type="scatter",
        x=np.array([found.text.cosines[name] for name in names]),
        y=np.arange(len(names), dtype=np.int32),
        mode="markers",
        marker={"color": palette.ORANGE, "size": 13, "symbol": "diamond"},
        name=tr("this text"),
        hovertemplate="%{x:.4f}<extra>" + tr("this text") + "</extra>",
    ))
    ticks: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": [escape(name, LABEL) for name in names]}
    return frame(
        data,
        90 + 30 * len(names),
        ("directions", tuple(names)),
        xaxis={"title": {"text": tr("cosine with the mini-batch's gradient")}, "range": [-1.05, 1.05]},
        yaxis=ticks | {"range": [len(names) - 0.5, -0.5]},
        showlegend=True,
    )


def _positive(values: np.ndarray) -> np.ndarray:
    """Float64 with gaps where a logarithm has no value."""
    values = np.asarray(values, np.float64)
    return np.where((values > 0) & np.isfinite(values), values, np.nan)


def log_axis(title: str, values: Iterable[np.ndarray]) -> dict[str, Any]:
    """A logarithmic axis on which at least three ticks are labelled.

    They are powers of ten where the values go over many, else 1, 2 and 5 of each, else every digit, else evenly spaced.
    """
    drawn = np.concatenate([_positive(v) for v in values] or [np.ones(1)])
    drawn = drawn[~np.isnan(drawn)]
    low, high = (float(drawn.min()), float(drawn.max())) if len(drawn) else (1.0, 1.0)
    if low == high:
        low, high = low / 3, 3 * high  # plotly shows half a decade on either side
    axis = {"type": "log", "title": {"text": title}}
    decades = np.log10(high / low)
    if decades >= 2.5 and _labelled(low, high, (1,)) >= 3:
        return axis | {"dtick": max(1, int(decades / 5)), "exponentformat": "power"}
    axis |= {"tickformat": "~g"}
    if _labelled(low, high, (1, 2, 5)) >= 3:
        return axis | {"dtick": "D2"}
    if _labelled(low, high, range(1, 10)) >= 3:
        return axis | {"dtick": "D1"}
    apart = (high - low) / 4
    power = 10 ** np.floor(np.log10(apart))
    return axis | {"dtick": f"L{power * max(n for n in (1, 2, 5) if n * power <= apart):.12g}"}


def _labelled(low: float, high: float, digits: Iterable[int]) -> int:
    """The number of ticks digit · 10ⁿ from low to high."""
    powers = range(int(np.floor(np.log10(low))), int(np.floor(np.log10(high))) + 1)
    return sum(low <= digit * 10.0**n <= high for n in powers for digit in digits)
