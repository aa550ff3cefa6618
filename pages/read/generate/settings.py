"""The prompt, and how it is continued."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.common import state, wording
from rnn_core.config import WriteConfig, bounds, options
from rnn_core.language import tr

MOST_LENGTH = 5_000
"""Tokens that the page itself writes; more are written by a job."""

_STEPS = {"temperature": 0.05, "top_p": 0.05}
_LARGEST = {"temperature": 2.0, "length": 100_000, "top_k": 1_000, "seed": 1_000_000_000}


def prompt(first: str) -> str:
    """The box of the prompt, and what it holds.

    Args:
        first: what it holds at the first visit.
    """
    held = state.session()
    if held.prompt is None:
        held.prompt = first
    st.session_state["prompt"] = held.prompt

    def typed() -> None:
        state.session().prompt = st.session_state["prompt"]

    st.text_area(tr("Prompt"), key="prompt", height=80, max_chars=10_000, on_change=typed,
                 placeholder=tr("The text to continue. Leave it empty to begin with nothing."))  # fmt: skip
    return held.prompt


def how() -> WriteConfig:
    """The boxes of the settings, and what they hold."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall")  # all in one row at 1,024 pixels
    for name, field in options(WriteConfig).items():
        title, said = tr(field.title or name), wording.sentence(field)
        key, value = f"how-{name}", getattr(state.session().how, name)
        if name == "stop":
            st.session_state[key] = value
            row.text_input(title, key=key, on_change=_set, args=(name,), max_chars=200, width=122,
                           help=tr(r"{said} Write \n for the end of a line.", said=said))  # fmt: skip
            continue
        if name == "past_end":
            st.session_state[key] = value
            row.toggle(title, key=key, on_change=_set, args=(name,), help=said)
            continue
        low, high = bounds(field)
        most = _LARGEST.get(name, high)
        st.session_state[key] = min(value, most)
        kind: Any = type(field.default)
        least = kind(low or 0) if name != "top_p" else _STEPS["top_p"]
        row.number_input(title, least, kind(most), step=_STEPS.get(name, 1), key=key, on_change=_set, args=(name,),
                         help=said, width=122)  # fmt: skip
    return state.session().how


def _set(name: str) -> None:
    held = state.session()
    value: Any = st.session_state[f"how-{name}"]
    held.how = replace(held.how, **{name: value})


def other_seed() -> None:
    """The next seed."""
    held = state.session()
    held.how = replace(held.how, seed=held.how.seed + 1)


def examples(texts: Sequence[str], row: Any) -> None:
    """A button for each text to try."""

    def use(text: str) -> None:
        state.session().prompt = text

    for number, text in enumerate(texts, 1):
        row.button(tr("Example {number}", number=number), on_click=use, args=(text,), help=text.replace("\n", " "))
