"""Local derivatives of a text that was read, and their products with gradients on the way back.

A cell's backward step is linear and works unit by unit, so it is asked once for all steps (`Slopes`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from rnn_core.network.cells import Cell, State
from rnn_core.network.device import host
from rnn_core.network.recurrence import Parameters
from rnn_core.network.tape import Recorded


class Slopes(NamedTuple):
    """A cell's backward step at every step of a text, as what the gradient at the state after is multiplied with.

    P parts of the state, G gates. All are 0 where the cell has no such way.

    Attributes:
        at_input, at_hidden: (T, P, G, d) of the part's gradient to δ at U x_t + b and at W h_{t−1}; one and the same but
            for the GRU.
        direct: (T, P, P, d) of the part's gradient to that of each part of the state before, past W.
        past: whether any of it leads to h.
    """

    at_input: Tensor
    at_hidden: Tensor
    direct: Tensor
    past: bool

    @property
    def same(self) -> bool:
        """Whether δ is one and the same at the input and at the state before."""
        return self.at_hidden is self.at_input

    @classmethod
    def of(cls, cell: Cell, before: State, after: State, kept: Sequence[Tensor]) -> "Slopes":
        """Asks the cell's own backward step, with a gradient of 1 at one part at a time; all (T, d)."""
        zero = torch.zeros_like(after[0])
        shape = len(zero), len(cell.gates), zero.shape[1]
        at_input, at_hidden, direct = [], [], []
        for p in range(len(after)):
            one = tuple(torch.ones_like(zero) if q == p else zero for q in range(len(after)))
            into, through, past = cell.backward(one, before, after, kept)
            at_input.append(into.view(shape))
            at_hidden.append(at_input[-1] if through is into else through.view(shape))
            direct.append(torch.stack([zero if part is None else part for part in past], 1))
        stacked = torch.stack(at_input, 1)
        same = all(mine is other for mine, other in zip(at_hidden, at_input, strict=True))
        straight = torch.stack(direct, 1)
        return cls(stacked, stacked if same else torch.stack(at_hidden, 1), straight, bool(host(straight[:, :, 0].any())))


def times(slopes: Tensor, grad: Tensor) -> Tensor:
    """δ, (R, G·d), from the gradient at a state, (R, P·d), by one step's slopes, (P, G, d)."""
    parts = grad.view(len(grad), len(slopes), 1, -1)
    delta = parts[:, 0] * slopes[0]
    for p in range(1, len(slopes)):
        delta.addcmul_(parts[:, p], slopes[p])
    return delta.flatten(1)


def deltas(slopes: Tensor, grads: Tensor) -> Tensor:
    """δ at all steps, (…, T, G·d), from the gradients at all states, (…, T, P·d), by the slopes (T, P, G, d)."""
    parts = grads.unflatten(-1, (slopes.shape[1], 1, -1))
    delta = parts[..., 0, :, :] * slopes[:, 0]
    for p in range(1, slopes.shape[1]):
        delta.addcmul_(parts[..., p, :, :], slopes[:, p])
    return delta.flatten(-2)


def jacobian(slopes: Tensor, weight: Tensor) -> Tensor:
    """(P·d, n) what one step's slopes, (P, G, d), and then a weight, (G·d, n), do to a gradient at the state."""
    parts, gates, d = slopes.shape
    by_gate = weight.view(gates, d, -1)
    found = slopes[:, 0, :, None] * by_gate[0]
    for g in range(1, gates):
        found.addcmul_(slopes[:, g, :, None], by_gate[g])
    return found.view(parts * d, -1)


class Read(NamedTuple):
    """One layer and direction of one text. All run over the steps of the text, also where it is read from the end.

    Attributes:
        x: (T, n) inputs.
        before, after: the state before and after each step, each part (T, d).
        kept: what the cell kept, (T, d) each.
    """

    parameters: Parameters
    x: Tensor
    before: State
    after: State
    kept: tuple[Tensor, ...]
    slopes: Slopes

    @classmethod
    def of(cls, cell: Cell, recorded: Recorded) -> "Read":
        """What was recorded of a text read alone."""
        before, after, kept = (tuple(part[:, 0] for part in parts)
                               for parts in (recorded.before, recorded.after, recorded.kept.values()))  # fmt: skip
        slopes = Slopes.of(cell, before, after, kept)
        return cls(recorded.parameters, recorded.x[:, 0], before, after, kept, slopes)

    @property
    def h_before(self) -> Tensor:
        """(T, d) h before each step: h_{t−1}, or h_{t+1} reading from the end."""
        return self.before[0]

    def delta(self, step: int, grad: Tensor) -> Tensor | None:
        """(R, G·d) δ at W h_{i−1}; None where the step is crossed without it, by its Jacobian."""
        _, _, gates, d = self.slopes.at_input.shape
        few = gates == 1 or len(grad) * gates < d  # a Jacobian would cost more than it saves; with one gate it saves nothing
        return times(self.slopes.at_hidden[step], grad) if few else None

    def back(self, step: int, grad: Tensor, delta: Tensor | None, out: Tensor) -> None:
        """The gradient at the state before a step from that after it, (R, P·d) each, written into `out`."""
        slopes, direct, d = self.slopes.at_hidden[step], self.slopes.direct[step], self.h_before.shape[1]
        weight = self.parameters["weight_hh"]
        if delta is not None:
            torch.mm(delta, weight, out=out[:, :d])
            if self.slopes.past:
                out[:, :d] += times(direct[:, :1], grad)
        else:
            whole = jacobian(slopes, weight)
            if self.slopes.past:
                whole.view(len(slopes), d, d).diagonal(dim1=1, dim2=2).add_(direct[:, 0])
            torch.mm(grad, whole, out=out[:, :d])
        if len(direct) > 1:
            out[:, d:] = times(direct[:, 1:], grad)

    def down(self, step: int, grad: Tensor, delta: Tensor | None, into: Tensor) -> None:
        """Adds what a gradient at the state after a step, (R, P·d), is at the step's input, (R, n), to `into`."""
        slopes, weight = self.slopes.at_input[step], self.parameters["weight_ih"]
        if delta is not None:
            into.addmm_(delta if self.slopes.same else times(slopes, grad), weight)
        else:
            into.addmm_(grad, jacobian(slopes, weight))

    def at_inputs(self, delta: Tensor) -> Tensor:
        """The gradient at the inputs, (…, n), from δ at U x + b, (…, G·d)."""
        return delta @ self.parameters["weight_ih"]

    def onward(self, h: Tensor) -> Tensor:
        """W h, (G·d,), for a change of h, (d,): what it changes at the next step's product."""
        return self.parameters["weight_hh"] @ h
