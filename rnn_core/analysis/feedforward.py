"""The feed-forward network inside a recurrent one: the same weights, with the state before every step set to 0."""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.data.batches import Encoded
from rnn_core.data.vocabulary import EOS
from rnn_core.network.models import Network
from rnn_core.network.recurrence import inner_bias, zero_state
from rnn_core.results import RecurrenceGain, Trace, WithoutRecurrence


def without_recurrence(loaded: Loaded, trace: Trace) -> WithoutRecurrence:
    """One text, each of its tokens read alone."""
    with torch.no_grad():
        top = alone(loaded.network, loaded.network.embedding.weight[trace.indices])
        return WithoutRecurrence(top.numpy(), loaded.network.readout(top).softmax(1).numpy())


def alone(network: Network, x: Tensor) -> Tensor:
    """The uppermost states, (m, D), of inputs x (m, n) that are each the first and only step."""
    cell, d = network.cell, network.config.hidden
    for layer in range(network.config.layers):
        found = []
        for direction in range(network.directions):
            parameters = network.layer(layer, direction)
            before = zero_state(cell, len(x), d, x)
            a_hidden = linear(before[0], parameters["weight_hh"], inner_bias(cell, parameters))
            after, _ = cell.step(linear(x, parameters["weight_ih"], parameters["bias"]), a_hidden, before)
            found.append(after[0])
        x = torch.cat(found, dim=1)
    return x


@torch.no_grad()
def gain(
    loaded: Loaded, some: Encoded, available: int, tick: Callable[[float], None] = lambda share: None
) -> RecurrenceGain:
    """Accuracy with and without recurrence.

    Args:
        some: the texts to read.
        available: how many there are to take them from.
        tick: hears the share answered so far; what it raises ends the work.
    """
    network, targets = loaded.network, some.targets
    words, places = np.unique(some.indices, return_inverse=True)  # what is read alone answers alike everywhere
    p = network.readout(alone(network, network.embedding.weight[torch.from_numpy(words).long()])).softmax(1).numpy()
    task = tasks.of(loaded.config)
    answers = task.predict(network, loaded.config, some, tick).answers
    mean = None
    if not task.one_answer:
        counted = answers >= 0
        feed_forward = p.argmax(1)[places]
        targets, answers, feed_forward = targets[counted], answers[counted], feed_forward[counted]
    else:
        feed_forward = np.full(len(some), p[np.searchsorted(words, EOS)].argmax())
        totals = np.add.reduceat(p[places], some.starts[:-1])
        mean = _share(totals.argmax(1) == targets)
    return RecurrenceGain(
        len(some), available, len(targets), _share(answers == targets), _share(feed_forward == targets), mean,
        float(np.bincount(targets[targets >= 0], minlength=1).max() / max(len(targets), 1)),
    )  # fmt: skip


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if len(right) else 0.0
