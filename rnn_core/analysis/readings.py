"""A split read otherwise than the network was taught: from the last column, with pads before the texts, without recurrence."""

from collections.abc import Callable

import numpy as np
import torch

from rnn_core import tasks
from rnn_core.analysis.feedforward import gain
from rnn_core.analysis.loading import Loaded
from rnn_core.data.batches import Encoded
from rnn_core.network.models import Network
from rnn_core.results import PaddingCost, Readings

OPERATIONS = 2e10
"""Multiplications that a page may take for it at once: less than a second in one thread."""

_BATCH_STEPS = 32_768


def readings(
    loaded: Loaded, encoded: Encoded, available: int, tick: Callable[[float], None] = lambda share: None
) -> Readings:
    """What the task's tabs of Words to matrix show: the last column where an answer is read there, and recurrence.

    Args:
        encoded: the texts to read.
        available: how many there are to take them from.
        tick: hears the share done so far; what it raises ends the work.
    """
    if not _last_column(loaded):
        return Readings(None, gain(loaded, encoded, available, tick))
    recurrence = gain(loaded, encoded, available, lambda share: tick(share / 3))  # the other two thirds: pads on two sides
    return Readings(cost(loaded.network, encoded, available, lambda share: tick((1 + 2 * share) / 3)), recurrence)


def sample(loaded: Loaded, encoded: Encoded) -> Encoded:
    """As many texts as can be read at once, all or spread evenly over the split."""
    m, steps = len(encoded), int(encoded.lengths.sum())
    if _last_column(loaded):
        steps += 2 * m * int(encoded.lengths.max(initial=1))
    weights = sum(p.numel() for p in loaded.network.cells.parameters())
    texts = int(np.clip(m * OPERATIONS / (weights * max(steps, 1)), 1, m))
    return encoded.part(np.unique(np.linspace(0, m - 1, texts).round().astype(int)))


def _last_column(loaded: Loaded) -> bool:
    return "last-column" in tasks.of(loaded.config).views["matrix"]


@torch.no_grad()
def cost(
    network: Network, encoded: Encoded, available: int, tick: Callable[[float], None] = lambda share: None
) -> PaddingCost:
    """What it costs to read classified texts from the last column instead of each from its own end. As `readings`."""
    m, longest = len(encoded), int(encoded.lengths.max())
    size = max(1, _BATCH_STEPS // longest)
    right = np.zeros(3, int)
    for first in range(0, m, size):
        tick(first / m)
        batch = encoded.batch(np.arange(first, min(first + size, m)))
        shifts = longest - batch.lengths
        behind = np.pad(batch.tokens, ((0, longest - len(batch.tokens)), (0, 0)))
        before = np.stack([np.roll(row, shift) for row, shift in zip(behind.T, shifts, strict=True)], 1)
        whole, columns = torch.full((len(shifts),), longest), torch.arange(len(shifts))
        own, last = (torch.from_numpy(batch.lengths) - 1) * len(shifts) + columns, (whole - 1) * len(shifts) + columns
        # Reading goes forwards, so what is behind the true end has not touched the state there.
        read, after = (
            network({"tokens": torch.from_numpy(tokens), "lengths": whole, "at": at})["logits"].argmax(1).numpy()
            for tokens, at in ((behind, torch.cat((own, last))), (before, last))
        )
        for place, answers in enumerate((*np.split(read, 2), after)):
            right[place] += int((answers == batch.targets).sum())
    return PaddingCost(m, available, longest, *(right / m).tolist())
