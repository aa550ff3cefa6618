"""Hunts for units over a corpus, on disk: hunt.json in the run's folder, by what was read and looked for. It holds no text."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.results import CorpusHunt, Hunt
from rnn_core.workspace import files
from rnn_core.workspace.runs import Run

_ARRAYS = {"units": np.int64, "fitted": float, "held_out": float, "thresholds": float, "above": bool}


def folder(run: Run, data: str, pattern: str, expression: str, quantity: str, layer: int) -> Path:
    """The folder of a hunt, and of its job.

    Args:
        data: by which the data that are read are known: a fingerprint and a split, or a file.
    """
    asked = json.dumps([data, pattern, expression if pattern == "expression" else "", quantity, layer])
    return run.path / "hunts" / hashlib.sha256(asked.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def save(path: Path, found: CorpusHunt, weights: str) -> None:
    """Saves a hunt in its folder, with the hash of the weights."""
    values = {name: one.tolist() if isinstance(one, np.ndarray) else one for name, one in vars(found.hunt).items()}
    files.write_json(path / "hunt.json", {"weights": weights, "hunt": values} | {
        name: getattr(found, name) for name in ("data", "pattern", "read")
    })  # fmt: skip


def load(path: Path, weights: str) -> CorpusHunt | None:
    """The hunt in this folder; None if there is none by these weights. Raises Problem if it is damaged."""
    if not (path / "hunt.json").exists():
        return None
    saved = files.read_json(path / "hunt.json")
    try:
        if saved.pop("weights") != weights:
            return None
        values: dict[str, Any] = {
            name: np.array([float("nan") if v is None else v for v in one], _ARRAYS[name]) if name in _ARRAYS
            else float("nan") if one is None else one
            for name, one in saved.pop("hunt").items()
        }  # fmt: skip
        return CorpusHunt(hunt=Hunt(**values), **saved)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Problem(tr("The saved hunt is damaged. Hunt again.")) from None
