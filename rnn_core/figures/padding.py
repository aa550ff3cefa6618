"""What pads do, against their number."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import Figure, frame
from rnn_core.language import N_, tr

WAYS = {
    ("right", False): (N_("right, read like tokens"), palette.ORANGE, "solid"),
    ("left", False): (N_("left, read like tokens"), palette.PINK, "solid"),
    ("right", True): (N_("right, masked"), palette.BLUE, "solid"),
    ("left", True): (N_("left, masked"), palette.SKY, "dash"),
}
"""Each way to pad: its name and look."""


def pad_curves(counts: np.ndarray, curves: Mapping[tuple[str, bool], np.ndarray], pads: int, title: str) -> Figure:
    """A number against the count of pads, a line each way to pad."""
    data: list[dict[str, Any]] = []
    at = np.arange(len(counts), dtype=np.int32)  # evenly spaced: a few pads matter as much as many
    for way, (called, colour, dash) in WAYS.items():
        name = tr(called)
        data.append(dict(
            type="scatter",
            x=at, y=np.asarray(curves[way], np.float64), name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5}, marker={"size": 7},
            hovertemplate="%{y:.6f}<extra>" + name + "</extra>",
        ))  # fmt: skip
    place = int(np.searchsorted(counts, pads))
    return frame(
        data,
        300,
        ("pads", title),
        xaxis={"unifiedhovertitle": {"text": tr("pads p = %{x}")},
               "tickvals": at.tolist(), "ticktext": [f"{count}" for count in counts.tolist()], "title": {"text": tr("pads p")}},
        yaxis={"title": {"text": title}, "rangemode": "tozero"},
        shapes=[{"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper",
                 "line": {"color": palette.GREY, "dash": "dot", "width": 2}}],
        showlegend=True,
    )  # fmt: skip
