"""The tabs of the BPTT page, and what is chosen within them."""

import contextlib
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.common import cache, run_choice, state, widgets
from pages.understand.bptt.choice import look_back
from rnn_core.config import Problem
from rnn_core.workspace.runs import Run

if TYPE_CHECKING:  # torch is not loaded before a run is
    from rnn_core.views.bptt import Asked

SECTIONS = {
    "copies": "What each copy adds", "modes": "Last or every step", "truncation": "Truncation",
    "reach": "Vanishing or exploding", "sgd": "A step of SGD", "beside": "Other runs",
}  # fmt: skip


def tabs(with_modes: bool) -> dict[str, Any]:
    """One tab per question."""
    return state.tabs("section", {name: title for name, title in SECTIONS.items() if with_modes or name != "modes"})


def choose_window(asked: "Asked") -> None:
    """K of the truncation."""
    st.slider("K: steps that the way back may take", 1, len(asked.flow.tokens), **state.bound("window", asked.window))


def choose_clip(trained: float) -> float:
    """The threshold to clip at; at first the one the run was trained with."""
    try:
        wanted = float(state.selection().clip or trained)
    except ValueError:  # a link may say anything
        wanted = trained
    value = wanted if 0 <= wanted < 1e9 else trained
    return float(st.number_input("Clip gradient norm to", 0.0, help="0: never", **state.bound("clip", value, str)))


def pinned(run: Run) -> "dict[str, Asked]":
    """This run and those pinned beside it, each at its last loss in its uppermost layer, by what they are called."""
    from rnn_core.views import bptt as views

    others = {other.id: other for other in cache.workspace().runs()
              if other.trained and other.id != run.id and _same_task(other, run)}  # fmt: skip
    chosen = [name for name in (state.selection().pinned or "").split(",") if name in others]
    st.multiselect(
        "Runs beside this one", list(others), max_selections=3,
        format_func=widgets.distinct({name: run_choice.run_label(other) for name, other in others.items()}).__getitem__,
        placeholder="Choose others of the same task" if others else "There is no other trained run of this task",
        **state.bound("pinned", chosen, lambda names: ",".join(names) or None),
    )  # fmt: skip
    found: dict[str, Asked] = {}
    for one in (run, *(others[name] for name in chosen)):
        try:
            back = look_back(one, one is run)
            last = int(back.flow.rows[-1])
        except Problem as why:
            widgets.problem(why)
            continue
        top = back.loaded.network.config.layers - 1
        name = run_choice.run_label(one)
        found[name if name not in found else f"{name} ({one.id})"] = views.Asked(back, last, 0, top)
    return found


def _same_task(one: Run, other: Run) -> bool:
    with contextlib.suppress(Problem):
        return one.config.data.task == other.config.data.task
    return False
