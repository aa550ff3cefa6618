"""torch's kernels for whole layers (on a GPU, cuDNN's), for the cells that have one."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from rnn_core.network.cells import Cell, State

_KERNELS: dict[tuple[str, str | None], Callable[..., Any]] = {
    ("rnn", "tanh"): torch.rnn_tanh,
    ("rnn", "relu"): torch.rnn_relu,
    ("lstm", None): torch.lstm,
    ("gru", None): torch.gru,
}
"""torch's kernels by cell and activation."""

_HOLD, _COLUMNS = 1e4, 8
"""The weight of an LSTM's further input at a pad, where σ(−10⁴) is 0 and σ(10⁴) is 1; and the columns that are added for it, of
which only the first is used: with one column more, rows would no longer be aligned, and products slower."""


def _kernel(cell: Cell) -> Callable[..., Any] | None:
    return _KERNELS.get((cell.name, getattr(cell, "activation", None)))


def known(cell: Cell) -> bool:
    """Whether torch has a kernel for the cell."""
    return _kernel(cell) is not None


def layer(
    cell: Cell, x: Tensor, lengths: Tensor, parameters: Mapping[str, Tensor], start: State
) -> tuple[Tensor, State]:
    """Runs one direction on padded texts: states, zero at pads, and ends, each part (B, d). torch's second bias is zero, or the
    bias of the product with the state.

    Texts are not packed: cuDNN takes up to four times as long for packed ones, and needs their lengths on the host. The kernel
    runs over the pads, after all steps of a text, and the h of its last step is read from the states. torch gives the memory of
    an LSTM after the last step of the batch only, so a further input, 1 at pads, holds it there: with f = 1 and i = 0 exactly,
    neither the memory nor its gradient changes, and no parameter gets a gradient from a pad.

    Args:
        x: (T, B, n).
        lengths: (B,).
        start: each part (B, d).
    """
    kernel, u, d = _kernel(cell), parameters["weight_ih"], start[0].shape[1]
    assert kernel is not None
    true = torch.arange(len(x), device=x.device)[:, None] < lengths
    if len(start) > 1:
        hold = u.new_zeros(len(u), _COLUMNS)
        hold[:d, 0], hold[d : 2 * d, 0] = -_HOLD, _HOLD  # the input gate's rows, and the forget gate's
        x = torch.cat((x, (~true).to(x)[:, :, None].expand(-1, -1, _COLUMNS)), 2)
        u = torch.cat((u, hold), 1)
    (bias,) = (parameters[name] for name in cell.biases_of("weight_ih"))
    second = torch.zeros_like(bias)
    for name in cell.biases_of("weight_hh"):
        inner = parameters[name]
        second = torch.nn.functional.pad(inner, (len(bias) - len(inner), 0))
    weights = _in_one_block(u, parameters["weight_hh"], bias, second)
    before = tuple(part[None] for part in start)
    given = before if len(before) > 1 else before[0]
    h, *after = kernel(x, given, weights, True, 1, 0.0, torch.is_grad_enabled(), False, False)
    states = h * true[:, :, None]
    last = (lengths - 1).clamp(0, len(x) - 1)[None, :, None].expand(-1, -1, d)
    end = torch.where((lengths > 0)[:, None], states.gather(0, last)[0], start[0])
    return states, (end, *(part[0] for part in after[1:]))


def _in_one_block(*weights: Tensor) -> list[Tensor]:
    """The same weights as parts of one block, as cuDNN wants them; otherwise it copies them one by one, with a warning."""
    parts = torch.cat([one.flatten() for one in weights]).split([one.numel() for one in weights])
    return [part.view_as(one) for part, one in zip(parts, weights, strict=True)]
