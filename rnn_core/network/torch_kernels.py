"""torch's kernels for whole layers (on a GPU, cuDNN's), for the cells that have one."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from rnn_core.network.cells import Cell, State
from rnn_core.network.device import host

_KERNELS: dict[tuple[str, str | None], Callable[..., Any]] = {
    ("rnn", "tanh"): torch.rnn_tanh,
    ("rnn", "relu"): torch.rnn_relu,
    ("lstm", None): torch.lstm,
    ("gru", None): torch.gru,
}
"""torch's kernels by cell and activation."""


def _kernel(cell: Cell) -> Callable[..., Any] | None:
    return _KERNELS.get((cell.name, getattr(cell, "activation", None)))


def known(cell: Cell) -> bool:
    """Whether torch has a kernel for the cell."""
    return _kernel(cell) is not None


def layer(
    cell: Cell, x: Tensor, lengths: Tensor, parameters: Mapping[str, Tensor], start: State
) -> tuple[Tensor, State]:
    """Runs one direction on packed texts: states, zero at pads, and ends, each part (B, d). torch's second bias is zero, or the
    bias of the product with the state.

    Args:
        x: (T, B, n).
        lengths: (B,).
        start: each part (B, d).
    """
    kernel = _kernel(cell)
    assert kernel is not None
    read = host(lengths).clamp(1, len(x))  # a packed text has at least one step
    packed = pack_padded_sequence(x, read, enforce_sorted=False)
    assert packed.sorted_indices is not None and packed.unsorted_indices is not None
    (bias,) = (parameters[name] for name in cell.biases_of("weight_ih"))
    second = torch.zeros_like(bias)
    for name in cell.biases_of("weight_hh"):
        inner = parameters[name]
        second = torch.nn.functional.pad(inner, (len(bias) - len(inner), 0))
    weights = [parameters["weight_ih"], parameters["weight_hh"], bias, second]
    before = tuple(part[None, packed.sorted_indices] for part in start)
    given = before if len(before) > 1 else before[0]
    h, *end = kernel(packed.data, packed.batch_sizes, given, weights, True, 1, 0.0, torch.is_grad_enabled(), False)
    ordered, _ = pad_packed_sequence(PackedSequence(h, packed.batch_sizes), total_length=len(x))  # it would read back the indices
    states = ordered.index_select(1, packed.unsorted_indices)
    some = (lengths > 0)[:, None]
    ends = tuple(
        torch.where(some, part[0, packed.unsorted_indices], old) for part, old in zip(end, start, strict=True)
    )
    return states * some, ends
