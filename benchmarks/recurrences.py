"""The recurrences against torch.nn's, forwards and backwards, in one process and in turn.

    python -m benchmarks.recurrences [--rounds N]

Prints a JSON line for each size (batch, steps, in, hidden) and cell: best milliseconds of both, and their ratio.
"""

import argparse
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from rnn_core.config import ModelConfig
from rnn_core.network.cells import cell_of
from rnn_core.network.recurrence import run
from rnn_core.threads import use_threads

SIZES = ((32, 40, 64, 128), (32, 200, 64, 128), (64, 50, 128, 256), (1, 50, 64, 64))
THREADS, SETTLED_S = 2, 0.02
"""Threads of both; and what to wait for torch's to fall asleep, because they spin for milliseconds after each product."""


def best_of(works: list[tuple[Callable[[int], None], Callable[[], object]]], rounds: int) -> list[float]:
    """The best seconds of each, with its threads set up first, taken in turn so that a busy moment falls on all."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for i, (use, work) in enumerate(works):
            use(THREADS)
            time.sleep(SETTLED_S)
            work()  # wakes the threads again
            began = time.perf_counter()
            for _ in range(3):
                work()
            best[i] = min(best[i], (time.perf_counter() - began) / 3)
    return best


def there_and_back(layer: Callable[[], tuple[Tensor, Any]], gradient: Tensor) -> None:
    """The layer's states, and their gradient sent back."""
    layer()[0].backward(gradient)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    for batch, steps, n, d in SIZES:
        for name, kind in (("rnn", torch.nn.RNN), ("gru", torch.nn.GRU), ("lstm", torch.nn.LSTM)):
            cell, theirs = cell_of(ModelConfig(cell=name)), kind(n, d)
            parameters = {k: (torch.randn(p.shape) * 0.1).requires_grad_() for k, p in cell.parameters(n, d).items()}
            whole = torch.full((batch,), steps)
            x, g = torch.randn(steps, batch, n, requires_grad=True), torch.randn(steps, batch, d)
            ours, torchs = best_of(
                [
                    (use_threads, partial(there_and_back, partial(run, cell, x, whole, [parameters]), g)),
                    (torch.set_num_threads, partial(there_and_back, partial(theirs, x), g)),
                ],
                given.rounds,
            )
            size = {"batch": batch, "steps": steps, "in": n, "hidden": d}
            times = {"ours_ms": round(ours * 1e3, 2), "torch_ms": round(torchs * 1e3, 2), "ratio": round(torchs / ours, 2)}
            print(json.dumps({"cell": name} | size | times), flush=True)


if __name__ == "__main__":
    main()
