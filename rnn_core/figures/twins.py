"""Two runs that differ in where their loss is taken, side by side."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_core.figures.frame import Figure, frame
from rnn_core.figures.gradients import log_axis
from rnn_core.figures.palette import BLUE, ORANGE
from rnn_core.language import N_, tr
from rnn_core.results import Along

COLOURS = {"last": BLUE, "every": ORANGE}
NAMES = {"last": N_("loss at the last step"), "every": N_("loss at every step")}


def _read() -> dict[str, Any]:
    """The axis of the share of a text that is read."""
    return {
        "title": {"text": tr("share of the words read")}, "ticksuffix": "%", "range": [0, 104], "dtick": 20,
        "unifiedhovertitle": {"text": tr("%{x} read")},
    }  # fmt: skip


def _line(loss: str, x: np.ndarray, y: np.ndarray, hover: str, **look: Any) -> dict[str, Any]:
    """One run's line, in its colour and by its name."""
    line = {"color": COLOURS[loss], "width": 2.5} | look.pop("line", {})
    name = look.pop("name", tr(NAMES[loss]))
    said = f"{hover}<extra>{name}</extra>"
    return {"type": "scatter", "x": x, "y": y, "name": name, "line": line, "hovertemplate": said, "mode": "lines"} | look


def right_so_far(found: Mapping[str, Along]) -> Figure:
    """Accuracy against the share of the text read: the answer if it stopped there (line), the readout (dashes)."""
    data: list[dict[str, Any]] = []
    for loss, one in found.items():
        for curve, values, dash in ((tr(
            "answer if the text stopped here",
        ), one.answers, "solid"), (tr("readout"), one.readouts, "dot")):
            data.append(_line(loss, 100 * one.shares, values, tr("%{y:.3f} right"),
                                       name=f"{tr(NAMES[loss])}: {curve}", line={"dash": dash}))  # fmt: skip
    return frame(
        data, 380, "right so far",
        xaxis=_read(),
        yaxis={"title": {"text": tr("share of texts that are right")}},
        margin={"l": 8, "r": 8, "t": 60, "b": 8},
    )  # fmt: skip


def reach(found: Mapping[str, Along]) -> Figure:
    """The mean length of ∂L/∂h_t against the words between step t and the end, on a logarithmic scale."""
    data: list[dict[str, Any]] = []
    for loss, one in found.items():
        sent = np.where(one.reach > 0, one.reach, np.nan)
        data.append(_line(loss, one.distances, sent, "%{y:.3g}", mode="lines+markers"))
    return frame(
        data, 330, "reach",
        xaxis={"unifiedhovertitle": {"text": tr("%{x} steps before the end")},
               "title": {"text": tr("steps before the end")}, "autorange": "reversed"},
        yaxis=log_axis(tr("mean ‖∂L/∂hₜ‖"), [one.reach for one in found.values()]),
    )  # fmt: skip


def decided(found: Mapping[str, Along]) -> Figure:
    """How many of the texts have decided once a share of their words is read."""
    data: list[dict[str, Any]] = []
    for loss, one in found.items():
        shares = np.linspace(0, 1, 51)
        so_far = np.searchsorted(np.sort(one.decided), shares + 1e-9) / len(one.decided)
        data.append(_line(loss, 100 * shares, so_far, tr("%{y:.2f} decided")))
    return frame(
        data, 330, "decided",
        xaxis=_read(),
        yaxis={"title": {"text": tr("share of texts decided")}, "range": [0, 1.02]},
    )  # fmt: skip
