"""The scores of simple models beside a run: `baselines.json`."""

from pathlib import Path
from typing import Any

from rnn_core.config import Problem
from rnn_core.results import BaselineScores
from rnn_core.workspace import files
from rnn_core.workspace.runs import MOST_BYTES, Run

NAME = "baselines.json"
FORMAT = 1
"""Those of another format are fitted again."""


def folder(run: Run) -> Path:
    """The folder of the job that fits them."""
    return run.path / "baselines"


def save(run: Run, found: tuple[BaselineScores, ...]) -> None:
    """Writes them into the run's folder. Raises Problem where that cannot be written."""
    listed = [{"name": one.name, "figures": dict(one.figures), "seconds": one.seconds} for one in found]
    run.write(NAME, {"format": FORMAT, "baselines": listed})


def load(run: Run) -> tuple[BaselineScores, ...] | None:
    """Those of a run; None where there are none, or they are damaged or of another format: they can be fitted again."""
    path = run.path / NAME
    try:
        values: Any = files.read_json(path, MOST_BYTES[NAME]) if path.exists() else None
        if not isinstance(values, dict) or values.get("format") != FORMAT:
            return None
        return tuple(
            BaselineScores(str(one["name"]), {str(key): value for key, value in one["figures"].items()}, float(one["seconds"]))
            for one in values["baselines"]
        )
    except (Problem, KeyError, TypeError, ValueError, AttributeError):
        return None
