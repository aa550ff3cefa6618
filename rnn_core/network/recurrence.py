"""A cell unrolled over time, forwards and backwards. Shapes are (T, B, d).

Texts of a batch are padded at the end. Pads need no packing: reading ahead, a pad comes after every true step of its
text and cannot touch one; reading back, a text starts from zero at its own end.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import embedding, linear

from rnn_core.network.cells import GRU, LSTM, Cell, Elman, State
from rnn_core.network.sweeps import Unrolled

Parameters = dict[str, Tensor]
"""A cell's parameters by name, as `Cell.parameters` declares them."""


def inner_bias(cell: Cell, parameters: Parameters) -> Tensor | None:
    """(G·d,) what is added to W h_{t−1}: zero but in the last block, or None for cells that have no inner bias."""
    inner = parameters.get("bias_inner")
    return None if inner is None else torch.nn.functional.pad(inner, ((len(cell.gates) - 1) * len(inner), 0))


def unroll(
    cell: Cell, a_input: Tensor, weight_hh: Tensor, inner: Tensor | None, start: State
) -> tuple[list[State], list[tuple[Tensor, ...]]]:
    """Every state h_1 … h_T, step after step, and what the cell kept at each.

    Args:
        a_input: U x_t + b for all steps, (T, B, G·d).
        weight_hh: W, (G·d, d).
        inner: the inner bias, (G·d,), or None.
        start: the state before the first step, each part (B, d).
    """
    transposed, state = weight_hh.t(), start
    states, kept = [], []
    for a in a_input:
        a_hidden = state[0] @ transposed if inner is None else torch.addmm(inner, state[0], transposed)
        state, extra = cell.step(a, a_hidden, state)
        states.append(state)
        kept.append(extra)
    return states, kept


def zero_state(cell: Cell, batch: int, d: int, like: Tensor) -> State:
    """h_0 = 0 (and c_0 = 0), each (B, d)."""
    return tuple(like.new_zeros(batch, d) for _ in cell.parts)


def run(
    cell: Cell,
    x: Tensor,
    lengths: Tensor,
    directions: Sequence[Parameters],
    start: State | None = None,
    which: Tensor | None = None,
) -> tuple[Tensor, State]:
    """One layer: its states, (T, B, D), of no meaning at pads; and the first direction's state after the last step.

    Args:
        x: inputs, (T, B, n), padded at the end; or, with `which`, the different ones that there are, (M, n).
        lengths: true steps of each text, (B,).
        directions: the parameters that read ahead and perhaps, as a second direction, those that read back.
        start: the first direction's state before the first step, each part (B, d); None: zero.
        which: which of the inputs each step reads, (T, B).
    """
    start = start or zero_state(cell, len(lengths), directions[0]["weight_hh"].shape[1], x)
    path = _PATHS.get((x.device.type, type(cell)), _ANYWHERE)
    return path(cell, x, which, lengths, directions, start)


Direction = Callable[[Cell, Tensor, Parameters, State], tuple[Tensor, State]]
"""One direction of a layer, every step taken as true."""
Path = Callable[[Cell, Tensor, Tensor | None, Tensor, Sequence[Parameters], State], tuple[Tensor, State]]
"""A whole layer: inputs, which of them each step reads, and the rest as `run` has it."""


def _by_direction(direction: Direction) -> Path:
    """A layer of which each direction is run by itself; for the one that reads back, each text is turned round."""

    def layer(
        cell: Cell, x: Tensor, which: Tensor | None, lengths: Tensor, directions: Sequence[Parameters], start: State
    ) -> tuple[Tensor, State]:
        x = x if which is None else embedding(which, x)
        h, end = direction(cell, x, directions[0], start)
        for parameters in directions[1:]:
            back, _ = direction(cell, reverse(x, lengths), parameters, tuple(torch.zeros_like(part) for part in start))
            h = torch.cat((h, reverse(back, lengths)), dim=2)
        return h, end

    return layer


def _step_by_step(cell: Cell, x: Tensor, parameters: Parameters, start: State) -> tuple[Tensor, State]:
    """The equations as they stand, differentiated by autograd."""
    a_input = linear(x, parameters["weight_ih"], parameters["bias"])
    states, _ = unroll(cell, a_input, parameters["weight_hh"], inner_bias(cell, parameters), start)
    return torch.stack([state[0] for state in states]), states[-1]


def _sweep(
    cell: Cell, x: Tensor, which: Tensor | None, lengths: Tensor, directions: Sequence[Parameters], start: State
) -> tuple[Tensor, State]:
    names = tuple(cell.parameters(1, 1))
    given = [parameters[name] for parameters in directions for name in names]
    h, *end = Unrolled.apply(cell, len(names), x, which, lengths, *start, *given)
    return h, tuple(end)


def _torch(cell: Cell, x: Tensor, parameters: Parameters, start: State) -> tuple[Tensor, State]:
    """torch's own kernels, on a GPU those of cuDNN. Its second bias is zero or the inner."""
    bias = parameters["bias"]
    second = inner_bias(cell, parameters)
    weights = [parameters["weight_ih"], parameters["weight_hh"], bias, torch.zeros_like(bias) if second is None else second]
    rest = (weights, True, 1, 0.0, torch.is_grad_enabled(), False, False)
    if isinstance(cell, LSTM):
        h, *end = torch.lstm(x, tuple(part[None] for part in start), *rest)
        return h, (end[0][0], end[1][0])
    if isinstance(cell, Elman) and cell.activation == "sigmoid":
        return _step_by_step(cell, x, parameters, start)
    kernel = torch.gru if isinstance(cell, GRU) else torch.rnn_relu if cell.activation == "relu" else torch.rnn_tanh  # type: ignore[attr-defined]
    h, last = kernel(x, start[0][None], *rest)
    return h, (last[0],)


_ANYWHERE = _by_direction(_step_by_step)
_PATHS: dict[tuple[str, type[Cell]], Path] = {
    ("cpu", Elman): _sweep,
    ("cpu", GRU): _sweep,
    ("cpu", LSTM): _sweep,
    ("cuda", Elman): _by_direction(_torch),
    ("cuda", GRU): _by_direction(_torch),
    ("cuda", LSTM): _by_direction(_torch),
}
"""The fastest way there is for each cell on each kind of device, as `make bench` measures it (docs/performance.md)."""


class _Reversed(torch.autograd.Function):
    """Rows of (T·B, …) put in another order that is its own inverse, so the way back is the same."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return x.flatten(0, 1).index_select(0, rows).view_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad.flatten(0, 1).index_select(0, ctx.saved_tensors[0]).view_as(grad), None


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Each text of x (T, B, …) turned round within its own length; pads stay where they are. Its own inverse."""
    steps, batch = torch.arange(len(x), device=x.device)[:, None], x.shape[1]
    turned = torch.where(steps < lengths, lengths - 1 - steps, steps)
    rows = turned * batch + torch.arange(batch, device=x.device)
    return _Reversed.apply(x, rows.flatten())
