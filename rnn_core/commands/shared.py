"""Work that several commands share: the frame of a job, its progress, and files named on the command line."""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rnn_core.config import Problem
from rnn_core.results import LeftOut
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, files
from rnn_core.workspace.runs import Run

SAID_EVERY_S = 3.0
"""Seconds between two lines on how far the reading of a file is."""

CLASS_FIGURES = ("majority_class", "dev_only_answer", "dev_only_class")
"""Figures of a run that give a class by its number."""


@contextlib.contextmanager
def watching(given: argparse.Namespace, workspace: Workspace, job: jobs.Job, folder: Path) -> Iterator[jobs.Job]:
    """The job a page watches; for the command line, one of its own in `folder`, so that pages can watch that too."""
    if not isinstance(job, jobs.Unwatched):
        yield job
        return
    with jobs.work(folder, given.command.kind, workspace.root) as own:
        yield own


@contextlib.contextmanager
def saying_that_loops_compile() -> Iterator[None]:
    """Tells the terminal why nothing is seen for a while, where the loops of the network are not compiled yet."""
    from rnn_core.compiled import when_compiling

    words = "compiling the loops of this network, once on this machine: some 15 seconds when it is idle"
    with when_compiling(lambda: print(words, file=sys.stderr, flush=True)):
        yield


def progress(job: jobs.Job, until: float = 1.0, doing: str = "Reading") -> Callable[[float], None]:
    """The function that a reader of files calls with the share it has read, 0 to 1.

    It tells the job, and every few seconds the terminal, with the time left.

    Args:
        until: the progress of the job when all is read; the rest of its work follows.
        doing: the message of the job.

    Raises:
        jobs.Cancelled: when the function is called after the job was asked to stop.
    """
    began = said = time.monotonic()

    def heard(share: float) -> None:
        nonlocal said
        job.heed(share * until, doing)
        now = time.monotonic()
        if now - said > SAID_EVERY_S and share > 0:
            said = now
            left = (now - began) / share * (1 - share)
            print(f"{doing.lower()}: {share:.0%}, about {left:.0f} s left", file=sys.stderr, flush=True)

    return heard


def run_on_data(given: argparse.Namespace, workspace: Workspace, doing: str) -> Run:
    """The run of a command that saves a result beside it, on a file or a split of the run's own data.

    Args:
        doing: what is done to the file, such as "evaluate on".

    Raises:
        Problem: if the run cannot be written, or not exactly one of both is named.
    """
    run = workspace.run(given.run)
    if run.fixed:
        raise Problem(f"{run.name} is ready-made, and {workspace.root} cannot be written. Name another --workspace.")
    if (given.file is None) == (given.split_name is None):
        raise Problem(f"Name a file to {doing}, or a split of the run's own data with --on train, dev or test.")
    return run


def ordinary_file(named: str | Path) -> Path:
    """A file that the command line names. Raises Problem when it is a pipe or another thing that cannot be read twice."""
    return files.readable(Path(named), str(named))


def may_write(out: Path, read: Path | None = None) -> None:
    """Raises Problem where `out` is the file that is read, a folder, or in a place that cannot be written."""
    where = str(out)[:300]
    try:
        if read and out.exists() and os.path.samefile(out, read):
            raise Problem(f"{where} is the file that is read: it is never written over, so name another.", "--out FILE")
        if out.is_dir():
            raise Problem(f"{where} is a folder: name a file in it.", "--out FILE")
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Problem(f"{where} cannot be written ({why}): name another place.", "--out FILE") from None


def print_findings(warnings: Sequence[str], left_out: Sequence[LeftOut]) -> None:
    """Prints the parts of a file that could not be used."""
    for warning in warnings:
        print(warning, file=sys.stderr)
    for entry in left_out:
        print(f"{entry.reason}: {entry.count} (first: {', '.join(entry.rows[:3])})", file=sys.stderr)
