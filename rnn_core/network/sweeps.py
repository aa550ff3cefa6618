"""Backpropagation through time on the processor: whole layers of Elman and GRU, forwards and backwards.

The same numbers as `Cell.step` and `Cell.backward` unrolled (tests hold them equal), arranged for speed: U x_t + b for
all steps is one product before the sweep; a step writes in place into that buffer; on the way back the sweep carries
only δ, and the gradients of U, W and b are one product each over all steps, Σ_i δ_i x_iᵀ and Σ_i δ_i h_{i−1}ᵀ. Between
products, arrays of one step stay in the cache and go through numpy, whose calls cost a third of torch's and whose tanh
takes a quarter of its time. docs/performance.md has what was measured.
"""

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.network.cells import Elman


def _tanh_(a: Tensor) -> Tensor:
    array = a.numpy()
    np.tanh(array, out=array)
    return a


_ACTIVATE = {"tanh": _tanh_, "relu": torch.relu_, "sigmoid": torch.sigmoid_}
"""φ in place."""


def _products(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """U x_t + b for all steps, (T, B, rows of U)."""
    return torch.addmm(bias, x.flatten(0, 1), weight.t()).view(*x.shape[:2], -1)


def _before(h: Tensor, start: Tensor) -> Tensor:
    """h_0 … h_{T−1}, (T·B, d)."""
    return torch.cat((start[None], h[:-1])).flatten(0, 1)


class ElmanSweep(torch.autograd.Function):
    """h_t = φ(b + W h_{t−1} + U x_t); backwards δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1})."""

    @staticmethod
    def forward(ctx: Any, cell: Elman, x: Tensor, start: Tensor, u: Tensor, w: Tensor, b: Tensor) -> Tensor:
        """Every state, (T, B, d), for x (T, B, n) and the state before, start (B, d)."""
        h = _products(x, u, b)
        activate, transposed, before = _ACTIVATE[cell.activation], w.t(), start
        for now in h.unbind(0):
            torch.addmm(now, before, transposed, out=now)
            before = activate(now)
        ctx.cell = cell
        ctx.save_for_backward(x, start, u, w, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, start, u, w, h = ctx.saved_tensors
        delta = ctx.cell.slope(h)
        following = None
        for slope, grad in zip(reversed(delta.unbind(0)), reversed(grad_h.unbind(0)), strict=True):
            if following is not None:
                grad = torch.addmm(grad, following, w)
            slope.mul_(grad)
            following = slope
        flat = delta.flatten(0, 1)
        return (
            None,
            (flat @ u).view_as(x) if ctx.needs_input_grad[1] else None,
            delta[0] @ w if ctx.needs_input_grad[2] else None,
            flat.t() @ x.flatten(0, 1),
            flat.t() @ _before(h, start),
            flat.sum(0),
        )


class GRUSweep(torch.autograd.Function):
    """The GRU in torch's form, its gates r and z side by side and its candidate n apart; letters as in `cells.GRU`."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, start: Tensor, u: Tensor, w: Tensor, b: Tensor, inner: Tensor
    ) -> Tensor:
        """Every state, (T, B, d), for x (T, B, n) and the state before, start (B, d)."""
        d = w.shape[1]
        gates, candidate = _products(x, u[: 2 * d], b[: 2 * d]), _products(x, u[2 * d :], b[2 * d :])
        h, past = torch.empty_like(candidate), torch.empty_like(candidate)  # past: q_t = W_n h_{t−1} + b_q
        w_gates, w_candidate, before = w[: 2 * d].t(), w[2 * d :].t(), start
        for rz, n, q, now in zip(gates.unbind(0), candidate.unbind(0), past.unbind(0), h.unbind(0), strict=True):
            torch.addmm(rz, before, w_gates, out=rz).sigmoid_()
            torch.addmm(inner, before, w_candidate, out=q)
            _tanh_(n.addcmul_(rz[:, :d], q))
            before = torch.lerp(n, before, rz[:, d:], out=now)
        ctx.save_for_backward(x, start, u, w, h, gates, candidate, past)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, start, u, w, h, gates, candidate, past = ctx.saved_tensors
        steps, batch, d = h.shape
        delta_hidden, delta_n = h.new_empty(steps, batch, 3 * d), torch.empty_like(h)  # of W h_{t−1}, and of U_n x_t
        g, rest, slope = h.new_zeros(batch, d), gates.new_empty(batch, 2 * d).numpy(), np.empty_like(start.numpy())
        carried = torch.zeros_like(start)
        grad, rest_r, rest_z = g.numpy(), rest[:, :d], rest[:, d:]
        kept = (a.numpy() for a in (gates, candidate, past, h, grad_h.contiguous(), delta_hidden, delta_n))
        for t, (rz, n, q, now, read, through, into) in reversed(list(enumerate(zip(*kept, strict=True)))):
            r, z = rz[:, :d], rz[:, d:]
            np.add(read, carried.numpy(), out=grad)
            np.subtract(1, rz, out=rest)
            # δ_z = ∂L/∂h ⊙ (h_{t−1} − n) ⊙ z ⊙ (1 − z), where z ⊙ (h_{t−1} − n) = h_t − n
            np.subtract(now, n, out=slope)
            np.multiply(slope, rest_z, out=slope)
            np.multiply(grad, slope, out=through[:, d : 2 * d])
            # δ_n = ∂L/∂h ⊙ (1 − z) ⊙ (1 − n²), which reaches q as δ_n ⊙ r
            np.multiply(n, n, out=slope)
            np.subtract(1, slope, out=slope)
            np.multiply(slope, rest_z, out=slope)
            np.multiply(grad, slope, out=into)
            np.multiply(into, r, out=slope)
            through[:, 2 * d :] = slope
            # δ_r = δ_n ⊙ q ⊙ r ⊙ (1 − r)
            np.multiply(slope, q, out=slope)
            np.multiply(slope, rest_r, out=through[:, :d])
            np.multiply(grad, z, out=grad)
            torch.addmm(g, delta_hidden[t], w, out=carried)
        hidden, candidates = delta_hidden.flatten(0, 1), delta_n.flatten(0, 1)
        both, x_rows = hidden[:, : 2 * d], x.flatten(0, 1)
        grad_x = None
        if ctx.needs_input_grad[0]:
            grad_x = torch.addmm(both @ u[: 2 * d], candidates, u[2 * d :]).view_as(x)
        return (
            grad_x,
            carried if ctx.needs_input_grad[1] else None,
            torch.cat((both.t() @ x_rows, candidates.t() @ x_rows)),
            hidden.t() @ _before(h, start),
            torch.cat((both.sum(0), candidates.sum(0))),
            hidden[:, 2 * d :].sum(0),
        )
