"""The feed-forward network inside a recurrent one: the same weights, with the state before every step set to 0."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.data.batches import Encoded
from rnn_core.network.embedding import different_rows
from rnn_core.network.models import Network, Outputs
from rnn_core.network.tape import record
from rnn_core.results import RecurrenceGain, Trace, WithoutRecurrence


def without_recurrence(loaded: Loaded, trace: Trace) -> WithoutRecurrence:
    """One text, each of its tokens read alone."""
    with torch.no_grad():
        read = alone(loaded.network, trace.fed)
    return WithoutRecurrence(read["states"][0].numpy(), read["logits"][0].softmax(1).numpy())


def alone(network: Network, tokens: np.ndarray) -> Outputs:
    """What the network makes of tokens, as fed, each read as a text of one step, whose state before is zero; (1, m, …)."""
    return network({"tokens": torch.from_numpy(tokens).long()[None], "lengths": torch.ones(len(tokens), dtype=torch.int64)})


@torch.no_grad()
def alone_trace(loaded: Loaded, trace: Trace) -> Trace:
    """The trace of a text each of whose tokens is read alone, from a zero state, in every layer and direction."""
    network = loaded.network
    with record(network) as tape:
        outputs = alone(network, trace.fed)
    each = [tape[f"cells.{layer}.{direction}"] for layer, direction in network.cells.each()]
    found = {name: [one.after[part] for one in each] for part, name in enumerate(network.cell.parts)}
    found |= {name: [one.kept[name] for one in each] for name in network.cell.kept_names}
    held = {
        name: torch.stack([part[0] for part in parts]).unflatten(0, (-1, network.directions)).numpy()
        for name, parts in found.items()
    }
    logits = outputs["logits"][0]
    return replace(
        trace, states=held["h"], cells=held.get("m"), gates={name: held[name] for name in network.cell.kept_names},
        logits=logits.numpy(), readouts=logits.softmax(1).numpy(), answers=None,
    )  # fmt: skip


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
    fed = some.fed
    # what is read alone answers alike everywhere
    words, places = different_rows(fed) if fed.ndim > 1 else np.unique(fed, return_inverse=True)
    p = alone(network, words)["logits"][0].softmax(1).numpy()
    task = tasks.of(loaded.config)
    rules = task.rules(loaded.speech.labels, loaded.speech.scheme)
    answers = task.predict(network, loaded.config, some, tick, rules).answers
    targets, answers = targets[answers >= 0], answers[answers >= 0]
    read_at = [start + task.answered(steps) for start, steps in zip(some.starts, some.lengths.tolist(), strict=False)]
    at = np.concatenate([*read_at, np.empty(0, np.int64)])
    feed_forward, mean = p.argmax(1)[places[at]], None
    if np.array_equal(at, some.starts[1:] - 1):  # an answer at the end is about the whole text, so the mean may answer too
        totals = np.add.reduceat(p[places], some.starts[:-1])
        mean = _share(totals.argmax(1) == targets)
    return RecurrenceGain(
        len(some), available, len(targets), _share(answers == targets), _share(feed_forward == targets), mean,
        tuple((np.bincount(targets[targets >= 0], minlength=len(loaded.outcomes)) / max(len(targets), 1)).tolist()),
    )  # fmt: skip


def _share(right: np.ndarray) -> float:
    return float(right.mean()) if len(right) else 0.0
