"""What a run gives on a split that is read otherwise, on disk: readings.json in the run's folder, by fingerprint and split.

Beside it lies along.json where the split was read step by step too. Both hold figures alone and no text.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core.config import Problem
from rnn_core.results import Along, PaddingCost, Readings, RecurrenceGain
from rnn_core.workspace import files
from rnn_core.workspace.runs import Run


def folder(run: Run, fingerprint: str, split: str) -> Path:
    """Where the readings of this run on this data lie, and their job."""
    return run.path / "readings" / f"{fingerprint[:16]}-{split}"


def save(path: Path, found: Readings, weights: str) -> None:
    """Writes them into their folder, with the hash of the weights that answered."""
    files.write_json(path / "readings.json", {"weights": weights, "readings": dataclasses.asdict(found)})


def load(path: Path, weights: str) -> Readings | None:
    """Those in this folder, None when there are none of these weights. Raises Problem when damaged."""
    if not (path / "readings.json").exists():
        return None
    saved = files.read_json(path / "readings.json")
    try:
        if saved["weights"] != weights:
            return None
        padding, recurrence = saved["readings"]["padding"], saved["readings"]["recurrence"]
        if "majority" in recurrence:  # older code took the most frequent class of dev itself
            return None
        gain = RecurrenceGain(**recurrence | {"shares": tuple(recurrence["shares"])})
        return Readings(padding and PaddingCost(**padding), gain)
    except (KeyError, TypeError):
        raise Problem("What was saved of reading dev is damaged. Read all of it again.") from None


def save_along(path: Path, found: Along, weights: str) -> None:
    """Writes how the split was read step by step, with the hash of the weights that answered."""
    values = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(found).items()}
    files.write_json(path / "along.json", {"weights": weights, "along": values})


def load_along(path: Path, weights: str) -> Along | None:
    """What `save_along` wrote, None when there is none of these weights. Raises Problem when damaged."""
    if not (path / "along.json").exists():
        return None
    saved = files.read_json(path / "along.json")
    try:
        if saved["weights"] != weights:
            return None
        along = saved["along"].items()
        values: dict[str, Any] = {name: np.array(value) if isinstance(value, list) else value for name, value in along}
        return Along(**values)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Problem("What was saved of reading dev step by step is damaged. Import the run again.") from None
