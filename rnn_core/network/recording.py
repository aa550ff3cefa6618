"""One layer and direction run step by step, each step kept for the tape."""


import torch
from torch import Tensor
from torch.nn.functional import linear

from rnn_core.network.cells import Cell, State
from rnn_core.network.recurrence import Parameters, inner_bias
from rnn_core.network.tape import Edits, Product, Recorded

Kept = tuple[Tensor, ...]


class Run:
    """The steps of one layer and direction, in the order in which they are taken.

    Args:
        cell, own: its step and its parameters by name.
        edits: the changes to make.
        layer, direction: which one it is. The second direction begins at the last step.
    """

    def __init__(self, cell: Cell, own: Parameters, edits: Edits, layer: int, direction: int):
        self.cell, self.own, self.edits, self.layer, self.direction = cell, own, edits, layer, direction
        self._where: Tensor | None
        self._values: State
        self._where, self._values = edits.replaced.get(f"{layer}.{direction}", (None, ()))
        self._inner, self._transposed = inner_bias(cell, own), own["weight_hh"].t()
        self._x: Tensor | list[Tensor] = []
        self._inputs: list[Tensor] = []
        self._before: list[State] = []
        self._hidden: list[Tensor] = []
        self._nodes: list[State] = []
        self._kept: list[Kept] = []

    def __len__(self) -> int:
        """How many steps have been taken."""
        return len(self._nodes)

    @property
    def texts(self) -> int:
        """B, once a step has been taken."""
        return len(self._nodes[0][0])

    def over(self, x: Tensor, state: State, mask: Tensor | None) -> State:
        """All steps of some texts.

        Args:
            x: inputs, (T, B, n).
            state: before the first step, each part (B, d).
            mask: (T, B), where a step counts; elsewhere the state stays. None: everywhere.

        Returns:
            The state after the last step.
        """
        self._x = x = _with_gradient(x)
        a_input = _in_graph(self._input(x))
        self._inputs = [a_input]
        inputs = a_input.unbind()  # at once: the gradient of each [t] would be as large as the whole
        for t in reversed(range(len(x))) if self.direction else range(len(x)):
            state, _ = self._step(t, inputs[t], state, None if mask is None else mask[t])
        return state

    def read(self, x: Tensor, state: State) -> tuple[State, Kept]:
        """The next step: its input is (B, n), each part of the state before it (B, d). The state after it, and what the cell
        kept."""
        assert isinstance(self._x, list)
        self._x.append(_with_gradient(x))
        self._inputs.append(_in_graph(self._input(self._x[-1])))
        mask = self.edits.mask
        return self._step(len(self), self._inputs[-1], state, None if mask is None else mask[len(self)])

    def done(self) -> Recorded:
        """The steps in the order of the text."""
        order = slice(None, None, -1 if self.direction else 1)
        before, after, kept = (
            tuple(torch.stack(part) for part in zip(*steps[order], strict=True))
            for steps in (self._before, self._nodes, self._kept)
        )
        x = torch.stack(self._x) if isinstance(self._x, list) else self._x
        products = {"weight_ih": Product(self._inputs, x), "weight_hh": Product(self._hidden[order], before[0])}
        extra = dict(zip(self.cell.kept, kept, strict=True))
        return Recorded(x, before, after, extra, products, self.own, self._nodes[order])

    def _input(self, x: Tensor) -> Tensor:
        return linear(x, self.own["weight_ih"], self.own["bias"])

    def _step(self, t: int, a_input: Tensor, state: State, mask: Tensor | None) -> tuple[State, Kept]:
        before = state if self.edits.recurrence else tuple(torch.zeros_like(part) for part in state)
        h = before[0]
        product = h @ self._transposed if self._inner is None else torch.addmm(self._inner, h, self._transposed)
        product = _in_graph(product)
        after, kept = self.cell.step(a_input, product, before)
        if mask is not None:
            after = tuple(torch.where(mask[:, None], new, old) for new, old in zip(after, state, strict=True))
        elif torch.is_grad_enabled():  # nodes of their own: the gradient at c is without that which comes by h of the same step
            after = tuple(part.clone() for part in after)
        if self._where is not None:
            after = tuple(torch.where(self._where[t, :, None], v[t], a) for v, a in zip(self._values, after, strict=True))
        self._before.append(before)
        self._hidden.append(product)
        self._nodes.append(after)
        self._kept.append(kept)
        return after, kept


def _with_gradient(x: Tensor) -> Tensor:
    return x if x.requires_grad else _in_graph(x.detach())


def _in_graph(tensor: Tensor) -> Tensor:
    """The tensor itself, as a leaf where nothing before it has a gradient, so that its own can be asked for."""
    return tensor.requires_grad_() if torch.is_grad_enabled() and not tensor.requires_grad else tensor
