"""The runs of the workspace as a table, and what deletes them."""

from pages.common import widgets
from pages.common.cache import workspace
from rnn_core.config import CHOICE_NAMES, Problem
from rnn_core.training import jobs
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE

SCORES = {
    "dev accuracy": "dev_accuracy", "dev macro F1": "dev_macro_f1", "dev span F1": "dev_f1",
    "test accuracy": "test_accuracy", "test macro F1": "test_macro_f1", "test span F1": "test_f1",
}  # fmt: skip
FIGURES = {"parameters": "parameters", "epochs": "epochs", "seconds": "train_seconds", "tokens/s": "tokens_per_second"}


def rows(runs: list[Run]) -> list[dict[str, object]]:
    """Each run as a row: what it is, how good, then every setting. A damaged one has its name and state alone."""
    ready = {path.name for path in READY_MADE.iterdir()} if READY_MADE.is_dir() else set()
    return [_row(run, run.id in ready) for run in runs]


def _row(run: Run, ready: bool) -> dict[str, object]:
    status = jobs.status(run.path)
    try:
        config, metrics = run.config, run.metrics()
    except Problem:
        return {"name": run.id, "state": "damaged"}
    model, train = config.model, config.train
    cell = model.activation + " RNN" if model.cell == "rnn" else CHOICE_NAMES[model.cell]
    return {
        "name": config.name,
        "state": status.state if status else "ready-made" if ready else "imported",
        "task": "labelling" if config.task.per_token else "classification",
        "cell": cell + (" both ways" if model.bidirectional else ""),
        **{name: metrics.get(key) for name, key in SCORES.items()},
        "data": _data_name(config.fingerprint),
        "tokens": CHOICE_NAMES[config.data.tokens],
        "hidden d": model.hidden,
        "embedding n": model.embedding,
        "layers": model.layers,
        "dropout": model.dropout,
        "initialisation": model.initialisation,
        "loss": CHOICE_NAMES[config.loss],
        "over steps": train.reduce if config.loss == "every" else None,
        "optimizer": CHOICE_NAMES[train.optimizer],
        "learning rate": train.learning_rate,
        "averaging": train.average,
        "clip": train.clip,
        "batch B": train.batch,
        "patience": train.patience,
        "seed": train.seed,
        **{name: metrics.get(key) for name, key in FIGURES.items()},
        "when": widgets.ago(run.path / "config.json"),
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
    places = {run.path: "trained. Cancel it first, on the Train page."}
    places |= dict.fromkeys((run.path / "evaluations").glob("*"), "evaluated. Wait a moment, or cancel it on Evaluate.")
    for folder, doing in places.items():
        if (status := jobs.status(folder)) and status.active:
            raise Problem(f"{run.name} is being {doing}")
