"""An Elman network of one unit, whose numbers are computed in the browser: a component of our own."""

import streamlit as st

from pages.common.unrolled.component import script, style, words_of
from rnn_core.figures import palette
from rnn_core.language import formula, tr

MODULES = ("words", "geometry", "strips", "dom", "elman", "one_unit")

_component = st.components.v2.component(
    "unrolled_one_unit", html='<div class="one-unit"></div>', css=style(),
    js=script(*MODULES),
)  # fmt: skip


def show() -> None:
    """The network, its sliders, and the three lines that compute it."""
    st.caption(tr(
        "One number is the whole state. Move w, u and b, click an input to change it, and watch how much of the first "
        "state is left in the last one. With ReLU and a w above 1 the gradient explodes.",
    ))  # fmt: skip
    _component(key="one-unit", data={"scale": list(palette.LIGHT.diverging), **words_of(MODULES, "h")}, height="content")
    st.code(tr(
        "h = 0\n"
        "for x in xs:\n"
        "    h = phi(w * h + u * x + b)",
    ), language="python")
    st.markdown(
        formula(
            r"$$\frac{\partial h_T}{\partial h_t} = \prod_{i=t+1}^{T} w\,\varphi'(a_i), \qquad \frac{\partial h_T}{\partial "
            r"w} = \sum_{t} \frac{\partial h_T}{\partial h_t}\, \varphi'(a_t)\, h_{t-1}$$",
        )
    )
