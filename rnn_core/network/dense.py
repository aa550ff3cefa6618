"""All parameters of a network but its embedding, as one row of numbers."""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_core.network.memory import LINE, fresh
from rnn_core.network.models import Network


class Part(NamedTuple):
    """Some parameters and their gradients, as arrays of the same shapes."""

    weights: tuple[np.ndarray, ...]
    gradients: tuple[np.ndarray, ...]


class Dense:
    """Puts them end to end in memory, with room for their gradients: each parameter becomes a view of its part.

    Attributes:
        weights, gradients: (P,), zero between the parts: each begins where a line of the cache does.
        layers: of each layer, its cell's parameters as declared, with its directions in front, (D', …).
        readout: V and c.
    """

    def __init__(self, network: Network):
        self._network = network
        self._places: dict[int, slice] = {}
        groups: list[dict[str, list[Tensor]]] = [{"V": [network.weight_out], "c": [network.bias_out]}]
        for layer in range(network.config.layers):
            directions = [network.layer(layer, k) for k in range(network.directions)]
            groups.append({name: [own[name] for own in directions] for name in directions[0]})
        kind = network.weight_out.detach().numpy().dtype
        each = LINE // kind.itemsize
        count = sum(-(-sum(p.numel() for p in group) // each) * each for part in groups for group in part.values())
        self.weights, self.gradients = np.split(fresh(kind, 2 * count), 2)
        self.weights[:] = self.gradients[:] = 0
        begin, placed = 0, []
        for part in groups:
            views = {}
            for name, group in part.items():
                end = self._move(group, begin)
                views[name] = tuple(row[begin:end].reshape(-1, *group[0].shape) for row in (self.weights, self.gradients))
                begin = -(-end // each) * each
            placed.append(views)
        readout, *layers = placed
        self.readout = Part(*zip(*((w[0], g[0]) for w, g in readout.values()), strict=True))
        declared = network.cell.parameters(1, 1)
        self.layers = [Part(*zip(*(views[name] for name in declared), strict=True)) for views in layers]

    def _move(self, parameters: Iterable[Tensor], begin: int) -> int:
        """Makes them views of the row from `begin` on; gives where they end."""
        for p in parameters:
            place = self._places[id(p)] = slice(begin, begin + p.numel())
            self.weights[place] = p.detach().numpy().ravel()
            p.data = torch.from_numpy(self.weights[place]).view(p.shape)
            begin = place.stop
        return begin

    @property
    def attached(self) -> bool:
        """Whether the network's parameters are still views of the row."""
        return self._network.weight_out.data_ptr() == self.weights.__array_interface__["data"][0]

    def parts(self, row: np.ndarray) -> list[np.ndarray]:
        """What of a row (P,) belongs to each parameter, in the order of the network's."""
        return [row[self._places[id(p)]] for p in self._network.parameters() if id(p) in self._places]
