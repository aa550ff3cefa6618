"""Two runs that differ in where their loss is taken, side by side."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from rnn_core.figures.frame import frame
from rnn_core.figures.palette import BLUE, ORANGE
from rnn_core.results import Along

COLOURS = {"last": BLUE, "every": ORANGE}
NAMES = {"last": "loss at the last step", "every": "loss at every step"}


def right_so_far(found: Mapping[str, Along]) -> go.Figure:
    """Accuracy against the share of the text read: the answer if it stopped there (line), the readout (dashes)."""
    figure = go.Figure()
    for loss, one in found.items():
        for curve, values, dash in (("answer if the text stopped here", one.answers, "solid"), ("readout", one.readouts, "dot")):
            figure.add_scatter(
                x=100 * one.shares,
                y=values,
                name=f"{NAMES[loss]}: {curve}",
                mode="lines",
                line={"color": COLOURS[loss], "width": 2.5, "dash": dash},
                hovertemplate=f"%{{x:.0f}} % read: %{{y:.3f}} right<extra>{NAMES[loss]}: {curve}</extra>",
            )
    return frame(
        figure, 380, "right so far",
        xaxis={"title": {"text": "share of the words read"}, "ticksuffix": " %"},
        yaxis={"title": {"text": "share of dev texts that are right"}},
        margin={"l": 8, "r": 8, "t": 60, "b": 8},
    )  # fmt: skip


def reach(found: Mapping[str, Along]) -> go.Figure:
    """The mean length of ∂L/∂h_t against the words between step t and the end, on a logarithmic scale."""
    figure = go.Figure()
    for loss, one in found.items():
        figure.add_scatter(
            x=one.distances,
            y=np.where(one.reach > 0, one.reach, np.nan),
            name=NAMES[loss],
            mode="lines+markers",
            line={"color": COLOURS[loss], "width": 2.5},
            hovertemplate=f"%{{x}} before the end: %{{y:.3g}}<extra>{NAMES[loss]}</extra>",
        )
    return frame(
        figure, 330, "reach",
        xaxis={"title": {"text": "steps before the end"}, "autorange": "reversed"},
        yaxis={"title": {"text": "mean ‖∂L/∂h_t‖"}, "type": "log", "exponentformat": "power"},
    )  # fmt: skip


def decided(found: Mapping[str, Along]) -> go.Figure:
    """How many of the texts have decided once a share of their words is read."""
    figure = go.Figure()
    for loss, one in found.items():
        shares = np.linspace(0, 1, 51)
        figure.add_scatter(
            x=100 * shares,
            y=np.searchsorted(np.sort(one.decided), shares + 1e-9) / len(one.decided),
            name=NAMES[loss],
            mode="lines",
            line={"color": COLOURS[loss], "width": 2.5},
            hovertemplate=f"%{{x:.0f}} % read: %{{y:.2f}} decided<extra>{NAMES[loss]}</extra>",
        )
    return frame(
        figure, 330, "decided",
        xaxis={"title": {"text": "share of the words read"}, "ticksuffix": " %"},
        yaxis={"title": {"text": "share of dev texts decided"}, "range": [0, 1.02]},
    )  # fmt: skip
