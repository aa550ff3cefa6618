"""The gradient sweep of any module: where each loss of a text reaches each step's copy of the recurrent parameters.

δ(t,k) = ∂L(t)/∂(M v_i) is the gradient of the loss at step t at a product of step k. The text is read as a batch of R equal
rows, and row r's loss is L(t_r): one way back of the sum of the rows' losses gives δ(t_r, k) for all r and k, because the rows
of a batch do not mix. Modules whose rows do are refused. `bptt_sweep` has the same for the plain stack, with less work.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.network.cells import State
from rnn_core.network.device import host
from rnn_core.network.models import Batch
from rnn_core.network.recorded import Edits, Recorded
from rnn_core.network.tape import Tape, record

BLOCK_BYTES = 128 * 2**20
"""What the forward pass and the gradients of one block of rows may take."""

Losses = Callable[[Any, Batch], Tensor]
"""(outputs, batch) → the loss at each step of each text, (T, B)."""


class Reached(NamedTuple):
    """What R losses send to one layer and direction.

    Attributes:
        recorded: the forward pass, of R equal rows.
        deltas: δ by the product's name, (R, T, rows).
        states: the gradient at the state after each step, by part, (R, T, d). At a pad, where the state stays what it was, it is
            that at the state which stays.
    """

    recorded: Recorded
    deltas: dict[str, Tensor]
    states: State

    def copies(self, product: str) -> Tensor:
        """(R, T) the norm of each loss's gradient with respect to each step's copy of a matrix, ‖δ vᵀ‖ = ‖δ‖·‖v‖."""
        inputs = self.recorded.products[product].inputs.detach()
        return self.deltas[product].norm(dim=2) * inputs.norm(dim=2).t()

    def gradients(self) -> dict[str, Tensor]:
        """The gradient of each loss with respect to each parameter, by its name in the layer, (R, *its shape)."""
        return self.recorded.gradients({name: delta.transpose(0, 1) for name, delta in self.deltas.items()})


class Block(NamedTuple):
    """Some of the losses.

    Attributes:
        rows: which of them.
        losses: their values, (R,).
        layers: by the tape's name of layer and direction.
    """

    rows: slice
    losses: Tensor
    layers: dict[str, Reached]


def sweep(
    network: nn.Module,
    batch: Batch,
    losses: Losses,
    steps: Sequence[int] | Tensor,
    edits: Edits | Mapping[str, Edits] | None = None,
    axes: Mapping[str, int] | None = None,
    block_bytes: int | None = None,
) -> Iterator[Block]:
    """The gradients of R losses of one text at all products and states of a module's recurrent layers, block by block.

    Args:
        network: in evaluation mode, as dropout would make the rows differ.
        batch: one text.
        losses: of each step and text.
        steps: t_r, (R,).
        edits: of the recurrent layers; masks and states are of one text, and are read alike in every row.
        axes: by name, which axis of a tensor of the batch counts the texts. Others have it where their size is 1: the second
            axis, (T, 1) or (layers · directions, 1, d), or the only one that has this size.
        block_bytes: instead of `BLOCK_BYTES`. A block has one row at least.

    Raises:
        Problem: when a loss reaches other rows than its own, the losses overflow, or there is no recurrent layer.
        ValueError: when a tensor of the batch has no axis that could count the texts.
    """
    steps = torch.as_tensor(steps)
    if not len(steps):
        return
    grown = _Grown(network, batch, losses, edits or {}, axes or {})
    size = max(1, (block_bytes or BLOCK_BYTES) // grown.bytes_a_row(int(steps[-1])))
    for first in range(0, len(steps), size):
        rows = slice(first, min(first + size, len(steps)))
        yield Block(rows, *grown.gradients(steps[rows]))  # which is not kept here while the next is computed


class _Grown(NamedTuple):
    """A text to be read as a batch of equal rows."""

    network: nn.Module
    batch: Batch
    losses: Losses
    edits: Edits | Mapping[str, Edits]
    axes: Mapping[str, int]

    def read(self, steps: Tensor) -> tuple[Tensor, Tape]:
        """The loss L(t_r) of each row, (R,), in the graph, and the tape."""
        rows = {name: _repeated(name, value, len(steps), self.axes.get(name)) for name, value in self.batch.items()}
        with torch.enable_grad():
            with record(self.network, self.edits) as tape:
                outputs = self.network(rows)
            each = self.losses(outputs, rows)
            chosen = each.gather(0, steps.to(each.device)[None])[0]
        if not tape:
            raise Problem(tr("This network has no recurrent layer, so there is no step of the past that a gradient could reach."))
        if not bool(host(chosen.isfinite().all())):
            raise Problem(tr("This network's numbers overflow on this text, so there is no gradient. Choose a shorter text."))
        return chosen, tape

    def gradients(self, steps: Tensor) -> tuple[Tensor, dict[str, Reached]]:
        """The values of R losses, and their gradients by layer and direction."""
        chosen, tape = self.read(steps)
        deltas, nodes = back(chosen.sum(), tape, [part for done in tape.values() for node in done.nodes for part in node])
        layers, rest = {}, iter(nodes)
        for name, done in tape.items():
            by_step = [[next(rest) for _ in node] for node in done.nodes]
            states = tuple(torch.stack(part, 1) for part in zip(*by_step, strict=True))
            layers[name] = Reached(done, {p: delta.transpose(0, 1) for p, delta in deltas[name].items()}, states)
        return chosen.detach(), layers

    def bytes_a_row(self, step: int) -> int:
        """What one more row takes, measured with two.

        Raises:
            Problem: when the loss of one of the two reaches the other.
        """
        saved = {}

        def keep(tensor: Tensor) -> Tensor:
            storage = tensor.untyped_storage()
            saved[storage.data_ptr()] = storage.nbytes()
            return tensor

        with saved_tensors_hooks(keep, lambda tensor: tensor):
            chosen, tape = self.read(torch.tensor([step, step]))
        wanted = [out for done in tape.values() for held in done.products.values() for out in held.outputs]
        wanted += [part for done in tape.values() for node in done.nodes for part in node]
        for row in range(2):  # each of them: a maximum over equal rows takes the first
            for gradient in _at(chosen[row], wanted, retain_graph=True):
                if bool(host(gradient.select(-2, 1 - row).any())):  # (T, B, rows) or (B, rows)
                    raise Problem(
                        tr(
                            "The texts of a batch mix in this network, as in batch normalisation while training, so one "
                            "text's losses cannot be followed back one by one. Use it in evaluation mode, or without such "
                            "a layer.",
                        )
                    )
        for p in self.network.parameters():
            saved.pop(p.untyped_storage().data_ptr(), None)
        kept = sum(_bytes((*done.before, *done.after, *done.kept.values())) for done in tape.values())
        return (sum(saved.values()) + kept + 2 * _bytes(wanted)) // 2


def back(value: Tensor, tape: Tape, others: Sequence[Tensor] = ()) -> tuple[dict[str, dict[str, Tensor]], list[Tensor]]:
    """The gradients of a value, (), at a tape's products and at other tensors of the graph.

    Returns:
        δ by layer and direction and by product, (T, B, rows), and the gradients at the others; zero where nothing leads there.
    """
    products = [(name, product) for name, done in tape.items() for product in done.products]
    outputs = [out for name, product in products for out in tape[name].products[product].outputs]
    found = iter(_at(value, [*outputs, *others]))
    deltas: dict[str, dict[str, Tensor]] = {name: {} for name in tape}
    for name, product in products:
        held = tape[name].products[product]
        deltas[name][product] = held.stacked([next(found) for _ in held.outputs])
    return deltas, list(found)


def _at(value: Tensor, wanted: list[Tensor], retain_graph: bool = False) -> tuple[Tensor, ...]:
    return torch.autograd.grad(value, wanted, retain_graph=retain_graph, allow_unused=True, materialize_grads=True)


def _bytes(tensors: Sequence[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _repeated(name: str, value: Any, count: int, axis: int | None) -> Any:
    """A tensor of one text, or a tuple of such, as that of a batch of equal texts."""
    if isinstance(value, tuple):
        return tuple(_repeated(name, one, count, axis) for one in value)
    if not isinstance(value, Tensor) or not value.dim():
        return value
    if axis is None:
        ones = [i for i, size in enumerate(value.shape) if size == 1]
        if not ones:
            raise ValueError(f"the tensor {name!r} of shape {tuple(value.shape)} has no axis of one text")
        axis = 1 if 1 in ones else ones[0]
    return value.repeat_interleave(count, axis)
