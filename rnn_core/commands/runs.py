"""`runs`: the runs of a workspace with their figures."""

import argparse

from rnn_core.commands.command import Command, Figures
from rnn_core.commands.shared import CLASS_FIGURES
from rnn_core.config import Problem
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, faults


def _runs(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Lists the runs of the workspace."""
    listed = []
    for run in workspace.runs():
        entry: Figures = {"run": run.id, "name": run.name}
        try:
            status = jobs.status(run.path)
            entry |= {"state": status.state if status else "done"}
            entry |= {"task": run.config.data.task, "cell": run.config.model.cell}
            entry |= {name: value for name, value in run.metrics().items() if name not in ("scores", *CLASS_FIGURES)}
        except Problem as why:
            entry |= {"state": "damaged", "problem": str(why)}
        except Exception as error:  # one bad run never hides the others
            entry |= {"state": "damaged", "problem": str(faults.record(error, workspace.root))}
        listed.append(entry)
    return {"runs": listed}


COMMAND = Command(_runs, writes=False, ready_made=True)
