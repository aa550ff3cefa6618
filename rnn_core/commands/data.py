"""`data`: files become a dataset of the workspace, or texts with a known memory are made up and written to a file."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_files, add_options, flag, stated
from rnn_core.commands.shared import may_write, ordinary_file, print_findings, progress
from rnn_core.config import SPLITS, DataConfig, MakeConfig, Problem, choices, make, options, plain
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.files import write

if TYPE_CHECKING:  # not loaded for the help
    from rnn_core.data.sources import Source


def _options(parser: argparse.ArgumentParser) -> None:
    add_files(parser)
    parser.add_argument("--plan", type=Path, help=argparse.SUPPRESS)  # of a page: what `sources.to_json` gave
    add_options(parser, DataConfig)
    field = options(MakeConfig)["make"]
    parser.add_argument("--make", choices=choices(field), help=f"{field.description} into a file instead of reading one; a label "
                        "needs a word a known distance before the end")  # fmt: skip
    parser.add_argument("--out", metavar="FILE.csv", type=Path, help="the file that --make writes")
    add_options(parser, MakeConfig, ["make"])


def _data(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Reads files into a dataset of the workspace and reports what they hold; or makes up a file of texts with a known memory."""
    if given.make:
        return _make(given)
    if alone := [*stated(MakeConfig, given), *(["out"] if given.out else [])]:
        raise Problem(f"{flag(alone[0])} is an option of texts that are made up: leave it out, or name a task.", "--make TASK")
    if not given.train and not given.plan:
        raise Problem("Nothing to read: name a file with --train FILE.")
    job.say("running", 0.0, "Reading", name=given.name or Path(given.train or given.plan).name)
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


def _make(given: argparse.Namespace) -> Figures:
    """Writes made-up texts with their labels and distances."""
    from rnn_core.data.synthetic import csv_of

    how = make(MakeConfig, stated(MakeConfig, given))
    if given.train or given.dev or given.test or given.plan:
        raise Problem("Texts are either made up or read: leave out the files, and read what was made afterwards.")
    if given.out is None or given.out.suffix.lower() != ".csv":
        raise Problem("Made-up texts are written as CSV: name the file to write.", "--out FILE.csv")
    content = csv_of(how)
    may_write(given.out)
    write(given.out, lambda aside: aside.write_bytes(content))
    print(f"to train on it: python -m rnn_core train --train {given.out}", file=sys.stderr)
    return {"out": str(given.out)} | plain(how)


def read_dataset(given: argparse.Namespace, workspace: Workspace, job: jobs.Job, name: str | None = None) -> SavedDataset:
    """Reads the files of `add_files` as the options say, and saves them. `name`: the dataset's; None: the training file's."""
    from rnn_core.data.sources import from_json
    from rnn_core.workspace.datasets import read_sources
    from rnn_core.workspace.files import read_json

    sources = from_json(read_json(given.plan)) if getattr(given, "plan", None) else _looked_into(given)
    saved = read_sources(workspace.root, sources, name or sources["train"].format.name, progress(job))
    print_findings((*saved.report.notes, *saved.report.warnings), saved.report.left_out)
    return saved


def _looked_into(given: argparse.Namespace) -> "dict[str, Source]":
    """The files as the command line names them, with what it leaves open guessed and told."""
    from rnn_core.data.guessing import guess_tokens
    from rnn_core.data.sources import sources_of
    from rnn_core.data.top import look

    chosen = stated(DataConfig, given)
    config = tasks.make(DataConfig, chosen)
    paths = {split: ordinary_file(getattr(given, split)) for split in SPLITS if getattr(given, split)}
    shown = paths["train"].name
    if given.task is None:
        guessed = tasks.guess(look(paths["train"], config, shown), config)
        others = " or ".join(f"--task {other}" for other in tasks.names() if other != guessed)
        print(f"{shown}: read as {tasks.task(guessed).short}; {others} reads it otherwise", file=sys.stderr)
        config = tasks.make(DataConfig, chosen | {"task": guessed})
    task = tasks.of(config)
    if further := {name: value for name, value in task.reading.items() if name not in chosen}:
        config = tasks.make(DataConfig, plain(config) | further)
        if further.get("lowercase"):
            print(f"{shown}: words are looked up in lower case; --no-lowercase looks them up as written", file=sys.stderr)
    schema = task.schema
    if "tokens" not in chosen and guess_tokens(look(paths["train"], config, shown, schema.stream), config, schema) == "char":
        why = "" if schema.stream else ", because its texts have no spaces between words"
        print(f"{shown}: read by characters{why}; --tokens word reads them otherwise", file=sys.stderr)
        config = tasks.make(DataConfig, plain(config) | {"tokens": "char"})
    return sources_of(paths, config, schema)


COMMAND = Command(_data, _options)
