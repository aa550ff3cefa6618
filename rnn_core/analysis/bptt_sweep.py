"""The sweep back through time with many losses at once, and the gradients it adds up to.

W|(i) is the copy of W used at step i, and δ(t,i) = ∂L(t)/∂a_i the gradient of the loss at step t at the pre-activation
of step i. All pairs (t, i) come from one sweep back through the cell's own backward step, with the losses as the batch:
at each step the sweep holds the gradients of all losses, (R, G·d), keeps their norms, and goes on.

Several layers are swept one after the other, from the top down, in blocks of losses: the gradients above and below a layer,
(T, block, D) each, fit into `BLOCK_BYTES`. So memory peaks at the (R, T) norms, a few (R, G·d) and these two: T×T×d is
never held.
"""

import copy
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.network.cells import State
from rnn_core.network.losses import step_weights
from rnn_core.network.models import Network
from rnn_core.network.recurrence import Parameters, inner_bias, unroll, zero_state
from rnn_core.results import Comparison, Trace

BLOCK_BYTES = 32 * 2**20
"""What the gradients above and below a layer may take, for one block of losses."""

FLUSH = 8
"""Every so many steps, gradients that have all but vanished are set to 0: numbers near the least that can be written
slow a processor down a hundredfold."""

Gradients = dict[str, Tensor]
"""Gradients by the parameter's name in the network. The embedding's are those of the rows that the text uses alone."""


class Read(NamedTuple):
    """One layer and direction of one text. All run over the steps of the text, also where it is read from the end.

    Attributes:
        x: (T, n) inputs.
        before, after: the state before and after each step, each part (1, d).
        kept: what the cell kept at each step.
        h_before: (T, d) h before each step: h_{t−1}, or h_{t+1} reading from the end.
    """

    parameters: Parameters
    x: Tensor
    before: list[State]
    after: list[State]
    kept: list[tuple[Tensor, ...]]
    h_before: Tensor


class Pass(NamedTuple):
    """The forward pass of one text.

    Attributes:
        indices: (T,) vocabulary indices.
        layers: by layer and direction.
        top: (T, D) the uppermost states.
        logits: (T, k).
    """

    network: Network
    indices: Tensor
    layers: list[list[Read]]
    top: Tensor
    logits: Tensor

    @property
    def steps(self) -> int:
        return len(self.indices)

    def each(self) -> list[tuple[int, int, Read]]:
        """Layer, direction and what was read there."""
        return [(i, j, read) for i, layer in enumerate(self.layers) for j, read in enumerate(layer)]


class Target(NamedTuple):
    """What the network shall answer, and where that is asked.

    Attributes:
        classes: (T,) the class aimed at, at each step; −1 where a step has none.
        weights: (T,) w_t.
        logit: look at the class's logit instead of its loss.
        loss: `last` or `every`.
    """

    classes: Tensor
    weights: Tensor
    logit: bool
    loss: str


# ---- forwards -------------------------------------------------------------------------------------------------------


@torch.no_grad()
def forward(network: Network, indices: np.ndarray | Tensor) -> Pass:
    """Reads one text, (T,) indices, and keeps what the way back needs."""
    indices = torch.as_tensor(indices)
    x, cell, d = network.embedding[indices], network.cell, network.config.hidden
    layers = []
    for layer in range(network.config.layers):
        found = []
        for direction in range(network.directions):
            parameters = network.layer(layer, direction)
            a_input = linear(x, parameters["weight_ih"], parameters["bias"])[:, None]
            start = zero_state(cell, 1, d, x)
            order = slice(None, None, -1) if direction else slice(None)
            states, kept = unroll(
                cell, a_input.flip(0) if direction else a_input, parameters["weight_hh"], inner_bias(cell, parameters), start
            )
            before, after = [start, *states[:-1]][order], states[order]
            found.append(Read(parameters, x, before, after, kept[order], torch.cat([state[0] for state in before])))
        layers.append(found)
        x = torch.cat([torch.cat([state[0] for state in read.after]) for read in found], dim=1)
    return Pass(network, indices, layers, x, linear(x, network.weight_out, network.bias_out))


def doubled(network: Network) -> Network:
    """The same network in float64."""
    return copy.deepcopy(network).double()


def target_of(
    loaded: Loaded,
    trace: Trace,
    target: str | Sequence[str] | None = None,
    loss: str | None = None,
    logit: bool = False,
) -> Target:
    """What to aim at, in a text as read.

    Args:
        target: a label, or when labelling one tag a token; None: what the network answers itself.
        loss: `last` or `every`; None: as the run was trained.
        logit: the class's logit instead of its loss.

    Raises:
        Problem: when there is no such label, a tag is missing, or the task has no such loss.
    """
    task, labels, steps = loaded.config.task, trace.labels, len(trace.tokens)
    loss = loss or loaded.config.loss
    if loss not in task.losses:
        raise Problem("A labelling run takes a loss at every token; there is none at the last step alone. Choose every.")
    if task.per_token:
        wanted = target.split() if isinstance(target, str) else target
        if wanted is not None and len(wanted) != steps - 2:
            raise Problem(f"There are {len(wanted):,} tags for {steps - 2:,} tokens. Give one tag a token.")
        tags = trace.readouts[1:-1].argmax(1) if wanted is None else [_number(labels, tag) for tag in wanted]
        classes = torch.tensor([-1, *tags, -1])
    else:
        if target is not None and not isinstance(target, str):
            raise Problem("A text has one label. Give it alone.")
        classes = torch.full((steps,), trace.answer if target is None else _number(labels, target))
    weights = step_weights(
        torch.tensor([steps]), steps, per_token=task.per_token, loss=loss, reduce=loaded.config.train.reduce
    )
    return Target(classes, weights[:, 0], logit, loss)


def _number(labels: Sequence[str], label: str) -> int:
    if label not in labels:
        listed = ", ".join(labels[:20]) + (" …" if len(labels) > 20 else "")
        raise Problem(f"This run has no label {label[:60]!r}. Take one of: {listed}.")
    return labels.index(label)


# ---- back through time ----------------------------------------------------------------------------------------------


class Met(NamedTuple):
    """What the sweep back meets at one copy.

    Attributes:
        layer, direction, step: whose.
        rows: which rows of the batch of losses reach it.
        grad: the gradient at the state after the step, each part (rows, d).
        at_input, at_hidden: δ at U x_i + b and at W h_{i−1}, (rows, G·d) each; one and the same but for the GRU.
    """

    layer: int
    direction: int
    step: int
    rows: slice
    grad: State
    at_input: Tensor
    at_hidden: Tensor


@torch.no_grad()
def sweep(
    done: Pass, seeds: Tensor, coefficients: Tensor, visit: Callable[[Met], None], within: int | None = None
) -> None:
    """One sweep back with a batch of losses, L_r = Σ_t C[r,t] L(t).

    Args:
        seeds: (T, D) ∂L(t)/∂h_t at the uppermost states.
        coefficients: C, (R, T), the rows ordered so that neither their first nor their last non-zero step falls.
        visit: hears every copy that any of the losses reaches.
        within: copies so many steps away from their loss, or more, may be left out. Each row has one loss then.
    """
    network, steps = done.network, done.steps
    counted = coefficients != 0
    first = counted.int().argmax(1)
    last = steps - 1 - counted.flip(1).int().argmax(1)
    width = max(read.x.shape[1] for _, _, read in done.each()[network.directions :]) if len(done.layers) > 1 else 0
    if within is None or (width and network.directions == 2):  # far above may lead to near below
        within = steps
    size = len(coefficients)
    if width:
        size = max(1, BLOCK_BYTES // (2 * steps * width * seeds.element_size()))
    for start in range(0, len(coefficients), size):
        block = slice(start, start + size)
        _sweep_block(done, seeds, coefficients[block], first[block], last[block], start, visit, within)


def _sweep_block(
    done: Pass, seeds: Tensor, coefficients: Tensor, first: Tensor, last: Tensor, offset: int, visit: Callable[[Met], None],
    within: int,
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
        width = done.layers[layer][0].x.shape[1]
        outgoing = seeds.new_zeros(steps, size, width) if layer else None
        for direction, read in enumerate(done.layers[layer]):
            weight_hh, weight_ih = read.parameters["weight_hh"], read.parameters["weight_ih"]
            part = slice(direction * d, direction * d + d)
            carried = [seeds.new_zeros(size, d) for _ in cell.parts]
            for step in range(steps) if direction else reversed(range(steps)):
                if incoming is not None and both:
                    rows = slice(0, size)
                else:
                    rows = slice(reaching[direction][0][step], reaching[direction][1][step])
                if rows.start >= rows.stop:
                    continue
                held = [c[rows] for c in carried]
                if incoming is None:
                    h = torch.addr(held[0], weights[step, rows], seeds[step, part])
                else:
                    h = held[0] + incoming[step, rows, part]
                grad = (h, *held[1:])
                at_input, at_hidden, direct = cell.backward(grad, read.before[step], read.after[step], read.kept[step])
                visit(Met(layer, direction, step, slice(rows.start + offset, rows.stop + offset), grad, at_input, at_hidden))
                torch.mm(at_hidden, weight_hh, out=held[0])
                for into, more in zip(held, direct, strict=True):
                    if more is not None:
                        if into is held[0]:
                            into.add_(more)
                        else:
                            into.copy_(more)
                if step % FLUSH == 0:
                    flush(held)
                if outgoing is not None:
                    outgoing[step, rows].addmm_(at_input, weight_ih)
        incoming = outgoing


def flush(parts: Sequence[Tensor]) -> None:
    """Sets the rows of these (rows, d) to 0 that in all parts lie below 1e-28 (float32), or 2e-298 (float64)."""
    faint = torch.stack([part.abs().amax(1) for part in parts]).amax(0) < 1e10 * torch.finfo(parts[0].dtype).tiny
    if faint.any():
        for part in parts:
            part[faint] = 0


def at_logits(done: Pass, target: Target) -> Tensor:
    """(T, k) ∂L(t)/∂o_t: ŷ_t less the one-hot target, or the one-hot target for a logit; 0 where there is none."""
    counted = (target.classes >= 0)[:, None]
    hot = torch.nn.functional.one_hot(target.classes.clamp(min=0), done.logits.shape[1]).to(done.logits.dtype)
    return (hot if target.logit else done.logits.softmax(1) - hot) * counted


def values_of(done: Pass, target: Target) -> Tensor:
    """(T,) L(t); nan where a step has no target."""
    classes = target.classes.clamp(min=0)
    chosen = done.logits.gather(1, classes[:, None])[:, 0]
    found = chosen if target.logit else cross_entropy(done.logits, classes, reduction="none")
    return found.masked_fill(target.classes < 0, torch.nan)


class Sums(NamedTuple):
    """The gradients of a few weighted losses.

    Attributes:
        gradients: by parameter, (R, …).
        at_input, at_hidden: by layer and direction, (R, T, G·d) δ(i).
        reached: by layer and direction, (R, T) ‖∂L_r/∂h_i‖.
    """

    gradients: Gradients
    at_input: dict[tuple[int, int], Tensor]
    at_hidden: dict[tuple[int, int], Tensor]
    reached: dict[tuple[int, int], Tensor]

    def row(self, r: int) -> Gradients:
        """The gradients of one of the losses."""
        return {name: gradient[r] for name, gradient in self.gradients.items()}


def sums(done: Pass, target: Target, weightings: Tensor) -> Sums:
    """The gradients of R losses, each added up over its copies; `weightings` is C of `sweep`, ordered likewise."""
    weightings = weightings.to(done.top.dtype)
    logits = at_logits(done, target)
    gates = len(done.network.cell.gates) * done.network.config.hidden
    shape = (len(weightings), done.steps, gates)
    keys = [(layer, direction) for layer, direction, _ in done.each()]
    at_input = {key: done.top.new_zeros(shape) for key in keys}
    at_hidden = at_input if not two_deltas(done) else {key: done.top.new_zeros(shape) for key in keys}
    reached = {key: done.top.new_zeros(shape[:2]) for key in keys}

    def visit(met: Met) -> None:
        key = met.layer, met.direction
        at_input[key][met.rows, met.step] = met.at_input
        if at_hidden is not at_input:
            at_hidden[key][met.rows, met.step] = met.at_hidden
        reached[key][met.rows, met.step] = torch.linalg.vector_norm(met.grad[0], dim=1)

    sweep(done, logits @ done.network.weight_out, weightings, visit)
    gradients = {}
    weighted = weightings[:, :, None] * logits  # (R, T, k)
    gradients["weight_out"] = weighted.mT @ done.top
    gradients["bias_out"] = weighted.sum(1)
    gradients |= added(done, at_input, at_hidden)
    return Sums(gradients, at_input, at_hidden, reached)


def two_deltas(done: Pass) -> bool:
    """Whether δ at U x and at W h differ, as they do where the cell has an inner bias."""
    return "bias_inner" in done.layers[0][0].parameters


def added(done: Pass, at_input: dict[tuple[int, int], Tensor], at_hidden: dict[tuple[int, int], Tensor]) -> Gradients:
    """The gradients of cells and embedding from all δ, (R, T, G·d): one product a matrix."""
    gradients = {}
    at_words = torch.zeros(())
    for layer, direction, read in done.each():
        key, name = (layer, direction), f"cells.{layer}.{direction}."
        d = read.h_before.shape[1]
        gradients[name + "weight_ih"] = at_input[key].mT @ read.x
        gradients[name + "weight_hh"] = at_hidden[key].mT @ read.h_before
        gradients[name + "bias"] = at_input[key].sum(1)
        if "bias_inner" in read.parameters:
            gradients[name + "bias_inner"] = at_hidden[key][..., -d:].sum(1)
        if layer == 0:
            at_words = at_words + at_input[key] @ read.parameters["weight_ih"]
    unique, place = torch.unique(done.indices, return_inverse=True)
    rows = at_words.new_zeros(at_words.shape[0], len(unique), at_words.shape[2])
    gradients["embedding"] = rows.index_add_(1, place, at_words)
    return gradients


def autograd(done: Pass, target: Target) -> Gradients:
    """The gradient of the total loss by torch's autograd through the network as it is trained."""
    twin = copy.deepcopy(done.network).requires_grad_(True)
    counted = target.weights > 0
    with torch.enable_grad():
        logits = twin.readout(twin.hidden(done.indices[:, None], torch.tensor([done.steps])))[counted, 0]
        chosen = target.classes[counted]
        each = logits.gather(1, chosen[:, None])[:, 0] if target.logit else cross_entropy(logits, chosen, reduction="none")
        (each * target.weights[counted].to(each.dtype)).sum().backward()
    return {name: p.grad for name, p in twin.named_parameters() if p.grad is not None}


def differences(done: Pass, target: Target, ours: Gradients) -> dict[str, float]:
    """The largest absolute difference of each gradient from autograd's."""
    wanted = autograd(done, target)
    rows = torch.unique(done.indices)
    found = {}
    for name, gradient in wanted.items():
        if name == "embedding":
            mine = torch.zeros_like(gradient)
            mine[rows] = ours[name]
        else:
            mine = ours[name]
        found[name] = float((mine - gradient).abs().max())
    return found


def compare(one: Gradients, other: Gradients) -> Comparison:
    """One gradient held against another, parameter by parameter, and under `all` as one long vector."""
    products = {name: (float((one[name] * other[name]).sum()), float(one[name].square().sum()),
                       float(other[name].square().sum()), float((one[name] - other[name]).square().sum()))
                for name in one}  # fmt: skip
    products["all"] = tuple(map(sum, zip(*products.values(), strict=True)))  # type: ignore[assignment]
    norms, cosines, ratios, bias = {}, {}, {}, {}
    for name, (inner, mine, theirs, apart) in products.items():
        norms[name] = mine**0.5
        cosines[name] = inner / (mine * theirs) ** 0.5 if mine * theirs else float("nan")
        ratios[name] = (mine / theirs) ** 0.5 if theirs else float("nan")
        bias[name] = (apart / theirs) ** 0.5 if theirs else float("nan")
    return Comparison(norms, cosines, ratios, bias)
