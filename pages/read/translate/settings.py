"""How a text is translated: how the target begins, and the search."""

from typing import Any

import streamlit as st

from pages.common import state, wording
from rnn_core.config import TranslateConfig, bounds, options
from rnn_core.language import tr
from rnn_core.views.view import literal

MOST_BEAM = 16
"""Hypotheses of a search on the page, whose tree is drawn."""

MOST_LENGTH = 500
"""Tokens of a target on the page."""

_FIRST = {"beam": 4}
"""Shown first, so that there is a tree to look at."""

_MOST: dict[str, float] = {"beam": MOST_BEAM, "longest": MOST_LENGTH, "normalisation": 3.0}


def how(attends: bool) -> TranslateConfig:
    """The box with the beginning of the target, from which the decoder goes on, and those of the search, and what these hold.

    Args:
        attends: whether the run has attention.
    """
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.text_input(tr("The translation begins with"), placeholder=tr("nothing: the decoder chooses every word"), max_chars=2_000,
                   help=tr("The decoder reads these words as if it had written them, and goes on from there."), width=320,
                   **state.bound("begins", state.selection().begins, step=lambda _: None, links=lambda _: ""))  # fmt: skip
    found: dict[str, Any] = {}
    for name, field in options(TranslateConfig).items():
        title, said = tr(field.title or name), wording.sentence(field)
        if field.default is False:
            if attends:
                found[name] = row.toggle(title, help=literal(said, 300),
                                         **state.bound(name, getattr(state.selection(), name)))
            continue
        low, _ = bounds(field)
        kind = type(field.default)
        least, most = kind(low or 0), kind(_MOST[name])
        value = getattr(state.selection(), name)
        found[name] = _FIRST.get(name, field.default) if value is None else kind(min(max(value, least), most))
        row.number_input(title, least, most, step=kind(1 if kind is int else 0.1), width=150, help=said,
                         **state.bound(name, found[name]))  # fmt: skip
    return TranslateConfig(**found)
