"""The runs beside the chosen one, on BPTT."""

import contextlib

import streamlit as st

from pages.common import cache, inputs, run_choice, state, widgets
from pages.understand.bptt.choice import look_back
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.views.inputs import Input, Inputs
from rnn_core.workspace.runs import Run


def pinned(run: Run) -> Inputs:
    """The way back of this run and of those pinned beside it, by what they are called."""
    others = {other.id: other for other in cache.workspace().runs()
              if other.trained and other.id != run.id and _same_task(other, run)}  # fmt: skip
    chosen = [name for name in (state.selection().pinned or "").split(",") if name in others]
    st.multiselect(
        tr("Runs beside this one"), list(others), max_selections=3,
        format_func=widgets.distinct({name: run_choice.run_label(other) for name, other in others.items()}).__getitem__,
        placeholder=tr("Choose others of the same task") if others else tr("There is no other trained run of this task"),
        **state.bound("pinned", chosen, lambda names: ",".join(names) or None),
    )  # fmt: skip
    found: dict[str, Input] = {}
    for one in (run, *(others[name] for name in chosen)):
        try:
            back = look_back(one, one is run)
        except Problem as why:
            widgets.problem(why)
            continue
        name = run_choice.run_label(one)
        found[name if name not in found else f"{name} ({one.id})"] = back
    key = tuple((name, one.key) for name, one in found.items())
    return inputs.of(beside=(key, {name: one.value for name, one in found.items()}))


def _same_task(one: Run, other: Run) -> bool:
    with contextlib.suppress(Problem):
        return one.config.data.task == other.config.data.task
    return False
