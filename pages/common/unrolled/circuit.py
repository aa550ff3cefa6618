"""An opened unit: the circuit of its cell, and the cell's equations with its numbers; a component of our own.

What is touched in one lights in the other, and the steps of the text are gone through, in the browser.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import state
from pages.common.unrolled.component import packed, script, style, words_of
from rnn_core.figures import palette
from rnn_core.language import formula

if TYPE_CHECKING:  # it loads torch
    from rnn_core.views.inspect.circuit import Circuit

MODULES = ("words", "geometry", "dom", "symbols", "circuit", "opened")

_component = st.components.v2.component(
    "unrolled_circuit", html='<div class="opened"></div>', js=script(*MODULES),
    css=style() + Path(__file__).with_suffix(".css").read_text(encoding="utf-8"),
)  # fmt: skip


def show(found: "Circuit") -> None:
    """The circuit of a unit. Its step changes in the browser; a button there takes the rest of the page along."""

    def opened() -> None:
        step = int((st.session_state["circuit"].opened or (-1, 0))[0])
        if 0 <= step < len(found.tokens):
            state.select(step=step)

    _component(key="circuit", data=blob(found), on_opened_change=opened, height="content")


def blob(found: "Circuit") -> bytes:
    """The numbers as one piece, as `component.packed` has it: `values` are (T, Q)."""
    symbols = {one.latex for one in found.quantities} | {"h_{t-1}"}
    said = words_of(MODULES, ("U", "W", "W h + b"))
    if said:
        said["named"] |= {latex: formula(latex) for latex in symbols}
    return packed({
        **said,
        "cell": found.cell, "unit": found.unit, "direction": found.direction, "step": found.step, "steps": len(found.tokens),
        "tokens": list(found.tokens), "equations": list(found.equations), "scale": list(palette.LIGHT.diverging),
        "quantities": [{"latex": one.latex, "says": one.says, "op": one.op, "parts": one.parts, "defined": one.defined,
                        "share": one.share} for one in found.quantities],
    }, {"values": found.values})  # fmt: skip
