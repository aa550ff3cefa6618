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


def losses(trace: Trace, targets: Sequence[int] | np.ndarray) -> np.ndarray:
    """(T,) L(t) = −log ŷ_t[target] in nats, from the logits.

    Args:
        targets: one class for the whole text, or one a step.
    """
    logits = trace.logits.astype(np.float64)
    top = logits.max(1)
    log_total = np.log(np.exp(logits - top[:, None]).sum(1)) + top
    return log_total - logits[np.arange(len(logits)), np.broadcast_to(targets, len(logits))]


def counted_steps(loaded: Loaded | Unopened, steps: int) -> np.ndarray:
    """(T,) the weight w_t that the run's training gave the loss at each step of a text this long."""
    return tasks.of(loaded.config).weights(loaded.config, np.array([steps]), steps)[:, 0]
