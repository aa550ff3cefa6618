"""On a GPU: the recurrences and whole updates against torch.nn under cuDNN, in turn in one process.

    python -m benchmarks.devices [--rounds N] [--exact]

Prints a JSON line for each cell, size and number of directions: the best milliseconds of both for a layer forwards and back, over
the same padded texts, which torch.nn packs, and how far their states are apart; then one for each cell of a whole update
(embedding, two layers, readout, cross-entropy, clipping, Adam), with tokens per second. The ratio is torch's time over ours. With
--exact, cuDNN does not round products to TF32. Without a GPU it says so and ends.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain, product
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_core.config import ModelConfig, TrainConfig
from rnn_core.network.cells import cell_of
from rnn_core.network.device import number, title_of
from rnn_core.network.dropout import Noise
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network
from rnn_core.network.recurrence import Applied, run
from rnn_core.training.device_optimizer import DeviceOptimizer
from rnn_core.training.engines import Autograd

SIZES = ((32, 40, 64, 128), (64, 50, 128, 256), (128, 200, 256, 512), (64, 64, 512, 1024))
KINDS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
WORDS, CLASSES = 20_000, 10


def in_turn(works: list[Callable[[], object]], rounds: int) -> list[float]:
    """The best seconds of each, once all that was started has been computed."""
    best = [float("inf")] * len(works)
    for _ in range(rounds):
        for i, work in enumerate(works):
            work()
            torch.cuda.synchronize()
            began = time.perf_counter()
            for _ in range(10):
                work()
            torch.cuda.synchronize()
            best[i] = min(best[i], (time.perf_counter() - began) / 10)
    return best


def told(ours: float, torchs: float, **more: Any) -> str:
    times = {"ours_ms": round(ours * 1e3, 3), "torch_ms": round(torchs * 1e3, 3), "ratio": round(torchs / ours, 2)}
    return json.dumps(more | times)


def lengths_of(batch: int, steps: int) -> Tensor:
    """(B,) half of the steps and more, one text with all."""
    lengths = np.random.default_rng(0).integers(steps // 2, steps + 1, batch)
    lengths[0] = steps
    return torch.from_numpy(lengths)


def packed(layer: nn.RNNBase, x: Tensor, lengths: Tensor) -> Tensor:
    """The states of torch's layer, (T, B, d); lengths in memory of the processor, as its documentation has it."""
    out, _ = layer(pack_padded_sequence(x, lengths, enforce_sorted=False))
    return pad_packed_sequence(out, total_length=len(x))[0]


def layers(device: torch.device, rounds: int) -> Iterator[str]:
    for (batch, steps, n, d), directions, (name, kind) in product(SIZES, (1, 2), KINDS.items()):
        cell, theirs = cell_of(ModelConfig(cell=name)), kind(n, d, bidirectional=directions > 1).to(device)
        own = [
            {k: (torch.randn(p.shape, device=device) / d**0.5).requires_grad_() for k, p in cell.parameters(n, d).items()}
            for _ in range(directions)
        ]
        with torch.no_grad():
            for parameters, suffix in zip(own, ("", "_reverse"), strict=False):
                inner = Applied(cell, parameters).biases["weight_hh"]
                for of_torch, value in (("weight_ih", parameters["weight_ih"]), ("weight_hh", parameters["weight_hh"]),
                                        ("bias_ih", parameters["bias"]), ("bias_hh", 0 if inner is None else inner)):  # fmt: skip
                    getattr(theirs, f"{of_torch}_l0{suffix}").copy_(torch.as_tensor(value))
        whole = lengths_of(batch, steps)
        there = whole.to(device)
        x, g = (torch.randn(steps, batch, width, device=device) for width in (n, d * directions))
        x.requires_grad_()
        apart = number((run(cell, x, there, own)[0] - packed(theirs, x, whole)).abs().max())
        works: list[Callable[[], object]] = [
            lambda c=cell, x=x, t=there, p=own, g=g: run(c, x, t, p)[0].backward(g),  # type: ignore[misc]
            lambda m=theirs, x=x, w=whole, g=g: packed(m, x, w).backward(g),  # type: ignore[misc]
        ]
        size = {"batch": batch, "steps": steps, "in": n, "hidden": d, "directions": directions}
        yield told(*in_turn(works, rounds), what="layer", cell=name, **size, apart=apart)


class Plain(nn.Module):
    """The same network of torch's own modules."""

    def __init__(self, kind: Any, n: int, d: int):
        super().__init__()
        self.words, self.cells, self.out = nn.Embedding(WORDS, n), kind(n, d, 2), nn.Linear(d, CLASSES)

    def forward(self, tokens: Tensor, lengths: Tensor, last: Tensor) -> Tensor:
        return self.out(packed(self.cells, self.words(tokens), lengths).flatten(0, 1).index_select(0, last))


def updates(device: torch.device, rounds: int, batch: int = 64, steps: int = 50, n: int = 128, d: int = 256) -> Iterator[str]:
    lengths = lengths_of(batch, steps)
    tokens = torch.randint(4, WORDS, (steps, batch))
    labels, last = torch.randint(0, CLASSES, (batch,)), (lengths - 1) * batch + torch.arange(batch)
    given = {"tokens": tokens, "lengths": lengths, "at": last, "labels": labels, "weights": torch.ones(batch),
             "total": torch.tensor(float(batch))}  # fmt: skip
    for name, kind in KINDS.items():
        config = ModelConfig(cell=name, embedding=n, hidden=d, layers=2, dropout=0.0)
        network = Network(config, WORDS, CLASSES).to(device).train()
        optimizer = DeviceOptimizer(network, TrainConfig())
        engine = Autograd(network, cross_entropy, optimizer)
        theirs = Plain(kind, n, d).to(device).train()
        adam = torch.optim.Adam(theirs.parameters(), TrainConfig().learning_rate)

        def ours(engine: Autograd = engine, optimizer: DeviceOptimizer = optimizer) -> None:
            engine.gradients(given, Noise(0, 0), steps)
            optimizer.step(engine.read())

        def torchs(theirs: Plain = theirs, adam: torch.optim.Adam = adam) -> None:
            adam.zero_grad()
            logits = theirs(tokens.to(device), lengths, last.to(device))
            loss = nn.functional.cross_entropy(logits, labels.to(device))
            loss.backward()
            nn.utils.clip_grad_norm_(theirs.parameters(), TrainConfig().clip)
            adam.step()
            number(loss)  # a loop that notes its loss reads it too

        mine, other = in_turn([ours, torchs], rounds)
        size = {"batch": batch, "steps": steps, "in": n, "hidden": d, "layers": 2}
        yield told(mine, other, what="update", cell=name, **size, tokens_per_second=round(int(lengths.sum()) / mine))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--exact", action="store_true", help="products in float32, without TF32")
    given = parser.parse_args()
    if not torch.cuda.is_available():
        print("There is no GPU here that torch can use, so there is nothing to measure.", file=sys.stderr)
        return
    device = torch.device("cuda")
    torch.backends.cudnn.allow_tf32 = not given.exact
    about = {"device": title_of(device), "torch": torch.__version__, "cudnn": torch.backends.cudnn.version()}
    print(json.dumps(about | {"tf32": not given.exact}))
    for line in chain(layers(device, given.rounds), updates(device, given.rounds)):
        print(line, flush=True)


if __name__ == "__main__":
    main()
