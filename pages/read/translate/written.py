"""The translation as text, and the words by which it can go on in another way."""

import numpy as np
import streamlit as st

from pages.common import state
from pages.read.translate import links
from rnn_core.data.detokenise import detokenise
from rnn_core.data.vocabulary import SPECIALS
from rnn_core.figures.text import percent
from rnn_core.language import tr, tr_n
from rnn_core.language.retold import retold
from rnn_core.views import view
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import literal, number

MOST_BUTTONS = 8
"""Words that are offered as buttons."""


def say(read: Inputs) -> None:
    """The translation, its probability, and whether it ended."""
    found = read.translation
    for warning in found.warnings:
        st.warning(literal(retold(warning), 300), icon=":material/help:")
    known, unit = found.source.known[1:-1], read.run.config.data.unit
    if not known.all():
        numbers = {"unknown": (~known).sum(), "all": len(known)}
        if unit == "characters":
            st.caption(tr(r"Not in the vocabulary, so read as \<unk\>: {unknown} of {all} characters of this text.", **numbers))
        else:
            st.caption(tr(r"Not in the vocabulary, so read as \<unk\>: {unknown} of {all} words of this text.", **numbers))
    with st.container(border=True):
        st.markdown(f"#### {literal(found.text, 2_000)}" if found.text else tr("It wrote nothing: `<eos>` came first."))
    if found.copied.any():
        st.caption(tr_n(
            r"Copied from the source in the place of \<unk\>: {n:,} word.",
            r"Copied from the source in the place of \<unk\>: {n:,} words.",
            int(found.copied.sum()),
        ))  # fmt: skip
    log_p = float(found.log_p[: found.steps].sum())
    p = float(np.exp(log_p))
    said = tr_n(
        "log p = {log_p}, p = {p} for all {n:,} step.",
        "log p = {log_p}, p = {p} for all {n:,} steps; the geometric mean of a step is {mean}.",
        found.steps,
        log_p=number(log_p), p=percent(p) if p >= 0.001 else number(p), mean=percent(float(np.exp(log_p / max(found.steps, 1)))),
    )  # fmt: skip
    if not found.ended:
        said = f"{said} " + tr("It reached the longest length without an end.")
    st.caption(said)


def alternatives(read: Inputs) -> None:
    """Buttons for words that could have been written at the chosen step: a click goes on with one."""
    found = read.translation
    step = view("instead").chosen(state.selection()).settled(read).at
    st.markdown(tr("##### Go on with another word"))
    st.caption(tr("The words before it stay, the word you choose follows them, and the decoder writes the rest."))
    words = [word for word in found.likely[step] if word not in SPECIALS and word != found.written[step]][:MOST_BUTTONS]
    kept = links.said({t: j for t, j in links.chosen().items() if t <= step})
    row = st.container(horizontal=True)
    for place, word in enumerate(words):
        begins = detokenise([*found.written[:step], word], found.style)
        row.button(literal(word, 24), key=f"instead-{place}", on_click=state.select,
                   kwargs={"begins": begins, "step": step, "links": kept})  # fmt: skip
    if state.selection().begins or state.selection().links:
        st.button(tr("Let the decoder choose everything again"), icon=":material/restart_alt:", on_click=state.select,
                  kwargs={"begins": "", "links": ""})  # fmt: skip
