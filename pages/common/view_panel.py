"""A view on a page: its question, its figure, and its explanation one click away."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from rnn_core.views.view import View


def show(
    view: View[Any],
    subject: Any,
    on_pick: Callable[..., None] | None = None,
    controls: Callable[[], None] | None = None,
) -> None:
    """A view: its question, its figure, and its explanation one click away.

    Args:
        controls: draws what chooses between forms of the view, above its figure.
        on_pick: called with what `view.pick` makes of a clicked point, before the page runs again.
    """
    found = view.compute(subject)
    key = f"view-{view.name}"
    head, why = st.columns([8, 1], vertical_alignment="center", gap="xsmall")
    head.markdown(f"##### {view.question}")
    with why.popover("", icon=":material/function:", type="tertiary", help="How this is computed, with these numbers"):
        st.markdown(view.explain(found))
    if controls:
        controls()
    figure = view.draw(found)
    pick = view.pick

    def picked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and pick and on_pick:
            data = points[0].get("customdata")
            if data is not None:
                values = [data[i] for i in sorted(data)] if isinstance(data, dict) else data
                on_pick(**pick(values if isinstance(values, list) else [values]))

    clickable = bool(pick and on_pick)
    st.plotly_chart(
        figure,
        key=key,
        on_select=picked if clickable else "ignore",
        selection_mode="points",
        config={"displayModeBar": False, "displaylogo": False},
        alt=view.question,
    )
