"""`train`: a run is trained, or one that was stopped is continued."""

import argparse
import contextlib
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rnn_core import tasks
from rnn_core.analysis.seeds import spread
from rnn_core.commands import baselines
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.data import read_dataset
from rnn_core.commands.options import add_files, add_options, flag, stated
from rnn_core.commands.shared import CLASS_FIGURES, saying_that_loops_compile, watching
from rnn_core.config import SPLITS, DataConfig, ModelConfig, Problem, RunConfig, TrainConfig, make
from rnn_core.results import BaselineScores
from rnn_core.training import jobs, learning
from rnn_core.training.suggest import Suggestion, suggest, suggestions
from rnn_core.workspace import Workspace
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.runs import Run


def _options(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    parser.add_argument("--dataset", metavar="ID", help="a dataset of the workspace, instead of files")
    parser.add_argument("--resume", metavar="RUN", help="continue a run that was stopped")
    parser.add_argument("--seeds", metavar="K", type=int, default=1,
                        help="train K runs, with the stated seed and those after it, and print the mean of their scores")
    for config in (DataConfig, ModelConfig, TrainConfig):
        add_options(parser, config)


def _train(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Trains a run, or several that differ in their seed, or continues one that was stopped."""
    from rnn_core.network.device import device_of
    from rnn_core.training.work import create_run

    began = time.perf_counter()
    if not 1 <= given.seeds <= MOST_SEEDS:
        raise Problem(f"--seeds is a number from 1 to {MOST_SEEDS}.")
    if given.resume:
        runs: Iterable[Run] = [_to_resume(given, workspace)]
    else:
        chosen = stated(ModelConfig, given) | stated(TrainConfig, given)
        make(ModelConfig, stated(ModelConfig, given))  # what does not fit is said before files are read
        device_of(make(TrainConfig, stated(TrainConfig, given)).device)
        saved = _dataset_of(given, workspace, job)
        model, train = suggest(saved.config, saved.report, chosen)
        _print_suggestions(suggestions(saved.config, saved.report, chosen))
        config = {"data": saved.config, "model": model, "train": train, "fingerprint": saved.fingerprint}
        name, seeds = given.name or saved.name, range(train.seed, train.seed + given.seeds)
        runs = (  # each is made when its turn has come
            create_run(workspace, tasks.make(RunConfig, config | {
                "train": replace(train, seed=seed), "name": name if len(seeds) == 1 else f"{name}, seed {seed}",
            }))
            for seed in seeds
        )  # fmt: skip
    read_seconds = time.perf_counter() - began
    found = [_to_its_end(run, given, workspace, job, read_seconds) for run in runs]
    return found[0] if len(found) == 1 else {"runs": found} | _together(found)


MOST_SEEDS = 100


def _to_its_end(run: Run, given: argparse.Namespace, workspace: Workspace, job: jobs.Job, read_seconds: float) -> Figures:
    """Trains a run and fits the simple models on the same data. `read_seconds`: for reading these."""
    from rnn_core.training.work import train_run

    print(f"run {run.id} in {run.path}", file=sys.stderr)
    with watching(given, workspace, job, run.path) as job, saying_that_loops_compile():
        ended = run.metrics()  # a worker may have been killed when all was written but "done"
        figures = ended or train_run(workspace, run, job)
        simple = () if ended else _baselines(run, workspace, job)
    if ended and not given.job:
        raise Problem(f"{run.name} has been trained to its end. Train a new run to go on with other settings.")
    read_seconds += figures.get("read_seconds", 0.0)
    if said := learning.warning(figures, tasks.of(run.config).metric(None), run.speech.labels):
        print(said, file=sys.stderr)
    compared = baselines.told(simple) if simple else {}
    return {"run": run.id} | _named(figures, run) | {"read_seconds": round(read_seconds, 3)} | compared


def _together(found: Sequence[Figures]) -> Figures:
    """The mean of each score of several runs, and the bounds of its 95% interval."""
    names = [name for name in found[0] if name.startswith(("dev_", "test_"))]
    scores = {name: [one[name] for one in found if isinstance(one.get(name), float)] for name in names}
    spreads = {name: spread(some) for name, some in scores.items()}
    return {"mean": {name: one.mean for name, one in spreads.items() if one},
            "interval": {name: [one.low, one.high] for name, one in spreads.items() if one}}  # fmt: skip


def _baselines(run: Run, workspace: Workspace, job: jobs.Job) -> tuple[BaselineScores, ...]:
    """The simple models on the same data; () where the task has none, or they could not be fitted: the training counts."""
    if tasks.of(run.config).baselines:
        with contextlib.suppress(Problem, jobs.Cancelled):
            return baselines.fitted(run, workspace, job, 1.0)
    return ()


def _named(figures: Figures, run: Run) -> Figures:
    """A run's figures without the scores in full, and with the names of classes instead of their numbers."""
    names = {name: run.class_of(figures[name]) for name in CLASS_FIGURES if name in figures}
    return {name: value for name, value in figures.items() if name != "scores"} | names


def _to_resume(given: argparse.Namespace, workspace: Workspace) -> Run:
    """The run to go on with. Raises Problem when anything else is asked for beside it."""
    named = [name for config in (DataConfig, ModelConfig, TrainConfig) for name in stated(config, given)]
    named += [name for name in (*SPLITS, "dataset", "name") if getattr(given, name)] + ["seeds"] * (given.seeds > 1)
    if named:
        raise Problem(f"A run is resumed with its own data and settings: leave out {_flags(named)}, or train a new run.")
    run = workspace.run(given.resume)
    if run.config.train.device == "cuda":
        from rnn_core.network.device import device_of

        try:
            device_of("cuda")
        except Problem:
            raise Problem(
                f"{run.name} trains on a GPU, and there is none here that torch can use. Resume it where one is, or train a new "
                "run."
            ) from None
    return run


def _dataset_of(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> SavedDataset:
    """The dataset to train on: one of the workspace, or one read from the files named."""
    files = [split for split in SPLITS if getattr(given, split)]
    if given.dataset:
        named = [*files, *stated(DataConfig, given)]
        if named:
            raise Problem(
                f"--dataset names data that has been read already: leave out {_flags(named)}, or name files instead."
            )
        return workspace.dataset(given.dataset)
    if "train" not in files:
        raise Problem("Nothing to train on: name a file with --train FILE, or a run with --resume RUN.")
    return read_dataset(given, workspace, job)


def _flags(names: Iterable[str]) -> str:
    return ", ".join(map(flag, names))


def _print_suggestions(suggested: Mapping[str, Suggestion]) -> None:
    """Tells the options that were not stated, as they would be typed, with the reason of each."""
    for why in dict.fromkeys(one.why for one in suggested.values()):
        typed = [
            flag(name) + ("" if one.value is True else f" {one.value}") for name, one in suggested.items() if one.why == why
        ]
        print(f"suggested: {' '.join(typed)} ({why})", file=sys.stderr)


COMMAND = Command(_train, _options, kind="train", when_stopped="`train --resume RUN` goes on with the run.")
