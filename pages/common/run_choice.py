"""Which run is looked at, how runs are called, and what is said where their data are not here."""

import contextlib
from collections.abc import Callable, Sequence

import streamlit as st

from pages.common import state, widgets
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.config import Problem
from rnn_core.language import N_, tr
from rnn_core.network import cells
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run
from rnn_core.workspace.samples import Sample

INSTEAD = N_(
    "The run's own data are not in this workspace, so a sample that was written for this project is read in their place.",
)

BEFORE = N_("Computed when this run was trained: its texts are not in this workspace.")


def choose_run(page: str | None = None, in_training: bool = False, fitting: bool = False) -> Run:
    """The box that chooses among the runs with weights to look into; ends the page with an invitation without any.

    Args:
        page: one of `Task.views`; the page ends too where the task of the run chosen has no view on it.
        in_training: also those that a job is at work on and that have no weights yet.
        fitting: offer only the runs whose task has views on the page.
    """

    def listed(run: Run) -> bool:
        if fitting and not fits(run, page):
            return False
        return run.trained or (in_training and (status := jobs.status(run.path)) is not None and status.active)

    runs = {run.id: run for run in workspace().runs() if listed(run)}
    if not runs and fitting:
        st.info(tr("No run of this kind is here yet. Train one: the Data page has a sample for it."), icon=":material/upload:")
        st.page_link("pages/train/data/data.py", label=tr("Go to Data"), icon=":material/arrow_forward:")
        st.stop()
    if not runs:
        st.info(tr("There is no trained run yet. Upload a file on the Data page and train one."), icon=":material/upload:")
        st.page_link("pages/train/data/data.py", label=tr("Go to Data"), icon=":material/arrow_forward:")
        st.stop()
    chosen = state.selection().run
    if chosen is not None and chosen not in runs and not (fitting and (workspace().root / "runs" / chosen).exists()):
        st.warning(tr("The run of this link is not here (any more); another one is shown."), icon=":material/link_off:")
    if chosen not in runs:
        state.select(run=next(iter(runs)))
    name = state.selection().run or ""
    labels = widgets.distinct({name: run_label(run) for name, run in runs.items()})
    st.selectbox(
        tr("Run"),
        list(runs),
        format_func=labels.__getitem__,
        **state.bound("run", name),
    )
    run = runs[name]
    status = jobs.status(run.path)
    if run.trained and status and status.state != "done":
        st.info(tr("This run has not been trained to its end: you see the best weights so far."), icon=":material/hourglass:")
    with contextlib.suppress(Problem):  # a damaged run is said where it is opened
        task = tasks.of(run.config)
        if page and not task.views.get(page):
            st.info(tr(
                "There is nothing to show here for {task}. Choose a run of another task.",
                task=tr(task.short),
            ), icon=":material/label:")
            if task.views.get("translate"):
                st.page_link("pages/read/translate/translate.py", label=tr("Open this run on Translate"),
                             icon=":material/translate:")  # fmt: skip
            st.stop()
    return run


def choose_beside(run: Run, page: str, title: str, label: Callable[[Run], str] | None = None) -> Run | None:
    """The box that chooses a second run with views on a page beside the first one; no box without any.

    Args:
        title: of the box.
        label: how a run is called; None: as `run_label` has it.
    """
    others = {one.id: one for one in workspace().runs() if one.id != run.id and one.trained and fits(one, page)}
    if not others:
        return None
    labels = widgets.distinct({name: (label or run_label)(one) for name, one in others.items()})
    chosen = state.selection().beside or ""
    st.selectbox(title, ["", *others], format_func=lambda name: labels.get(name, tr("no other run")),
                 **state.bound("beside", chosen if chosen in others else "", lambda name: name or None))  # fmt: skip
    return others.get(chosen)


def fits(run: Run, page: str | None) -> bool:
    """Whether the task of a run has views on a page; not if the run is damaged."""
    try:
        return bool(tasks.of(run.config).views.get(page or ""))
    except Problem:
        return False


def run_label(run: Run) -> str:
    """A run in one line of plain text."""
    try:
        config = run.config
    except Problem:
        return tr("{id} (damaged)", id=run.id)
    return f"{config.name} · {network_label(run)}"


def network_label(run: Run) -> str:
    """A run's task and network in plain text. Raises Problem when it is damaged."""
    config = run.config
    model = config.model
    parts = (tr(tasks.of(config).short), f"{cells.title(model)} {model.hidden}")
    if model.bidirectional:
        return tr("{task} · {cell}, both directions", task=parts[0], cell=parts[1])
    return " · ".join(parts)


def short_names(runs: Sequence[Run], kind: Callable[[Run], str]) -> list[str]:
    """The names of runs by their kinds; with the names of the runs if two are of one kind. Raises Problem as `kind` does."""
    kinds = [kind(run) for run in runs]
    if len(set(kinds)) == len(runs):
        return kinds
    named = {run.id: f"{one} ({run.name})" for run, one in zip(runs, kinds, strict=True)}
    return list(widgets.distinct(named).values())


def texts_of(sample: Sample) -> str:
    """The name of a sample's texts, as Markdown, after their number or alone."""
    return tr("texts of the sample {name}", name=literal(sample.path.name))


def offer_data(so: str) -> None:
    """Says that a run's data are not here, with the way to the page where they can be read again.

    Args:
        so: the sentence that says so, and what cannot be shown without them.
    """
    st.info(so, icon=":material/inventory_2:")  # fmt: skip
    st.page_link("pages/train/data/data.py", label=tr("Go to Data"), icon=":material/arrow_forward:")
