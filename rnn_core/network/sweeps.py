"""Backpropagation through time on the processor: whole layers, forwards and backwards.

The same numbers as `Cell.step` and `Cell.backward` unrolled (tests hold them equal), arranged for speed: U x_t + b for
all steps is one product before the sweep; the steps themselves are compiled loops (`kernels.py`), the texts of a batch
shared out among the threads; on the way back the sweep carries only δ, and the gradients of U, W and b are one product
each over all steps, Σ_i δ_i x_iᵀ and Σ_i δ_i h_{i−1}ᵀ. docs/performance.md has what was measured.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.compiled import share_out
from rnn_core.network import kernels

_ROWS = 8
"""Kernels multiply so many texts at a time."""

_APART = 16
"""Numbers between rows of gates: four rows that lie 4 KB apart would share the same few places of the cache."""


def _with_start(start: Tensor, steps: int) -> Tensor:
    """Room for h_0 … h_T, (T + 1, B, d), with h_0 in its place."""
    h = start.new_empty(steps + 1, *start.shape)
    h[0] = start
    return h


class ElmanSweep(torch.autograd.Function):
    """h_t = φ(b + W h_{t−1} + U x_t); backwards δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1})."""

    @staticmethod
    def forward(ctx: Any, activation: str, x: Tensor, start: Tensor, u: Tensor, w: Tensor, b: Tensor) -> Tensor:
        """Every state, (T, B, d), for x (T, B, n) and the state before, start (B, d)."""
        steps, batch = x.shape[:2]
        h = _with_start(start, steps)
        torch.addmm(b, x.flatten(0, 1), u.t(), out=h[1:].flatten(0, 1))
        ctx.phi = kernels.PHI[activation]
        share_out(kernels.elman, batch, _ROWS, ctx.phi, h, w.t().contiguous())
        ctx.save_for_backward(x, u, w, h)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, u, w, h = ctx.saved_tensors
        delta = grad_h.clone(memory_format=torch.contiguous_format)
        share_out(kernels.elman_backward, delta.shape[1], _ROWS, ctx.phi, delta, h, w.contiguous())
        flat = delta.flatten(0, 1)
        return (
            None,
            (flat @ u).view_as(x) if ctx.needs_input_grad[1] else None,
            delta[0] @ w if ctx.needs_input_grad[2] else None,
            flat.t() @ x.flatten(0, 1),
            flat.t() @ h[:-1].flatten(0, 1),
            flat.sum(0),
        )


class GRUSweep(torch.autograd.Function):
    """The GRU in torch's form; letters as in `cells.GRU`.

    Within, the gates stand as n, r, z, q: the first three read the input, the last three the state before.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, start: Tensor, u: Tensor, w: Tensor, b: Tensor, inner: Tensor
    ) -> Tensor:
        """Every state, (T, B, d), for x (T, B, n) and the state before, start (B, d)."""
        steps, batch, d = *x.shape[:2], w.shape[1]
        a, h = x.new_empty(steps, batch, 4 * d + _APART), _with_start(start, steps)
        u = u.roll(d, 0)  # rows of n, r, z
        torch.addmm(b.roll(d), x.flatten(0, 1), u.t(), out=a.flatten(0, 1)[:, : 3 * d])
        a[:, :, 3 * d : 4 * d] = inner
        share_out(kernels.gru, batch, _ROWS, a, h, w.t().contiguous())
        ctx.save_for_backward(x, u, w, a, h)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, u, w, a, h = ctx.saved_tensors
        d = h.shape[2]
        delta, carried = torch.empty_like(a), torch.zeros_like(h[0])
        share_out(
            kernels.gru_backward, h.shape[1], _ROWS, delta, carried, grad_h.contiguous(), a, h, w.contiguous()
        )
        flat = delta.flatten(0, 1)
        from_input, from_state = flat[:, : 3 * d], flat[:, d : 4 * d]
        sums = flat.sum(0)
        return (
            (from_input @ u).view_as(x) if ctx.needs_input_grad[0] else None,
            carried if ctx.needs_input_grad[1] else None,
            (from_input.t() @ x.flatten(0, 1)).roll(-d, 0),
            from_state.t() @ h[:-1].flatten(0, 1),
            sums[: 3 * d].roll(-d),
            sums[3 * d : 4 * d],
        )
