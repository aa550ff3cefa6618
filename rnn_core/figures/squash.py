"""A non-linearity and its slope, with the units at their places on both."""

from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import LOWER, NO_FADE, UPPER, Figure, frame, stacked
from rnn_core.language import tr

POINTS = 241
"""Of a curve."""

LEAST = 4.0
"""The axis goes at least this far to both sides of 0."""


def logistic(a: np.ndarray) -> np.ndarray:
    """σ(a) = 1 / (1 + exp(−a))."""
    found: np.ndarray = 0.5 * (1 + np.tanh(0.5 * np.asarray(a, np.float64)))
    return found


def phi(name: str, a: np.ndarray) -> np.ndarray:
    """`tanh`, `sigmoid` or `relu` of a."""
    a = np.asarray(a, np.float64)
    found: np.ndarray = np.tanh(a) if name == "tanh" else np.maximum(a, 0.0) if name == "relu" else logistic(a)
    return found


def slope(name: str, a: np.ndarray) -> np.ndarray:
    """The derivative of `phi`; that of ReLU is 0 at 0, as torch has it."""
    if name == "relu":
        return (np.asarray(a) > 0).astype(np.float64)
    y = phi(name, a)
    return 1 - y * y if name == "tanh" else y * (1 - y)


def squash(name: str, written: str, a: np.ndarray, unit: int | None = None) -> Figure:
    """φ above and φ′ below, as lines, and each unit as a point on both. A click on a point gives `[unit]`.

    Args:
        name: of φ, as for `phi`.
        written: how it is written, such as σ.
        a: (d,) the pre-activations.
        unit: the chosen one, drawn larger.
    """
    a = np.asarray(a, np.float64)
    reach = max(LEAST, 1.05 * float(np.abs(a).max(initial=0)))
    x = np.linspace(-reach, reach, POINTS)
    units = np.arange(len(a), dtype=np.int32)
    size = np.where(units == unit, 15, 8)
    data: list[dict[str, Any]] = []
    for title, of, panel in ((f"{written}(a)", phi, UPPER), (f"{written}′(a)", slope, LOWER)):
        data.append(dict(
            type="scatter", **panel, x=x, y=of(name, x), mode="lines", hoverinfo="skip",
            line={"color": palette.GREY, "width": 2, "simplify": False},
        ))  # fmt: skip
        data.append(dict(
            type="scatter", **panel, x=a, y=of(name, a), mode="markers", customdata=units,
            marker={"color": palette.BLUE, "size": size, "opacity": 0.7},
            hovertemplate=tr("unit %{{customdata}}: {title}", title=title) + " = %{y:.4f}<extra></extra>",
            selected=NO_FADE["selected"] | {"marker": {"opacity": 0.7}}, unselected={"marker": {"opacity": 0.7}},
        ))  # fmt: skip
    across = {"title": {"text": "a"}, "range": [-reach, reach], "unifiedhovertitle": {"text": "a = %{x:.4f}"}}
    up = [{"title": {"text": title}, "rangemode": "tozero"} for title in (f"{written}(a)", f"{written}′(a)")]
    return frame(
        data,
        420,
        ("squash", name),
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        **stacked(across, *up),
    )
