"""The scores of simple models on a run's data, beside its own."""

import streamlit as st

from pages.common import cache, inputs, training, view_panel, widgets, wording
from rnn_core import tasks
from rnn_core.config import ModelConfig, TrainConfig, options
from rnn_core.language import tr
from rnn_core.training import jobs, remedies
from rnn_core.views.compared import BASELINES, SPLITS, Beside, said
from rnn_core.views.inputs import Compared, given
from rnn_core.workspace import baselines
from rnn_core.workspace.runs import Run


def of(run: Run) -> Compared | None:
    """The scores of both; None where there are none of one of them. Raises Problem if the run is damaged."""
    task, figures = tasks.of(run.config), run.metrics()
    metric = task.metric(run.speech.scheme)
    found = baselines.load(run) if any(f"{split}_{metric}" in figures for split in SPLITS) else None
    return Compared(metric, task.higher_is_better, figures, found) if found else None


def say(run: Run) -> None:
    """How far the run is above the best of them, or below; for a run that was trained before there were baselines, a button that
    has them fitted. Raises Problem if the run is damaged."""
    if found := of(run):
        beside = BASELINES.answer(given(compared=found))
        (st.info if beside.ahead > 0 else st.warning)(said(beside), icon=":material/balance:")
        _offer_again(run, beside)
    elif tasks.of(run.config).baselines and not run.fixed and cache.data_of(run):
        _offer(run)


def show(run: Run) -> None:
    """The view of both, or as `say`. Raises Problem if the run is damaged."""
    if found := of(run):
        key = str(run.path), cache.version_of(run), found.baselines[0].seconds
        view_panel.show(BASELINES, inputs.of(compared=(key, found)))
        _offer_again(run, BASELINES.answer(given(compared=found)))
    else:
        say(run)


def _offer_again(run: Run, beside: Beside) -> None:
    """Where the run is not better than all of them and its data are here: a button that trains it again with other options."""
    values = remedies.remedy(run.config, beside.best) if beside.ahead <= 0 else {}
    data = cache.data_of(run) if values else None
    if not data:
        return
    titles = {**options(ModelConfig), **options(TrainConfig)}
    said = ", ".join(f"{wording.lowered(tr(titles[name].title or name))} {value:g}" for name, value in values.items())
    if st.button(tr("Train again with {changes}", changes=said), key=f"again-{run.id}", icon=":material/model_training:"):
        model, train = remedies.changed(run.config, values)
        with widgets.saying_problems():
            training.start(data, model, (train, f"{run.name[:180]}, {said}"))
        st.switch_page("pages/train/train/train.py")


def _offer(run: Run) -> None:
    """The button, and how far its job has come."""
    status = widgets.watch(baselines.folder(run), f"baselines-{run.id}")
    if not (status and status.active) and st.button(
        tr("Compare with simple models"), key=f"fit-baselines-{run.id}", icon=":material/balance:",
        help=tr("Fits two simple models on the same data, in seconds."),
    ):  # fmt: skip
        with widgets.saying_problems():
            jobs.start(baselines.folder(run), ["baselines", run.id, f"--workspace={cache.workspace().root}"])
        st.rerun()
