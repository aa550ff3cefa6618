"""Runs one layer and direction step by step, and records each step for the tape."""

import torch
from torch import Tensor

from rnn_core.network.cells import State
from rnn_core.network.recorded import Edits, Product, Recorded
from rnn_core.network.recurrence import Applied

Kept = tuple[Tensor, ...]


class Recorder:
    """`Applied` that records its products, as `Weights`.

    Attributes:
        inputs, outputs: for each product by name, one entry per step: v, (B, columns), and M v with its bias, (B, rows). A
            vector parameter counts as its product with 1.
    """

    def __init__(self, applied: Applied):
        self.applied = applied
        self.inputs: dict[str, list[Tensor]] = {name: [] for name in applied.cell.products}
        self.outputs: dict[str, list[Tensor]] = {name: [] for name in applied.cell.products}
        self._texts, self._copies = 0, dict[str, Tensor]()

    def begin(self, texts: int) -> None:
        """Begins a step of a number of texts."""
        self._texts, self._copies = texts, {}

    def times(self, name: str, v: Tensor) -> Tensor:
        out = _in_graph(self.applied.times(name, v))
        self._keep(name, v, out)
        return out

    def __getitem__(self, name: str) -> Tensor:
        if name not in self._copies:
            vector = self.applied[name]
            self._copies[name] = copy = _in_graph(vector.expand(self._texts, -1).clone())
            self._keep(name, vector.new_ones(self._texts, 1), copy)
        return self._copies[name]

    def _keep(self, name: str, v: Tensor, out: Tensor) -> None:
        self.inputs[name].append(v)
        self.outputs[name].append(out)


class Run:
    """The steps of one layer and direction, in the order of computation.

    Args:
        applied: the cell and the parameters.
        edits: the edits.
        layer, direction: their indices. The second direction begins at the last step.
    """

    def __init__(self, applied: Applied, edits: Edits, layer: int, direction: int):
        self.applied, self.cell, self.edits, self.layer, self.direction = applied, applied.cell, edits, layer, direction
        self._where: Tensor | None
        self._values: State
        self._where, self._values = edits.replaced.get(f"{layer}.{direction}", (None, ()))
        self._weights = Recorder(applied)
        self._x: Tensor | list[Tensor] = []
        self._before: list[State] = []
        self._nodes: list[State] = []
        self._kept: list[Kept] = []

    def __len__(self) -> int:
        """The number of steps so far."""
        return len(self._nodes)

    @property
    def texts(self) -> int:
        """B, after the first step."""
        return len(self._nodes[0][0])

    def over(self, x: Tensor, state: State, mask: Tensor | None) -> State:
        """Runs all steps of texts.

        Args:
            x: inputs, (T, B, n), from `with_gradient`: both directions of a layer share them.
            state: the state before the first step, each part (B, d).
            mask: (T, B); where it is False, the state is unchanged. None: true everywhere.

        Returns:
            The state after the last step.
        """
        self._x = x
        whole = self._inputs(x)  # unbind: the gradient of each [t] would have the size of the whole tensor
        inputs = {name: product.unbind() for name, product in whole.items()}
        for t in reversed(range(len(x))) if self.direction else range(len(x)):
            now = {name: product[t] for name, product in inputs.items()}
            state, _ = self._step(t, now, state, None if mask is None else mask[t])
        return state

    def read(self, x: Tensor, state: State) -> tuple[State, Kept]:
        """Runs the next step, for an input (B, n) and the state before it, each part (B, d). Returns the state after it, and
        the kept values."""
        assert isinstance(self._x, list)
        self._x.append(with_gradient(x))
        mask = self.edits.mask
        return self._step(len(self), self._inputs(self._x[-1]), state, None if mask is None else mask[len(self)])

    def done(self) -> Recorded:
        """The record of all steps, in the order of the text."""
        order = slice(None, None, -1 if self.direction else 1)
        before, after, kept = (
            tuple(torch.stack(part) for part in zip(*steps[order], strict=True))
            for steps in (self._before, self._nodes, self._kept)
        )
        x = torch.stack(self._x) if isinstance(self._x, list) else self._x
        products = {name: self._product(name, x, before, order) for name in self.cell.products}
        extra = dict(zip(self.cell.kept_names, kept, strict=True))
        return Recorded(self.cell, x, before, after, extra, products, self.applied.own, self._nodes[order])

    def _product(self, name: str, x: Tensor, before: State, order: slice) -> Product:
        if name in self.cell.of_inputs:
            return Product(self._weights.outputs[name], x)
        inputs = self._weights.inputs[name]
        for part, whole in enumerate(before):  # v is often the state before the step, which need not be stored twice
            if all(v is state[part] for v, state in zip(inputs, self._before, strict=True)):
                return Product(self._weights.outputs[name][order], whole)
        return Product(self._weights.outputs[name][order], torch.stack(inputs[order]))

    def _inputs(self, x: Tensor) -> dict[str, Tensor]:
        return {name: self._weights.times(name, x) for name in self.cell.of_inputs}

    def _step(self, t: int, x: dict[str, Tensor], state: State, mask: Tensor | None) -> tuple[State, Kept]:
        before = state if self.edits.recurrence else tuple(torch.zeros_like(part) for part in state)
        self._weights.begin(len(before[0]))
        after, kept = self.cell.step(self._weights, x, before)
        if mask is not None:
            after = tuple(torch.where(mask[:, None], new, old) for new, old in zip(after, state, strict=True))
        elif torch.is_grad_enabled():  # separate nodes: the gradient at c excludes the part through h of the same step
            after = tuple(part.clone() for part in after)
        if self._where is not None:
            after = tuple(torch.where(self._where[t, :, None], v[t], a) for v, a in zip(self._values, after, strict=True))
        self._before.append(before)
        self._nodes.append(after)
        self._kept.append(kept)
        return after, kept


def with_gradient(x: Tensor) -> Tensor:
    """The inputs of a layer; a leaf that requires a gradient, if they have no graph. Shared by both directions."""
    return x if x.requires_grad else _in_graph(x.detach())


def _in_graph(tensor: Tensor) -> Tensor:
    """The tensor; a leaf that requires a gradient, if it has no graph."""
    return tensor.requires_grad_() if torch.is_grad_enabled() and not tensor.requires_grad else tensor
