"""Backpropagation through time on the processor: whole layers, in one direction or both, forwards and backwards.

The same numbers as `Cell.step` and `Cell.backward` unrolled (tests hold them equal), arranged for speed. U x + b is
multiplied once for each different input, so a word that stands in many places of a batch once; the steps are compiled
loops (`kernels.py`), the texts of a batch and the directions shared out among the threads. On the way back the sweep
carries only δ; what a word's δ come to is summed up, and the gradients of U, W and b are one product each, Σ_i δ_i x_iᵀ and
Σ_i δ_i h_{i−1}ᵀ. docs/performance.md has what was measured.

For all sweeps: x (M, n) holds the different inputs and `which` (T, B) says which of them each step reads, or x is (T, B, n)
and `which` None. lengths are the true steps of each text, (B,). Parameters are those of the direction that reads ahead,
then those of the one that reads back, if there is one. States are (T, B, D), both directions side by side, and zero at
pads. The state before the first step is given to the first direction alone; the second starts from zero.
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
"""Numbers between rows of gates: eight rows that lie 4 KB apart would share the same few places of the cache."""


def _groups(parameters: Sequence[Tensor], size: int) -> list[Sequence[Tensor]]:
    """The parameters of each direction."""
    return [parameters[i : i + size] for i in range(0, len(parameters), size)]


def _steps(x: Tensor, which: Tensor | None) -> int:
    """T."""
    return len(x if which is None else which)


def _room(start: Tensor, steps: int, directions: int) -> Tensor:
    """Room for the states of all steps and before them, (T + 2, B, D), with start (B, d) and zeros at its ends."""
    d = start.shape[1]
    h = start.new_empty(steps + 2, len(start), directions * d)
    h[0, :, :d] = start
    h[-1] = 0
    return h


def _gates(start: Tensor, steps: int, directions: int) -> Tensor:
    """Room for four numbers a unit at every step of each direction, (directions, T, B, ≥ 4d)."""
    return start.new_empty(directions, steps, len(start), 4 * start.shape[1] + _APART)


def _linear(out: Sequence[Tensor], a: Sequence[Tensor], w: Sequence[Tensor], b: Sequence[Tensor]) -> None:
    """out = a w + b for each direction, for a (M, K), w (K, N) and b (N,)."""
    arrays = [
        tuple(t.numpy() for t in (one, of_a, panels(of_w), of_b))
        for one, of_a, of_w, of_b in zip(out, a, w, b, strict=True)
    ]

    def share(first: int, last: int) -> None:
        for one in arrays:
            kernels.linear(first, last, *one)

    share_out(share, len(out[0]), ROWS)


def _ux(
    x: Tensor, which: Tensor | None, u: Sequence[Tensor], b: Sequence[Tensor], room: Sequence[Tensor]
) -> list[tuple[Tensor, Tensor]]:
    """What the kernels of each direction read as ux and which: U x + b of the different inputs, (M, G·d), and `which`; or
    `room`, filled with it, and an empty `which`.

    Args:
        room: where the pre-activations of each direction will stand, (T·B, G·d).
    """
    flat = x.flatten(0, -2).contiguous()
    ux = room if which is None else list(x.new_empty(len(u), len(flat), len(b[0])))
    _linear(ux, [flat] * len(u), [of.t() for of in u], b)
    return [(of, torch.empty(0, 0, dtype=torch.int64) if which is None else which) for of in ux]


def _sweep(kernel: Callable[..., None], lengths: Tensor, by_direction: Sequence[Sequence[Any]]) -> None:
    """Calls kernel(first, last, back, lengths, …) for all texts and each direction's arguments."""
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


def _gradients(
    of_input: Tensor, of_state: Tensor, x: Tensor, which: Tensor | None, h: Tensor, u: Sequence[Tensor]
) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """∂L/∂x as x, and ∂L/∂U = Σ_i δ_i x_iᵀ and ∂L/∂W = Σ_i δ_i h_{i−1}ᵀ of each direction.

    Args:
        of_input, of_state: δ of the rows that read the input and of those that read the state, (directions, T, B, as many).
        x, which: as for all sweeps.
        h: (T + 2, B, D).
        u: U of each direction, rows as of_input.
    """
    d, width, inputs = h.shape[2] // len(u), of_input.shape[3], x.flatten(0, -2).contiguous()
    by_step, from_state = ([of.flatten(0, 1) for of in delta] for delta in (of_input, of_state))
    before = [part.flatten(0, 1) for part in (h[:-2, :, :d], h[2:, :, d:])]
    # δ of all steps that read an input, added up
    by_input = by_step if which is None else list(x.new_zeros(len(u), len(inputs), width))
    of_u, of_w = x.new_zeros(len(u), width, x.shape[-1]), x.new_zeros(len(u), width, d)
    arrays = [
        tuple(t.numpy() for t in (by_input[k], by_step[k], of_u[k], of_w[k], from_state[k], before[k]))
        for k in range(len(u))
    ]
    read, rows = inputs.numpy(), None if which is None else which.flatten().numpy()

    def share(first: int, last: int) -> None:
        for sums, steps, grad_u, grad_w, delta, states in arrays:
            if rows is not None:
                kernels.add_by_row(first, last, sums, steps, rows)
            kernels.add_outer(first, last, grad_u, sums, read)
            kernels.add_outer(first, last, grad_w, delta, states)

    share_out(share, width, ROWS)
    grad_x = x.new_empty(len(u), *inputs.shape)
    _linear(list(grad_x), by_input, u, [x.new_zeros(x.shape[-1])] * len(u))
    whole = grad_x.sum(0) if len(u) > 1 else grad_x[0]
    return whole.view(x.shape), list(zip(of_u, of_w, strict=True))


class ElmanSweep(torch.autograd.Function):
    """h_t = φ(b + W h_{t−1} + U x_t); backwards δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1}). Parameters: U, W, b."""

    @staticmethod
    def forward(
        ctx: Any, activation: str, x: Tensor, which: Tensor | None, lengths: Tensor, start: Tensor, *parameters: Tensor
    ) -> Tensor:
        """Every state, (T, B, D), from start (B, d)."""
        (u, w, b), d = zip(*_groups(parameters, 3), strict=True), start.shape[1]
        h, phi = _room(start, _steps(x, which), len(u)), kernels.PHI[activation]
        ux = _ux(x, which, u, b, h[1:-1].flatten(0, 1).split(d, 1))
        _sweep(kernels.elman, lengths, [(phi, h, k * d, *ux[k], panels(w[k].t())) for k in range(len(u))])
        ctx.phi = phi
        ctx.save_for_backward(x, which, lengths, h, *parameters)
        return h[1:-1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, which, lengths, h, *parameters = ctx.saved_tensors
        (u, w, _), grad_h = zip(*_groups(parameters, 3), strict=True), grad_h.contiguous()
        d = w[0].shape[1]
        delta = x.new_empty(len(u), len(h) - 2, h.shape[1], d)
        _sweep(
            kernels.elman_backward, lengths, [(ctx.phi, delta[k], grad_h, h, k * d, panels(w[k])) for k in range(len(u))]
        )
        grad_x, outers = _gradients(delta, delta, x, which, h, u)
        start = delta[0, 0] @ w[0] if ctx.needs_input_grad[4] else None
        gradients = [g for e, uw in zip(delta, outers, strict=True) for g in (*uw, e.sum((0, 1)))]
        return None, grad_x, None, None, start, *gradients


class LSTMSweep(torch.autograd.Function):
    """The LSTM; letters as in `cells.LSTM`. Parameters: U, W, b."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, which: Tensor | None, lengths: Tensor, start: Tensor, cell: Tensor, *parameters: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Every state, (T, B, D), and the first direction's c_T, (B, d), from start and cell (B, d)."""
        (u, w, b), d, steps = zip(*_groups(parameters, 3), strict=True), start.shape[1], _steps(x, which)
        h, a = _room(start, steps, len(u)), _gates(start, steps, len(u))
        c = [_room(part, steps, 1) for part in (cell, torch.zeros_like(cell))[: len(u)]]
        ux = _ux(x, which, u, b, list(a[..., : 4 * d].flatten(1, 2)))
        _sweep(kernels.lstm, lengths, [(a[k], c[k], h, k * d, *ux[k], panels(w[k].t())) for k in range(len(u))])
        ctx.save_for_backward(x, which, lengths, h, a, *c, *parameters)
        return h[1:-1], c[0][-2].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor, grad_cell: Tensor) -> tuple[Tensor | None, ...]:
        x, which, lengths, h, a, *rest = ctx.saved_tensors
        c, parameters, grad_h = rest[: len(a)], rest[len(a) :], grad_h.contiguous()
        u, w, _ = zip(*_groups(parameters, 3), strict=True)
        d = w[0].shape[1]
        delta, carried_h = torch.empty_like(a), x.new_zeros(len(u), *grad_cell.shape)
        carried_c = torch.zeros_like(carried_h)
        carried_c[0] = grad_cell
        _sweep(
            kernels.lstm_backward, lengths,
            [(delta[k], carried_h[k], carried_c[k], grad_h, a[k], c[k], k * d, panels(w[k])) for k in range(len(u))],
        )  # fmt: skip
        delta = delta[..., : 4 * d]
        grad_x, outers = _gradients(delta, delta, x, which, h, u)
        gradients = [g for e, uw in zip(delta, outers, strict=True) for g in (*uw, e.sum((0, 1)))]
        return grad_x, None, None, carried_h[0], carried_c[0], *gradients


class GRUSweep(torch.autograd.Function):
    """The GRU in torch's form; letters as in `cells.GRU`. Parameters: U, W, b, b_q.

    Within, the gates stand as n, r, z, q: the first three read the input, the last three the state before.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, which: Tensor | None, lengths: Tensor, start: Tensor, *parameters: Tensor
    ) -> Tensor:
        """Every state, (T, B, D), from start (B, d)."""
        (u, w, b, inner), d, steps = zip(*_groups(parameters, 4), strict=True), start.shape[1], _steps(x, which)
        h, a = _room(start, steps, len(u)), _gates(start, steps, len(u))
        room = list(a[..., : 3 * d].flatten(1, 2))
        ux = _ux(x, which, [of.roll(d, 0) for of in u], [of.roll(d) for of in b], room)
        _sweep(kernels.gru, lengths, [(a[k], h, k * d, *ux[k], panels(w[k].t()), inner[k]) for k in range(len(u))])
        ctx.save_for_backward(x, which, lengths, h, a, *parameters)
        return h[1:-1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, which, lengths, h, a, *parameters = ctx.saved_tensors
        (u, w, *_), grad_h = zip(*_groups(parameters, 4), strict=True), grad_h.contiguous()
        d = w[0].shape[1]
        delta, carried = torch.empty_like(a), x.new_zeros(len(u), h.shape[1], d)
        _sweep(
            kernels.gru_backward, lengths,
            [(delta[k], carried[k], grad_h, a[k], h, k * d, panels(w[k])) for k in range(len(u))],
        )  # fmt: skip
        grad_x, outers = _gradients(
            delta[..., : 3 * d], delta[..., d : 4 * d], x, which, h, [of.roll(d, 0) for of in u]
        )
        gradients = []
        for e, (of_u, of_w) in zip(delta, outers, strict=True):
            of_b = e.sum((0, 1))
            gradients += [of_u.roll(-d, 0), of_w, of_b[: 3 * d].roll(-d), of_b[3 * d : 4 * d]]
        return grad_x, None, None, carried[0], *gradients
