"""The runs of the workspace as a table, and what deletes them."""

from dataclasses import asdict
from typing import Any

import streamlit as st

from pages.common import widgets
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.config import CHOICE_NAMES, METRIC_NAMES, ModelConfig, Problem, TrainConfig, metric_name, options
from rnn_core.language import N_, tr
from rnn_core.network import cells
from rnn_core.training import jobs, learning
from rnn_core.workspace import faults
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE

_SHOWN = {"accuracy": "accuracy", "majority": "majority"} | METRIC_NAMES
_SHOWN |= {metric: metric_name(metric) for name in tasks.names() for metric in [tasks.task(name).metric(None)]}
SCORES = {f"{split} {title}": f"{split}_{metric}" for split in ("dev", "test") for metric, title in _SHOWN.items()}
MAJORITY = N_("the accuracy of always answering the class that is most frequent in training")
_SHORT = {"hidden": N_("hidden d"), "embedding": N_("embedding n"), "average": "averaging", "clip": "clip", "truncate": N_("truncate K"),
          "epochs": N_("epochs at most"), "batch": N_("batch B")}  # fmt: skip
_IN_CELL = {"cell", "activation", "bidirectional"}
_FIELDS = options(ModelConfig) | options(TrainConfig)
SETTINGS = {_SHORT.get(name, str(field.title).lower()): name for name, field in _FIELDS.items() if name not in _IN_CELL}
"""The options of network and training by the titles of their columns. Those of the cell are in the column of the cell."""

FIGURES = {"parameters": "parameters", "epochs": "epochs", "seconds": "train_seconds", "tokens/s": "tokens_per_second"}


def rows(runs: list[Run]) -> list[dict[str, object]]:
    """Each run as a row: what it is, its scores, then every option of network and training. A damaged one has its name and state
    alone."""
    ready = {path.name for path in READY_MADE.iterdir()} if READY_MADE.is_dir() else set()
    return [_row(run, run.id in ready) for run in runs]


def _row(run: Run, ready: bool) -> dict[str, object]:
    try:
        status, config, metrics = jobs.status(run.path), run.config, run.metrics()
    except Problem:
        return {"name": run.id, "state": "damaged"}
    except Exception as error:  # one bad run never hides the others
        faults.record(error, workspace().root)
        return {"name": run.id, "state": "damaged"}
    model, task = config.model, tasks.of(config)
    cell = cells.title(model)
    settings = asdict(model) | asdict(config.train) | {"loss": task.loss_of(config)}
    if settings["loss"] == "last":
        settings["reduce"] = None  # there is but one step
    return {
        "name": config.name,
        "state": status.state if status else "ready-made" if ready else "imported",
        tr("nothing learnt?"): ", ".join(learning.doubts(metrics, task.metric(None))) or None,
        "task": task.short,
        "cell": cell + (tr(", both directions") if model.bidirectional else ""),
        **{name: metrics.get(key) for name, key in SCORES.items()},
        "data": _data_name(config.fingerprint),
        "tokens": CHOICE_NAMES[config.data.tokens],
        **{title: CHOICE_NAMES.get(settings[name], settings[name]) for title, name in SETTINGS.items()},
        **{name: metrics.get(key) for name, key in FIGURES.items()},
        "when": widgets.ago(run.path / "config.json"),
    }


def column_config() -> dict[str, Any]:
    """How the columns are written, and what they mean where the title leaves it open."""
    number, column = st.column_config.NumberColumn, st.column_config.Column
    return {
        **dict.fromkeys(SCORES, number(format="%.4f")),
        **{title: column(help=_FIELDS[name].description) for title, name in SETTINGS.items()},
        **dict.fromkeys((tr("dev majority"), tr("test majority")), number(format="%.4f", help=MAJORITY)),
        tr("nothing learnt?"): column(help=tr("why this run seems to have learnt nothing; the page Train says more")),
        "name": st.column_config.TextColumn(pinned=True, width="medium"),
        tr("learning rate"): number(format="plain", help=_FIELDS["learning_rate"].description),
        "data": column(help=tr("empty where the data are not in this workspace")),
        "seconds": number(format="%.1f", help=tr("spent on training")),
        "tokens/s": number(format="%.0f", help=tr("read in training, without <sos>, <eos> and padding")),
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
    places = {run.path: tr("trained. Cancel it first, on the Train page.")}
    places |= dict.fromkeys((run.path / "evaluations").glob("*"), tr("evaluated. Wait a moment, or cancel it on Evaluate."))
    for folder, doing in places.items():
        if (status := jobs.status(folder)) and status.active:
            raise Problem(tr("{name} is being {doing}", name=run.name, doing=doing))
