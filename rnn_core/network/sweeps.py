"""Forward and backward passes of whole layers on the CPU, in one direction or both.

The results equal those of `Cell.step` and `Cell.backward` unrolled (tests compare them), computed by fast compiled loops
(`kernels/`). U x + b is computed once for each different input, so once for a word that occurs many times in a batch. The
backward pass carries only δ; the gradient of W, Σ_i δ_i h_{i−1}ᵀ, is computed for blocks of steps, and that of U, Σ_m δ_m x_mᵀ,
after δ is summed for each input. docs/performance.md has the measurements.

`Sweep` takes and returns numpy arrays, for `backpropagation.py`; `Unrolled` is the same for autograd. For both: x (M, n)
holds the different inputs and `which` (T, B) the row of x that each step reads; or `which` is None and each step reads its own
row. lengths are the steps of each text without padding, (B,). States are (T, B, D), both directions side by side, and zero at
pads (in the backward direction: its start state). The states before the first step and after the last are (D', B, d), with D'
directions; the backward direction starts at each text's own end.
"""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.network.cells import Cell
from rnn_core.network.cells.rnn import Elman
from rnn_core.network.kernels import elman, gru, lstm
from rnn_core.network.kernels.layers import Room
from rnn_core.network.kernels.products import AT_ONCE, ROWS, panels
from rnn_core.network.memory import fresh, scratch
from rnn_core.threads import most_threads, together

_NONE = np.empty((0, 0), np.int64)
"""An empty `which`, for kernels without one."""

_APART = 16
"""Padding between rows of gates, in numbers: eight rows at distances of 4 KB would map to the same cache sets."""

_SMALL = 2**22
"""The number of multiplications of a layer below which there are at most as many threads as blocks of texts; otherwise up to
twice as many, which help with the products."""

New = Callable[..., np.ndarray]
"""Returns an array, not filled, for (use, dtype, *shape)."""


def _anew(use: str, kind: np.dtype, *shape: int) -> np.ndarray:
    return fresh(kind, *shape)


class Sweep:
    """The forward and backward pass of one layer; `sweep_of` returns the class for a cell.

    Args:
        cell: the cell, of the class's type.
        x, which, lengths: as above; without `which`, x is (T·B, n).
        weights: U (D', G·d, n), W (D', G·d, d), b (D', G·d) and perhaps b_q (D', d), for D' directions.
        new: allocates the arrays that are saved for backward.

    Attributes:
        kept: saved for backward: h (T + 2, B, D), and gates (D', T, B, ≥ 4d) and cells (D', T + 2, B, d) if there are any.
    """

    gates = cells = False

    def __init__(
        self,
        cell: Cell,
        x: np.ndarray,
        which: np.ndarray | None,
        lengths: np.ndarray,
        weights: Sequence[np.ndarray],
        new: New = _anew,
    ):
        self.cell, self.x, self.lengths, self.kind = cell, x, lengths, x.dtype
        self.batch = len(lengths)
        self.steps = len(which) if which is not None else len(x) // self.batch
        if which is None:  # for few texts, U x + b is faster for all steps at once than step by step
            which = np.arange(len(x)).reshape(-1, self.batch) if self.batch < ROWS else _NONE
        self.which, self.new = which, new
        self.u, self.w, *self.rest = weights
        self.directions, self.width, self.d = self.w.shape
        blocks = -(-self.batch // ROWS) * self.directions
        small = self.steps * self.batch * (self.u[0].size + self.w[0].size) < _SMALL
        self.threads = max(1, min(most_threads(), blocks if small else 2 * blocks))
        self.kept: list[np.ndarray] = []

    @property
    def states(self) -> np.ndarray:
        """h_1 … h_T, (T, B, D)."""
        return self.kept[0][1:-1]

    @property
    def ends(self) -> list[np.ndarray]:
        """The parts of the state after each text's own last step, (D', B, d) each."""
        h, *cells = self.kept[:1] + self.kept[2:]
        last, d = self.lengths.clip(0, self.steps), self.d
        by_direction: list[Any] = [[h[:, :, k * d : (k + 1) * d] for k in range(self.directions)], *cells]
        found = []
        for part in by_direction:
            end = np.empty((self.directions, self.batch, d), self.kind)
            end[0] = part[0][last, np.arange(self.batch)]
            for k in range(1, self.directions):
                end[k] = part[k][1]
            found.append(end)
        return found

    def forward(self, start: Sequence[np.ndarray]) -> None:
        """Runs all steps, from the state before each direction's first step, each part (D', B, d)."""
        h = self.new("h", self.kind, self.steps + 2, self.batch, self.directions * self.d)
        h[0], h[-1] = 0, 0
        for k, part in enumerate(start[0]):
            h[-1 if k else 0, :, k * self.d : (k + 1) * self.d] = part
        self.kept = [h]
        if self.gates:
            self.kept.append(self.new("gates", self.kind, self.directions, self.steps, self.batch, 4 * self.d + _APART))
        if self.cells:
            c = self.new("cells", self.kind, self.directions, self.steps + 2, self.batch, self.d)
            c[:, 0], c[:, -1] = 0, 0
            for k, part in enumerate(start[1]):
                c[k, -1 if k else 0] = part
            self.kept.append(c)
        self._ahead()

    def backward(
        self,
        grad_h: np.ndarray,
        taken: np.ndarray | None,
        grad_ends: Sequence[np.ndarray | None],
        into: Sequence[np.ndarray],
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Returns ∂L/∂x, of the shape of x, and ∂L/∂ of each part of the state before each direction's first step, (D', B, d).

        Both are buffers, reused by the next backward pass in this thread (∂L/∂x: by the next call of `new` for it).

        Args:
            grad_h: ∂L/∂h of the states that were used, (m, D).
            taken: the row of grad_h for each state, (T, B), −1 for none; None: all states, in order.
            grad_ends: ∂L/∂ of each of `ends`, or None.
            into: buffers for the gradients of the weights, of the shapes of these.
        """
        if taken is None:
            taken = np.arange(self.steps * self.batch).reshape(self.steps, -1)
        carried = []  # (D', B, d) each: the gradient at the state that the next step backward uses, from the last step on
        for part, grad in enumerate(grad_ends):
            carried.append(scratch(f"carried {part}", self.kind, self.directions, self.batch, self.d))
            carried[part][:] = 0 if grad is None else grad
        return self._back(carried, into, grad_h, taken), carried

    def _ahead(self) -> None:
        """Calls the cell's kernel by `_forward`."""
        raise NotImplementedError

    def _back(self, carried: list[np.ndarray], into: Sequence[np.ndarray], *of_states: np.ndarray) -> np.ndarray:
        """Calls the cell's kernel by `_backward`; returns ∂L/∂x."""
        raise NotImplementedError

    def _forward(self, kernel: Callable[..., None], *arguments: Any) -> None:
        """Calls kernel(…, x, which, lengths, u, w, b, panels of Uᵀ and Wᵀ, buffer for U x + b, …)."""
        inputs = len(self.x) if len(self.which) else 0
        room = scratch("rows", self.kind, self.directions, inputs, self.width)
        self._call(kernel, self.rest[0], *self._panels(True), room, *arguments)

    def _backward(self, kernel: Callable[..., None], into: Sequence[np.ndarray], *arguments: Any) -> np.ndarray:
        """Calls kernel(…, x, which, lengths, u, w, panels of U and W, buffers for δ and sums, the gradients, …).

        Returns:
            ∂L/∂x, of the shape of x.
        """
        once, inputs, n, kind, threads = len(self.which) > 0, len(self.x), self.u.shape[2], self.kind, self.threads
        at_once = max(AT_ONCE, self.batch)
        numbers = self.width + (len(self.rest) - 1) * self.d  # a unit has one δ per gate, and one more with an inner bias
        each = (threads, *self.u.shape[:2])
        room = Room(
            scratch("delta", kind, threads, at_once, numbers + _APART),
            scratch("held", kind, *panels(threads, at_once, self.d, kind.itemsize)),
            scratch("held_x", kind, *panels(threads, 0 if once else at_once, n, kind.itemsize)),
            scratch("own_w", kind, *each, self.d),
            scratch("own_u", kind, *each, 0 if once else n),
            scratch("own_b", kind, *each),
            scratch("rows", kind, threads, self.directions, inputs if once else 0, self.width),
        )
        grad_x = self.new("grad_x", kind, 1 if once else self.directions, inputs, n)
        self._call(kernel, *self._panels(False), room, grad_x, *into, *arguments)
        return grad_x[0]

    def _call(self, kernel: Callable[..., None], *arguments: Any) -> None:
        together(kernel, self.threads, self.x, self.which, self.lengths, self.u, self.w, *arguments)

    def _panels(self, turned: bool) -> list[np.ndarray]:
        sizes = [(columns, self.width) if turned else (self.width, columns) for columns in (self.u.shape[2], self.d)]
        return [
            scratch(name, self.kind, *panels(self.directions, *size, self.kind.itemsize))
            for name, size in zip(("u", "w"), sizes, strict=True)
        ]


class ElmanSweep(Sweep):
    """h_t = φ(b + W h_{t−1} + U x_t); backwards δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1})."""

    @property
    def _phi(self) -> int:
        return elman.PHI[cast(Elman, self.cell).activation]

    def _ahead(self) -> None:
        self._forward(elman.forward, self._phi, *self.kept)

    def _back(self, carried: list[np.ndarray], into: Sequence[np.ndarray], *of_states: np.ndarray) -> np.ndarray:
        return self._backward(elman.backward, into, *of_states, *self.kept, self._phi, *carried)


class LSTMSweep(Sweep):
    """The LSTM; letters as in `cells/lstm.py`."""

    gates = cells = True

    def _ahead(self) -> None:
        self._forward(lstm.forward, *self.kept)

    def _back(self, carried: list[np.ndarray], into: Sequence[np.ndarray], *of_states: np.ndarray) -> np.ndarray:
        return self._backward(lstm.backward, into, *of_states, *self.kept, *carried)


class GRUSweep(Sweep):
    """The GRU in torch's form; letters as in `cells/gru.py`.

    In the kernels the gates are q, r, z, n: the first three read the state before, the last three the input. So the rows of W
    for n, which give q, come first there.
    """

    gates = True

    def __init__(self, *given: Any):
        super().__init__(*given)
        self.w = np.roll(self.w, self.d, axis=1)

    def _ahead(self) -> None:
        self._forward(gru.forward, self.rest[1], *self.kept)

    def _back(self, carried: list[np.ndarray], into: Sequence[np.ndarray], *of_states: np.ndarray) -> np.ndarray:
        grad_u, grad_w, grad_b, grad_inner = into
        own_inner = scratch("own_inner", self.kind, self.threads, self.directions, self.d)
        own_inner[:] = 0
        rolled = scratch("grad_w", self.kind, *self.w.shape)
        grad_x = self._backward(
            gru.backward, (grad_u, rolled, grad_b), *of_states, *self.kept, *carried, own_inner
        )
        grad_w[:, : -self.d], grad_w[:, -self.d :] = rolled[:, self.d :], rolled[:, : self.d]
        own_inner.sum(0, out=grad_inner)
        return grad_x


SWEEPS: dict[str, type[Sweep]] = {"lstm": LSTMSweep, "gru": GRUSweep, "rnn": ElmanSweep}
"""The sweeps by name of the cell, most frequent first. Other cells train by autograd, step by step."""


def compiled(cell: Cell) -> bool:
    """Whether a cell has a sweep."""
    return cell.name in SWEEPS


def sweep_of(cell: Cell, *given: Any) -> Sweep:
    """The sweep of a cell; further arguments as for `Sweep`."""
    return SWEEPS[cell.name](cell, *given)


class Unrolled(torch.autograd.Function):
    """A `Sweep` as an autograd function."""

    @staticmethod
    def forward(
        ctx: Any, cell: Cell, count: int, x: Tensor, which: Tensor | None, lengths: Tensor, *given: Tensor
    ) -> tuple[Tensor, ...]:
        """All states, (T, B, D), zero at pads, and the parts of the state after the last step, (D', B, d) each.

        Args:
            count: the number of parameters per direction.
            x: (M, n) with `which`, or (T, B, n).
            given: the parts of the state before the first step, (D', B, d) each, then U, W, b and, for some cells, b_q of the
                forward direction, and of the backward direction, if there is one.
        """
        parts = len(cell.parts)
        sweep = _sweep(cell, count, x, which, lengths, given[parts:])
        sweep.forward([part.numpy() for part in given[:parts]])
        kept = [torch.from_numpy(a) for a in sweep.kept]
        ctx.cell, ctx.count, ctx.kept = cell, count, len(kept)
        ctx.save_for_backward(x, which, lengths, *kept, *given)
        ctx.set_materialize_grads(False)
        h = kept[0][1:-1]
        if sweep.directions > 1 and bool(given[0][1].any()):  # pads hold the start state of the backward direction
            h = torch.where(torch.arange(len(h))[:, None, None] < lengths[:, None], h, 0)
        return h, *(torch.from_numpy(part) for part in sweep.ends)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_h: Tensor | None, *grad_ends: Tensor | None) -> tuple[Tensor | None, ...]:
        x, which, lengths, *saved = ctx.saved_tensors
        kept, given = saved[: ctx.kept], saved[ctx.kept :]
        parts = len(grad_ends)
        sweep = _sweep(ctx.cell, ctx.count, x, which, lengths, given[parts:])
        sweep.kept = [part.numpy() for part in kept]
        into = [fresh(sweep.kind, *w.shape) for w in (sweep.u, sweep.w, *sweep.rest)]
        whole = x.new_zeros(kept[0][1:-1].shape) if grad_h is None else grad_h
        grad_x, grad_start = sweep.backward(
            whole.contiguous().view(-1, kept[0].shape[2]).numpy(), None,
            [grad if grad is None else grad.numpy() for grad in grad_ends], into,
        )  # fmt: skip
        of_directions = [torch.from_numpy(g) for direction in zip(*into, strict=True) for g in direction]
        of_start = [torch.from_numpy(part.copy()) for part in grad_start]
        return None, None, torch.from_numpy(grad_x).view(x.shape), None, None, *of_start, *of_directions


def _sweep(
    cell: Cell, count: int, x: Tensor, which: Tensor | None, lengths: Tensor, parameters: Sequence[Tensor]
) -> Sweep:
    own = [np.ascontiguousarray(p.numpy()) for p in parameters]
    weights = [np.stack(own[i::count]) if len(own) > count else own[i][None] for i in range(count)]
    read = None if which is None else which.contiguous().numpy()
    return sweep_of(cell, x.flatten(0, -2).contiguous().numpy(), read, lengths.numpy(), weights)
