"""What a run gives on a split that is read otherwise, on disk: readings.json in the run's folder, by fingerprint and split."""

import dataclasses
from pathlib import Path

from rnn_core.config import Problem
from rnn_core.results import PaddingCost, Readings, RecurrenceGain
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
        return Readings(padding and PaddingCost(**padding), RecurrenceGain(**recurrence))
    except (KeyError, TypeError):
        raise Problem("What was saved of reading dev is damaged. Read all of it again.") from None
