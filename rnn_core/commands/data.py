"""`data`: files become a dataset of the workspace."""

import argparse
import json
import sys
from pathlib import Path

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_files, add_options, stated
from rnn_core.commands.shared import ordinary_file, print_findings, progress
from rnn_core.config import SPLITS, DataConfig, Problem, plain
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from rnn_core.workspace.datasets import SavedDataset

_READ_BY = ("format", "encoding", "delimiter", "quoting", "header", "text", "label", "sentence", "split")
"""The options that say what stands where in a file, by which its task is guessed."""


def _options(parser: argparse.ArgumentParser) -> None:
    add_files(parser, required=True)
    add_options(parser, DataConfig)


def _data(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Reads files into a dataset of the workspace and says what was found."""
    job.say("running", 0.0, "Reading", name=given.name or Path(given.train).name)
    saved = read_dataset(given, workspace, job, given.name)
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
        "notes": list(report.notes),
    }


def read_dataset(given: argparse.Namespace, workspace: Workspace, job: jobs.Job, name: str | None = None) -> SavedDataset:
    """Reads the files of `add_files` as the options say, and saves them. `name`: the dataset's; None: the training file's."""
    from rnn_core.data.guessing import guess_tokens
    from rnn_core.workspace.datasets import read

    chosen = stated(DataConfig, given)
    config = tasks.make(DataConfig, chosen)
    paths = {split: ordinary_file(getattr(given, split)) for split in SPLITS if getattr(given, split)}
    names = _names(given.file_names) if given.file_names else None
    shown = (names or {split: path.name for split, path in paths.items()}).get("train", "")
    if given.task is None:
        task = tasks.guess(paths["train"], shown, **{name: chosen[name] for name in _READ_BY if name in chosen})
        others = " or ".join(f"--task {other}" for other in tasks.names() if other != task)
        print(f"{shown}: read as {tasks.task(task).short}; {others} reads it otherwise", file=sys.stderr)
        config = tasks.make(DataConfig, chosen | {"task": task})
    if "tokens" not in chosen and guess_tokens(paths["train"], config, tasks.of(config).schema, shown) == "char":
        why = "" if tasks.of(config).schema.stream else ", because its texts have no spaces between words"
        print(f"{shown}: read by characters{why}; --tokens word reads them otherwise", file=sys.stderr)
        config = tasks.make(DataConfig, plain(config) | {"tokens": "char"})
    saved = read(workspace.root, paths, config, name or shown, names, progress(job))
    print_findings((*saved.report.notes, *saved.report.warnings), saved.report.left_out)
    return saved


def _names(told: str) -> dict[str, str]:
    """What --file-names says the files are called, by split."""
    try:
        names = json.loads(told)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, dict) or not all(key in SPLITS and isinstance(name, str) for key, name in names.items()):
        raise Problem("--file-names is for pages: JSON such as {\"train\": \"reviews.csv\"}. Leave it out.")
    return names


COMMAND = Command(_data, _options)
