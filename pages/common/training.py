"""Trainings that pages start, one run or two that differ in their loss alone, and go on with."""

from dataclasses import replace
from typing import Literal

from pages.common import state
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.config import ModelConfig, RunConfig, TrainConfig
from rnn_core.training import jobs
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.runs import Run

MOST_SEEDS = 10
"""Runs that a page starts at once."""

OTHER: dict[str, Literal["last", "every"]] = {"last": "every", "every": "last"}


def start(dataset: SavedDataset, model: ModelConfig, *runs: tuple[TrainConfig, str]) -> None:
    """Saves a new run for each config and name, and starts their workers; all are watched."""
    made = []
    for train, name in runs:
        run = Run(workspace().fresh("runs"))
        run.write_config(tasks.make(RunConfig, {
            "data": dataset.config, "model": model, "train": train, "fingerprint": dataset.fingerprint, "name": name,
        }))  # fmt: skip
        _work(run)
        made.append(run)
    _watch(*made)


def resume(run: Run) -> None:
    """Starts the worker of a run, from its checkpoint if it has one."""
    _work(run)
    _watch(run)


def _work(run: Run) -> None:
    jobs.start(run.path, ["train", "--resume", run.id, "--workspace", str(workspace().root)])


def _watch(*runs: Run) -> None:
    """Has Train show them, and makes the last the run that is looked at. Comes last: a click that waits is turned to when
    the link changes."""
    if not {run.id for run in runs} <= {*state.session().training}:
        state.session().training = tuple(run.id for run in runs)
    state.select(run=runs[-1].id)


def start_seeds(dataset: SavedDataset, model: ModelConfig, train: TrainConfig, name: str, count: int) -> None:
    """Starts runs that differ in their seed alone, the stated one and those after it; they wait for each other where there is one
    place."""
    seeds = range(train.seed, train.seed + count)
    start(dataset, model, *[
        (replace(train, seed=seed), name if count == 1 else f"{name[:180]}, seed {seed}") for seed in seeds
    ])  # fmt: skip


def start_both(dataset: SavedDataset, model: ModelConfig, train: TrainConfig, name: str) -> None:
    """Starts two runs that differ in their loss alone; the second waits for the first where there is one place."""
    start(dataset, model, *[(replace(train, loss=loss), _called(name, loss)) for loss in OTHER.values()])


def start_twin(run: Run) -> None:
    """Starts a run like this one with the other loss. Raises Problem when the data is gone."""
    config = run.config
    loss = OTHER[loss_of(run)]
    dataset = workspace().dataset(config.fingerprint)
    start(dataset, config.model, (replace(config.train, loss=loss), _called(config.name, loss)))


def loss_of(run: Run) -> str:
    """Where a run's loss is taken."""
    return tasks.of(run.config).loss_of(run.config)


def _called(name: str, loss: str) -> str:
    for other in OTHER:
        name = name.removesuffix(f", loss {other}")
    return f"{name[:180]}, loss {loss}"
