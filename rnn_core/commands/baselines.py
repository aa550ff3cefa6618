"""`baselines`: simple models are fitted on a run's data, and their scores saved beside the run."""

import argparse

from rnn_core import baselines, tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.shared import watching
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.results import BaselineScores
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from rnn_core.workspace import baselines as saved
from rnn_core.workspace.runs import Run


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")


def _baselines(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Fits the simple models that a run is compared with, and scores them on dev and test."""
    run = workspace.run(given.run)
    if run.fixed:
        raise Problem(f"{run.name} is ready-made, and {workspace.root} cannot be written. Name another --workspace.")
    if not tasks.of(run.config).baselines:
        raise Problem(f"A run of {tasks.of(run.config).short} has no simple models to be compared with.")
    with watching(given, workspace, job, saved.folder(run)) as job:
        found = fitted(run, workspace, job)
    return {"run": run.id} | told(found)


def fitted(run: Run, workspace: Workspace, job: jobs.Job, first: float = 0.0) -> tuple[BaselineScores, ...]:
    """Fits the baselines of a run and saves them beside it; those of another run on the same data are taken over.

    Args:
        first: the progress of the job before.

    Raises:
        Problem: if its data are not in the workspace.
    """
    fingerprint = run.config.fingerprint
    for other in workspace.runs():
        if other.config.fingerprint == fingerprint and (found := saved.load(other)):
            break
    else:
        from rnn_core.analysis.compared import compared

        def tick(share: float, name: str) -> None:
            job.heed(first + share * (1 - first), tr("Fitting a baseline: {title}", title=baselines.title(name)))

        found = compared(workspace.dataset(fingerprint), tick)
    saved.save(run, found)
    return found


def told(found: tuple[BaselineScores, ...]) -> Figures:
    """As the command line prints them: the figures of each baseline by its name."""
    return {"baselines": {one.name: dict(one.figures) for one in found}}


COMMAND = Command(_baselines, _options)
