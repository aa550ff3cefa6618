"""`readings`: a split is read in other ways, and the scores saved beside the run."""

import argparse
from dataclasses import asdict

from rnn_core.commands.command import Command, Figures
from rnn_core.commands.shared import watching
from rnn_core.config import SPLITS, Problem
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace import readings as saved_readings


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    parser.add_argument("--on", dest="split_name", choices=SPLITS, default="dev",
                        help="a split of the run's own dataset (default: dev)")  # fmt: skip


def _readings(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Scores a split of the run's own dataset read from the last column, with pads in front, and without recurrence."""
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.readings import readings
    from rnn_core.threads import use_threads

    run = workspace.run(given.run)
    saved = workspace.dataset(run.config.fingerprint)
    with watching(given, workspace, job, saved_readings.folder(run, run.config.fingerprint, given.split_name)) as job:
        weights = evaluations.weights_of(run)
        encoded = saved.encoded(given.split_name)
        if not len(encoded):
            raise Problem(f"There is no {given.split_name} in {saved.name}. Name another split with --on.")
        use_threads(run.config.train.threads)
        found = readings(load(run), encoded, len(encoded), lambda share: job.heed(share, "Reading"))
        saved_readings.save(job.folder, found, weights)
    return {"run": run.id, "data": f"{given.split_name} of {saved.name}"} | asdict(found)


COMMAND = Command(_readings, _options)
