"""Backpropagation through time on the processor: whole layers, in one direction or both, forwards and backwards.

The same numbers as `Cell.step` and `Cell.backward` unrolled (tests hold them equal), arranged for speed: the steps are
compiled loops (`kernels.py`), the texts of a batch and the directions shared out among the threads; on the way back the
sweep carries only δ, and the gradients of U, W and b are one product each over all steps, Σ_i δ_i x_iᵀ and
Σ_i δ_i h_{i−1}ᵀ. docs/performance.md has what was measured.

For all sweeps: x is (T, B, n), lengths are the true steps of each text, (B,), and parameters those of the direction that
reads ahead, then those of the one that reads back, if there is one. States are (T, B, D), both directions side by side,
and zero at pads. The state before the first step is given to the first direction alone; the second starts from zero.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.compiled import share_out
from rnn_core.network import kernels
from rnn_core.network.kernels import ROWS, panels

_APART = 16
"""Numbers between rows of gates: four rows that lie 4 KB apart would share the same few places of the cache."""


def _sweep(kernel: Callable[..., None], lengths: Tensor, by_direction: Sequence[Sequence[Any]]) -> None:
    """Calls kernel(first, last, back, lengths, …) for all texts and each direction's arguments, shared out among threads."""
    batch = len(lengths)
    blocks = -(-batch // ROWS)
    true = lengths.numpy()
    passed = [[a.numpy() if isinstance(a, Tensor) else a for a in arguments] for arguments in by_direction]

    def share(first: int, last: int) -> None:
        for back, arguments in enumerate(passed):
            start, end = max(0, first - back * blocks) * ROWS, min(batch, (last - back * blocks) * ROWS)
            if start < end:
                kernel(start, end, bool(back), true, *arguments)

    share_out(share, blocks * len(passed), 1)


def _groups(parameters: Sequence[Tensor], size: int) -> list[Sequence[Tensor]]:
    """The parameters of each direction."""
    return [parameters[i : i + size] for i in range(0, len(parameters), size)]


def _room(start: Tensor, steps: int, directions: int) -> Tensor:
    """Room for the states of all steps and before them, (T + 2, B, D), with start (B, d) and zeros at its ends."""
    d = start.shape[1]
    h = start.new_empty(steps + 2, len(start), directions * d)
    h[0, :, :d] = start
    h[-1] = 0
    return h


def _gates(x: Tensor, d: int, directions: int) -> Tensor:
    """Room for four numbers a unit at every step of each direction, (directions, T, B, ≥ 4d)."""
    return x.new_empty(directions, *x.shape[:2], 4 * d + _APART)


def _outers(of_input: Tensor, x: Tensor, of_state: Tensor, h: Tensor) -> list[tuple[Tensor, Tensor]]:
    """∂L/∂U = Σ_i δ_i x_iᵀ and ∂L/∂W = Σ_i δ_i h_{i−1}ᵀ of each direction, over all steps and texts.

    Args:
        of_input, of_state: δ of the rows that read the input and of those that read the state, (directions, T, B, as many).
        x, h: (T, B, n) and (T + 2, B, D).
    """
    d = h.shape[2] // len(of_input)
    before = [h[:-2, :, :d], h[2:, :, d:]][: len(of_input)]
    factors = [(e, x) for e in of_input] + list(zip(of_state, before, strict=True))
    sums = [x.new_zeros(e.shape[2], y.shape[2]) for e, y in factors]
    arrays = [
        (out.numpy(), e.flatten(0, 1).numpy(), y.flatten(0, 1).numpy())
        for out, (e, y) in zip(sums, factors, strict=True)
    ]

    def share(first: int, last: int) -> None:
        for one in arrays:
            kernels.add_outer(first, last, *one)

    share_out(share, of_input.shape[3], ROWS)
    return list(zip(sums[: len(of_input)], sums[len(of_input) :], strict=True))


def _both(grad_x: Tensor) -> Tensor:
    """∂L/∂x, (T, B, n), of what each direction sends back, (directions, T, B, n)."""
    return grad_x.sum(0) if len(grad_x) > 1 else grad_x[0]


class ElmanSweep(torch.autograd.Function):
    """h_t = φ(b + W h_{t−1} + U x_t); backwards δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1}). Parameters: U, W, b."""

    @staticmethod
    def forward(ctx: Any, activation: str, x: Tensor, lengths: Tensor, start: Tensor, *parameters: Tensor) -> Tensor:
        """Every state, (T, B, D), from start (B, d)."""
        x, directions, d = x.contiguous(), _groups(parameters, 3), start.shape[1]
        h, phi = _room(start, len(x), len(directions)), kernels.PHI[activation]
        _sweep(
            kernels.elman, lengths,
            [(phi, h, k * d, x, panels(u.t()), panels(w.t()), b) for k, (u, w, b) in enumerate(directions)],
        )  # fmt: skip
        ctx.phi = phi
        ctx.save_for_backward(x, lengths, h, *parameters)
        return h[1:-1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, lengths, h, *parameters = ctx.saved_tensors
        directions, d, grad_h = _groups(parameters, 3), parameters[2].shape[0], grad_h.contiguous()
        delta = x.new_empty(len(directions), *x.shape[:2], d)
        grad_x = x.new_empty(len(directions), *x.shape)
        _sweep(
            kernels.elman_backward, lengths,
            [
                (ctx.phi, delta[k], grad_x[k], grad_h, h, k * d, panels(u), panels(w))
                for k, (u, w, _) in enumerate(directions)
            ],
        )  # fmt: skip
        start = delta[0, 0] @ parameters[1] if ctx.needs_input_grad[3] else None
        outers = _outers(delta, x, delta, h)
        gradients = [g for e, uw in zip(delta, outers, strict=True) for g in (*uw, e.sum((0, 1)))]
        return None, _both(grad_x), None, start, *gradients


class LSTMSweep(torch.autograd.Function):
    """The LSTM; letters as in `cells.LSTM`. Parameters: U, W, b."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, lengths: Tensor, start: Tensor, cell: Tensor, *parameters: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Every state, (T, B, D), and the first direction's c_T, (B, d), from start and cell (B, d)."""
        x, directions, d = x.contiguous(), _groups(parameters, 3), start.shape[1]
        h, a = _room(start, len(x), len(directions)), _gates(x, d, len(directions))
        c = [_room(part, len(x), 1) for part in (cell, torch.zeros_like(cell))[: len(directions)]]
        _sweep(
            kernels.lstm, lengths,
            [(a[k], c[k], h, k * d, x, panels(u.t()), panels(w.t()), b) for k, (u, w, b) in enumerate(directions)],
        )  # fmt: skip
        ctx.save_for_backward(x, lengths, h, a, *c, *parameters)
        return h[1:-1], c[0][-2].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor, grad_cell: Tensor) -> tuple[Tensor | None, ...]:
        x, lengths, h, a, *rest = ctx.saved_tensors
        c, parameters, grad_h = rest[: len(a)], rest[len(a) :], grad_h.contiguous()
        directions, d = _groups(parameters, 3), c[0].shape[2]
        delta, grad_x = torch.empty_like(a), x.new_empty(len(a), *x.shape)
        carried_h = c[0].new_zeros(len(a), *grad_cell.shape)
        carried_c = torch.zeros_like(carried_h)
        carried_c[0] = grad_cell
        _sweep(
            kernels.lstm_backward, lengths,
            [
                (delta[k], grad_x[k], carried_h[k], carried_c[k], grad_h, a[k], c[k], k * d, panels(u), panels(w))
                for k, (u, w, _) in enumerate(directions)
            ],
        )  # fmt: skip
        delta = delta[..., : 4 * d]
        outers = _outers(delta, x, delta, h)
        gradients = [g for e, uw in zip(delta, outers, strict=True) for g in (*uw, e.sum((0, 1)))]
        return _both(grad_x), None, carried_h[0], carried_c[0], *gradients


class GRUSweep(torch.autograd.Function):
    """The GRU in torch's form; letters as in `cells.GRU`. Parameters: U, W, b, b_q.

    Within, the gates stand as n, r, z, q: the first three read the input, the last three the state before.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, lengths: Tensor, start: Tensor, *parameters: Tensor) -> Tensor:
        """Every state, (T, B, D), from start (B, d)."""
        x, directions, d = x.contiguous(), _groups(parameters, 4), start.shape[1]
        h, a = _room(start, len(x), len(directions)), _gates(x, d, len(directions))
        _sweep(
            kernels.gru, lengths,
            [
                (a[k], h, k * d, x, panels(u.roll(d, 0).t()), panels(w.t()), torch.cat((b.roll(d), inner)))
                for k, (u, w, b, inner) in enumerate(directions)
            ],
        )  # fmt: skip
        ctx.save_for_backward(x, lengths, h, a, *parameters)
        return h[1:-1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, lengths, h, a, *parameters = ctx.saved_tensors
        directions, d, grad_h = _groups(parameters, 4), parameters[3].shape[0], grad_h.contiguous()
        delta, grad_x = torch.empty_like(a), x.new_empty(len(a), *x.shape)
        carried = x.new_zeros(len(a), x.shape[1], d)
        _sweep(
            kernels.gru_backward, lengths,
            [
                (delta[k], grad_x[k], carried[k], grad_h, a[k], h, k * d, panels(u.roll(d, 0)), panels(w))
                for k, (u, w, *_) in enumerate(directions)
            ],
        )  # fmt: skip
        gradients = []
        for e, (of_u, of_w) in zip(delta, _outers(delta[..., : 3 * d], x, delta[..., d : 4 * d], h), strict=True):
            of_b = e.sum((0, 1))
            gradients += [of_u.roll(-d, 0), of_w, of_b[: 3 * d].roll(-d), of_b[3 * d : 4 * d]]
        return _both(grad_x), None, carried[0], *gradients
