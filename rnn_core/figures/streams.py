"""The scores of a stream in detail: loss by groups of tokens, along the text, by the context that was read, and calibration."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import LOWER, NO_FADE, UPPER, Figure, bar_axis, frame, stacked
from rnn_core.figures.text import escape
from rnn_core.language import N_, tr
from rnn_core.results import Context, Group, Reliability


def by_group(groups: Sequence[Group], names: Sequence[str], says: Sequence[str], title: str) -> Figure:
    """The mean loss of each group of tokens, and below it the group's share of the tokens and of the total loss.

    Args:
        names, says: (g,) of the groups under their bars, and in hover.
        title: what the tokens are grouped by.
    """
    at = np.arange(len(groups), dtype=np.int32)
    counts, nats = (np.array([getattr(one, name) for one in groups], np.float64) for name in ("tokens", "nats"))
    own = (
        (tr("share of the tokens"), tr("%{y:.1%} of the tokens"), counts / counts.sum(), palette.GREY),
        (tr("share of the total loss"), tr("%{y:.1%} of the total loss"), _share(nats), palette.ORANGE),
    )
    hover = [escape(one) for one in says]
    data: list[dict[str, Any]] = [dict(
        type="bar", x=at, y=np.array([one.loss for one in groups]), name=tr("mean loss"), marker={"color": palette.BLUE},
        text=hover, textposition="none", hovertemplate="%{text}: %{y:.4f} nats<extra></extra>", **UPPER, **NO_FADE,
    )]  # fmt: skip
    data += [dict(
        type="bar", x=at, y=values, name=name, marker={"color": colour},
        hovertemplate=f"{said}<extra></extra>", **LOWER, **NO_FADE,
    ) for name, said, values, colour in own]  # fmt: skip
    across = bar_axis(names) | {"title": {"text": title}}
    return frame(
        data, 400, ("by group", title), barmode="group", bargap=0.25, showlegend=True,
        **stacked(across, {"title": {"text": tr("mean loss in nats")}}, {"title": {"text": tr("share")}, "tickformat": ".0%"}),
    )  # fmt: skip


def along(series: Mapping[str, Sequence[Group]], units: str) -> Figure:
    """The mean loss of each part of a stream, by the names of the series. `units`: the name of its tokens."""
    data: list[dict[str, Any]] = []
    for (name, parts), colour in zip(series.items(), (palette.BLUE, palette.ORANGE), strict=False):
        ends = np.array([(one.first, one.last) for one in parts])
        data.append(dict(
            type="scatter", x=ends.mean(1), y=np.array([one.loss for one in parts]), name=escape(name),
            mode="lines+markers", line={"color": colour, "width": 2}, marker={"size": 5},
            hovertemplate=tr("%{y:.4f} nats") + ("<extra></extra>" if len(series) < 2 else ""),
        ))  # fmt: skip
    top = max((one.loss for parts in series.values() for one in parts), default=0)
    return frame(
        data, 300, ("along", units), showlegend=len(series) > 1,
        xaxis={"title": {"text": tr("place in the text, in {units}", units=units)},
               "unifiedhovertitle": {"text": tr("around %{x:,.0f}")}},
        yaxis={"title": {"text": tr("mean loss in nats")}, "range": [0, 1.06 * top or 1]},
    )  # fmt: skip


def context(points: Sequence[Context], carried: float) -> Figure:
    """The mean loss by the number of tokens that were read, with two standard errors, and that with everything read (dots)."""
    at = np.arange(len(points), dtype=np.int32)
    y, error = (np.array([getattr(one, name) for one in points]) for name in ("loss", "error"))
    ends = np.array([at[0] - 0.3, at[-1] + 0.3])
    read = tr("%{customdata[0]:,} read: %{y:.4f} nats, standard error %{customdata[1]:.4f}")
    data: list[dict[str, Any]] = [
        dict(type="scatter", x=ends, y=np.full(2, carried), mode="lines", line={"color": palette.GREY, "dash": "dot", "width": 2},
             name=tr("all tokens before, with the state carried"),
             hovertemplate=tr("all read: %{y:.4f} nats") + "<extra></extra>"),
        dict(type="scatter", x=at, y=y, mode="lines+markers", name=tr("that many tokens, from a state of 0"),
             line={"color": palette.BLUE, "width": 2.5}, error_y={"array": 2 * error, "color": palette.BLUE, "thickness": 1.2},
             customdata=np.column_stack([[one.read for one in points], error]),
             hovertemplate=read + "<extra></extra>"),
    ]  # fmt: skip
    top = max(float((y + 2 * error).max()), carried)
    return frame(
        data, 400, "context", showlegend=True,
        xaxis=bar_axis([f"{one.read:,}" for one in points]) | {"title": {"text": tr("tokens read before")}},
        yaxis={"title": {"text": tr("mean loss in nats")}, "range": [0, 1.06 * top or 1]},
    )  # fmt: skip


def reliability(bins: Sequence[Reliability], of: str = N_("the most probable token"), unit: str = N_("steps")) -> Figure:
    """The share of predictions that were right against their mean probability, bin by bin, and below it the counts.

    Args:
        of: what the probabilities are of, to be translated.
        unit: what is counted, likewise: `steps`, `texts` or `tokens`.
    """
    of, unit = tr(of), tr(unit)
    some = [one for one in bins if one.count]
    x, y = (np.array([getattr(one, name) for one in some], np.float64) for name in ("confidence", "accuracy"))
    middle = np.array([(one.low + one.high) / 2 for one in bins])
    width = bins[0].high - bins[0].low
    data: list[dict[str, Any]] = [
        dict(type="scatter", x=np.array([0.0, 1.0]), y=np.array([0.0, 1.0]), mode="lines", name=tr("perfectly calibrated"),
             line={"color": palette.GREY, "dash": "dot", "width": 2}, hoverinfo="skip", **UPPER),
        dict(type="scatter", x=x, y=y, mode="lines+markers", name=tr("this network"), line={"color": palette.BLUE, "width": 2.5},
             marker={"size": 8},
             hovertemplate=tr("mean p %{x:.4f}, right %{y:.4f}") + "<extra></extra>", **UPPER),
        dict(type="bar", x=middle, y=np.array([one.count for one in bins], np.float64), width=np.full(len(bins), 0.9 * width),
             marker={"color": palette.BLUE}, showlegend=False, name=unit,
             customdata=np.array([(round(one.low, 2), round(one.high, 2)) for one in bins]),
             hovertemplate="p in %{customdata[0]}–%{customdata[1]}: %{y:,} " + unit + "<extra></extra>", **LOWER, **NO_FADE),
    ]  # fmt: skip
    quarters = [0, 0.25, 0.5, 0.75, 1]
    across: dict[str, Any] = {"title": {"text": tr("probability of {of}", of=of)}, "range": [-0.02, 1.02]}
    across |= {"tickvals": quarters, "unifiedhovertitle": {"text": "p = %{x:.2f}"}}
    shares = {"title": {"text": tr("share right")}, "range": [-0.03, 1.05], "tickvals": [0, 0.5, 1]}
    return frame(
        data, 400, "reliability", showlegend=True,
        **stacked(across, shares, {"title": {"text": unit}, "rangemode": "tozero"}),
    )  # fmt: skip


COUNTED = (N_("steps"), N_("texts"), N_("tokens"))
"""What predictions are counted in."""


def _share(values: np.ndarray) -> np.ndarray:
    total = float(values.sum())
    return values / total if total else values
