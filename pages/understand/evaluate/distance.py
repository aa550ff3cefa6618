"""The accuracy by distance, where the texts have a known memory: of the run, and of others trained on the same data."""

import contextlib
from collections.abc import Hashable
from pathlib import Path

import streamlit as st

from pages.common import cache, inputs, run_choice, view_panel, widgets
from pages.common.bounded import kept
from pages.understand.evaluate import evaluating
from rnn_core.analysis.by_distance import by_distance
from rnn_core.config import Problem
from rnn_core.language import tr, tr_n
from rnn_core.network import cells
from rnn_core.results import ByDistance
from rnn_core.training import jobs
from rnn_core.views.distance import comparable
from rnn_core.workspace import evaluations
from rnn_core.workspace.runs import Run

MOST_BESIDE = 7
"""Runs beside the first one: more colours are hard to tell apart."""


def show(run: Run, found: evaluating.Scored) -> None:
    """The chart, and the button that evaluates the other runs of these data; nothing where the texts have no known memory."""
    mine = _of(run, found.folder)
    if mine is None or found.folder is None:
        return
    runs, drawn, lacking = [run], [mine], list[Run]()
    keys: list[Hashable] = [found.key]
    for other in _others(run):
        folder = other.path / "evaluations" / found.folder.name
        theirs = _of(other, folder)
        if theirs is None:
            lacking.append(other)
        elif comparable(mine, theirs):
            runs.append(other)
            drawn.append(theirs)
            keys.append((str(folder), evaluating.saved_in(folder)[1]))
    names = run_choice.short_names(runs, lambda one: f"{cells.title(one.config.model)} {one.config.model.hidden}")
    series = dict(zip(names, drawn, strict=True))
    view_panel.rows((("by-distance",),), lambda name: True, inputs.of(distances=((*keys, *names), series)))
    _offer(lacking, found)
    if len(runs) == 1 and not lacking:
        st.caption(tr(
            "Other runs that are trained on the same data stand beside this one here: train another cell to compare them.",
        ))


def _others(run: Run) -> list[Run]:
    """Other trained runs of the same data, the latest first."""
    found = []
    for other in cache.workspace().runs():
        with contextlib.suppress(Problem):  # a damaged run is said where it is opened
            if other.id != run.id and other.trained and other.config.fingerprint == run.config.fingerprint:
                found.append(other)
    return found[:MOST_BESIDE]


def _of(run: Run, folder: Path | None) -> ByDistance | None:
    """What a saved evaluation by the run's current weights says; None without one, and where its texts have no known memory."""
    if folder is None:
        return None
    with contextlib.suppress(Problem):
        evaluation, version = evaluating.saved_in(folder)
        if evaluation and evaluation.weights == evaluations.weights_of(run):
            return _read(str(folder), version, run.majority)
    return None


@kept(1 << 20, 64)
def _read(path: str, version: int, majority: str | None) -> ByDistance | None:
    return by_distance(evaluations.answers(Path(path)), majority)


def _offer(lacking: list[Run], found: evaluating.Scored) -> None:
    """How the evaluations of runs without scores stand, and the button that has them made."""
    assert found.folder is not None
    waiting = []
    for run in lacking:
        folder = run.path / "evaluations" / found.folder.name
        status = widgets.watch(folder, f"distance-{run.id}")
        if not run.fixed and not (status and status.active):
            waiting.append((run, folder))
    if not waiting or found.arguments is None:
        return
    st.info(tr_n(
        "The other run of these data can stand beside this one, once evaluated on the same texts.",
        "{n} other runs of these data can stand beside this one, once evaluated on the same texts.",
        len(waiting),
    ), icon=":material/grid_on:")  # fmt: skip
    if st.button(tr_n("Evaluate the other run", "Evaluate {n} other runs", len(waiting)), icon=":material/play_arrow:"):
        for run, folder in waiting:
            jobs.start(folder, ["evaluate", run.id, *found.arguments, f"--workspace={cache.workspace().root}"])
        st.rerun()
