"""The commands behind `python -m rnn_core`, with their options taken from the configs.

Progress goes to standard error; the last line of standard output is one JSON object. Bad input ends with exit
status 2 and one sentence.
"""

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rnn_core.config import (
    SPLITS,
    DataConfig,
    ModelConfig,
    Problem,
    RunConfig,
    TrainConfig,
    choices,
    make,
    number_type,
    options,
)  # fmt: skip
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, evaluations

Figures = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    given = _parser().parse_args(arguments)
    try:
        if any(isinstance(word, str) and not _is_text(word) for word in vars(given).values()):
            raise Problem("An argument holds bytes that are no text. Type it in the terminal's own encoding, such as UTF-8.")
        figures = given.command(given, Workspace(given.workspace))
    except Problem as why:
        print(why, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, jobs.Cancelled):
        print("Stopped. `train --resume RUN` goes on with a run.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    if figures is not None:
        print(json.dumps(figures, ensure_ascii=False))
    return 0


# ---- the commands ---------------------------------------------------------------------------------------------------


def _data(given: argparse.Namespace, workspace: Workspace) -> Figures:
    """Reads files into a dataset of the workspace and says what was found."""
    with _job(given, workspace, None, "short") as job:
        saved = _read_dataset(given, workspace, job)
        job.say("running", 1.0, dataset=saved.id)
        report = saved.report
        return {
            "dataset": saved.id,
            "rows_read": report.rows_read,
            "rows_kept": report.rows_kept,
            "left_out": {entry.reason: entry.count for entry in report.left_out},
            "labels": list(saved.labels),
            "scheme": saved.scheme,
            "vocabulary": report.vocabulary_size,
            "splits": {name: split.examples for name, split in report.splits.items()},
            "warnings": list(report.warnings),
        }


def _train(given: argparse.Namespace, workspace: Workspace) -> Figures:
    """Trains a run, or goes on with one that was cut off."""
    from rnn_core.training.work import create_run, train_run

    read_seconds = 0.0
    if given.resume:
        run = workspace.run(given.resume)
        if run.metrics():
            jobs.settle(run.path)
            raise Problem(f"{run.name} has been trained to its end. Train a new run to go on with other settings.")
    else:
        began = time.perf_counter()
        model, train = make(ModelConfig, _chosen(ModelConfig, given)), make(TrainConfig, _chosen(TrainConfig, given))
        if not given.train and not given.dataset:
            raise Problem("Nothing to train on: name a file with --train FILE, or a run with --resume RUN.")
        with _job(given, workspace, None, "short") as job:
            saved = workspace.dataset(given.dataset) if given.dataset else _read_dataset(given, workspace, job)
        read_seconds = time.perf_counter() - began
        config = make(
            RunConfig,
            {
                "data": saved.config,
                "model": model,
                "train": train,
                "fingerprint": saved.fingerprint,
                "name": given.name or saved.name,
            },
        )
        run = create_run(workspace, config)
    print(f"run {run.id} in {run.path}", file=sys.stderr)
    with _job(given, workspace, run.path, "train") as job:
        figures = train_run(workspace, run, job)
    figures["read_seconds"] = round(figures["read_seconds"] + read_seconds, 3)
    return {"run": run.id} | figures


def _evaluate(given: argparse.Namespace, workspace: Workspace) -> Figures:
    """Scores a run on a file, or on a split of the data it was trained on."""
    run = workspace.run(given.run)
    if (given.file is None) == (given.split_name is None):
        raise Problem("Name a file to evaluate on, or a split of the run's own data with --on train, dev or test.")
    from rnn_core.analysis.evaluate import evaluate
    from rnn_core.analysis.loading import load
    from rnn_core.data.datasets import read_examples
    from rnn_core.training.work import figures_of

    with contextlib.ExitStack() as stack:
        if given.split_name:
            key, split, name = run.config.fingerprint, given.split_name, given.split_name
        else:
            key, split, name = given.key or "file", "file", given.file_name or given.file.name
        folder = evaluations.folder(run, key, split)
        job = stack.enter_context(_job(given, workspace, folder, "short"))
        if given.split_name:
            saved = workspace.dataset(run.config.fingerprint)
            examples, name = saved.examples(given.split_name), f"{name} of {saved.name}"
        else:
            config = make(DataConfig, _columns_for(run.config.data, given))
            examples, _ = read_examples(given.file, config, name=name)
        evaluation = evaluate(load(run), examples, name, job.check)
        evaluations.save(folder, evaluation)
    scores = evaluation.scores
    return (
        {"run": run.id, "data": name, "texts": len(evaluation.tokens)}
        | figures_of(scores, "test")
        | {
            "per_class": {
                c.label: {"precision": c.precision, "recall": c.recall, "f1": c.f1, "support": c.support}
                for c in scores.per_class
            },
            "confusion": {"labels": list(scores.labels), "rows_truth": scores.confusion.tolist()},
        }
    )


def _inspect(given: argparse.Namespace, workspace: Workspace) -> Figures:
    """Reads one text through a run."""
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.trace import trace

    run = workspace.run(given.run)
    seen = trace(load(run), given.text)

    def named(rows: Any) -> list[dict[str, float]]:
        return [{label: round(float(p), 6) for label, p in zip(seen.labels, row, strict=True)} for row in rows]

    figures: Figures = {
        "run": run.id,
        "tokens": list(seen.tokens),
        "known": seen.known.tolist(),
        "readouts": named(seen.readouts),
    }
    if seen.answers is None:
        return figures | {"tags": [seen.labels[i] for i in seen.beliefs[1:-1]]}
    return figures | {
        "answers": named(seen.answers),
        "answer": seen.labels[seen.answer],
        "decision_step": seen.decision_step,
    }


def _runs(given: argparse.Namespace, workspace: Workspace) -> Figures:
    """Lists the runs of the workspace."""
    listed = []
    for run in workspace.runs():
        status = jobs.status(run.path)
        entry: Figures = {"run": run.id, "name": run.name, "state": status.state if status else "done"}
        try:
            entry |= {"task": run.config.data.task, "cell": run.config.model.cell}
            entry |= {name: value for name, value in run.metrics().items() if name != "scores"}
        except Problem as why:
            entry |= {"state": "damaged", "problem": str(why)}
        listed.append(entry)
    return {"runs": listed}


def _is_text(word: str) -> bool:
    try:
        word.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# ---- what they share ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _job(given: argparse.Namespace, workspace: Workspace, folder: Path | None, kind: str) -> Iterator[jobs.Job]:
    """The frame of a job in the folder that a page named, else in `folder`; with neither, a job nobody watches."""
    watched = Path(given.job) if given.job else folder
    if watched is None:
        yield jobs.Unwatched()
        return
    with jobs.work(watched, kind, workspace.root) as job:
        yield job


def _read_dataset(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Any:
    from rnn_core.data.datasets import read_dataset
    from rnn_core.workspace.datasets import save

    config = make(DataConfig, _chosen(DataConfig, given))
    paths = {split: Path(getattr(given, split)) for split in SPLITS if getattr(given, split)}
    names = json.loads(given.file_names) if given.file_names else None

    def progress(share: float) -> None:
        job.check()
        job.progress(share, "Reading")

    dataset = read_dataset(paths, config, names, progress)
    shown = (names or {split: path.name for split, path in paths.items()})["train"]
    for warning in dataset.report.warnings:
        print(warning, file=sys.stderr)
    for entry in dataset.report.left_out:
        print(f"{entry.reason}: {entry.count} (first: {', '.join(entry.rows[:3])})", file=sys.stderr)
    return save(workspace.root, dataset, given.name or shown)


def _columns_for(trained: DataConfig, given: argparse.Namespace) -> Figures:
    """How a file to evaluate is read: what the command line says, and the tokens as in training."""
    chosen = _chosen(DataConfig, given)
    kept = ("task", "tokens", "lowercase", "vocabulary", "max_tokens")
    return chosen | {name: getattr(trained, name) for name in kept}


def _chosen(config: type, given: argparse.Namespace) -> Figures:
    """The options of a config that the command line names."""
    return {name: value for name in options(config) if (value := getattr(given, name, None)) is not None}


def _add_options(parser: argparse.ArgumentParser, config: type, leave_out: Sequence[str] = ()) -> None:
    group = parser.add_argument_group(config.__name__.removesuffix("Config").lower())
    for name, field in options(config).items():
        if name in leave_out:
            continue
        flag = "--" + name.replace("_", "-")
        default = "" if field.default is None or field.default is False else f" (default: {field.default})"
        text = f"{field.title}: {field.description}{default}".replace("%", "%%")
        if field.annotation is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=text)
        else:
            kind = number_type(field)
            values = choices(field) or None
            group.add_argument(
                flag,
                choices=values,
                type=kind if kind in (int, float) and not values else str,
                metavar=None if values else {int: "N", float: "X"}.get(kind or str, name.upper()),
                help=text,
            )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m rnn_core", description="Train recurrent networks and look inside.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[[argparse.Namespace, Workspace], Figures | None]) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=command.__doc__, description=command.__doc__)
        sub.add_argument("--workspace", help="where datasets and runs lie (default: $UNROLLED_WORKSPACE or ./workspace)")
        sub.add_argument("--job", help=argparse.SUPPRESS)  # the folder that a page watches
        sub.set_defaults(command=command)
        return sub

    def add_files(sub: argparse.ArgumentParser, required: bool) -> None:
        for split in SPLITS:
            sub.add_argument(f"--{split}", metavar="FILE", required=required and split == "train")
        sub.add_argument("--file-names", help=argparse.SUPPRESS)  # JSON: what the uploader called them, by split
        sub.add_argument("--name", help="what to call it")

    sub = add("data", _data)
    add_files(sub, required=True)
    _add_options(sub, DataConfig)

    sub = add("train", _train)
    add_files(sub, required=False)
    sub.add_argument("--dataset", metavar="ID", help="a dataset of the workspace instead of files")
    sub.add_argument("--resume", metavar="RUN", help="go on with a run that was cut off")
    for config in (DataConfig, ModelConfig, TrainConfig):
        _add_options(sub, config)

    sub = add("evaluate", _evaluate)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("file", metavar="FILE", type=Path, nargs="?")
    sub.add_argument("--on", dest="split_name", choices=SPLITS, help="a split of the run's own data instead of a file")
    sub.add_argument("--file-name", help=argparse.SUPPRESS)
    sub.add_argument("--key", help=argparse.SUPPRESS)  # what a page calls this evaluation
    _add_options(sub, DataConfig, leave_out=("task", "tokens", "lowercase", "vocabulary", "max_tokens", "split",
                                             "dev_share", "test_share", "split_seed"))  # fmt: skip

    sub = add("inspect", _inspect)
    sub.add_argument("run", metavar="RUN")
    sub.add_argument("text", metavar="TEXT")

    add("runs", _runs)
    return parser
