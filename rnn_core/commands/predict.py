"""`predict`: the rows of a file are answered, and written to another file."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_columns, add_device, columns
from rnn_core.commands.shared import may_write, ordinary_file, progress
from rnn_core.config import Problem
from rnn_core.results import FileAnswers
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from rnn_core.workspace.files import write


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_device(parser)
    parser.add_argument("file", metavar="FILE", type=Path, help="a table, sentences with one token per line, or one text per "
                        "line; it needs no labels")  # fmt: skip
    parser.add_argument("--out", metavar="FILE", type=Path, required=True,
                        help="the file to write: .csv, .jsonl, .parquet, or .conll for tags. In CSV, a cell that begins with "
                        "= + - @, a tab or a line end and is no number gets a ' in front, so that no spreadsheet runs it as a "
                        "formula; the other formats keep every text as it is")  # fmt: skip
    parser.add_argument("--lines", action=argparse.BooleanOptionalAction, help="each line is one text (default: guessed)")
    parser.add_argument("--spaced", action="store_true",
                        help="the texts are tokenised already: split them at spaces only")  # fmt: skip
    parser.add_argument("--probabilities", action=argparse.BooleanOptionalAction, default=True,
                        help="write the probability of every class (default: yes)")  # fmt: skip
    parser.add_argument("--file-name", help=argparse.SUPPRESS)
    add_columns(parser, leave_out=["label", "target"])


def _predict(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Answers every row of a file and writes its columns with the answers. The file needs no labels."""
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.predict import answer_file
    from rnn_core.data.unlabelled import look_into
    from rnn_core.data.written import FORMATS
    from rnn_core.threads import use_threads

    run = workspace.run(given.run)
    if not tasks.of(run.config).formats:
        raise Problem(
            f"{run.name} has no labels to answer with: `evaluate` scores it, and `generate` has it write."
        )
    suffix = given.out.suffix.lower()
    if suffix not in FORMATS:
        endings = ", ".join(FORMATS)
        raise Problem(f"{given.out.name[:100]!r} does not say what to write: end its name in one of {endings}.", "--out FILE.csv")
    name = given.file_name or given.file.name
    job.say("running", 0.0, "Answering", run=run.id, name=name, out=given.out.name)
    trained = run.config.data
    source = look_into(
        ordinary_file(given.file), columns(given, trained), tasks.of(trained).schema, name, given.lines, trained.text
    )
    may_write(given.out, given.file)
    for note in (f"{name}: {source.words}", *source.format.notes):
        print(note, file=sys.stderr)
    loaded = load(run, given.device)
    use_threads(run.config.train.threads)
    heard = progress(job, doing="Answering")
    made: list[FileAnswers] = []
    write(
        given.out,
        lambda aside: made.append(answer_file(loaded, source, aside, suffix, given.probabilities, given.spaced, heard)),
    )
    (found,) = made
    for reason, count in ({f"no answer, {why}": n for why, n in found.unanswered.items()} | found.notes).items():
        print(f"{reason}: {count:,}", file=sys.stderr)
    told = asdict(found)
    counts = told.pop("counts")  # of labels, which may be very many, the page tells nothing
    job.say("running", 1.0, **told)
    return {"run": run.id, "data": name, "out": str(given.out)} | told | {"counts": counts}


COMMAND = Command(_predict, _options, ready_made=True)
