"""What is drawn along two texts, that of an encoder and that of a decoder, side by side with a border between them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.figures import gradients, palette
from rnn_core.figures.frame import FIRST, Figure, named, step_words, widest
from rnn_core.figures.text import escape
from rnn_core.language import tr

WIDTH = 420
"""Pixels that the columns have at least on a desktop's screen; tokens that need more stand upright."""

MOST_TICKS = 40
"""Tokens that are written under the columns; of more, evenly chosen ones."""


def beside(encoder: np.ndarray, decoder: np.ndarray, between: float) -> np.ndarray:
    """(…, S) and (…, T) as (…, S + 1 + T), with a column of one value between them."""
    return np.concatenate([encoder, np.full_like(encoder[..., :1], between), decoder], -1)


def pairs(
    encoder: np.ndarray,
    decoder: np.ndarray,
    rows: np.ndarray,
    texts: tuple[Sequence[str], Sequence[str]],
    wanted: Sequence[str],
    step: int | None = None,
    copy: int | None = None,
) -> Figure:
    """Losses of the decoder (rows) × copies of the encoder and of the decoder (columns). A click gives `[step, column]`.

    Args:
        encoder, decoder: (R, S) and (R, T) norms.
        rows: (R,) the steps of the losses, from 0.
        texts: what both read, (S,) and (T,).
        wanted: (T,) the token that the loss of each step asks for.
        step, copy: the chosen loss and column, outlined.
    """
    figure = gradients.pairs(beside(encoder, decoder, 0), rows, _tokens(texts), step, copy, wanted)
    return _bordered(figure, texts, tr("copy used at a step of the encoder, and of the decoder"))


def along(
    series: Mapping[str, tuple[np.ndarray, np.ndarray]],
    texts: tuple[Sequence[str], Sequence[str]],
    title: str,
    copy: int | None = None,
    log: bool = True,
) -> Figure:
    """Named values, (S,) and (T,) each, along both texts. A click gives `[column]`."""
    both = {name: beside(one.astype(np.float64), other.astype(np.float64), np.nan) for name, (one, other) in series.items()}
    return _bordered(gradients.along(both, _tokens(texts), title, copy, log), texts)


def _tokens(texts: tuple[Sequence[str], Sequence[str]]) -> tuple[str, ...]:
    return (*texts[0], "", *texts[1])


def _bordered(figure: Figure, texts: tuple[Sequence[str], Sequence[str]], title: str = "") -> Figure:
    """A figure over the columns of both texts with its axis, and the border between them."""
    tokens, border = _tokens(texts), len(texts[0])
    words = [
        *(tr("encoder: {word}", word=word) for word in step_words(texts[0])), "",
        *(tr("decoder: {word}", word=word) for word in step_words(texts[1])),
    ]  # fmt: skip
    stride = -(-len(tokens) // MOST_TICKS)
    places = [*range(0, border, stride), *range(border + 1, len(tokens), stride)]
    shown = [escape(tokens[i], 14) for i in places]
    angle = 90 if (widest(shown) + 6) * len(tokens) / stride > WIDTH else 0
    axis: dict[str, Any] = {"tickvals": [FIRST + i for i in places], "ticktext": shown, "tickangle": angle}
    layout = figure["layout"]
    layout["xaxis"] |= named(axis, words) | ({"title": layout["xaxis"]["title"] | {"text": title}} if title else {})
    line = {"type": "line", "x0": FIRST + border, "x1": FIRST + border, "y0": 0, "y1": 1, "yref": "paper", "layer": "above"}
    layout["shapes"] = [*layout.get("shapes", ()), {**line, "line": {"color": palette.ORANGE, "width": 4}}]
    layout["annotations"] = [
        {"x": FIRST + (first + last) / 2, "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False, "text": name,
         "font": {"size": 13}}
        for name, first, last in ((tr("encoder"), 0, border - 1), (tr("decoder"), border + 1, len(tokens) - 1))
    ]  # fmt: skip
    below = 20 + (widest(shown) if angle else 15) + 30 * ("title" in layout["xaxis"])
    layout["height"] += below - layout["margin"]["b"]
    layout["margin"] = _room(layout, below)
    return figure


def _room(layout: dict[str, Any], below: int) -> dict[str, int]:
    """The margins, with room for the tokens below, for the names above, and for a legend above these."""
    if layout.get("showlegend"):
        layout["legend"] = layout["legend"] | {"y": 1.12}
    found: dict[str, int] = layout["margin"] | {"t": 74 if layout.get("showlegend") else 26, "b": below}
    return found


def shares(
    encoder: np.ndarray, decoder: np.ndarray, texts: tuple[Sequence[str], Sequence[str]], copy: int | None = None
) -> Figure:
    """One bar per copy, its share of the gradient of its side's parameter. A click gives `[column]`.

    Args:
        encoder, decoder: (S,) and (T,).
    """
    figure = gradients.shares({"": beside(encoder, decoder, 0)}, _tokens(texts), copy)
    (bars,) = figure["data"]
    bars |= {"name": tr("share"), "hovertemplate": "%{y:+.4f}<extra></extra>"}
    figure["layout"] |= {"showlegend": False}
    return _bordered(figure, texts)
