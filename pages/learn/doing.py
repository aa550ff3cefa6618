"""Tasks: something to do, which is done when it has happened."""

import streamlit as st

from pages.common import state, text_choice
from pages.learn import training
from pages.learn.looked import Looked
from pages.learn.progress import Goal
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons import Do, Quantities, Step
from rnn_core.views.view import literal


def awaited(step: Step) -> set[str]:
    """The events of a step that other parts of the app tell."""
    return {f"opened {one.view}" if one.event == "opened" else one.event for one in step.blocks
            if isinstance(one, Do) and one.event in ("opened", "played")}  # fmt: skip


def show(do: Do, goal: Goal, key: str, quantities: Quantities, now: Looked) -> bool:
    """A task, and whether it is done."""
    if not goal.done and _done(do, key, quantities, now):
        goal.done = True
    mark = ":material/check_circle:" if goal.done else ":material/radio_button_unchecked:"
    st.markdown(f"{mark} **{do.task.filled(quantities)}**")
    if do.event == "typed":
        text_choice.choose_text(now.run)
        st.caption(tr("For example: {example}", example=literal(do.example, 300)))
    if do.event == "trained" and not goal.done:
        training.offer(do, key)
    return goal.done


def _done(do: Do, key: str, quantities: Quantities, now: Looked) -> bool:
    """Whether it has happened, and what it is to bring about holds."""
    selected = state.selection()
    happened = {
        "typed": lambda: selected.text != now.first,
        "picked": lambda: any(getattr(selected, name) is not None for name in ("step", "unit", "back", "cell")),
        "set": lambda: all(getattr(selected, name) == value for name, value in do.controls.items()),
        "played": lambda: "played" in state.session().happened,
        "opened": lambda: f"opened {do.view}" in state.session().happened,
        "trained": lambda: training.trained(key) is not None,
    }[do.event]
    if not happened():
        return False
    try:
        return do.until is None or do.until.holds(quantities)
    except Problem:
        return False
