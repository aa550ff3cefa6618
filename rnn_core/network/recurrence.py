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
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnn_core.network.cells import GRU, LSTM, Cell, Elman, State
from rnn_core.network.device import host
from rnn_core.network.sweeps import Unrolled

Parameters = dict[str, Tensor]
"""A cell's parameters by name, as `Cell.parameters` declares them."""


def inner_bias(cell: Cell, parameters: Parameters) -> Tensor | None:
    """(G·d,) what is added to W h_{t−1}: zero but in the last block, or None for cells that have no inner bias."""
    inner = parameters.get("bias_inner")
    return None if inner is None else torch.nn.functional.pad(inner, ((len(cell.gates) - 1) * len(inner), 0))


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
        d = directions[0]["weight_hh"].shape[1]
        start = tuple(x.new_zeros(len(directions), len(lengths), d) for _ in cell.parts)
    path = _PATHS.get((x.device.type, type(cell)), _ANYWHERE)
    return path(cell, x, which, lengths, directions, start)


Direction = Callable[[Cell, Tensor, Tensor, Parameters, State], tuple[Tensor, State]]
"""One direction of a layer: (cell, x, lengths, parameters, start) → states, zero at pads, and ends, each part (B, d)."""
Path = Callable[[Cell, Tensor, Tensor | None, Tensor, Sequence[Parameters], State], tuple[Tensor, State]]
"""A whole layer: inputs, which of them each step reads, and the rest as `run` has it."""


def _by_direction(direction: Direction) -> Path:
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


def _step_by_step(
    cell: Cell, x: Tensor, lengths: Tensor, parameters: Parameters, start: State
) -> tuple[Tensor, State]:
    """The equations as they stand, differentiated by autograd; at a pad the state stays as it was."""
    a_input = linear(x, parameters["weight_ih"], parameters["bias"])
    inner, state, states = inner_bias(cell, parameters), start, []
    for t, a in enumerate(a_input):
        after, _ = cell.step(a, linear(state[0], parameters["weight_hh"], inner), state)
        true = (t < lengths)[:, None]
        state = tuple(torch.where(true, new, old) for new, old in zip(after, state, strict=True))
        states.append(after[0] * true)
    return torch.stack(states), state


def _sweep(
    cell: Cell, x: Tensor, which: Tensor | None, lengths: Tensor, directions: Sequence[Parameters], start: State
) -> tuple[Tensor, State]:
    names = tuple(cell.parameters(1, 1))
    given = [parameters[name] for parameters in directions for name in names]
    h, *end = Unrolled.apply(cell, len(names), x, which, lengths, *start, *given)
    return h, tuple(end)


def _torch(cell: Cell, x: Tensor, lengths: Tensor, parameters: Parameters, start: State) -> tuple[Tensor, State]:
    """torch's own kernels, on a GPU those of cuDNN, of packed texts. The second bias is zero or the inner."""
    if isinstance(cell, Elman) and cell.activation == "sigmoid":
        return _step_by_step(cell, x, lengths, parameters, start)
    read = host(lengths).clamp(1, len(x))  # a packed text has a step at least
    packed = pack_padded_sequence(x, read, enforce_sorted=False)
    assert packed.sorted_indices is not None and packed.unsorted_indices is not None
    bias, second = parameters["bias"], inner_bias(cell, parameters)
    weights = [parameters["weight_ih"], parameters["weight_hh"], bias, torch.zeros_like(bias) if second is None else second]
    before = tuple(part[None, packed.sorted_indices] for part in start)
    rest = (weights, True, 1, 0.0, torch.is_grad_enabled(), False)
    if isinstance(cell, LSTM):
        h, *end = torch.lstm(packed.data, packed.batch_sizes, before, *rest)
    else:
        kernel = torch.gru if isinstance(cell, GRU) else torch.rnn_relu if cell.activation == "relu" else torch.rnn_tanh  # type: ignore[attr-defined]
        h, *end = kernel(packed.data, packed.batch_sizes, before[0], *rest)
    ordered, _ = pad_packed_sequence(PackedSequence(h, packed.batch_sizes), total_length=len(x))  # indices it would read
    states = ordered.index_select(1, packed.unsorted_indices)
    some = (lengths > 0)[:, None]
    ends = tuple(
        torch.where(some, part[0, packed.unsorted_indices], old) for part, old in zip(end, start, strict=True)
    )
    return states * some, ends


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
