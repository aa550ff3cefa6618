"""All parameters of a network except its embeddings in one array."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core.network.embedding import Embedding
from rnn_core.network.memory import LINE, fresh
from rnn_core.network.recurrent import Recurrent


class Part(NamedTuple):
    """Some parameters and their gradients, as arrays of the same shapes."""

    weights: tuple[np.ndarray, ...]
    gradients: tuple[np.ndarray, ...]


class Dense:
    """Stores parameters end to end in one array, and their gradients in another: each parameter becomes a view.

    Args:
        network: the network, in CPU memory. A parameter shared by two modules is stored once.
        without: its embeddings that are updated by rows.

    Attributes:
        weights, gradients: (P,), zero between the parts, each of which begins at a cache line.
        layers: for each `Recurrent` by path, and each layer: the parameters of its cell as declared, with the directions as
            first axis, (D', …).
    """

    def __init__(self, network: nn.Module, without: Iterable[Embedding] = ()):
        self.network = network
        left_out = {id(table.weight) for table in without}
        recurrent = {path: module for path, module in network.named_modules() if isinstance(module, Recurrent)}
        groups: dict[tuple[str, int, str], list[Tensor]] = {}
        for path, module in recurrent.items():
            for layer in range(module.layers):
                directions = [module.layer(layer, k) for k in range(module.directions)]
                groups |= {(path, layer, name): [own[name] for own in directions] for name in directions[0]}
        inside = {id(p) for group in groups.values() for p in group} | left_out
        others: dict[tuple[str, int, str], list[Tensor]] = {
            ("", i, ""): [p] for i, p in enumerate(network.parameters()) if id(p) not in inside
        }
        self._places: dict[int, slice] = {}
        self._ordered = [p for p in network.parameters() if id(p) not in left_out]
        kind = self._ordered[0].detach().numpy().dtype
        each = LINE // kind.itemsize
        sizes = [sum(p.numel() for p in group) for group in (*others.values(), *groups.values())]
        count = sum(-(-size // each) * each for size in sizes)
        self.weights, self.gradients = np.split(fresh(kind, 2 * count), 2)
        self.weights[:] = self.gradients[:] = 0
        begin, views = 0, {}
        for key, group in (others | groups).items():
            end = self._move(group, begin)
            views[key] = tuple(row[begin:end].reshape(-1, *group[0].shape) for row in (self.weights, self.gradients))
            begin = -(-end // each) * each
        self.layers = {
            path: [
                Part(*zip(*(views[path, layer, name] for name in module.cell.parameters(1, 1)), strict=True))
                for layer in range(module.layers)
            ]
            for path, module in recurrent.items()
        }

    def part(self, *parameters: Tensor) -> Part:
        """Some parameters."""
        rows = (self.weights, self.gradients)
        weights, gradients = (tuple(row[self._places[id(p)]].reshape(p.shape) for p in parameters) for row in rows)
        return Part(weights, gradients)

    def receive(self) -> None:
        """Sets the gradients to zero; autograd accumulates there."""
        self.gradients[:] = 0
        for p in self._ordered:
            p.grad = torch.from_numpy(self.gradients[self._places[id(p)]]).view(p.shape)

    def _move(self, parameters: Iterable[Tensor], begin: int) -> int:
        """Makes parameters views of the array from `begin` on; returns the index of their end."""
        for p in parameters:
            place = self._places[id(p)] = slice(begin, begin + p.numel())
            self.weights[place] = p.detach().numpy().ravel()
            p.data = torch.from_numpy(self.weights[place]).view(p.shape)
            begin = place.stop
        return begin

    @property
    def attached(self) -> bool:
        """Whether the network's parameters are still views of the array."""
        first = self._ordered[0]
        here = self.weights.__array_interface__["data"][0] + self._places[id(first)].start * self.weights.itemsize
        return first.data_ptr() == here

    @property
    def parameters(self) -> Sequence[Tensor]:
        """The parameters, in the order of the network's."""
        return self._ordered

    def parts(self, row: np.ndarray) -> list[np.ndarray]:
        """The parts of an array (P,) for each parameter, in the order of the network's parameters."""
        return [row[self._places[id(p)]] for p in self._ordered]
