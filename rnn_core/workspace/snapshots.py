"""The weights of a run at some of its updates: 0, 1, 2, 4, 8, …

They are in one file beside the run's own weights, which are the best and are not stored twice. A weight has 16 bits, which is
a relative error of 2⁻¹¹ at most, and an absolute one of 2⁻²⁵ below 2⁻¹⁴; a tensor with a weight beyond 65,504, the largest
number of float16, keeps 32 bits.
"""

import json
from collections.abc import Mapping

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.workspace.runs import Arrays, Run, read_tensors, tensor_shapes, write_tensors

NAME = "snapshots.safetensors"

FORMAT = 1
"""The number of the format of this file; one with a higher number is refused."""

FEWEST = 16
"""The snapshots that must fit into the bound; otherwise a run keeps none."""


def due(update: int) -> bool:
    """Whether a snapshot is taken after this update: 0 or a power of two."""
    return update & (update - 1) == 0


def updates(run: Run) -> tuple[int, ...]:
    """The updates of the snapshots, ascending; () if there are none. Raises Problem if the file is damaged."""
    if not (path := run.path / NAME).exists():
        return ()
    shapes, found = tensor_shapes(path, run.id), set()
    for name in shapes:
        update = name.partition("/")[0]
        if not update.isdecimal() or len(update) > 15 or not due(int(update)):
            raise Problem(_damaged(run))
        found.add(int(update))
    return tuple(sorted(found))


def load(run: Run, update: int) -> Arrays:
    """The weights after an update in float32, by parameter name, and buffers.

    Raises:
        Problem: if they are missing, damaged, not finite, not those of the run's network, or of a newer format.
    """
    arrays, rest = read_tensors(run.path / NAME, run.id, f"{update}/")
    _check_format(run, rest)
    shapes = run.weight_shapes()
    if {name: array.shape for name, array in arrays.items()} != shapes:
        raise Problem(_damaged(run))
    for array in arrays.values():
        if array.dtype not in (np.float16, np.float32, np.int64) or not np.isfinite(array).all():
            raise Problem(_damaged(run))
    return {name: array.astype(np.float32) if array.dtype == np.float16 else array for name, array in arrays.items()}


def keep(run: Run, update: int, weights: Mapping[str, np.ndarray], most: int) -> bool:
    """Adds the weights after an update, if the snapshot before it is there and the file stays within the bound.

    So the earliest ones are kept, and a training that was cut off and resumed keeps the same ones. Later snapshots of an earlier
    attempt are dropped. Weights that are not finite are not kept.

    Args:
        most: bytes of all tensors of the file.

    Returns:
        False if this snapshot is the first that does not fit.
    """
    held = _held_before(run, update)
    if update and not any(name.startswith(f"{update // 2}/") for name in held):
        return True
    if not all(np.isfinite(array).all() for array in weights.values()):
        return True
    added = {f"{update}/{name}": _shortened(array) for name, array in weights.items()}
    if sum(array.nbytes for array in (held | added).values()) > most:
        return False
    _write(run, held | added)
    return True


def forget_after(run: Run, update: int) -> None:
    """Drops the snapshots after an update, because those updates are repeated."""
    if any(one > update for one in updates(run)):
        _write(run, _held_before(run, update + 1))


def _held_before(run: Run, update: int) -> Arrays:
    if not (run.path / NAME).exists():
        return {}
    arrays, rest = read_tensors(run.path / NAME, run.id)
    _check_format(run, rest)
    return {name: array for name, array in arrays.items() if int(name.partition("/")[0]) < update}


def _write(run: Run, arrays: Arrays) -> None:
    write_tensors(run.path / NAME, arrays, json.dumps({"format": FORMAT}))


def _shortened(array: np.ndarray) -> np.ndarray:
    if not np.issubdtype(array.dtype, np.floating):
        return array
    with np.errstate(over="ignore"):
        half = array.astype(np.float16)
    return half if np.isfinite(half).all() else array.astype(np.float32)


def _check_format(run: Run, rest: str) -> None:
    try:
        number = json.loads(rest)["format"]
    except (ValueError, KeyError, TypeError):
        raise Problem(_damaged(run)) from None
    if number != FORMAT:
        raise Problem(tr(
            "The snapshots of run {id} were written by a newer version (format {number}). Update this app.",
            id=run.id, number=number,
        ))


def _damaged(run: Run) -> str:
    return tr("Run {id} is damaged: {name} is not a run's. Delete it, or import it again.", id=run.id, name=NAME)
