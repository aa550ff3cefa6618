"""Results of a run on edited readings of a split, on disk: readings.json in the run's folder, by fingerprint and split.

along.json is saved beside it if the split was evaluated step by step too. Both hold numbers only and no text.
"""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.results import Along, PaddingCost, Readings, RecurrenceGain
from rnn_core.workspace import files
from rnn_core.workspace.runs import Run


def folder(run: Run, fingerprint: str, split: str) -> Path:
    """The folder of the readings of a run on these data, and of their job."""
    return run.path / "readings" / f"{fingerprint[:16]}-{split}"


def save(path: Path, found: Readings, weights: str) -> None:
    """Saves readings in their folder, with the hash of the weights."""
    files.write_json(path / "readings.json", {"weights": weights, "readings": dataclasses.asdict(found)})


def load(path: Path, weights: str) -> Readings | None:
    """The readings in this folder; None if there are none by these weights. Raises Problem if they are damaged."""
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
        raise Problem(tr("The saved results on dev are damaged. Compute them again.")) from None


def save_along(path: Path, found: Along, weights: str) -> None:
    """Saves the results of a split step by step, with the hash of the weights."""
    values = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in vars(found).items()}
    files.write_json(path / "along.json", {"weights": weights, "along": values})


def load_along(path: Path, weights: str) -> Along | None:
    """The results that `save_along` wrote; None if there are none by these weights. Raises Problem if they are damaged."""
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
        raise Problem(tr("The saved results on dev step by step are damaged. Import the run again.")) from None
