"""The runs of the workspace as a table, and what deletes them."""

from dataclasses import asdict
from typing import Any

import streamlit as st

from pages.common import widgets, wording
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.config import METRIC_NAMES, ModelConfig, Problem, TrainConfig, options
from rnn_core.language import N_, tr
from rnn_core.network import cells
from rnn_core.training import jobs, learning
from rnn_core.workspace import faults
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE

_METRICS = dict.fromkeys(("accuracy", "majority", *METRIC_NAMES, *(tasks.task(name).metric(None) for name in tasks.names())))
MAJORITY = N_("the accuracy of always answering the class that is most frequent in training")
_SHORT = {"hidden": N_("hidden d"), "embedding": N_("embedding n"), "average": N_("averaging"), "clip": N_("clip"),
          "truncate": N_("truncate K"), "epochs": N_("epochs at most"), "batch": N_("batch B")}  # fmt: skip
_IN_CELL = {"cell", "activation", "bidirectional"}
_FIELDS = options(ModelConfig) | options(TrainConfig)
_STATES = (N_("queued"), N_("running"), N_("done"), N_("failed"), N_("cancelled"), N_("cut off"))
"""Those of jobs."""


def settings() -> dict[str, str]:
    """The options of network and training by the titles of their columns. Those of the cell are in the column of the cell."""
    return {tr(_SHORT[name]) if name in _SHORT else wording.lowered(tr(str(field.title))): name
            for name, field in _FIELDS.items() if name not in _IN_CELL}  # fmt: skip


def _scores() -> dict[str, str]:
    """The scores by the titles of their columns."""
    return {wording.scored(split, wording.metric(name)): f"{split}_{name}" for split in ("dev", "test") for name in _METRICS}


def _figures() -> dict[str, str]:
    """Other figures by the titles of their columns."""
    return {tr("parameters"): "parameters", tr("epochs"): "epochs", tr("seconds"): "train_seconds",
            tr("tokens/s"): "tokens_per_second"}  # fmt: skip


def rows(runs: list[Run]) -> list[dict[str, object]]:
    """Each run as a row: what it is, its scores, then every option of network and training. A damaged one has its name and state
    alone."""
    ready = {path.name for path in READY_MADE.iterdir()} if READY_MADE.is_dir() else set()
    return [_row(run, run.id in ready) for run in runs]


def _row(run: Run, ready: bool) -> dict[str, object]:
    try:
        status, config, metrics = jobs.status(run.path), run.config, run.metrics()
    except Problem:
        return {tr("name"): run.id, tr("status"): tr("damaged")}
    except Exception as error:  # one bad run never hides the others
        faults.record(error, workspace().root)
        return {tr("name"): run.id, tr("status"): tr("damaged")}
    model, task = config.model, tasks.of(config)
    cell = cells.title(model)
    values = asdict(model) | asdict(config.train) | {"loss": task.loss_of(config)}
    if values["loss"] == "last":
        values["reduce"] = None  # there is but one step
    return {
        tr("name"): config.name,
        tr("status"): tr(status.state) if status else tr("ready-made") if ready else tr("imported"),
        tr("nothing learnt?"): ", ".join(map(tr, learning.doubts(metrics, task.metric(None)))) or None,
        tr("task"): tr(task.short),
        tr("cell"): tr("{cell}, both directions", cell=cell) if model.bidirectional else cell,
        **{title: metrics.get(key) for title, key in _scores().items()},
        tr("data"): _data_name(config.fingerprint),
        tr("tokens"): wording.value(config.data.tokens),
        **{title: wording.value(values[name]) for title, name in settings().items()},
        **{title: metrics.get(key) for title, key in _figures().items()},
        tr("when"): widgets.ago(run.path / "config.json"),
    }


def column_config() -> dict[str, Any]:
    """How the columns are written, and what they mean where the title leaves it open."""
    number, column = st.column_config.NumberColumn, st.column_config.Column
    rate = next(title for title, name in settings().items() if name == "learning_rate")
    return {
        **dict.fromkeys(_scores(), number(format="%.4f")),
        **{title: column(help=wording.described(_FIELDS[name])) for title, name in settings().items()},
        **dict.fromkeys((wording.scored(split, wording.metric("majority")) for split in ("dev", "test")),
                        number(format="%.4f", help=tr(MAJORITY))),
        tr("nothing learnt?"): column(help=tr("why this run seems to have learnt nothing; the page Train says more")),
        tr("name"): st.column_config.TextColumn(pinned=True, width="medium"),
        rate: number(format="plain", help=wording.described(_FIELDS["learning_rate"])),
        tr("data"): column(help=tr("empty where the data are not in this workspace")),
        tr("seconds"): number(format="%.1f", help=tr("spent on training")),
        tr("tokens/s"): number(format="%.0f", help=tr("read in training, without <sos>, <eos> and padding")),
    }


def _data_name(fingerprint: str) -> str | None:
    try:
        return workspace().dataset(fingerprint).name
    except Problem:  # ready-made and imported runs come without their data
        return None


def delete(runs: list[Run]) -> None:
    """Removes these runs. Raises Problem, and removes none, when a worker would go on writing into the folder of one."""
    for run in runs:
        _refuse_while_at_work(run)
    for run in runs:
        run.delete()


def _refuse_while_at_work(run: Run) -> None:
    if (status := jobs.status(run.path)) and status.active:
        raise Problem(tr("{name} is being trained. Cancel it first, on the Train page.", name=run.name))
    for folder in (run.path / "evaluations").glob("*"):
        if (status := jobs.status(folder)) and status.active:
            raise Problem(tr("{name} is being evaluated. Wait a moment, or cancel it on Evaluate.", name=run.name))
