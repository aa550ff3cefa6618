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

from rnn_core.network import torch_kernels
from rnn_core.network.cells import Cell, State
from rnn_core.network.sweeps import Unrolled, compiled

Parameters = dict[str, Tensor]
"""A cell's parameters by name, as `Cell.parameters` declares them."""


class Applied:
    """A cell's parameters of one layer and direction as its step uses them.

    Attributes:
        biases: by matrix what is added to its product, (rows,); None: nothing.

    Args:
        cell, own: whose, by name.
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
    """(rows,) what is added to a product; None: nothing. A bias shorter than the product is of its last rows."""
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
    """One layer: its states, (T, B, D), zero at pads; and the state after each text's last step, each part (D', B, d).

    Args:
        x: inputs, (T, B, n), padded at the end; or, with `which`, the different ones that there are, (M, n).
        lengths: true steps of each text, (B,); T and more: all of these steps are true.
        directions: the parameters that read ahead and perhaps, as a second direction, those that read back.
        start: the state before the first step of each of the D' directions, each part (D', B, d); None: zero. The second
            direction's first step is each text's own last.
        which: which of the inputs each step reads, (T, B).
    """
    if start is None:
        d = cell.hidden(directions[0])
        start = tuple(x.new_zeros(len(directions), len(lengths), d) for _ in cell.parts)
    return path_of(x.device.type, cell)(cell, x, which, lengths, directions, start)


Direction = Callable[[Cell, Tensor, Tensor, Parameters, State], tuple[Tensor, State]]
"""One direction of a layer: (cell, x, lengths, parameters, start) → states, zero at pads, and ends, each part (B, d)."""
Layer = Callable[[Cell, Tensor, Tensor | None, Tensor, Sequence[Parameters], State], tuple[Tensor, State]]
"""A whole layer: inputs, which of them each step reads, and the rest as `run` has it."""


def _by_direction(direction: Direction) -> Layer:
    """A layer of which each direction is run by itself; for the one that reads back, each text is turned round."""

    def layer(
        cell: Cell, x: Tensor, which: Tensor | None, lengths: Tensor, directions: Sequence[Parameters], start: State
    ) -> tuple[Tensor, State]:
        x = x if which is None else embedding(which, x)
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
    """The equations as they stand, differentiated by autograd; at a pad the state stays as it was."""
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
    """The fastest way there is for a cell on a kind of device, as `make bench` measures it (docs/performance.md)."""
    if device == "cpu" and compiled(cell):
        return _sweep
    if device == "cuda" and torch_kernels.known(cell):
        return TORCH
    return ANYWHERE


def accelerated(device: str, cell: Cell) -> bool:
    """Whether a cell has a kernel there, and is not run step by step."""
    return path_of(device, cell) is not ANYWHERE


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
