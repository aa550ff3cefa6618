"""`generate`: a run writes text."""

import argparse
import math
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_device, add_options, stated
from rnn_core.config import WriteConfig, make, plain
from rnn_core.results import Written
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, files

SAVED_EVERY_S = 2.0
"""Seconds after which the file with the text so far is written again."""


def _save(path: Path, prompt: str, written: Sequence[Written]) -> None:
    text = prompt + "".join(token.text for token in written)
    files.write(path, lambda aside: aside.write_text(text, encoding="utf-8", errors="replace"))


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_device(parser)
    parser.add_argument("--prompt", metavar="TEXT", default="", help="the text to continue (default: none)")
    parser.add_argument("--out", metavar="FILE", type=Path, help="also write the text to this file, while it grows")
    parser.add_argument("--json", action="store_true", help="add each token with its probability to the JSON at the end")
    add_options(parser, WriteConfig)


def _generate(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Continues a prompt with a language model. The text goes to standard error while it is written."""
    from rnn_core.analysis.loading import load

    run, how = workspace.run(given.run), make(WriteConfig, stated(WriteConfig, given))
    loaded = load(run, given.device)
    written: list[Written] = []
    saved = time.monotonic()
    print(given.prompt, end="", file=sys.stderr)
    try:
        for token in tasks.of(run.config).write(loaded.network, run.config, run.speech.vocabulary, given.prompt, how):
            print(token.text, end="", file=sys.stderr, flush=True)
            written.append(token)
            if given.out and time.monotonic() - saved > SAVED_EVERY_S:
                _save(given.out, given.prompt, written)
                saved = time.monotonic()
            job.heed(len(written) / how.length, "Writing")
    finally:  # a cancelled job leaves the text so far
        print(file=sys.stderr)
        if given.out:
            _save(given.out, given.prompt, written)
    nats = -sum(math.log(max(token.p, sys.float_info.min)) for token in written)
    found = {
        "run": run.id, "prompt": given.prompt, "text": "".join(token.text for token in written), "tokens": len(written),
        "nats_per_token": round(nats / max(1, len(written)), 6), **plain(how),
    }  # fmt: skip
    if given.json:
        found["written"] = [{"token": t.token, "p": round(t.p, 6), "drawn": round(t.drawn, 6)} for t in written]
    return found


COMMAND = Command(_generate, _options, writes=False, ready_made=True)
