"""Backpropagation through time on the processor: whole layers, in one direction or both, forwards and backwards.

The same numbers as `Cell.step` and `Cell.backward` unrolled (tests hold them equal), arranged for speed in compiled loops
(`kernels.py`); here is what autograd sees of them. U x + b is multiplied once for each different input, so a word that
stands in many places of a batch once. On the way back the sweep carries only δ; the gradient of W, Σ_i δ_i h_{i−1}ᵀ, is
multiplied for some steps at a time, and that of U, Σ_m δ_m x_mᵀ, once what each input's δ come to is summed up.
docs/performance.md has what was measured.

For all sweeps: x (M, n) holds the different inputs and `which` (T, B) says which of them each step reads, or x is (T, B, n)
and `which` None. lengths are the true steps of each text, (B,). Parameters are those of the direction that reads ahead,
then those of the one that reads back, if there is one. States are (T, B, D), both directions side by side, and zero at
pads. The state before the first step is given to the first direction alone; the second starts from zero.
"""

import math
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.compiled import most_threads, together
from rnn_core.network import kernels
from rnn_core.network.kernels import AT_ONCE, ROWS, Room, panels

_NONE = np.empty((0, 0), np.int64)
"""`which` where there is none."""

_APART = 16
"""Numbers between rows of gates: eight rows that lie 4 KB apart would share the same few places of the cache."""

_SMALL = 2**22
"""Multiplications of a layer below which there are no more threads than blocks of texts; else up to twice as many help with
the products."""


def _room(start: Tensor, steps: int, directions: int) -> Tensor:
    """Room for the states of all steps and before them, (T + 2, B, D), with start (B, d) and zeros at its ends."""
    d = start.shape[1]
    h = start.new_empty(steps + 2, len(start), directions * d)
    states = h.numpy()  # each line of torch would take as long as a short text
    states[0], states[-1] = 0, 0
    states[0, :, :d] = start.numpy()
    return h


def _gates(start: Tensor, steps: int, directions: int) -> Tensor:
    """Room for four numbers a unit at every step of each direction, (D', T, B, ≥ 4d)."""
    return start.new_empty(directions, steps, len(start), 4 * start.shape[1] + _APART)


class _Kept(threading.local):
    """Memory by what it is for, kept from one layer to the next: to get 3 MB anew takes as long as to fill them thrice."""

    def __init__(self) -> None:
        self.by_use: dict[tuple[str, torch.dtype], np.ndarray] = {}


_kept = _Kept()
_KEPT_AT_MOST = 2**24
"""Numbers; what needs more is seldom."""


def _scratch(use: str, like: Tensor, *shape: int) -> np.ndarray:
    """Room of this shape that nobody reads any more when a layer asks for the same use again in this thread."""
    count, kept = math.prod(shape), _kept.by_use.get((use, like.dtype))
    if kept is None or len(kept) < count:
        kept = like.new_empty(count).numpy()  # torch's memory begins where a line of the cache does
        if count <= _KEPT_AT_MOST:
            _kept.by_use[use, like.dtype] = kept
    return kept[:count].reshape(shape)


class _Layer:
    """What the sweeps of all cells do around their kernels.

    Args:
        x, which, lengths: as for all sweeps.
        parameters: U, W and perhaps more, of each direction.
        count: how many a direction has.
    """

    def __init__(self, x: Tensor, which: Tensor | None, lengths: Tensor, parameters: Sequence[Tensor], count: int):
        self.steps, self.shape = len(x if which is None else which), x.shape
        self.x = x.flatten(0, -2).contiguous()
        self.lengths = lengths
        if which is not None:
            self.which = which.contiguous().numpy()
        else:  # for few texts, U x + b of all steps at once takes less time than step by step
            self.which = np.arange(len(self.x)).reshape(-1, len(lengths)) if len(lengths) < ROWS else _NONE
        own = [np.ascontiguousarray(p.numpy()) for p in parameters]
        self.u, self.w, *self.rest = (np.stack(own[i::count]) if len(own) > count else own[i][None] for i in range(count))
        self.directions, self.width, self.d = self.w.shape
        blocks = -(-len(lengths) // ROWS) * self.directions
        small = self.steps * len(lengths) * (self.u[0].size + self.w[0].size) < _SMALL
        self.threads = max(1, min(most_threads(), blocks if small else 2 * blocks))

    def forward(self, kernel: Callable[..., None], *arguments: Any) -> None:
        """Calls kernel(…, x, which, lengths, u, w, b, panels of Uᵀ and Wᵀ, room for U x + b, …)."""
        inputs = len(self.x) if len(self.which) else 0
        room = self._panels(True), _scratch("rows", self.x, self.directions, inputs, self.width)
        self._call(kernel, self.rest[0], *room[0], room[1], *arguments)

    def backward(
        self, kernel: Callable[..., None], grad_h: Tensor, h: Tensor, *arguments: Any
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Calls kernel(…, x, which, lengths, u, w, panels of U and W, room for δ and sums, the gradients, grad_h, h, …).

        Returns:
            ∂L/∂x as x was, and the gradients of U, W and b, (D', …).
        """
        panels_of_both, like, threads = self._panels(False), self.x, self.threads
        once, inputs, n = len(self.which) > 0, len(self.x), self.u.shape[2]
        at_once = max(AT_ONCE, len(self.lengths))
        numbers = self.width + (len(self.rest) - 1) * self.d  # a unit has one δ a gate, and one more with an inner bias
        each = (threads, *self.u.shape[:2])
        room = Room(
            _scratch("delta", like, threads, at_once, numbers + _APART),
            _scratch("held", like, *panels(threads, at_once, self.d, like.element_size())),
            _scratch("held_x", like, *panels(threads, 0 if once else at_once, n, like.element_size())),
            _scratch("own_w", like, *each, self.d),
            _scratch("own_u", like, *each, 0 if once else n),
            _scratch("own_b", like, *each),
            _scratch("rows", like, threads, self.directions, inputs if once else 0, self.width),
        )
        grad_x = like.new_empty(1 if once else self.directions, inputs, n)
        gradients = like.new_empty(self.u.shape), like.new_empty(self.w.shape), like.new_empty(self.u.shape[:2])
        self._call(kernel, *panels_of_both, room, grad_x, *gradients, grad_h.contiguous(), h, *arguments)
        return grad_x[0].view(self.shape), *gradients

    def _call(self, kernel: Callable[..., None], *arguments: Any) -> None:
        together(kernel, self.threads, self.x, self.which, self.lengths, self.u, self.w, *arguments)

    def _panels(self, turned: bool) -> list[np.ndarray]:
        sizes = [(columns, self.width) if turned else (self.width, columns) for columns in (self.u.shape[2], self.d)]
        return [
            _scratch(name, self.x, *panels(self.directions, *size, self.x.element_size()))
            for name, size in zip(("u", "w"), sizes, strict=True)
        ]


def _in_turn(*gradients: Tensor) -> list[Tensor]:
    """Gradients of each parameter, (D', …), in the order of the parameters."""
    return [g for direction in zip(*gradients, strict=True) for g in direction]


class ElmanSweep(torch.autograd.Function):
    """h_t = φ(b + W h_{t−1} + U x_t); backwards δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1}). Parameters: U, W, b."""

    @staticmethod
    def forward(
        ctx: Any, activation: str, x: Tensor, which: Tensor | None, lengths: Tensor, start: Tensor, *parameters: Tensor
    ) -> Tensor:
        """Every state, (T, B, D), from start (B, d)."""
        layer = _Layer(x, which, lengths, parameters, 3)
        ctx.phi, h = kernels.PHI[activation], _room(start, layer.steps, layer.directions)
        layer.forward(kernels.elman, ctx.phi, h)
        ctx.save_for_backward(x, which, lengths, h, *parameters)
        return h[1:-1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, which, lengths, h, *parameters = ctx.saved_tensors
        layer = _Layer(x, which, lengths, parameters, 3)
        carried = x.new_zeros(layer.directions, len(lengths), layer.d)
        grad_x, *gradients = layer.backward(kernels.elman_backward, grad_h, h, ctx.phi, carried)
        return None, grad_x, None, None, carried[0], *_in_turn(*gradients)


class LSTMSweep(torch.autograd.Function):
    """The LSTM; letters as in `cells.LSTM`. Parameters: U, W, b."""

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, which: Tensor | None, lengths: Tensor, start: Tensor, cell: Tensor, *parameters: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Every state, (T, B, D), and the first direction's c_T, (B, d), from start and cell (B, d)."""
        layer = _Layer(x, which, lengths, parameters, 3)
        h, a = _room(start, layer.steps, layer.directions), _gates(start, layer.steps, layer.directions)
        c = start.new_empty(layer.directions, layer.steps + 2, *cell.shape)
        cells = c.numpy()
        cells[:, 0], cells[:, -1] = 0, 0
        cells[0, 0] = cell.numpy()
        layer.forward(kernels.lstm, h, a, c)
        ctx.save_for_backward(x, which, lengths, h, a, c, *parameters)
        return h[1:-1], c[0, -2].clone()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor, grad_cell: Tensor) -> tuple[Tensor | None, ...]:
        x, which, lengths, h, a, c, *parameters = ctx.saved_tensors
        layer = _Layer(x, which, lengths, parameters, 3)
        carried, carried_c = x.new_zeros(2, layer.directions, *grad_cell.shape)
        carried_c[0] = grad_cell
        grad_x, *gradients = layer.backward(kernels.lstm_backward, grad_h, h, a, c, carried, carried_c)
        return grad_x, None, None, carried[0], carried_c[0], *_in_turn(*gradients)


class GRUSweep(torch.autograd.Function):
    """The GRU in torch's form; letters as in `cells.GRU`. Parameters: U, W, b, b_q.

    The kernels have the gates as q, r, z, n: the first three read the state before, the last three the input.
    """

    @staticmethod
    def forward(
        ctx: Any, x: Tensor, which: Tensor | None, lengths: Tensor, start: Tensor, *parameters: Tensor
    ) -> Tensor:
        """Every state, (T, B, D), from start (B, d)."""
        layer = GRUSweep._layer(x, which, lengths, parameters)
        h, a = _room(start, layer.steps, layer.directions), _gates(start, layer.steps, layer.directions)
        layer.forward(kernels.gru, layer.rest[1], h, a)
        ctx.save_for_backward(x, which, lengths, h, a, *parameters)
        return h[1:-1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor) -> tuple[Tensor | None, ...]:
        x, which, lengths, h, a, *parameters = ctx.saved_tensors
        layer = GRUSweep._layer(x, which, lengths, parameters)
        carried = x.new_zeros(layer.directions, len(lengths), layer.d)
        own_inner = x.new_zeros(layer.threads, layer.directions, layer.d)
        grad_x, grad_u, grad_w, grad_b = layer.backward(kernels.gru_backward, grad_h, h, a, carried, own_inner)
        gradients = grad_u, grad_w.roll(-layer.d, 1), grad_b, own_inner.sum(0)
        return grad_x, None, None, carried[0], *_in_turn(*gradients)

    @staticmethod
    def _layer(x: Tensor, which: Tensor | None, lengths: Tensor, parameters: Sequence[Tensor]) -> _Layer:
        layer = _Layer(x, which, lengths, parameters, 4)
        layer.w = np.roll(layer.w, layer.d, axis=1)  # n's rows of W, which give q, come first
        return layer
