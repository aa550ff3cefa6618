"""What a trace says at each of its steps, from its numbers alone. Loads no torch."""

from collections.abc import Sequence

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.results import Trace


def decision_step(beliefs: np.ndarray) -> int:
    """The first step from which the answer never changes again, for answers (T,)."""
    changed = np.flatnonzero(beliefs != beliefs[-1])
    return int(changed[-1]) + 1 if len(changed) else 0


def targets_of(loaded: Loaded | Unopened, trace: Trace, label: str | None = None) -> np.ndarray:
    """(T,) the class asked for at each step; −1 where the task asks for none.

    Args:
        label: the class asked for at all of these steps; None, or not a class of the run: what the task asks for by itself.
    """
    targets = tasks.of(loaded.config).aim(None, trace.labels, trace.readouts, trace.indices)
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
    logits, targets = trace.logits.astype(np.float64), np.broadcast_to(targets, len(trace.logits))
    top = logits.max(1)
    log_total = np.log(np.exp(logits - top[:, None]).sum(1)) + top
    return np.where(targets < 0, np.nan, log_total - logits[np.arange(len(logits)), targets])


def counted_steps(loaded: Loaded | Unopened, steps: int) -> np.ndarray:
    """(T,) the weight w_t that the run's training gave the loss at each step of a text this long."""
    return tasks.of(loaded.config).weights(loaded.config, np.array([steps]), steps)[:, 0]
