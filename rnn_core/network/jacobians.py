"""Local derivatives of a recorded text, and their products with gradients in the backward pass.

The backward step of a cell that works unit by unit is linear and works unit by unit too: it is called once for all steps
(`Slopes`). For other cells, autograd differentiates each step when needed, for many gradients at once as rows of a batch, which
do not mix (`Read`); torch.func would do the same, but its import takes seconds.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from rnn_core.network.cells import Cell, State
from rnn_core.network.device import host
from rnn_core.network.recorded import Recorded
from rnn_core.network.recurrence import Applied


class Slopes(NamedTuple):
    """A cell's backward step at every step of a text, as factors of the gradient at the state after the step.

    There are P parts of the state, and G blocks of d rows. Factors without a path in the cell are 0.

    Attributes:
        at: for each product, (T, P, G, d): the factors from the gradient at each part to δ; one tensor for products with equal
            factors.
        direct: (T, P, P, d): the factors from the gradient at each part to that at each part of the state before, without
            passing a product.
        past: whether any direct path leads to h.
    """

    at: dict[str, Tensor]
    direct: Tensor
    past: bool

    @classmethod
    def of(
        cls, cell: Cell, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> "Slopes":
        """Calls the cell's backward step with a gradient of 1 at one part at a time; all shapes (T, …)."""
        zero = torch.zeros_like(after[0])
        found: dict[str, list[Tensor]] = {name: [] for name in cell.products}
        direct = []
        for p in range(len(after)):
            one = tuple(torch.ones_like(zero) if q == p else zero for q in range(len(after)))
            deltas, past = cell.backward(one, before, after, kept, products)
            for name, delta in deltas.items():
                found[name].append(delta)
            direct.append(torch.stack([zero if part is None else part for part in past], 1))
        at: dict[str, Tensor] = {}
        for name, each in found.items():
            same = (other for other in at if all(a is b for a, b in zip(each, found[other], strict=True)))
            known = next(same, None)
            at[name] = at[known] if known else torch.stack(each, 1).unflatten(2, (-1, zero.shape[1]))
        straight = torch.stack(direct, 1)
        return cls(at, straight, bool(host(straight[:, :, 0].any())))


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
    """(P·d, n), the product of one step's slopes, (P, G, d), and a weight, (G·d, n), as a matrix for gradients at the state."""
    parts, gates, d = slopes.shape
    by_gate = weight.view(gates, d, -1)
    found = slopes[:, 0, :, None] * by_gate[0]
    for g in range(1, gates):
        found.addcmul_(slopes[:, g, :, None], by_gate[g])
    return found.view(parts * d, -1)


def root(slopes: Tensor) -> Tensor:
    """(T, P, P, d) such that `times` with it gives vectors of the same norm as with the slopes, (T, P, G, d), with fewer numbers.

    For each unit it is the factor R of the slopes' QR decomposition, by Gram–Schmidt, in float64, so that squares of small
    slopes do not underflow.
    """
    rest = list(slopes.double().unbind(1))
    found = rest[0].new_zeros(len(slopes), len(rest), len(rest), slopes.shape[3])
    for j, one in enumerate(rest):
        length = torch.linalg.vector_norm(one, dim=1)
        found[:, j, j] = length
        unit = torch.where(length > 0, one.transpose(0, 1) / length, 0).transpose(0, 1)
        for p in range(j + 1, len(rest)):
            found[:, p, j] = (rest[p] * unit).sum(1)
            rest[p] = rest[p] - found[:, p, j, None] * unit
    return found.to(slopes.dtype)


class Crossing(Protocol):
    """The gradients of R losses in the backward pass through one step."""

    def delta(self, product: str) -> Tensor:
        """(R, rows) δ at a product of the step."""

    def length(self, product: str, rows: int) -> Tensor:
        """(R,) the norm of the last rows of δ."""

    def back(self, out: Tensor) -> None:
        """Writes the gradient at the state before the step, (R, P·d)."""

    def down(self, into: Tensor) -> None:
        """Adds the gradient at the step's input, (R, n)."""


class Read:
    """The record of one layer and direction of one text, in the order of the text, for a backward direction too.

    Attributes:
        cell, parameters: its cell, and its parameters by name.
        x: (T, n) inputs.
        before, after: the state before and after each step, each part (T, d).
        kept: the values that the cell kept, (T, d) each.
        outputs, factors: for each product, M v with its bias, (T, rows), and v, (T, columns); for a vector parameter, itself
            and 1.
    """

    def __init__(self, recorded: Recorded):
        self.cell, self.parameters, self.x = recorded.cell, recorded.parameters, recorded.x[:, 0]
        self.before, self.after, self.kept = (
            tuple(part[:, 0] for part in parts)
            for parts in (recorded.before, recorded.after, recorded.kept.values())
        )
        self.outputs = {name: held.stacked(held.outputs)[:, 0] for name, held in recorded.products.items()}
        self.factors = {name: held.inputs[:, 0] for name, held in recorded.products.items()}

    @staticmethod
    def of(recorded: Recorded) -> "Read":
        """The record of a text that was run alone."""
        return ReadByUnit(recorded) if recorded.cell.by_unit else Read(recorded)

    @property
    def width(self) -> int:
        """P·d, the width of a state."""
        return sum(part.shape[1] for part in self.after)

    def source(self, parameter: str) -> tuple[str, int]:
        """The product whose δ is that of a parameter, and the number of its last rows that belong to the parameter."""
        return self.cell.product_of(parameter), len(self.parameters[parameter])

    def factor(self, parameter: str) -> Tensor:
        """(T, columns), v in the gradient of a copy, δ vᵀ; 1 for vectors."""
        return self.factors[parameter] if parameter in self.factors else torch.ones_like(self.x[:, :1])

    def at_inputs(self, deltas: Mapping[str, Tensor]) -> Tensor:
        """The gradient at the inputs, (…, n), from δ by product, (…, rows)."""
        each = [deltas[name] @ self.parameters[name] for name in self.cell.of_inputs]
        return each[0] if len(each) == 1 else torch.stack(each).sum(0)

    def deltas(self, at_state: Tensor) -> dict[str, Tensor]:
        """δ at all steps by product, (…, T, rows), from the gradients at all states, (…, T, P·d)."""
        rows = at_state.reshape(-1, *at_state.shape[-2:])
        found = [self._vjp(slice(None), row)[0] for row in rows]  # one by one, because each takes as much memory as the record
        return {name: torch.stack([one[name] for one in found]).view(*at_state.shape[:-1], -1) for name in found[0]}

    def cross(self, step: int, grad: Tensor) -> Crossing:
        """The backward pass through a step of gradients at the state after it, (R, P·d)."""
        return _Crossing(self, step, *self._vjp(slice(step, step + 1), grad))

    def moved(self, product: str, change: Tensor) -> Tensor:
        """(T, P·d), the changes of the states by a change of a product at the same step, (T, rows)."""
        return self._jvp(slice(None), {product: change}, None)

    def onward(self, step: int, change: Tensor) -> Tensor:
        """(P·d,), the change of the state after a step by a change of the state before it."""
        return self._jvp(slice(step, step + 1), {}, change[None])[0]

    def _step(self, steps: slice) -> Callable[[dict[str, Tensor], State], State]:
        """Some steps as a function of terms added to each product, (R, rows), and of the state before, each part (R, d)."""
        applied = Applied(self.cell, self.parameters)

        def after(added: dict[str, Tensor], before: State) -> State:
            inputs = {name: self.outputs[name][steps] + added[name] for name in self.cell.of_inputs}
            return self.cell.step(_Changed(applied, added), inputs, before)[0]

        return after

    def _back(self, steps: slice, grad: Tensor, create_graph: bool = False) -> tuple[dict[str, Tensor], State]:
        """δ by product, (R, rows), and the gradients at the state before, each part (R, d), from those after, (R, P·d)."""
        added = {name: out.new_zeros(len(grad), out.shape[1], requires_grad=True) for name, out in self.outputs.items()}
        before = tuple(part[steps].expand(len(grad), -1).detach().requires_grad_() for part in self.before)
        after = self._step(steps)(added, before)
        found = torch.autograd.grad(
            after, [*added.values(), *before], grad.chunk(len(after), 1), create_graph=create_graph, allow_unused=True,
            materialize_grads=True,
        )  # fmt: skip
        return dict(zip(added, found, strict=False)), found[len(added) :]

    @torch.enable_grad()
    def _vjp(self, steps: slice, grad: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        found, before = self._back(steps, grad)
        return found, torch.cat(before, 1)

    @torch.enable_grad()
    def _jvp(self, steps: slice, products: Mapping[str, Tensor], state: Tensor | None) -> Tensor:
        """The forward derivative, (R, P·d), as the derivative of the backward pass, which is linear."""
        grad = torch.zeros(len(self.x[steps]), self.width, dtype=self.x.dtype, device=self.x.device, requires_grad=True)
        found, before = self._back(steps, grad, create_graph=True)
        change = [products.get(name, torch.zeros_like(delta)) for name, delta in found.items()]
        change += map(torch.zeros_like, before) if state is None else state.chunk(len(before), 1)
        return torch.autograd.grad([*found.values(), *before], grad, change, allow_unused=True, materialize_grads=True)[0]


class _Changed:
    """Parameters with a term added to each product, as `Weights`."""

    def __init__(self, applied: Applied, added: Mapping[str, Tensor]):
        self.applied, self.added = applied, added

    def times(self, name: str, v: Tensor) -> Tensor:
        return self.applied.times(name, v) + self.added[name]

    def __getitem__(self, name: str) -> Tensor:
        return self.applied[name] + self.added[name]


class _Crossing(NamedTuple):
    read: Read
    step: int
    found: dict[str, Tensor]
    before: Tensor

    def delta(self, product: str) -> Tensor:
        return self.found[product]

    def length(self, product: str, rows: int) -> Tensor:
        return torch.linalg.vector_norm(self.found[product][:, -rows:], dim=1)

    def back(self, out: Tensor) -> None:
        out.copy_(self.before)

    def down(self, into: Tensor) -> None:
        into.add_(self.read.at_inputs(self.found))


class ReadByUnit(Read):
    """A cell that works unit by unit: all derivatives are products with its slopes."""

    def __init__(self, recorded: Recorded):
        super().__init__(recorded)
        self.slopes = Slopes.of(self.cell, self.before, self.after, self.kept, self.outputs)
        self._roots: dict[tuple[str, int], Tensor] = {}

    def source(self, parameter: str) -> tuple[str, int]:
        product, rows = super().source(parameter)
        same = (name for name, slopes in self.slopes.at.items() if slopes is self.slopes.at[product])
        return next(same), rows

    def deltas(self, at_state: Tensor) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for name, slopes in self.slopes.at.items():
            same = (other for other in found if self.slopes.at[other] is slopes)
            known = next(same, None)
            found[name] = found[known] if known else deltas(slopes, at_state)
        return found

    def cross(self, step: int, grad: Tensor) -> Crossing:
        return _CrossingByUnit(self, step, grad)

    def moved(self, product: str, change: Tensor) -> Tensor:
        slopes = self.slopes.at[product]
        return (slopes * change.view(len(change), 1, *slopes.shape[2:])).sum(2).flatten(1)

    def onward(self, step: int, change: Tensor) -> Tensor:
        parts = change.view(len(self.after), -1)
        found = (self.slopes.direct[step] * parts).sum(1)
        for name in self.cell.of_step:
            slopes = self.slopes.at[name][step]
            found += (slopes * (self.parameters[name] @ parts[0]).view_as(slopes[0])).sum(1)
        return found.flatten()

    def root(self, product: str, rows: int) -> Tensor:
        """The `root` of the slopes of a product's last rows."""
        if (product, rows) not in self._roots:
            slopes = self.slopes.at[product]
            self._roots[product, rows] = root(slopes[:, :, -(rows // slopes.shape[3]) :])
        return self._roots[product, rows]


class _CrossingByUnit:
    def __init__(self, read: ReadByUnit, step: int, grad: Tensor):
        self.read, self.step, self.grad = read, step, grad
        self.slopes, self.direct, self.d = read.slopes, read.slopes.direct[step], read.after[0].shape[1]
        self._deltas: list[tuple[Tensor, Tensor]] = []

    def few(self, slopes: Tensor) -> bool:
        """Whether δ is multiplied by the matrix; otherwise the gradient is multiplied by the step's Jacobian."""
        gates = slopes.shape[2]
        return gates == 1 or len(self.grad) * gates < self.d  # then the Jacobian costs more than it saves

    def delta(self, product: str) -> Tensor:
        slopes = self.slopes.at[product]
        for known, delta in self._deltas:
            if known is slopes:
                return delta
        delta = times(slopes[self.step], self.grad)
        self._deltas.append((slopes, delta))
        return delta

    def length(self, product: str, rows: int) -> Tensor:
        return torch.linalg.vector_norm(times(self.read.root(product, rows)[self.step], self.grad), dim=1)

    def back(self, out: Tensor) -> None:
        h = out[:, : self.d]
        if self.slopes.past or not self.read.cell.of_step:
            h.copy_(times(self.direct[:, :1], self.grad))
        else:
            h.zero_()
        for name in self.read.cell.of_step:
            self._through(name, h)
        if len(self.direct) > 1:
            out[:, self.d :] = times(self.direct[:, 1:], self.grad)

    def down(self, into: Tensor) -> None:
        for name in self.read.cell.of_inputs:
            self._through(name, into)

    def _through(self, name: str, into: Tensor) -> None:
        slopes, weight = self.slopes.at[name], self.read.parameters[name]
        if self.few(slopes):
            into.addmm_(self.delta(name), weight)
        else:
            into.addmm_(self.grad, jacobian(slopes[self.step], weight))

