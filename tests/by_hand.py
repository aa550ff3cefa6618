"""A cell's step with its products multiplied out: the second way to what `Applied` and the kernels do."""

from collections.abc import Mapping

import torch
from torch import Tensor

from rnn_core.network.cells import Cell, State


class ByHand:
    """Parameters as a step uses them, each product as its formula."""

    def __init__(self, cell: Cell, own: Mapping[str, Tensor]):
        self.cell, self.own = cell, own

    def times(self, name: str, v: Tensor) -> Tensor:
        out = torch.einsum("rc,...c->...r", self.own[name], v)
        for bias in (one for one, declared in self.cell.declared.items() if declared.of == name):
            missing = len(self.own[name]) - len(self.own[bias])
            out = out + torch.cat((self.own[bias].new_zeros(missing), self.own[bias]))
        return out

    def __getitem__(self, name: str) -> Tensor:
        return self.own[name]


def step(cell: Cell, own: Mapping[str, Tensor], x: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
    """One step from inputs, (…, n), and the state before, each part (…, d)."""
    p = ByHand(cell, own)
    inputs = {name: p.times(name, x) for name, one in cell.declared.items() if one.of == "input"}
    return cell.step(p, inputs, state)
