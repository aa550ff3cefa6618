"""`generate`: a run writes text."""

import argparse
import math
import sys

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_device
from rnn_core.config import MOST_WHOLE, Problem
from rnn_core.training import jobs
from rnn_core.workspace import Workspace

MOST_WRITTEN = 100_000
"""Tokens that a run writes at most at a time."""


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_device(parser)
    parser.add_argument("--prompt", metavar="TEXT", default="", help="the text to continue (default: none)")
    parser.add_argument("--length", metavar="N", type=int, default=200, help="number of tokens to write (default: 200)")
    parser.add_argument("--temperature", metavar="X", type=float, default=1.0,
                        help="divides the logits; 0: always the most probable token (default: 1)")  # fmt: skip
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="the same seed writes the same text (default: 0)")


def _generate(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Continues a prompt with a language model. The text goes to standard error while it is written."""
    from rnn_core.analysis.loading import load

    run = workspace.run(given.run)
    if not 0 <= given.temperature <= 100 or not 1 <= given.length <= MOST_WRITTEN or not 0 <= given.seed <= MOST_WHOLE:
        raise Problem(
            f"A temperature lies between 0 and 100, a length between 1 and {MOST_WRITTEN:,}, and a seed is not below 0."
        )
    task, loaded = tasks.of(run.config), load(run, given.device)
    written: list[str] = []
    nats = 0.0
    print(given.prompt, end="", file=sys.stderr)
    for token, p in task.write(
        loaded.network, run.config, run.speech.vocabulary, given.prompt, given.length, given.temperature, given.seed
    ):
        print(token, end="", file=sys.stderr, flush=True)
        written.append(token)
        nats -= math.log(p)
    print(file=sys.stderr)
    return {
        "run": run.id, "prompt": given.prompt, "text": "".join(written), "tokens": len(written),
        "nats_per_token": round(nats / max(1, len(written)), 6), "temperature": given.temperature, "seed": given.seed,
    }  # fmt: skip


COMMAND = Command(_generate, _options, writes=False, ready_made=True)
