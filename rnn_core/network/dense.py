"""All parameters of a network but its embedding, as one row of numbers."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_core.network.memory import fresh
from rnn_core.network.models import Network


class Part(NamedTuple):
    """Some parameters and their gradients, as arrays of the same shapes."""

    weights: list[np.ndarray]
    gradients: list[np.ndarray]


class Dense:
    """Puts them end to end in memory, with room for their gradients: each parameter becomes a view of its part.

    Attributes:
        weights, gradients: (P,).
        layers: of each layer, its cell's parameters as declared, with its directions in front, (D', …).
        readout: V and c.
    """

    def __init__(self, network: Network):
        readout: list[list[Tensor]] = [[network.weight_out], [network.bias_out]]
        layers: list[dict[str, list[Tensor]]] = [
            {name: [network.layer(layer, k)[name] for k in range(network.directions)] for name in network.layer(layer, 0)}
            for layer in range(network.config.layers)
        ]
        groups = [*readout, *(group for layer in layers for group in layer.values())]
        count = sum(p.numel() for group in groups for p in group)
        self.weights = fresh(network.weight_out.detach().numpy().dtype, count)
        self.gradients = np.zeros_like(self.weights)
        self._places: dict[int, slice] = {}
        views: dict[int, Part] = {}
        end = 0
        for group in groups:
            begin, shape = end, group[0].shape
            for p in group:
                place = self._places[id(p)] = slice(end, end + p.numel())
                self.weights[place] = p.detach().numpy().ravel()
                p.data = torch.from_numpy(self.weights[place]).view(shape)
                end = place.stop
            views[id(group)] = Part(*([row[begin:end].reshape(-1, *shape)] for row in (self.weights, self.gradients)))
        declared = network.cell.parameters(1, 1)
        self.layers = [_joined([views[id(layer[name])] for name in declared]) for layer in layers]
        out = _joined([views[id(group)] for group in readout])
        self.readout = Part([w[0] for w in out.weights], [g[0] for g in out.gradients])
        self._network = network

    @property
    def attached(self) -> bool:
        """Whether the network's parameters are still views of the row."""
        return self._network.weight_out.data_ptr() == self.weights.__array_interface__["data"][0]

    def parts(self, row: np.ndarray) -> list[np.ndarray]:
        """What of a row (P,) belongs to each parameter, in the order of the network's."""
        return [row[self._places[id(p)]] for p in self._network.parameters() if id(p) in self._places]


def _joined(parts: list[Part]) -> Part:
    return Part([w for part in parts for w in part.weights], [g for part in parts for g in part.gradients])
