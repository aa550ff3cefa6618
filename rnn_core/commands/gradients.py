"""`gradients`: backpropagation through time for one text, copy by copy of the parameters."""

import argparse
import sys

from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_device
from rnn_core.config import TrainConfig, choices, options
from rnn_core.training import jobs
from rnn_core.workspace import Workspace


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_device(parser)
    parser.add_argument("text", metavar="TEXT")
    parser.add_argument("--target", metavar="LABEL | TAGS", help="a label, or a tag for each token, apart by spaces "
                        "(default: what the network answers itself)")  # fmt: skip
    parser.add_argument("--loss", choices=choices(options(TrainConfig)["loss"]),
                        help="where the losses are taken (default: as the run was trained)")  # fmt: skip


def _gradients(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Shows the gradient that each step's loss gives each copy of the parameters, for one text, and checks it by autograd."""
    from rnn_core.analysis.bptt import gradients
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.trace import trace

    run = workspace.run(given.run)
    loaded = load(run, given.device)
    found = gradients(loaded, trace(loaded, given.text), given.target, given.loss)
    for sentence in found["said"]:
        print(sentence, file=sys.stderr)
    return {"run": run.id} | found


COMMAND = Command(_gradients, _options, writes=False, ready_made=True)
