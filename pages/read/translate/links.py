"""Attention that is set by hand: the steps of the decoder that shall look at one step of the source alone."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.common import state
from rnn_core.data.detokenise import detokenise
from rnn_core.figures.text import visible
from rnn_core.language import tr
from rnn_core.views import view
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import literal

_MOST = 200
"""Links of an address that are read."""


def chosen() -> dict[int, int]:
    """The source step of each decoder step whose attention is set, both from 0; whatever else the address says is left out."""
    pairs = (one.partition("-")[::2] for one in state.selection().links.split(".")[:_MOST])
    return {int(t) - 1: int(j) - 1 for t, j in pairs if all(n.isascii() and n.isdecimal() and 0 < len(n) < 5 for n in (t, j))}


def said(links: Mapping[int, int]) -> str:
    """Links as the address holds them."""
    return ".".join(f"{t + 1}-{j + 1}" for t, j in sorted(links.items()))


def force(written: Sequence[str], style: str, step: int, source: int | None) -> None:
    """Sets the attention of a step, or lets the network choose it again. The words before stay, and the decoder writes the rest.

    Args:
        written: the tokens of the translation.
        style: how these are put together, as for `detokenise`.
        step: of the decoder.
        source: the step of the source; None: the network chooses.
    """
    before = {t: j for t, j in chosen().items() if t < step}
    links = before if source is None else before | {step: source}
    state.select(begins=detokenise(written[:step], style), links=said(links), step=step)


def box(read: Inputs) -> None:
    """The box that sets the attention of the chosen step."""
    found = read.translation
    if found.attention is None:
        return
    step = view("instead").chosen(state.selection()).settled(read).at
    linked = int(found.linked[step])
    names = [f"{j + 1} · {visible(word, 40)}" for j, word in enumerate(found.source.tokens)]
    st.markdown(tr("##### Make it look elsewhere"))
    st.session_state["linked"] = None if linked < 0 else linked
    st.selectbox(
        tr("At t = {step}, attend only to", step=step + 1),
        range(len(names)), None, format_func=names.__getitem__, key="linked", placeholder=tr("as the network chose"),
        help=tr(
            "The weight of this word of the source becomes 1, and all others 0. The words before stay, and the decoder "
            "writes the rest. A double click on a cell of the map does the same.",
        ),
        on_change=lambda: force(found.written, found.style, step, st.session_state["linked"]),
    )  # fmt: skip
    if linked >= 0:
        st.caption(tr(
            "Set: “{token}” has the weight 1, so the context is its state alone.",
            token=literal(found.source.tokens[linked], 40),
        ))
