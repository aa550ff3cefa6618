"""The recorded values of a forward pass, step by step, and its edits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from rnn_core.network.cells import Cell, State


@dataclass(frozen=True)
class Edits:
    """Changes to the recurrent layers of a module while it is recorded. Tensors with B = 1 apply to all texts.

    Attributes:
        mask: (T, B); where it is False, the state is unchanged, in each layer and direction. None: true for all steps but pads.
        start: the state before the first step, each part (layers · directions, B, d), instead of the given one.
        replaced: by name of layer and direction ("0.0"), replacements of states: a mask of the steps after which they apply,
            (T, B), and the parts, (T, B, d) each.
        recurrence: False sets the state before each step to zero: a feed-forward network with the same weights.
    """

    mask: Tensor | None = None
    start: State | None = None
    replaced: Mapping[str, tuple[Tensor, State]] = field(default_factory=dict)
    recurrence: bool = True


class Product(NamedTuple):
    """A matrix times a vector at every step; or a vector parameter, which counts as its product with 1.

    Attributes:
        outputs: M v (and a bias): all steps as one tensor, (T, B, rows), or one tensor per step, (B, rows).
        inputs: v, (T, B, columns).
    """

    outputs: Sequence[Tensor]
    inputs: Tensor

    def stacked(self, of_outputs: Sequence[Tensor]) -> Tensor:
        """Stacks the outputs, or tensors of the same shapes such as their gradients, to (T, B, rows)."""
        return of_outputs[0] if of_outputs[0].dim() == 3 else torch.stack(list(of_outputs))


class Recorded(NamedTuple):
    """The record of one layer and direction, in the order of the text, for a backward direction too; (T, B, …).

    While gradients are enabled, inputs, products and nodes are in the graph, even if no parameter requires a gradient.

    Attributes:
        x: inputs, (T, B, n).
        before, after: the state before and after each step, each part (T, B, d); equal at pads.
        kept: the values that the cell kept at each step, by name, (T, B, d).
        products: the products of `Cell.products`, by the parameter's name.
        parameters: the parameters, by name.
        nodes: the parts of the state after each step, (B, d), as the next step reads them: ∂L/∂ of these is the total gradient
            at a state, including that from the layer above.
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
        """The gradient of each text's loss with respect to each parameter, by name, (B, *its shape).

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
