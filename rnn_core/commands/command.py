"""The fields of a command."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from rnn_core.training import jobs
from rnn_core.workspace import Workspace

Figures = dict[str, Any]
"""The figures that a command prints as JSON."""


@dataclass(frozen=True)
class Command:
    """One command of the command line.

    Attributes:
        run: does the work within a job and returns the figures. Its docstring is the help on the command.
        options: adds the command's own options to its parser.
        writes: whether it writes to the workspace; such a command first removes what killed processes left there.
        ready_made: whether it works on ready-made runs too, which are copied into a workspace that never had them.
        kind: the kind of its job, by which jobs wait for each other (training/jobs.py).
        when_stopped: how to go on after it was stopped, as a sentence.
    """

    run: Callable[[argparse.Namespace, Workspace, jobs.Job], Figures]
    options: Callable[[argparse.ArgumentParser], object] = lambda parser: None
    writes: bool = True
    ready_made: bool = False
    kind: Literal["train", "short"] = "short"
    when_stopped: str = ""
