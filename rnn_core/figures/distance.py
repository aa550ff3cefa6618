"""The accuracy of runs by the distance of the word that a label depends on."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import NO_FADE, Figure, bar_axis, frame
from rnn_core.figures.text import escape
from rnn_core.language import tr, tr_n
from rnn_core.results import ByDistance, DistanceGroup


def by_distance(series: Mapping[str, ByDistance]) -> Figure:
    """The accuracy in each group of distances: a line per run in a band, its 95% interval, and the majority's level (dots).

    Args:
        series: runs on the same texts, by their names.
    """
    first = next(iter(series.values()))
    at = np.arange(len(first.groups), dtype=np.int32)
    data: list[dict[str, Any]] = []
    for (name, one), colour in zip(series.items(), palette.qualitative(len(series)), strict=True):
        low, high = (np.array([getattr(group, end) for group in one.groups]) for end in ("low", "high"))
        data.append(dict(
            type="scatter", x=np.concatenate([at, at[::-1]]), y=np.concatenate([high, low[::-1]]), mode="lines", fill="toself",
            fillcolor=palette.faint(colour, 0.12), line={"width": 0}, hoverinfo="skip", showlegend=False, **NO_FADE,
        ))  # fmt: skip
        data.append(dict(
            type="scatter", x=at, y=np.array([group.accuracy for group in one.groups]), mode="lines+markers", name=escape(name),
            line={"color": colour, "width": 2.5}, marker={"size": 8}, text=[_counts(group) for group in one.groups],
            hovertemplate=tr("%{y:.1%} (%{text})"), **NO_FADE,
        ))  # fmt: skip
    if first.majority is not None:
        ends = np.array([-0.4, len(at) - 0.6])
        data.append(dict(
            type="scatter", x=ends, y=np.full(2, first.majority), mode="lines", name=tr("always the majority's class"),
            line={"color": palette.GREY, "dash": "dot", "width": 2}, hoverinfo="skip", **NO_FADE,
        ))  # fmt: skip
    across = bar_axis([ranged(group) for group in first.groups]) | {"title": {"text": tr("distance: words after the one needed")}}
    return frame(
        data, 400, "by distance", showlegend=True, xaxis=across,
        yaxis={"title": {"text": tr("accuracy")}, "tickformat": ".0%", "range": [-0.03, 1.05]},
    )  # fmt: skip


def _counts(group: DistanceGroup) -> str:
    return tr_n(
        "{right:,} of {n:,} text, {low:.0%} to {high:.0%}", "{right:,} of {n:,} texts, {low:.0%} to {high:.0%}",
        group.texts, right=group.right, low=group.low, high=group.high,
    )


def ranged(group: DistanceGroup) -> str:
    """The range of distances of a group, such as "3–5"."""
    return f"{group.first:,}" if group.first == group.last else f"{group.first:,}–{group.last:,}"
