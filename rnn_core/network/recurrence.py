"""A cell unrolled over time, forwards and backwards. Shapes are (T, B, d).

Texts of a batch are padded at the end. Pads need no packing: reading forwards, a pad comes after every true step of
its text and cannot touch one; reading backwards, each text is first turned round within its own length.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.network.cells import LSTM, Cell, State

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


class _Unrolled(torch.autograd.Function):
    """`unroll` with backpropagation through time: one sweep back, then one product for all copies of W."""

    @staticmethod
    def forward(
        ctx: Any, cell: Cell, a_input: Tensor, weight_hh: Tensor, inner: Tensor | None, *start: Tensor
    ) -> Tensor:
        states, kept = unroll(cell, a_input, weight_hh, inner, start)
        h = torch.stack([state[0] for state in states])
        ctx.cell, ctx.states, ctx.kept, ctx.start, ctx.has_inner = cell, states, kept, start, inner is not None
        ctx.save_for_backward(weight_hh, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Any, ...]:
        weight_hh, h = ctx.saved_tensors
        cell: Cell = ctx.cell
        carried: list[Tensor] = [torch.zeros_like(part) for part in ctx.start]
        through_input: list[Tensor] = []
        through_hidden: list[Tensor] = []
        for t in reversed(range(len(h))):
            before = ctx.states[t - 1] if t else ctx.start
            grad = (carried[0] + grad_h[t], *carried[1:])
            delta_input, delta_hidden, direct = cell.backward(grad, before, ctx.states[t], ctx.kept[t])
            through_input.append(delta_input)
            through_hidden.append(delta_hidden)
            past = delta_hidden @ weight_hh
            carried = [past if direct[0] is None else past.add_(direct[0])]
            carried += [part for part in direct[1:] if part is not None]
        grad_input = torch.stack(through_input[::-1])
        same = through_input[0] is through_hidden[0]
        grad_hidden = (grad_input if same else torch.stack(through_hidden[::-1])).flatten(0, 1)
        h_before = torch.cat((ctx.start[0][None], h[:-1])).flatten(0, 1)
        return (
            None,
            grad_input,
            grad_hidden.t() @ h_before,
            grad_hidden.sum(0) if ctx.has_inner else None,
            *carried,
        )


def zero_state(cell: Cell, batch: int, d: int, like: Tensor) -> State:
    """h_0 = 0 (and c_0 = 0), each (B, d)."""
    return tuple(like.new_zeros(batch, d) for _ in cell.parts)


def run(cell: Cell, x: Tensor, parameters: Parameters) -> Tensor:
    """h_1 … h_T of one layer in one direction, (T, B, d), for inputs x (T, B, n) and h_0 = 0.

    An LSTM goes through torch's own fused kernel; the others through the sweep above, which multiplies once for
    all steps where torch.nn multiplies at each.
    """
    d = parameters["weight_hh"].shape[1]
    start = zero_state(cell, x.shape[1], d, x)
    if isinstance(cell, LSTM):
        bias = parameters["bias"]
        weights = [parameters["weight_ih"], parameters["weight_hh"], bias, torch.zeros_like(bias)]
        h, _, _ = torch.lstm(
            x, tuple(part[None] for part in start), weights, True, 1, 0.0, torch.is_grad_enabled(), False, False
        )
        return h
    a_input = torch.nn.functional.linear(x, parameters["weight_ih"], parameters["bias"])
    return _Unrolled.apply(cell, a_input, parameters["weight_hh"], inner_bias(cell, parameters), *start)


def reverse(x: Tensor, lengths: Tensor) -> Tensor:
    """Each text of x (T, B, …) turned round within its own length; pads stay where they are. Its own inverse."""
    steps = torch.arange(len(x), device=x.device)[:, None]
    turned = torch.where(steps < lengths, lengths - 1 - steps, steps)
    return x.gather(0, turned.view(*turned.shape, *[1] * (x.dim() - 2)).expand_as(x))
