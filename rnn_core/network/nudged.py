"""One text through a network many times side by side, each time with one copy of a matrix moved against its gradient."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnn_core.network.jacobians import Read
from rnn_core.network.models import Network
from rnn_core.network.recurrence import Applied, zero_state

NOTHING = torch.zeros(0, 0)


class _Moved:
    """Parameters as `Weights` for T + 2 rows: in row i, the copy of step i is moved by −η δ_i v_iᵀ; in row T, all copies are
    moved by −η Σ_j δ_j v_jᵀ; in row T + 1, none is. Without a name, nothing is moved.

    Attributes:
        step: the current one.
    """

    def __init__(
        self, applied: Applied, name: str | None = None, delta: Tensor = NOTHING, factor: Tensor = NOTHING, rate: float = 0.0
    ):
        self.applied, self.name, self.step = applied, name, 0
        self._delta, self._factor, self._rate, self._whole = delta, factor, rate, delta.t() @ factor

    def times(self, name: str, v: Tensor) -> Tensor:
        out = self.applied.times(name, v)
        if name == self.name:
            i = self.step
            out = out.clone()
            out[i] -= self._rate * (self._factor[i] @ v[i]) * self._delta[i]
            out[-2] -= self._rate * (self._whole @ v[-2])
        return out

    def __getitem__(self, name: str) -> Tensor:
        return self.applied[name]


@torch.no_grad()
def nudged_logits(
    network: Network, layers: Sequence[Sequence[Read]], place: tuple[int, int], name: str, delta: Tensor, factor: Tensor,
    rate: float,
) -> Tensor:  # fmt: skip
    """The logits at every step, (T, T + 2, k) float64, of the rows of `_Moved`.

    Args:
        layers: the text as it is read without a move, by layer and direction.
        place: the layer and direction whose matrix moves.
        name: a matrix of the cell.
        delta, factor: δ_i and v_i, whose product is the gradient of copy i, (T, rows) and (T, columns).
        rate: η.
    """
    layer, direction = place
    d, rows = network.config.hidden, len(delta) + 2
    applied, x = _applied(network, layer, direction), layers[layer][direction].x.double()
    moved = _Moved(applied, name, delta.double(), factor.double(), rate)
    sides = [read.after[0].double()[:, None].expand(-1, rows, -1) for read in layers[layer]]
    sides[direction] = _states(moved, x[:, None].expand(-1, rows, -1), d, direction)
    for above in range(layer + 1, len(layers)):
        read = torch.cat(sides, 2)
        sides = [_states(_Moved(_applied(network, above, j)), read, d, j) for j in range(len(sides))]
    return linear(torch.cat(sides, 2), network.weight_out.double(), network.bias_out.double())


def _applied(network: Network, layer: int, direction: int) -> Applied:
    return Applied(network.cell, {name: p.double() for name, p in network.layer(layer, direction).items()})


def _states(weights: _Moved, x: Tensor, d: int, direction: int) -> Tensor:
    """h of one layer and direction, (T, B, d), from its inputs, (T, B, n)."""
    cell, found = weights.applied.cell, [torch.empty(0)] * len(x)
    state = zero_state(cell, x.shape[1], d, x)
    for weights.step in reversed(range(len(x))) if direction else range(len(x)):
        products = {name: weights.times(name, x[weights.step]) for name in cell.of_inputs}
        state, _ = cell.step(weights, products, state)
        found[weights.step] = state[0]
    return torch.stack(found)
