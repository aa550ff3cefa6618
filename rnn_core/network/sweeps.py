"""Backpropagation through time on the processor: whole layers, forwards and backwards.

The same numbers as `Cell.step` and `Cell.backward` unrolled (tests hold them equal), arranged for speed: the steps are
compiled loops (`kernels.py`), the texts of a batch shared out among the threads; on the way back the sweep carries only
δ, and the gradients of U, W and b are one product each over all steps, Σ_i δ_i x_iᵀ and Σ_i δ_i h_{i−1}ᵀ.
docs/performance.md has what was measured.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.compiled import share_out
from rnn_core.network import kernels
from rnn_core.network.kernels import ROWS, panels

_APART = 16
"""Numbers between rows of gates: four rows that lie 4 KB apart would share the same few places of the cache."""


def _with_start(start: Tensor, steps: int) -> Tensor:
    """Room for h_0 … h_T, (T + 1, B, d), with h_0 in its place."""
    h = start.new_empty(steps + 1, *start.shape)
    h[0] = start
    return h


def _gates(x: Tensor, d: int) -> Tensor:
    """Room for four numbers a unit at every step, (T, B, ≥ 4d)."""
    return x.new_empty(*x.shape[:2], 4 * d + _APART)


def _gradients(of_input: Tensor, x: Tensor, of_state: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """∂L/∂U = Σ_i δ_i x_iᵀ and ∂L/∂W = Σ_i δ_i h_{i−1}ᵀ over all steps and texts.

    Args:
        of_input, of_state: δ of the rows that read the input and of those that read the state, (T, B, as many).
        x, h: (T, B, n) and (T + 1, B, d).
    """
    grad_u, grad_w = x.new_zeros(of_input.shape[2], x.shape[2]), h.new_zeros(of_state.shape[2], h.shape[2])
    flat = [part.flatten(0, 1) for part in (of_input, x, of_state, h[:-1])]
    share_out(_add_both, len(grad_u), ROWS, grad_u, *flat[:2], grad_w, *flat[2:])
    return grad_u, grad_w


def _add_both(first: int, last: int, *arrays: np.ndarray) -> None:
    kernels.add_outer(first, last, *arrays[:3])
    kernels.add_outer(first, last, *arrays[3:])


class ElmanSweep(torch.autograd.Function):
    """h_t = φ(b + W h_{t−1} + U x_t); backwards δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1})."""

    @staticmethod
    def forward(ctx: Any, activation: str, x: Tensor, start: Tensor, u: Tensor, w: Tensor, b: Tensor) -> Tensor:
        """Every state, (T, B, d), for x (T, B, n) and the state before, start (B, d)."""
        x, h = x.contiguous(), _with_start(start, len(x))
        ctx.phi = kernels.PHI[activation]
        share_out(kernels.elman, x.shape[1], ROWS, ctx.phi, h, x, panels(u.t()), panels(w.t()), b)
        ctx.save_for_backward(x, u, w, h)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, u, w, h = ctx.saved_tensors
        delta, grad_x = grad_h.clone(memory_format=torch.contiguous_format), torch.empty_like(x)
        share_out(kernels.elman_backward, x.shape[1], ROWS, ctx.phi, delta, grad_x, h, panels(u), panels(w))
        start = delta[0] @ w if ctx.needs_input_grad[2] else None
        return None, grad_x, start, *_gradients(delta, x, delta, h), delta.sum((0, 1))


class LSTMSweep(torch.autograd.Function):
    """The LSTM; letters as in `cells.LSTM`."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, start: Tensor, cell: Tensor, u: Tensor, w: Tensor, b: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Every state, (T, B, d), and c_T (B, d), for x (T, B, n) and the state before, start and cell (B, d)."""
        x, h, c, a = x.contiguous(), _with_start(start, len(x)), _with_start(cell, len(x)), _gates(x, start.shape[1])
        share_out(kernels.lstm, x.shape[1], ROWS, a, h, c, x, panels(u.t()), panels(w.t()), b)
        ctx.save_for_backward(x, u, w, a, h, c)
        return h[1:], c[-1].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor, grad_cell: Tensor) -> tuple[Tensor, ...]:
        x, u, w, a, h, c = ctx.saved_tensors
        delta, grad_x = torch.empty_like(a), torch.empty_like(x)
        carried_h, carried_c = torch.zeros_like(h[0]), grad_cell.clone()
        share_out(
            kernels.lstm_backward, x.shape[1], ROWS,
            delta, grad_x, carried_h, carried_c, grad_h.contiguous(), a, c, panels(u), panels(w),
        )  # fmt: skip
        delta = delta[:, :, : len(w)]
        return grad_x, carried_h, carried_c, *_gradients(delta, x, delta, h), delta.sum((0, 1))


class GRUSweep(torch.autograd.Function):
    """The GRU in torch's form; letters as in `cells.GRU`.

    Within, the gates stand as n, r, z, q: the first three read the input, the last three the state before.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, start: Tensor, u: Tensor, w: Tensor, b: Tensor, inner: Tensor
    ) -> Tensor:
        """Every state, (T, B, d), for x (T, B, n) and the state before, start (B, d)."""
        d = w.shape[1]
        x, h, a = x.contiguous(), _with_start(start, len(x)), _gates(x, d)
        u, b = u.roll(d, 0), torch.cat((b.roll(d), inner))  # rows of n, r, z
        share_out(kernels.gru, x.shape[1], ROWS, a, h, x, panels(u.t()), panels(w.t()), b)
        ctx.save_for_backward(x, u, w, a, h)
        return h[1:]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor, ...]:
        x, u, w, a, h = ctx.saved_tensors
        d = h.shape[2]
        delta, grad_x, carried = torch.empty_like(a), torch.empty_like(x), torch.zeros_like(h[0])
        share_out(
            kernels.gru_backward, x.shape[1], ROWS,
            delta, grad_x, carried, grad_h.contiguous(), a, h, panels(u), panels(w),
        )  # fmt: skip
        of_u, of_w = _gradients(delta[:, :, : 3 * d], x, delta[:, :, d : 4 * d], h)
        of_b = delta.sum((0, 1))
        return grad_x, carried, of_u.roll(-d, 0), of_w, of_b[: 3 * d].roll(-d), of_b[3 * d : 4 * d]
