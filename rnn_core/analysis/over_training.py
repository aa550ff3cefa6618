"""One text by the weights that a run had over its training: states, readouts, losses and gradients at each snapshot."""

import copy

import numpy as np
import torch

from rnn_core import tasks
from rnn_core.analysis.backward import backward
from rnn_core.analysis.bptt_pass import longest
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import losses, one_class, targets_of
from rnn_core.analysis.trace import trace as read_trace
from rnn_core.analysis.way_back import both_ways
from rnn_core.network.tensors import put
from rnn_core.results import OverTraining, Trace
from rnn_core.workspace import snapshots

MOST_TOKENS, FEWEST_TOKENS = 200, 20
"""Tokens of a text that are read with every snapshot at most, and for every network."""

MOST_NUMBERS = 2**21
"""Numbers of a result at most, 8 MB."""


def beginning(loaded: Loaded, trace: Trace) -> Trace:
    """The text itself, or where it is too long to be read with every snapshot, its first tokens as a text of their own."""
    sets, count = len(loaded.updates) + 1, len(trace.tokens) - 2
    a_step = loaded.config.model.hidden + len(trace.labels) + 4
    most = min(MOST_TOKENS, longest(loaded.network) // sets, MOST_NUMBERS // (sets * a_step) - 2)
    most = max(FEWEST_TOKENS, most)
    if count <= most:
        return trace
    words = trace.tokens[1 : most + 1]
    return read_trace(loaded, trace.text[: int(trace.offsets[most, 1])], words)


def over_training(loaded: Loaded, trace: Trace, label: str | None = None) -> OverTraining:
    """Reads a text with the weights of every snapshot and with the run's own, which stay as they are.

    Args:
        loaded: a saved run of one label per text with snapshots.
        trace: the text by the run's own weights, a result of `beginning`.
        label: the class that the losses ask for; None, or not a class of the run: what the run answers.

    Raises:
        Problem: if a snapshot is damaged.
    """
    assert loaded.run, "it is of no saved run"
    targets = targets_of(loaded, trace, label)
    target = one_class(targets)
    assert target is not None, "a text has one label"
    name, every = trace.labels[target], tasks.of(loaded.config).loss_of(loaded.config) == "every"
    twin = loaded._replace(network=copy.deepcopy(loaded.network))
    sets: list[tuple[int, bool]] = [(update, False) for update in loaded.updates]
    sets.append((best_update(loaded), True))
    read, left_out = [], []
    for update, own in sorted(sets):
        if not own:
            held = snapshots.load(loaded.run, update)
            put(twin.network, {key: torch.from_numpy(array) for key, array in held.items()})
        one = loaded if own else twin
        seen = trace if own else read_trace(one, trace.text, trace.tokens[1:-1])
        if seen.overflows:
            left_out.append(update)
            continue
        back = backward(one, seen, name)
        way = both_ways(back.done, back.target, back.followed, nudged=False)[every]
        weights = way.weights
        numbers = (
            seen.states[-1, 0], seen.readouts, losses(seen, targets), way.total, way.reached, way.copies, way.shares, way.norm,
        )  # fmt: skip
        if own or all(np.isfinite(part).all() for part in numbers):
            read.append((update, own, numbers))
        else:
            left_out.append(update)
    states, readouts, each, totals, reached, copies, shares, norms = (
        np.stack([numbers[i] for *_, numbers in read]).astype(np.float32) for i in range(8)
    )
    updates = np.array([update for update, *_ in read], np.int64)
    best = next(place for place, (_, own, _) in enumerate(read) if own)
    return OverTraining(
        updates, best, target, weights, states, readouts, each, totals, reached, copies, shares, norms, tuple(left_out)
    )


def best_update(loaded: Loaded) -> int:
    """The update of the run's own weights, which scored best; that of the last snapshot if the history does not say."""
    assert loaded.run
    found = [line for line in loaded.run.history().epochs if line.get("best") and line.get("step") is not None]
    return int(found[-1]["step"]) if found else loaded.updates[-1]
