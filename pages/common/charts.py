"""Figures on a page: in the colours of its theme, with a toolbar, and with a name that says what is drawn."""

import re
from collections.abc import Callable
from typing import Any

import streamlit as st

from rnn_core.figures import palette
from rnn_core.figures.frame import Figure, described

_PLACEHOLDERS = {
    **{colour: f"#0000{11 + i}" for i, colour in enumerate(palette.LIGHT.sequential)},
    **{colour: f"#0000{21 + i}" for i, colour in enumerate(palette.LIGHT.diverging)},
    palette.INK: "#000037",
}
"""Colours of `palette.LIGHT` → those that Streamlit's own Plotly theme has in their place, which the browser replaces by the
colours of the theme that is shown: `chartSequentialColors` and `chartDivergingColors` of config.toml, and the ink of text. The
server is not told of a change of theme, and the figure is not sent again."""

_PAPER = "#000038"
"""The same for the page's ground, without which a saved picture would have none."""

_COLOURED = {
    "data", "layout", "marker", "line", "textfont", "font", "title", "tickfont", "color", "colorscale", "colorbar", "hoverlabel",
    "legend", "xaxis", "yaxis", "xaxis2", "yaxis2", "xaxis3",
}  # fmt: skip
"""Where in a figure colours are looked for."""


def draw(drawn: Figure, key: str, question: str, picked: Callable[[], None] | None = None) -> None:
    """Shows a figure.

    Args:
        question: that it answers.
        picked: called on a click on a point.
    """
    st.plotly_chart(
        themed(drawn),
        key=key,
        on_select=picked or "ignore",
        selection_mode="points",
        config={
            "modeBarButtonsToRemove": ["zoom2d", "pan2d", "select2d", "lasso2d", "zoomIn2d", "zoomOut2d", "autoScale2d"],
            "toImageButtonOptions": {"format": "png", "scale": 2, "filename": re.sub(r"\W+", "-", question).strip("-")[:60]},
        },
        alt=f"{question} {described(drawn)}",
    )


def themed(drawn: Figure) -> Figure:
    """The figure with placeholders for the colours that depend on the theme."""
    found: Figure = _themed(drawn)
    found["layout"]["paper_bgcolor"] = _PAPER
    return found


def _themed(value: Any) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDERS.get(value, value)
    if isinstance(value, list):
        return [_themed(one) for one in value]
    if isinstance(value, dict):
        return {name: _themed(one) if name in _COLOURED else one for name, one in value.items()}
    return value
