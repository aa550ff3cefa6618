"""Colours that mean one thing everywhere."""

import colorsys
from collections.abc import Sequence
from functools import cache

import numpy as np

Scale = list[list[float | str]]
"""A plotly colour scale: [place in 0…1, colour] pairs."""

BLUE, ORANGE, GREY = "#0072B2", "#E08A00", "#858585"

# Okabe and Ito's colours, with the yellow darkened: each shows on white and on a dark page.
_FIRST = [BLUE, ORANGE, "#009E73", "#CC79A7", "#4BA3D9", "#D55E00", "#A39400", "#8E6BD1"]

DIVERGING: Scale = [
    [0.0, "#40004b"],
    [0.2, "#8d5aa6"],
    [0.4, "#cbb2d8"],
    [0.5, "#f0f0ee"],
    [0.6, "#a9d8a4"],
    [0.8, "#3f9a4f"],
    [1.0, "#00441b"],
]
"""Purple below 0, green above (ColorBrewer's PRGn): told apart by the colour-blind, and neither is a class of two."""

NEGATIVE, POSITIVE = "#8d5aa6", "#3f9a4f"
"""Of that scale, for a colour whose strength is the amount."""

SEQUENTIAL: Scale = [[0.0, "#edf2f7"], [0.25, "#a6c8e4"], [0.5, "#4a90c2"], [0.75, "#125a9c"], [1.0, "#062b55"]]
"""For counts, shares and gates: nothing is pale, much is dark blue."""

_NEGATIVE = {"negative", "neg", "0", "no", "false", "bad", "ham", "-1"}
_POSITIVE = {"positive", "pos", "1", "yes", "true", "good", "spam", "+1"}


@cache
def qualitative(count: int) -> tuple[str, ...]:
    """`count` colours: Okabe and Ito's eight, then hues a golden angle apart, three lightnesses in turn."""
    more = (_hue((0.07 + 0.381966 * i) % 1, (0.15, 0.27, 0.41)[i % 3]) for i in range(count - len(_FIRST)))
    return (*_FIRST[:count], *more)


def _hue(hue: float, luminance_wanted: float) -> str:
    """The colour of a hue that is as light as wanted, by halving: equal HLS lightness would leave blues too dark."""
    low, high, colour = 0.0, 1.0, ""
    for _ in range(16):
        middle = (low + high) / 2
        colour = "#" + "".join(f"{round(255 * part):02X}" for part in colorsys.hls_to_rgb(hue, middle, 0.6))
        low, high = (middle, high) if luminance(colour) < luminance_wanted else (low, middle)
    return colour


def class_colours(labels: Sequence[str]) -> dict[str, str]:
    """The colour of each class of a run, by its place in the run's list of labels.

    Two classes are blue and orange, blue for what the names call positive; the tag O, being no entity, is grey.
    """
    colours = [qualitative(60)[i % 60] for i in range(len(labels))]
    if len(labels) == 2 and (labels[0].lower() in _NEGATIVE or labels[1].lower() in _POSITIVE):
        colours.reverse()
    return {label: GREY if label == "O" else colour for label, colour in zip(labels, colours, strict=True)}


def faint(colour: str, opacity: float) -> str:
    """A #RRGGBB colour as rgba(…) of that opacity."""
    return f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},{opacity:g})"


def shades(values: np.ndarray, scale: Scale, low: float, high: float) -> list[str]:
    """The #RRGGBB of each of (d,) values on a scale that goes from low to high.

    For bars: plotly.js warns of every number given as a bar's colour.
    """
    places = [float(place) for place, _ in scale]
    stops = np.array([[int(str(colour)[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in scale])
    at = np.clip((values - low) / (high - low), 0, 1)
    rgb = np.rint(np.stack([np.interp(at, places, channel) for channel in stops.T], 1)).astype(int)
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in rgb.tolist()]


def luminance(colour: str) -> float:
    """WCAG's relative luminance of a #RRGGBB colour: 0 black, 1 white."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def ink(colour: str) -> str:
    """Black or white, whichever stands out more from a #RRGGBB colour (WCAG contrast (L₁ + 0.05) / (L₂ + 0.05))."""
    light = luminance(colour) + 0.05
    return "#000" if light / 0.05 >= 1.05 / light else "#fff"
