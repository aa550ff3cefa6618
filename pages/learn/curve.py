"""A curve over the steps of a text that is drawn by hand: a component of our own. User text only ever becomes `textContent`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import streamlit as st

from rnn_core.figures.text import visible
from rnn_core.language import tr

_FOLDER = Path(__file__).parent
MOST_STEPS = 60
"""Bars that can be drawn."""

_component = st.components.v2.component(
    "unrolled_curve",
    html='<div class="curve"></div>',
    css=(_FOLDER / "curve.css").read_text(encoding="utf-8"),
    js=(_FOLDER / "curve.mjs").read_text(encoding="utf-8"),
)


def _words() -> dict[str, str]:
    """What the component says, with the fields that it fills in."""
    how = tr("Drag across the bars, or use the arrow keys. The largest value reaches the top.")
    return {"check": tr("Check"), "how": how, "step": tr("Step {t}, {token}"), "right": tr("t = {t}: {share} of the largest")}


def draw(tokens: Sequence[str], key: str) -> list[float] | None:
    """Bars from 0 to 1 to be drawn, one for each step, and a button; the drawing, once it was sent.

    Args:
        tokens: (T,) below the bars.
    """
    shown = [visible(token, 20) for token in tokens[:MOST_STEPS]]
    found = _component(key=key, data={"tokens": shown, "values": [], "words": _words()}, on_drawn_change=lambda: None).drawn
    if not isinstance(found, list) or len(found) != len(tokens[:MOST_STEPS]):
        return None
    return [min(1.0, max(0.0, float(one))) for one in found]


def compare(tokens: Sequence[str], drawn: Sequence[float], right: np.ndarray) -> None:
    """The drawing, filled, and the right curve, outlined; both from 0 to 1.

    Args:
        drawn: (T,), or empty where nothing was drawn.
    """
    shown = [visible(token, 20) for token in tokens[:MOST_STEPS]]
    _component(key=None, data={"tokens": shown, "values": list(drawn), "right": right[:MOST_STEPS].tolist(), "words": _words()})
    st.caption(tr("Filled: your curve. Outlined: the right one, as a share of its largest value."))
