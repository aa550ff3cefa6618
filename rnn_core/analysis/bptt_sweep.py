"""The sweep back through time with many losses at once, and the gradients it adds up to.

W|(k) is the copy of W used at step k, and δ(t,k) = ∂L(t)/∂a_i the gradient of the loss at step t at the pre-activation
of step k. All pairs (t,k) come from one sweep back, with the losses as the batch: at each step the sweep holds the
gradients of all losses at the state, (R, P·d), keeps what is asked of them, and goes on. Many losses cross a step by one
product with its Jacobian, (P·d) × d, which is less than δ, (R, G·d), times W: half for an LSTM, a third for a GRU.

Several layers are swept one after the other, from the top down, in blocks of losses: the gradients above and below a layer,
(T, block, D) each, fit into `BLOCK_BYTES`. So memory peaks at the (R, T) norms, a few (R, G·d) and these two: T×T×d is
never held.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from rnn_core.analysis.bptt_pass import Pass, Target, at_logits
from rnn_core.network.device import host
from rnn_core.network.jacobians import Crossing

BLOCK_BYTES = 128 * 2**20
"""What the gradients above and below a layer may take, for one block of losses."""

FLUSH = 8
"""Every n-th step, gradients that have all but vanished are set to 0: numbers near the least that can be written
slow a processor down a hundredfold. A GPU they do not."""

Gradients = dict[str, Tensor]
"""Gradients by the parameter's name in the network. The embedding's are those of the rows that the text uses alone. If E and V
are tied, each name is one use of the parameter; `by_parameter` adds them up."""


class Met(NamedTuple):
    """What the sweep back meets at one copy.

    Attributes:
        layer, direction, step: whose.
        rows: which rows of the batch of losses reach it.
        grad: (rows, P·d) the gradient at the state after the step; to be used at once, for the sweep goes on in it.
        crossing: the same on its way across the step.
        d: hidden units.
    """

    layer: int
    direction: int
    step: int
    rows: slice
    grad: Tensor
    crossing: Crossing
    d: int

    @property
    def at_state(self) -> Tensor:
        """(rows, d) the gradient at h, the first part of the state."""
        return self.grad[:, : self.d]


def between_layers(done: Pass, losses: int) -> tuple[int, int, int] | None:
    """(T, losses of one block, D), the shape of the gradients above a layer and of those below it; None where there is but one
    layer."""
    if len(done.layers) == 1:
        return None
    width = max(read.x.shape[1] for _, _, read in done.each()[done.network.directions :])
    return done.steps, min(losses, max(1, BLOCK_BYTES // (2 * done.steps * width * done.top.element_size()))), width


@torch.no_grad()
def sweep(
    done: Pass, seeds: Tensor, coefficients: Tensor, visit: Callable[[Met], None], within: int | None = None
) -> None:
    """One sweep back with a batch of losses, L_r = Σ_t C[r,t] L(t).

    Args:
        seeds: (T, D) ∂L(t)/∂h_t at the uppermost states.
        coefficients: C, (R, T), the rows ordered so that neither their first nor their last non-zero step falls.
        visit: hears every copy that any of the losses reaches.
        within: copies this number of steps away from their loss, or more, may be left out. Each row has one loss then.
    """
    steps = done.steps
    counted = host(coefficients) != 0
    first = counted.int().argmax(1)
    last = steps - 1 - counted.flip(1).int().argmax(1)
    shape = between_layers(done, len(coefficients))
    if within is None or (shape and done.network.directions == 2):  # far above may lead to near below
        within = steps
    size = shape[1] if shape else len(coefficients)
    between = [seeds.new_empty(shape) for _ in range(2)] if shape else []
    for start in range(0, len(coefficients), size):
        block = slice(start, start + size)
        _sweep_block(done, seeds, coefficients[block], first[block], last[block], start, visit, within, between)


def _sweep_block(
    done: Pass, seeds: Tensor, coefficients: Tensor, first: Tensor, last: Tensor, offset: int, visit: Callable[[Met], None],
    within: int, between: list[Tensor],
) -> None:  # fmt: skip
    network, cell, steps, d = done.network, done.network.cell, done.steps, done.network.config.hidden
    both, size = network.directions == 2, len(coefficients)
    walk = torch.arange(steps)
    reaching = (  # forwards and backwards, the rows whose loss lies at the step or up to `within` behind it
        (torch.searchsorted(last, walk).tolist(), torch.searchsorted(last, walk + within).tolist()),
        (torch.searchsorted(first, walk - within, right=True).tolist(),
         torch.searchsorted(first, walk, right=True).tolist()),
    )  # fmt: skip
    weights = coefficients.t().contiguous()
    incoming: Tensor | None = None  # (T, size, D) from the layer above
    for layer in reversed(range(len(done.layers))):
        outgoing = between[layer % 2][:, :size].zero_() if layer else None
        for direction, read in enumerate(done.layers[layer]):
            part = slice(direction * d, direction * d + d)
            carried, before = (seeds.new_zeros(size, len(cell.parts) * d) for _ in range(2))
            for step in range(steps) if direction else reversed(range(steps)):
                if incoming is not None and both:
                    rows = slice(0, size)
                else:
                    rows = slice(reaching[direction][0][step], reaching[direction][1][step])
                if rows.start >= rows.stop:
                    continue
                grad = carried[rows]
                if incoming is None:
                    grad[:, :d].addr_(weights[step, rows], seeds[step, part])
                else:
                    grad[:, :d] += incoming[step, rows, part]
                crossing = read.cross(step, grad)
                visit(Met(layer, direction, step, slice(rows.start + offset, rows.stop + offset), grad, crossing, d))
                if outgoing is not None:
                    crossing.down(outgoing[step, rows])
                crossing.back(before[rows])
                if step % FLUSH == 0:
                    flush(before[rows])
                carried, before = before, carried
        incoming = outgoing


def flush(grad: Tensor) -> None:
    """Sets the rows of (rows, P·d) to 0 that lie below 1e-28 (float32), or 2e-298 (float64)."""
    if grad.device.type != "cpu":
        return
    faint = grad.abs().amax(1) < 1e10 * torch.finfo(grad.dtype).tiny
    if faint.any():
        grad[faint] = 0


class Sums(NamedTuple):
    """The gradients of a few weighted losses.

    Attributes:
        seeds: (T, D) ∂L(t)/∂h_t at the uppermost states, of each step's own loss.
        gradients: by parameter, (R, …).
        at_state: by layer and direction, (R, T, P·d) ∂L_r/∂(state at k).
        reached: by layer and direction, (R, T) ‖∂L_r/∂h_k‖.
    """

    seeds: Tensor
    gradients: Gradients
    at_state: dict[tuple[int, int], Tensor]
    reached: dict[tuple[int, int], Tensor]

    def row(self, r: int) -> Gradients:
        """The gradients of one of the losses."""
        return {name: gradient[r] for name, gradient in self.gradients.items()}


def sums(done: Pass, target: Target, weightings: Tensor) -> Sums:
    """The gradients of R losses, each added up over its copies; `weightings` is C of `sweep`, ordered likewise."""
    weightings = weightings.to(done.top)
    logits = at_logits(done, target)
    seeds = done.network.readout_back(logits)
    at_state = at_states(done, seeds, weightings)
    gradients = {  # diag(C_r) goes to the states, which are fewer numbers than the logits of a vocabulary
        "weight_out": logits.t() @ (weightings[:, :, None] * done.top), "bias_out": weightings @ logits,
    }  # fmt: skip
    d = done.network.config.hidden
    reached = {key: torch.linalg.vector_norm(grad[..., :d], dim=2) for key, grad in at_state.items()}
    return Sums(seeds, gradients | added(done, at_state), at_state, reached)


def by_parameter(done: Pass, uses: Gradients) -> Gradients:
    """The gradients of one loss by parameter: if E and V are tied, `weight_out` is the sum of both uses, (N, n), and
    `embedding.weight` is left out."""
    if not done.network.tied:
        return uses
    words = done.tables["embedding.weight"]
    both = uses["weight_out"].index_add(0, torch.unique(words).to(done.top.device), uses["embedding.weight"])
    return {name: both if name == "weight_out" else gradient for name, gradient in uses.items() if name != "embedding.weight"}


def at_states(done: Pass, seeds: Tensor, weightings: Tensor) -> dict[tuple[int, int], Tensor]:
    """By layer and direction, (R, T, P·d) the gradients of R losses at all states; arguments as of `sweep`."""
    shape = len(weightings), done.steps, len(done.network.cell.parts) * done.network.config.hidden
    found = {(layer, direction): done.top.new_zeros(shape) for layer, direction, _ in done.each()}

    def visit(met: Met) -> None:
        found[met.layer, met.direction][met.rows, met.step] = met.grad

    sweep(done, seeds, weightings, visit)
    return found


def added(done: Pass, at_state: dict[tuple[int, int], Tensor]) -> Gradients:
    """The gradients of cells and embedding, (R, …), from those at all states, (R, T, P·d): one product per matrix."""
    gradients = {}
    at_words = torch.zeros(())
    for layer, direction, read in done.each():
        deltas = read.deltas(at_state[layer, direction])
        for name, p in read.parameters.items():
            product, count = read.source(name)
            delta = deltas[product][..., -count:]
            whole = delta.mT @ read.factors[name] if p.dim() > 1 else delta.sum(1)
            gradients[f"cells.{layer}.{direction}.{name}"] = whole
        if layer == 0:
            at_words = at_words + read.at_inputs(deltas)
    for (name, indices), columns in zip(done.tables.items(), done.network.inputs.columns.values(), strict=True):
        unique, place = torch.unique(indices, return_inverse=True)
        part = at_words[..., columns]
        rows = part.new_zeros(part.shape[0], len(unique), part.shape[2])
        gradients[name] = rows.index_add_(1, place.to(rows.device), part)
    return gradients
