"""One text through the top layer many times side by side, each time with one copy of a matrix moved against its gradient."""

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnn_core.network.models import Network
from rnn_core.network.recurrence import Applied, zero_state


class _Moved:
    """Parameters as `Weights` for T + 2 rows: in row i, the copy of step i is moved by −η δ_i v_iᵀ; in row T, all copies are
    moved by −η Σ_j δ_j v_jᵀ; in row T + 1, none is.

    Attributes:
        step: the current one.
    """

    def __init__(self, applied: Applied, name: str, delta: Tensor, factor: Tensor, rate: float):
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
    network: Network, x: Tensor, name: str, delta: Tensor, factor: Tensor, rate: float, beside: Tensor | None = None
) -> Tensor:
    """The logits at every step, (T, T + 2, k) float64, of the rows of `_Moved`, in the top layer from the start.

    Args:
        x: the inputs of the top layer, (T, n).
        name: a matrix of the cell.
        delta, factor: δ_i and v_i, whose product is the gradient of copy i, (T, rows) and (T, columns).
        rate: η.
        beside: the states of the top layer that reads from the end, (T, d), which no copy changes; None: there is none.
    """
    cell, steps, config = network.cell, len(x), network.config
    own = {one: p.double() for one, p in network.layer(config.layers - 1, 0).items()}
    moved = _Moved(Applied(cell, own), name, delta.double(), factor.double(), rate)
    state = zero_state(cell, steps + 2, config.hidden, x.double())
    v, d, logits = network.weight_out.double(), config.hidden, []
    c = network.bias_out.double().expand(steps, -1)
    if beside is not None:
        c = c + beside.double() @ v[:, d:].t()
    for moved.step, x_t in enumerate(x.double()):
        rows = x_t.expand(steps + 2, -1)
        state, _ = cell.step(moved, {one: moved.times(one, rows) for one in cell.of_inputs}, state)
        logits.append(linear(state[0], v[:, :d], c[moved.step]))
    return torch.stack(logits)
