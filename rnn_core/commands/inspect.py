"""`inspect`: the network's answer after each token of a text."""

import argparse
import sys

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_device
from rnn_core.config import Problem
from rnn_core.results import OVERFLOW
from rnn_core.training import jobs
from rnn_core.workspace import Workspace


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_device(parser)
    parser.add_argument("text", metavar="TEXT")


def _inspect(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Shows the answers of a run along one text."""
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.trace import as_evaluated, trace

    run = workspace.run(given.run)
    loaded, task = load(run, given.device), tasks.of(run.config)
    seen = trace(loaded, given.text)
    if seen.overflows:
        raise Problem(OVERFLOW)

    figures: Figures = {"run": run.id, "tokens": list(seen.tokens), "known": seen.known.tolist()}
    figures |= task.told(seen)
    if cut := as_evaluated(loaded, seen):
        most = len(cut.tokens) - 2
        print(
            f"This text has {len(seen.tokens) - 2:,} tokens and is read whole. Training and evaluation cut a text to {most:,} "
            'tokens (--max-tokens, --keep): their answer is that of "evaluated".',
            file=sys.stderr,
        )
        figures |= {"cut_after": most, "evaluated": task.told(cut)}
    return figures


COMMAND = Command(_inspect, _options, writes=False, ready_made=True)
