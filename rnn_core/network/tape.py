"""What a forward pass did, step by step: a tape that recurrent layers write to while `record` is on.

    with record(network, Edits(recurrence=False)) as tape:
        outputs = network(batch)
    tape["cells.0.0"].after[0]  # h of the lowest layer, (T, B, d)

So the forward pass that trains is the one that is looked into, and every other reading of a text is an edit of it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor, nn

from rnn_core.network.cells import Cell, State

if TYPE_CHECKING:
    from rnn_core.network.recording import Run


@dataclass(frozen=True)
class Edits:
    """Changes to the recurrent layers of a module while it is recorded. Those for one text, B = 1, are of every text.

    Attributes:
        mask: (T, B); where it is False the state stays what it was, in each layer and direction. None: each text's own steps.
        start: the state before the first step, each part (layers · directions, B, d), instead of the one that is given.
        replaced: by name of layer and direction ("0.0"), what the state becomes after some steps: which, (T, B), and the
            parts, (T, B, d) each.
        recurrence: False sets the state before each step to zero: a feed-forward network with the same weights.
    """

    mask: Tensor | None = None
    start: State | None = None
    replaced: Mapping[str, tuple[Tensor, State]] = field(default_factory=dict)
    recurrence: bool = True


class Product(NamedTuple):
    """A matrix times a vector at every step; or a vector that the step reads, which is its product with 1.

    Attributes:
        outputs: M v (and a bias): all steps as one tensor, (T, B, rows), or one tensor per step, (B, rows).
        inputs: v, (T, B, columns).
    """

    outputs: Sequence[Tensor]
    inputs: Tensor

    def stacked(self, of_outputs: Sequence[Tensor]) -> Tensor:
        """The outputs, or other tensors that are given for each of them such as their gradients, as (T, B, rows)."""
        return of_outputs[0] if of_outputs[0].dim() == 3 else torch.stack(list(of_outputs))


class Recorded(NamedTuple):
    """One layer and direction. All run over the steps of the text, also where it is read from its end; (T, B, …).

    While gradients are enabled, inputs, products and nodes are in the graph, also where no parameter requires a gradient.

    Attributes:
        x: inputs, (T, B, n).
        before, after: the state before and after each step, each part (T, B, d); at a pad they are the same.
        kept: what the cell kept at each step, by name, (T, B, d).
        products: by the parameter's name, those of `Cell.products`.
        parameters: by name.
        nodes: the parts of the state after each step, (B, d), as the next step reads them: ∂L/∂ of these is the whole gradient
            at a state, with that from the layer above.
    """

    cell: Cell
    x: Tensor
    before: State
    after: State
    kept: dict[str, Tensor]
    products: dict[str, Product]
    parameters: dict[str, Tensor]
    nodes: list[State]

    def gradients(self, deltas: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The gradient of each text's own loss with respect to each parameter, by name, (B, *its shape).

        That of a matrix is Σ_t δ_t v_tᵀ, that of a vector Σ_t δ_t, and that of a bias Σ_t δ_t at the product it is added to.

        Args:
            deltas: δ, ∂L/∂ of each product's outputs by the product's name, (T, B, rows).
        """
        found = {}
        for name, p in self.parameters.items():
            if name in self.products:
                inputs = self.products[name].inputs.detach().transpose(0, 1)
                found[name] = torch.bmm(deltas[name].permute(1, 2, 0), inputs).view(-1, *p.shape)
            else:
                found[name] = deltas[self.cell.product_of(name)].sum(0)[:, -len(p) :]
        return found


class Put(NamedTuple):
    """A tensor that a module put on the tape, and the names of its axes."""

    tensor: Tensor
    axes: tuple[str, ...]


class Tape(dict[str, Recorded]):
    """By `PATH.LAYER.DIRECTION`, as parameters are named.

    Attributes:
        named: what modules put there by a name of their own, such as attention.
        open: by module, the layers of those that are run step by step from outside, as long as steps may follow.
    """

    def __init__(self, network: nn.Module, edits: Mapping[str, Edits]):
        super().__init__()
        self.named: dict[str, Put] = {}
        self.open: dict[nn.Module, Sequence[Run]] = {}
        self._paths = {id(module): path for path, module in network.named_modules()}
        self._edits = edits
        self._runs: Counter[str] = Counter()

    def put(self, name: str, tensor: Tensor, axes: Sequence[str]) -> None:
        """Keeps a tensor of the forward pass under a name, such as ("attention", (S, T, B), ("source", "target", "text"))."""
        self.named[name] = Put(tensor, tuple(axes))

    def write(self, module: nn.Module, layer: int, direction: int, done: Recorded) -> None:
        """Keeps a layer and direction of a module; of one that runs several times, the n-th under a name with `#n`."""
        name = ".".join(filter(None, (self.path(module), str(layer), str(direction))))
        self._runs[name] += 1
        self[name if self._runs[name] == 1 else f"{name}#{self._runs[name]}"] = done

    def close(self, module: nn.Module) -> None:
        """Writes the steps that a module has taken one by one; those that follow are another run."""
        for run in self.open.pop(module, ()):
            self.write(module, run.layer, run.direction, run.done())

    def path(self, module: nn.Module) -> str | None:
        """Where a module stands in the recorded one: "cells", or "" for itself; None: it is no part of it."""
        return self._paths.get(id(module))

    def edits(self, module: nn.Module) -> Edits:
        """Those of a module."""
        path = self.path(module)
        return _NONE if path is None else self._edits.get(path, _NONE)


_NONE = Edits()
_current: ContextVar[Tape | None] = ContextVar("tape", default=None)


@contextmanager
def record(network: nn.Module, edits: Edits | Mapping[str, Edits] = _NONE) -> Iterator[Tape]:
    """Within it, the recurrent layers of a module run step by step and write to the tape.

    Args:
        edits: of all recurrent layers, or by the path of each module of them.
    """
    if isinstance(edits, Edits):
        edits = {path: edits for path, _ in network.named_modules()}
    tape = Tape(network, edits)
    token = _current.set(tape)
    try:
        yield tape
        for module in list(tape.open):
            tape.close(module)
    finally:
        _current.reset(token)


def current() -> Tape | None:
    """The tape that is on in this thread, or None."""
    return _current.get()
