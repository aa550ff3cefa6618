"""A cell unrolled over time, in both directions. Shapes are (T, B, d).

Texts of a batch are padded at the end, without packing: in the forward direction, a pad comes after all steps of its text and
cannot affect them; in the backward direction, a text starts from zero at its own end.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn.functional import linear

from rnn_core.network import torch_kernels
from rnn_core.network.cells import Cell, State
from rnn_core.network.sweeps import Unrolled, compiled

Parameters = dict[str, Tensor]
"""A cell's parameters by name, as `Cell.parameters` declares them."""


class Applied:
    """The parameters of one layer and direction in the form that the cell's step uses.

    Attributes:
        biases: the bias of the product of each matrix, (rows,); None: no bias.

    Args:
        cell, own: the cell, and its parameters by name.
    """

    def __init__(self, cell: Cell, own: Parameters):
        self.cell, self.own = cell, own
        self.biases = {name: _bias(cell, own, name) for name in (*cell.of_inputs, *cell.of_step)}

    def inputs(self, x: Tensor) -> dict[str, Tensor]:
        """The products of the inputs, (…, n), with their biases, (…, rows) each."""
        return {name: self.times(name, x) for name in self.cell.of_inputs}

    def times(self, name: str, v: Tensor) -> Tensor:
        """M v with its bias, (…, rows)."""
        return linear(v, self.own[name], self.biases[name])

    def __getitem__(self, name: str) -> Tensor:
        return self.own[name]


def _bias(cell: Cell, own: Parameters, product: str) -> Tensor | None:
    """(rows,), the bias of a product; None: no bias. A shorter bias belongs to the last rows."""
    whole = None
    for name in cell.biases_of(product):
        missing = len(own[product]) - len(own[name])
        one = torch.nn.functional.pad(own[name], (missing, 0)) if missing else own[name]
        whole = one if whole is None else whole + one
    return whole


def zero_state(cell: Cell, batch: int, d: int, like: Tensor) -> State:
    """h_0 = 0 (and m_0 = 0), each (B, d)."""
    return tuple(like.new_zeros(batch, d) for _ in cell.parts)


def run(
    cell: Cell,
    x: Tensor,
    lengths: Tensor,
    directions: Sequence[Parameters],
    start: State | None = None,
    which: Tensor | None = None,
) -> tuple[Tensor, State]:
    """Runs one layer. Returns its states, (T, B, D), zero at pads, and the state after each text's last step, (D', B, d) each.

    Args:
        x: inputs, (T, B, n), padded at the end; or, with `which`, the different inputs, (M, n).
        lengths: steps of each text without padding, (B,); T or more: no padding.
        directions: the parameters of the forward direction and, optionally, of the backward direction.
        start: the state before the first step of each of the D' directions, each part (D', B, d); None: zero. The first step
            of the backward direction is each text's last.
        which: the row of x that each step reads, (T, B).
    """
    if start is None:
        d = cell.hidden(directions[0])
        start = tuple(x.new_zeros(len(directions), len(lengths), d) for _ in cell.parts)
    return path_of(x.device.type, cell)(cell, x, which, lengths, directions, start)


Direction = Callable[[Cell, Tensor, Tensor, Parameters, State], tuple[Tensor, State]]
"""One direction of a layer: (cell, x, lengths, parameters, start) → states, zero at pads, and ends, each part (B, d)."""
Layer = Callable[[Cell, Tensor, Tensor | None, Tensor, Sequence[Parameters], State], tuple[Tensor, State]]
"""A whole layer: inputs, the row of them that each step reads, and the other arguments of `run`."""


def _by_direction(direction: Direction) -> Layer:
    """A layer whose directions run separately; for the backward direction, each text is reversed."""

    def layer(
        cell: Cell, x: Tensor, which: Tensor | None, lengths: Tensor, directions: Sequence[Parameters], start: State
    ) -> tuple[Tensor, State]:
        x = x if which is None else x.index_select(0, which.flatten()).view(*which.shape, -1)
        states, ends = [], []
        for k, parameters in enumerate(directions):
            read = reverse(x, lengths) if k else x
            h, end = direction(cell, read, lengths, parameters, tuple(part[k] for part in start))
            states.append(reverse(h, lengths) if k else h)
            ends.append(end)
        return torch.cat(states, dim=2), tuple(torch.stack(part) for part in zip(*ends, strict=True))

    return layer


def step_by_step(
    cell: Cell, x: Tensor, lengths: Tensor, parameters: Parameters, start: State
) -> tuple[Tensor, State]:
    """Runs the cell's step, differentiated by autograd; at a pad the state is unchanged."""
    p = Applied(cell, parameters)
    products = {name: product.unbind() for name, product in p.inputs(x).items()}
    state, states = start, []
    for t in range(len(x)):
        after, _ = cell.step(p, {name: product[t] for name, product in products.items()}, state)
        true = (t < lengths)[:, None]
        state = tuple(torch.where(true, new, old) for new, old in zip(after, state, strict=True))
        states.append(after[0] * true)
    return torch.stack(states), state


def _sweep(
    cell: Cell, x: Tensor, which: Tensor | None, lengths: Tensor, directions: Sequence[Parameters], start: State
) -> tuple[Tensor, State]:
    names = tuple(cell.declared)
    given = [parameters[name] for parameters in directions for name in names]
    h, *end = Unrolled.apply(cell, len(names), x, which, lengths, *start, *given)
    return h, tuple(end)


ANYWHERE = _by_direction(step_by_step)
TORCH = _by_direction(torch_kernels.layer)


def path_of(device: str, cell: Cell) -> Layer:
    """The fastest implementation for a cell on a type of device, as measured by `make bench` (docs/performance.md)."""
    if device == "cpu" and compiled(cell):
        return _sweep
    if device == "cuda" and torch_kernels.known(cell):
        return TORCH
    return ANYWHERE


def accelerated(device: str, cell: Cell) -> bool:
    """Whether a cell has a kernel on a type of device; otherwise it runs step by step."""
    return path_of(device, cell) is not ANYWHERE


class _Reversed(torch.autograd.Function):
    """Permutes the rows of (T·B, …) by a permutation that is its own inverse, so the backward pass is the same."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Tensor) -> Tensor:
        ctx.save_for_backward(rows)
        return x.flatten(0, 1).index_select(0, rows).view_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad.flatten(0, 1).index_select(0, ctx.saved_tensors[0]).view_as(grad), None


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Reverses each text of x (T, B, …) within its own length, without the pads. It is its own inverse."""
    steps, batch = torch.arange(len(x), device=x.device)[:, None], x.shape[1]
    turned = torch.where(steps < lengths, lengths - 1 - steps, steps)
    rows = turned * batch + torch.arange(batch, device=x.device)
    return _Reversed.apply(x, rows.flatten())
