"""One text by the weights that a run had over its training: states, answers, losses and gradients at each snapshot."""

import copy

import numpy as np
import torch

from rnn_core.analysis.backward import backward
from rnn_core.analysis.bptt_pass import longest
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import losses, targets_of
from rnn_core.analysis.trace import trace as read_trace
from rnn_core.analysis.way_back import own_way
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
    layers, directions, _, d = trace.states.shape
    a_step = layers * directions * (d + 4 + len(loaded.cell.parts)) + 11
    most = min(MOST_TOKENS, longest(loaded.network) // sets, MOST_NUMBERS // (sets * a_step) - 2)
    most = max(FEWEST_TOKENS, most)
    if count <= most:
        return trace
    words = trace.tokens[1 : most + 1]
    return read_trace(loaded, trace.text[: int(trace.offsets[most, 1])], words)


def over_training(loaded: Loaded, trace: Trace, label: str | None = None, listed: int = 4) -> OverTraining:
    """Reads a text with the weights of every snapshot and with the run's own, which stay as they are.

    Args:
        loaded: a saved run with snapshots.
        trace: the text by the run's own weights, a result of `beginning`.
        label: the class that the losses ask for; None, or not a class of the run: what the task asks for by itself, which may be
            the answers of the run's own weights.
        listed: the number of the most probable classes of each step that are kept.

    Raises:
        Problem: if a snapshot is damaged.
    """
    assert loaded.run, "it is of no saved run"
    targets = targets_of(loaded, trace, label)
    aim = backward(loaded, trace).target._replace(classes=torch.from_numpy(targets))
    twin = loaded._replace(network=copy.deepcopy(loaded.network))
    sets = [*((update, False) for update in loaded.updates), (best_update(loaded), True)]
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
        back = backward(one, seen)
        way = own_way(back.done, aim, back.followed)
        p = seen.readouts
        classes = np.argsort(-p, axis=1, kind="stable")[:, :listed]
        target_p = np.where(targets >= 0, p[np.arange(len(p)), targets], np.nan)
        numbers = (seen.states, np.take_along_axis(p, classes, 1), target_p, losses(seen, targets))
        parts = (way.total, way.above, way.arriving, way.reached, way.copies, way.shares, way.norms)
        if own or all(np.isfinite(part).all() for part in parts):
            read.append((update, own, classes, way, numbers))
        else:
            left_out.append(update)
    states, p, target_p, each = (np.stack([numbers[i] for *_, numbers in read]).astype(np.float32) for i in range(4))
    best = next(place for place, (_, own, *_) in enumerate(read) if own)
    return OverTraining(
        np.array([update for update, *_ in read]), best, targets, states, np.stack([classes for _, _, classes, *_ in read]), p,
        target_p, each, tuple(way for *_, way, _ in read), tuple(left_out),
    )  # fmt: skip


def best_update(loaded: Loaded) -> int:
    """The update of the run's own weights, which scored best; that of the last snapshot if the history does not say."""
    assert loaded.run
    found = [line for line in loaded.run.history().epochs if line.get("best") and line.get("step") is not None]
    return int(found[-1]["step"]) if found else loaded.updates[-1]
