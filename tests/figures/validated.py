"""Figures as plotly's own classes have checked them, property by property."""

import plotly.graph_objects as go

from rnn_core.figures.frame import Figure


def validated(figure: Figure) -> go.Figure:
    """The figure after plotly has checked every name and value in it. Raises ValueError on the first it does not know."""
    assert figure.keys() == {"data", "layout"} and "template" not in figure["layout"]
    assert figure["data"] and all("type" in trace for trace in figure["data"])
    return go.Figure(figure)
