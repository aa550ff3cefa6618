"""The logits of a step, their exponentials and the softmax, side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import NO_FADE, Figure, frame, label_axis

_PANELS = ((0.0, 0.29), (0.36, 0.65), (0.72, 1.0))


def softmax(
    panels: Mapping[str, np.ndarray],
    labels: Sequence[str],
    colours: Mapping[str, str],
    best: str,
    truth: str | None,
) -> Figure:
    """One panel per column, one row per class: the most probable class is filled, the true one is outlined.

    Args:
        panels: by its title the numbers of a panel, one per row; nan where a row has none.
        labels: of the rows; one that is no class has the colour grey.
        colours: of the classes.
        best, truth: the most probable class, and the class aimed at.
    """
    rows = np.arange(len(labels), dtype=np.int32)
    fill = [colours.get(label, palette.GREY) for label in labels]
    fill = [colour if label == best else palette.faint(colour, 0.35) for colour, label in zip(fill, labels, strict=True)]
    edge = [4 if label == truth else 0 for label in labels]
    data: list[dict[str, Any]] = []
    axes: dict[str, Any] = {}
    for number, ((title, values), domain) in enumerate(zip(panels.items(), _PANELS, strict=True), 1):
        name = "" if number == 1 else str(number)
        low, high = min(0.0, float(np.nanmin(values))), max(0.0, float(np.nanmax(values)))
        room = 0.45 * ((high - low) or 1)
        axes[f"xaxis{name}"] = {"domain": list(domain), "anchor": "y", "title": {"text": title}, "nticks": 4,
                                "range": [low - room * (low < 0), high + room * (high > 0 or low == 0)]}  # fmt: skip
        data.append(dict(
            type="bar",
            y=rows,
            x=np.asarray(values, np.float64),
            xaxis=f"x{name}",
            yaxis="y",
            orientation="h",
            text=["" if np.isnan(value) else f"{value:.4g}" for value in values.tolist()],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{x:.6g}<extra>" + title + "</extra>",
            marker={"color": fill, "line": {"color": palette.GREY, "width": edge}},
            showlegend=False,
            **NO_FADE,
        ))  # fmt: skip
    return frame(
        data,
        28 * len(labels) + 90,
        ("softmax", tuple(labels)),
        bargap=0.3,
        hoversubplots="axis",
        yaxis=label_axis(labels) | {"range": [len(labels) - 0.5, -0.5]},
        margin={"l": 8, "r": 30, "t": 8, "b": 8},
        **axes,
    )
