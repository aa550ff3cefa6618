"""Engines compute all gradients of a batch: by autograd for any module, and without it for the plain stack."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core.config import ModelConfig
from rnn_core.language import tr
from rnn_core.network import cells
from rnn_core.network.backpropagation import Backpropagation
from rnn_core.network.cells import State
from rnn_core.network.device import number, place_of
from rnn_core.network.dropout import Dropout, Noise
from rnn_core.network.embedding import Embedding
from rnn_core.network.models import Batch, Network, Outputs
from rnn_core.network.recurrence import accelerated
from rnn_core.network.recurrent import Recurrent
from rnn_core.network.weighting import Counted
from rnn_core.threads import shared_with_torch
from rnn_core.training.device_optimizer import DeviceOptimizer
from rnn_core.training.optimizer import Optimizer

Loss = Callable[[Outputs, Batch], tuple[Tensor, Tensor, Tensor]]
"""The loss of a batch as a sum, the weight by which it is divided, and the loss of each step that counts."""


Read = Mapping[int, tuple[np.ndarray, np.ndarray]]
"""Rows of tables, (u,), and ∂L/∂ of them, (u, n), by `id`."""


LARGE = 50_000
"""The number of weights outside recurrent layers and embeddings above which torch's own products use all threads. With 64,000 a
step took 0.9 of the time, with 2,560,000 0.7; with 5,000 it took longer (docs/performance.md)."""


_READ = ("tokens", "lengths", "at", "labels", "weights", "total")


class Engine(Protocol):
    """Computes the gradients of a batch.

    Attributes:
        name: its name in the run's metrics.
        ends: the state after the last step of the last batch.
    """

    name: str

    @property
    def ends(self) -> State | None: ...

    def gradients(self, batch: Batch, noise: Noise, size: int, start: State | None = None) -> float:
        """Computes the gradients of a batch and returns its loss. The gradients are in the optimiser's `dense`, those of
        embeddings in `read`; with `DeviceOptimizer` they are in the `grad` of the parameters.

        With truncation, chunks of K steps are processed one after the other, each forward and backward before the next, so
        that at most K steps are held. The state is carried over, gradients are not.

        Args:
            batch: arrays or CPU tensors: `tokens`, (T, B) or (T, B, 1 + F), `lengths`, (B,), and for the m steps that the loss
                counts their indices in (T·B), `at`, with `labels` and `weights` (m,); `total`, (), divides the sum of weighted
                losses.
            noise: decides the dropout masks.
            size: K.
            start: the state before the first step; None: zero.
        """

    def read(self) -> Read:
        """For each embedding that is updated by rows, by its `id`: the rows that the last batch read, and their gradients."""


class Autograd:
    """Gradients of any module with `forward(batch)`, by torch's autograd; recurrent layers use the compiled sweeps, or cuDNN on
    a GPU. Each chunk of a batch is copied to the network's device once, and only the loss is read back, once per batch.
    """

    name = "autograd"

    def __init__(self, network: nn.Module, loss: Loss, optimizer: Optimizer | DeviceOptimizer):
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.ends: State | None = None
        self._dropouts = [module for module in network.modules() if isinstance(module, Dropout)]
        loops = {id(m) for part in network.modules() if isinstance(part, Recurrent | Embedding) for m in part.modules()}
        others = [module for module in network.modules() if id(module) not in loops]
        products = sum(p.numel() for module in others for p in module.parameters(recurse=False))
        self._threads = shared_with_torch if products > LARGE else nullcontext

    def gradients(self, batch: Batch, noise: Noise, size: int, start: State | None = None) -> float:
        with self._threads():
            return self._gradients(batch, noise, size, start)

    def _gradients(self, batch: Batch, noise: Noise, size: int, start: State | None) -> float:
        seed, device = noise.for_torch(), place_of(self.network)  # so that torch's own dropout can be resumed
        torch.default_generator.manual_seed(seed)  # `torch.manual_seed` records its caller for other devices, 0.5 ms or more
        if device.type == "cuda":
            torch.cuda.manual_seed(seed)
        for dropout in self._dropouts:
            dropout.noise = noise
        self.optimizer.zero_grad()
        found = torch.zeros((), dtype=torch.float64, device=device)
        start = None if start is None else tuple(part.to(device) for part in start)
        for chunk in chunks(batch, size):  # cut before the copy: the steps that a chunk counts are needed on the CPU
            # the copies do not wait for what the GPU still computes
            part = {name: torch.as_tensor(a).to(device, non_blocking=True) for name, a in chunk.items()}
            outputs = self.network(part if start is None else {**part, "start": start})
            total, weight, _ = self.loss(outputs, part)
            loss = total / weight
            if loss.requires_grad:  # a chunk may have no step that counts
                loss.backward()
            found = found + loss.detach()
            ends = outputs.get("ends")
            start = None if ends is None else tuple(part.detach() for part in ends)
        self.ends = start
        return number(found)

    def read(self) -> Read:
        return {id(table): table.take() for table in self.optimizer.tables}


class Fused:
    """Gradients of embedding, recurrent layers and readout with cross-entropy, without autograd: equal up to rounding."""

    name = "fused"

    def __init__(self, network: Network, optimizer: Optimizer):
        self.network, self.optimizer = network, optimizer
        self._through = Backpropagation(network, optimizer.dense)
        self._inputs, self._dropouts = network.inputs, (network.dropout, network.cells.dropout)  # slow lookups in torch
        self._read: Read = {}
        self._tied = optimizer.dense.part(network.weight_out).gradients[0] if network.tied else None

    def gradients(self, batch: Batch, noise: Noise, size: int, start: State | None = None) -> float:
        for dropout in self._dropouts:
            dropout.noise = noise
        tokens, lengths, at, labels, weights, total = map(np.asarray, (batch[name] for name in _READ))
        rows, which = self._inputs.different(tokens)
        table = self._inputs.look_up(rows)
        of = Counted(at, labels, weights / total)
        state = None if start is None else [[part[i : i + 1].numpy() for part in start] for i in range(len(start[0]))]
        whole, texts = which.shape
        if size >= whole:
            loss, gradient = self._through(table, which, lengths, of, state)
        else:
            loss, gradient, dense = 0.0, np.zeros_like(table), np.zeros_like(self.optimizer.dense.gradients)
            for first in range(0, whole, size):
                # the memory of a chunk must not depend on the words of other chunks
                own, places = self._inputs.different_again(which[first : first + size])
                now = of.between(first * texts, (first + size) * texts)
                part, found = self._through(table[own], places, lengths - first, now, state)
                loss, state = loss + part, self._through.ends
                gradient[own] += found
                dense += self.optimizer.dense.gradients
            self.optimizer.dense.gradients[:] = dense
        if self._tied is None:
            self._read = self._inputs.by_table(rows, gradient)
        else:  # the gradient of a tied table is the sum of both uses
            self._tied[rows] += gradient
        return loss

    @property
    def ends(self) -> State | None:
        return tuple(torch.from_numpy(np.concatenate(part)) for part in zip(*self._through.ends, strict=True))

    def read(self) -> Read:
        return self._read


def without_kernel(model: ModelConfig, device: str) -> str:
    """A sentence, if the network's cell has no kernel on a type of device, `cpu` or `cuda`; else empty."""
    cell = cells.cell_of(model)
    if accelerated(device, cell):
        return ""
    if cell.pace and device == "cpu":
        return tr(
            "{cell} has no compiled kernel: it trains by autograd, step by step, at {pace} of the LSTM's tokens per second.",
            cell=cells.title(model), pace=cell.pace,
        )  # fmt: skip
    return tr("{cell} has no compiled kernel: it trains by autograd, step by step.", cell=cells.title(model))


def chunks(batch: Batch, size: int) -> Iterator[dict[str, Any]]:
    """Cuts a batch into chunks of `size` steps; the last one may be shorter."""
    whole, texts = batch["tokens"].shape[:2]
    if size >= whole:
        yield dict(batch)
        return
    for first in range(0, whole, size):
        counts = (batch["at"] >= first * texts) & (batch["at"] < (first + size) * texts)
        yield {
            **batch,
            "tokens": batch["tokens"][first : first + size],
            "lengths": batch["lengths"] - first,
            "at": batch["at"][counts] - first * texts,
            "labels": batch["labels"][counts],
            "weights": batch["weights"][counts],
        }
