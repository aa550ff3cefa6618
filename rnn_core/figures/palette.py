"""Colours that mean one thing everywhere."""

import colorsys
import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

Scale = list[list[float | str]]
"""A plotly colour scale: [place in 0…1, colour] pairs."""

BLUE, ORANGE, GREEN, PINK, SKY, GREY = "#0072B2", "#E08A00", "#009E73", "#CC79A7", "#4BA3D9", "#858585"

# Okabe and Ito's colours, with the yellow darkened: each shows on white and on a dark page.
_FIRST = [BLUE, ORANGE, GREEN, PINK, SKY, "#D55E00", "#A39400", "#8E6BD1"]

class Ground(NamedTuple):
    """The colours that depend on what they are drawn on: nothing is close to the ground, much stands out from it.

    Attributes:
        sequential: from nothing to much.
        diverging: from the most negative to the most positive (ColorBrewer's PRGn): told apart by the colour-blind, and
            neither end is a class of two.
        ink: of text. It is read on the ground and on the first `WRITTEN_ON` of `sequential`.
    """

    sequential: tuple[str, ...]
    diverging: tuple[str, ...]
    ink: str


LIGHT = Ground(
    ("#edf2f7", "#cddfef", "#aecde6", "#8ab7db", "#63a0ce", "#4288be", "#286dab", "#115594", "#0b3f74", "#062b55"),
    ("#40004b", "#79458e", "#ac86bf", "#d5c1df", "#f3eff5", "#eef4ed", "#badfb6", "#76b979", "#308341", "#00441b"),
    "#262730",
)
"""Figures are drawn with these. A page that knows its theme replaces them one by one with those of `DARK`."""

DARK = Ground(
    ("#1c2531", "#1f354d", "#1f466a", "#245a88", "#2b6fa6", "#4188bf", "#64a4d4", "#89bfe6", "#b6d9f2", "#e3f2fd"),
    ("#e2c8f5", "#a37cc4", "#714e8f", "#49345d", "#262330", "#1f2a26", "#214e32", "#2c7a43", "#60af6d", "#c3f0c0"),
    "#fafafa",
)

WRITTEN_ON = 5

INK = LIGHT.ink

SEQUENTIAL: Scale = [[i / 9, colour] for i, colour in enumerate(LIGHT.sequential)]
"""For counts, shares and gates."""

WRITTEN: Scale = [[i / (WRITTEN_ON - 1), colour] for i, colour in enumerate(LIGHT.sequential[:WRITTEN_ON])]
"""The same for cells with text in them."""

DIVERGING: Scale = [
    [place, colour] for place, colour in zip((0, 0.12, 0.24, 0.36, 0.49, 0.51, 0.64, 0.76, 0.88, 1), LIGHT.diverging, strict=True)
]
"""For numbers below and above 0."""

NEGATIVE, POSITIVE = LIGHT.diverging[1], LIGHT.diverging[8]
"""Of that scale, for a colour whose strength is the amount."""

_TAG = re.compile(r"([BIESLU])-(.+)", re.DOTALL)
_NEGATIVE = {"negative", "neg", "0", "no", "false", "bad", "ham", "-1"}
_POSITIVE = {"positive", "pos", "1", "yes", "true", "good", "spam", "+1"}


@cache
def qualitative(count: int) -> tuple[str, ...]:
    """`count` colours: Okabe and Ito's eight, then hues a golden angle apart, three lightnesses in turn."""
    more = (_hue((0.07 + 0.381966 * i) % 1, (0.15, 0.27, 0.41)[i % 3]) for i in range(count - len(_FIRST)))
    return (*_FIRST[:count], *more)


def _hue(hue: float, luminance_wanted: float, saturation: float = 0.6) -> str:
    """The colour of a hue that is as light as wanted, by halving: equal HLS lightness would leave blues too dark."""
    low, high, colour = 0.0, 1.0, ""
    for _ in range(16):
        middle = (low + high) / 2
        colour = "#" + "".join(f"{round(255 * part):02X}" for part in colorsys.hls_to_rgb(hue, middle, saturation))
        low, high = (middle, high) if luminance(colour) < luminance_wanted else (low, middle)
    return colour


def class_colours(labels: Sequence[str]) -> dict[str, str]:
    """The colour of each class of a run, by its place in the run's list of labels.

    Two classes are blue and orange, blue for what the names call positive. Among tags, all of one entity type have one hue,
    of which I-, E- and L- are another lightness; the tag O, being no entity, is grey.
    """
    drawn = qualitative(min(60, len(labels)))
    colours = [drawn[i % 60] for i in range(len(labels))]
    tags = [_TAG.match(label) for label in labels if label != "O"]
    if tags and all(tags):
        types = list(dict.fromkeys(tag[2] for tag in tags if tag))
        return {label: GREY if label == "O" else _of_tag(label[0], types.index(label[2:])) for label in labels}
    if len(labels) == 2 and (labels[0].lower() in _NEGATIVE or labels[1].lower() in _POSITIVE):
        colours.reverse()
    return {label: GREY if label == "O" else colour for label, colour in zip(labels, colours, strict=True)}


def _of_tag(letter: str, kind: int) -> str:
    """The colour of the tags of an entity type that begin with a letter, given the type's place among all."""
    colour = qualitative(60)[kind % 60]
    if letter in "BSU":
        return colour
    hue, _, saturation = colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    light = luminance(colour)
    return _hue(hue, min(1.9 * light, 0.42) if light < 0.24 else max(0.45 * light, 0.13), saturation)


_LIGHT, _DARK = ((*ground.sequential, *ground.diverging, ground.ink) for ground in (LIGHT, DARK))


def by_theme(colour: str) -> str:
    """A colour for CSS: one of `LIGHT` on a light page, and the one of `DARK` in its place on a dark page; others as they are."""
    return f"light-dark({colour}, {_DARK[_LIGHT.index(colour)]})" if colour in _LIGHT else colour


def faint(colour: str, opacity: float) -> str:
    """A #RRGGBB colour as rgba(…) of that opacity."""
    return f"rgba({int(colour[1:3], 16)},{int(colour[3:5], 16)},{int(colour[5:7], 16)},{opacity:g})"


def shades(values: np.ndarray, scale: Scale, low: float, high: float) -> list[str]:
    """The colour of a scale that is nearest to each of (d,) values, the scale going from low to high.

    For bars: plotly.js warns of every number given as a bar's colour.
    """
    places = np.array([float(place) for place, _ in scale])
    at = (np.asarray(values) - low) / (high - low)
    nearest = np.abs(at[:, None] - places).argmin(1)
    return [str(scale[i][1]) for i in nearest.tolist()]


def luminance(colour: str) -> float:
    """WCAG's relative luminance of a #RRGGBB colour: 0 black, 1 white."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def ink(colour: str) -> str:
    """Black or white, whichever stands out more from a #RRGGBB colour (WCAG contrast (L₁ + 0.05) / (L₂ + 0.05))."""
    light = luminance(colour) + 0.05
    return "#000" if light / 0.05 >= 1.05 / light else "#fff"
