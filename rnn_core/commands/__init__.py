"""The command line: `python -m rnn_core COMMAND`.

One file per command, named after it; `command`, `options` and `shared` hold the parts that commands have in common.

Progress goes to standard error; the last line of standard output is one JSON object. Bad input ends with exit
status 2 and one sentence. Loads no torch.
"""

import argparse
import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from rnn_core.commands import (
    baselines,
    data,
    evaluate,
    generate,
    gradients,
    hunt,
    inspect,
    predict,
    readings,
    runs,
    train,
    translate,
)
from rnn_core.commands.command import Command, Figures
from rnn_core.config import Problem
from rnn_core.data.encodings import encodable
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, faults, leftovers

COMMANDS: dict[str, Command] = {
    "data": data.COMMAND, "train": train.COMMAND, "evaluate": evaluate.COMMAND, "predict": predict.COMMAND,
    "readings": readings.COMMAND, "inspect": inspect.COMMAND, "gradients": gradients.COMMAND, "generate": generate.COMMAND,
    "translate": translate.COMMAND, "hunt": hunt.COMMAND, "baselines": baselines.COMMAND, "runs": runs.COMMAND,
}  # fmt: skip
"""The commands by name, in the order of `--help`."""


def parser() -> argparse.ArgumentParser:
    """The parser of all commands; what it gives holds the Command as `command`."""
    found = argparse.ArgumentParser(prog="python -m rnn_core", description="Train recurrent networks and look inside.")
    each = found.add_subparsers(required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = each.add_parser(name, help=command.run.__doc__, description=command.run.__doc__)
        sub.add_argument("--workspace", help="the folder of datasets and runs (default: $UNROLLED_WORKSPACE or ./workspace)")
        sub.add_argument("--job", help=argparse.SUPPRESS)  # the folder that a page watches
        sub.set_defaults(command=command)
        command.options(sub)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    given = parser().parse_args(arguments)
    command: Command = given.command
    workspace = None
    try:
        if any(isinstance(word, str) and not encodable(word) for word in vars(given).values()):
            raise Problem("An argument holds bytes that are no text. Type it in the terminal's own encoding, such as UTF-8.")
        workspace = Workspace(given.workspace)
        with contextlib.ExitStack() as stack:
            if command.ready_made:
                workspace.seed()
            if command.writes:
                leftovers.clear(workspace.root)
                stack.enter_context(leftovers.held(workspace.root))
                stack.enter_context(leftovers.own_temporary_folder(workspace.root))
            figures = _framed(given, workspace)
    except Problem as why:
        return _said(why)
    except (KeyboardInterrupt, jobs.Cancelled):
        print(f"Stopped. {command.when_stopped}".rstrip(), file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    except Exception as error:
        return _said(faults.record(error, workspace.root if workspace else Path(tempfile.gettempdir())))
    try:
        print(json.dumps(figures, ensure_ascii=False), flush=True)
    except BrokenPipeError:  # whoever read this has heard enough; Python would complain once more when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _said(why: Problem) -> int:
    """Prints what went wrong; returns the exit status."""
    print(f"{why} Type {why.typed}." if why.typed else why, file=sys.stderr)
    return 1 if isinstance(why, faults.Fault) else 2


def _framed(given: argparse.Namespace, workspace: Workspace) -> Figures:
    """The command, within the frame of the job that a page watches; without a page, commands frame what they write."""
    command: Command = given.command
    if not given.job:
        return command.run(given, workspace, jobs.Unwatched())
    if not Path(given.job).resolve().is_relative_to(workspace.root.resolve()):
        raise Problem("A job lies in the workspace. Leave out --job, which is for pages.")
    with jobs.work(Path(given.job), command.kind, workspace.root) as job:
        return command.run(given, workspace, job)
