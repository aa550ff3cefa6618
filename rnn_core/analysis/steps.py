"""What a trace says at each of its steps, from its numbers alone. Loads no torch."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.config import DataConfig
from rnn_core.data.shortening import parts
from rnn_core.results import Trace

BLOCK = 2**20
"""Logits that are held in double precision at a time: those of a vocabulary at every step would be many times the trace."""


def targets_of(loaded: Loaded | Unopened, trace: Trace, label: str | None = None) -> np.ndarray:
    """(T,) the class asked for at each step; −1 where the task asks for none.

    Args:
        label: the class asked for at all of these steps; None, or not a class of the run: what the task asks for by itself.
    """
    targets = tasks.of(loaded.config).aim(None, trace.labels, trace.readouts, trace.indices, trace.scheme)
    return np.where(targets >= 0, trace.labels.index(label), -1) if label in trace.labels else targets


def one_class(targets: np.ndarray) -> int | None:
    """The class that all targets are, of those that are not −1; None where they are of several."""
    classes = np.unique(targets[targets >= 0])
    return int(classes[0]) if len(classes) == 1 else None


def losses(trace: Trace, targets: Sequence[int] | np.ndarray) -> np.ndarray:
    """(T,) L(t) = −log ŷ_t[target] in nats, from the logits; nan where the target is −1.

    Args:
        targets: one class for the whole text, or one per step.
    """
    targets = np.broadcast_to(targets, len(trace.logits))
    found = np.empty(len(targets))
    size = max(1, BLOCK // trace.logits.shape[1])
    for start in range(0, len(targets), size):
        some = slice(start, start + size)
        logits = trace.logits[some].astype(np.float64)
        top = logits.max(1)
        log_total = np.log(np.exp(logits - top[:, None]).sum(1)) + top
        found[some] = log_total - logits[np.arange(len(logits)), targets[some]]
    return np.where(targets < 0, np.nan, found)


def left_out(loaded: Loaded | Unopened, trace: Trace) -> tuple[int, int] | None:
    """The steps of this text that training and evaluation leave out, counted from 0, `<sos>`: the first one and their end; None
    where they read it whole."""
    task, data, count = tasks.of(loaded.config), loaded.config.data, len(trace.tokens) - 2
    if "max_tokens" not in task.options(DataConfig) or count <= data.max_tokens:
        return None
    head, tail = parts(data)
    return 1 + head, 1 + count - tail


def counted_steps(
    loaded: Loaded | Unopened, steps: int, loss: str | None = None, reduce: str | None = None
) -> np.ndarray:
    """(T,) the weight w_t that a loss gives each step of a text this long.

    Args:
        loss, reduce: as of `TrainConfig`; None: as in the run's training.
    """
    chosen: dict[str, Any] = {} if reduce is None else {"reduce": reduce}
    config = replace(loaded.config, train=replace(loaded.config.train, **chosen))
    return tasks.of(config).weights(config, np.array([steps]), steps, loss)[:, 0]
