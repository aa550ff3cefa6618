"""The texts that were written from one prompt, as a tree: which is shown, and others that leave it at a token."""

import numpy as np
import streamlit as st

from pages.common import state
from rnn_core.analysis.writing import drawn_at
from rnn_core.config import WriteConfig
from rnn_core.data.vocabulary import EOS
from rnn_core.figures.text import percent
from rnn_core.language import tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import literal
from rnn_core.workspace.explorations import Writing

MOST_BUTTONS = 10
"""Alternatives that are offered as buttons."""


def branches(writing: Writing, shown: int) -> None:
    """A line per text, indented by what it leaves; a click shows it."""
    if len(writing.branches) < 2:
        return
    with st.container(height=min(44 * len(writing.branches) + 24, 220)):
        for number, branch in enumerate(writing.branches):
            how = branch.how
            if branch.parent is None:
                words = tr(
                    "From the prompt: temperature {temperature:g}, seed {seed}",
                    temperature=how.temperature, seed=how.seed,
                )
            else:
                words = tr(
                    "“{chosen}” in text {parent}, at character {at}",
                    chosen=literal(branch.chosen, 20), parent=branch.parent + 1, at=branch.at + 1,
                )
            indent = "\u2003" * writing.depth(number) + ("↳ " if branch.parent is not None else "")
            begins = branch.text[:60] or tr("(nothing)")
            st.button(
                f"{indent}{number + 1} · {words}: {literal(begins, 60)}",
                key=f"branch-{number}", type="secondary" if number == shown else "tertiary",
                on_click=state.select, kwargs={"branch": number, "text": writing.whole(number)},
            )  # fmt: skip


def alternatives(read: Inputs, step: int, how: WriteConfig) -> tuple[int, str] | None:
    """Buttons for the most probable tokens that could stand at a step in the place of the one that does.

    Args:
        how: the settings, by whose distribution they are ordered.

    Returns:
        The characters of the text before the one that was clicked, and its text; None when none was.
    """
    trace = read.trace
    if not 1 <= step < len(trace.tokens) - 1:
        return None
    drawn = drawn_at(trace, step, how)
    there, start = int(trace.indices[step]), int(trace.offsets[step, 0])
    order = [i for i in np.argsort(-drawn, kind="stable").tolist() if i != there and drawn[i] > 0 and i != EOS][:MOST_BUTTONS]
    if not order:
        st.caption(tr("With these settings no other token could come here."))
        return None
    st.caption(tr(
        "Continue from here with another token instead of “{token}”. The buttons have the probability with which your "
        "settings (temperature, top k, nucleus) draw the token:",
        token=literal(trace.tokens[step], 20),
    ))  # fmt: skip
    row, found = st.container(horizontal=True), None
    for i in order:
        if row.button(f"{literal(trace.labels[i], 20)} · {percent(drawn[i])}", key=f"instead-{i}"):
            found = start, trace.labels[i]
    return found
