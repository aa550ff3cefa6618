"""The sweep back through time with many losses at once, and the gradients it adds up to.

W|(i) is the copy of W used at step i, and δ(t,i) = ∂L(t)/∂a_i the gradient of the loss at step t at the pre-activation
of step i. All pairs (t, i) come from one sweep back, with the losses as the batch: at each step the sweep holds the
gradients of all losses at the state, (R, P·d), keeps what is asked of them, and goes on. A cell's backward step is linear
and works unit by unit, so it is asked once for all steps (`Slopes`). Many losses then cross a step by one product with its
Jacobian, (P·d) × d, which is less than δ, (R, G·d), times W: half for an LSTM, a third for a GRU.

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
from rnn_core.network.cells import Cell, State
from rnn_core.network.losses import step_weights
from rnn_core.network.models import Network
from rnn_core.network.recurrence import Parameters, inner_bias, unroll, zero_state
from rnn_core.results import Comparison, Trace

BLOCK_BYTES = 128 * 2**20
"""What the gradients above and below a layer may take, for one block of losses."""

FLUSH = 8
"""Every so many steps, gradients that have all but vanished are set to 0: numbers near the least that can be written
slow a processor down a hundredfold."""

Gradients = dict[str, Tensor]
"""Gradients by the parameter's name in the network. The embedding's are those of the rows that the text uses alone."""


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
        return cls(stacked, stacked if same else torch.stack(at_hidden, 1), straight, bool(straight[:, :, 0].any()))


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
            before, after, gates = (tuple(torch.cat(part) for part in zip(*held[order], strict=True))
                                    for held in ([start, *states[:-1]], states, kept))  # fmt: skip
            found.append(Read(parameters, x, before, after, gates, Slopes.of(cell, before, after, gates)))
        layers.append(found)
        x = torch.cat([read.after[0] for read in found], dim=1)
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
        grad: (rows, P·d) the gradient at the state after the step; to be used at once, for the sweep goes on in it.
        delta: (rows, G·d) δ at W h_{i−1}, where the sweep needs it itself.
    """

    layer: int
    direction: int
    step: int
    rows: slice
    grad: Tensor
    delta: Tensor | None
    read: Read

    @property
    def at_input(self) -> Tensor:
        """(rows, G·d) δ at U x_i + b."""
        if self.delta is not None and self.read.slopes.same:
            return self.delta
        return times(self.read.slopes.at_input[self.step], self.grad)

    @property
    def at_state(self) -> Tensor:
        """(rows, d) the gradient at h."""
        return self.grad[:, : self.read.h_before.shape[1]]


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
        size = min(size, max(1, BLOCK_BYTES // (2 * steps * width * seeds.element_size())))
    between = [seeds.new_empty(steps, size, width) for _ in range(2)] if width else []
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
                delta = read.delta(step, grad)
                visit(Met(layer, direction, step, slice(rows.start + offset, rows.stop + offset), grad, delta, read))
                if outgoing is not None:
                    read.down(step, grad, delta, outgoing[step, rows])
                read.back(step, grad, delta, before[rows])
                if step % FLUSH == 0:
                    flush(before[rows])
                carried, before = before, carried
        incoming = outgoing


def flush(grad: Tensor) -> None:
    """Sets the rows of (rows, P·d) to 0 that lie below 1e-28 (float32), or 2e-298 (float64)."""
    faint = grad.abs().amax(1) < 1e10 * torch.finfo(grad.dtype).tiny
    if faint.any():
        grad[faint] = 0


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
        at_state: by layer and direction, (R, T, P·d) ∂L_r/∂(state at i).
        reached: by layer and direction, (R, T) ‖∂L_r/∂h_i‖.
    """

    gradients: Gradients
    at_state: dict[tuple[int, int], Tensor]
    reached: dict[tuple[int, int], Tensor]

    def row(self, r: int) -> Gradients:
        """The gradients of one of the losses."""
        return {name: gradient[r] for name, gradient in self.gradients.items()}


def sums(done: Pass, target: Target, weightings: Tensor) -> Sums:
    """The gradients of R losses, each added up over its copies; `weightings` is C of `sweep`, ordered likewise."""
    weightings = weightings.to(done.top.dtype)
    logits = at_logits(done, target)
    shape = len(weightings), done.steps, len(done.network.cell.parts) * done.network.config.hidden
    at_state = {(layer, direction): done.top.new_zeros(shape) for layer, direction, _ in done.each()}

    def visit(met: Met) -> None:
        at_state[met.layer, met.direction][met.rows, met.step] = met.grad

    sweep(done, logits @ done.network.weight_out, weightings, visit)
    weighted = weightings[:, :, None] * logits  # (R, T, k)
    gradients = {"weight_out": weighted.mT @ done.top, "bias_out": weighted.sum(1)}
    d = done.network.config.hidden
    reached = {key: torch.linalg.vector_norm(grad[..., :d], dim=2) for key, grad in at_state.items()}
    return Sums(gradients | added(done, at_state), at_state, reached)


def two_deltas(done: Pass) -> bool:
    """Whether δ at U x and at W h differ, as they do where the cell has an inner bias."""
    return "bias_inner" in done.layers[0][0].parameters


def added(done: Pass, at_state: dict[tuple[int, int], Tensor]) -> Gradients:
    """The gradients of cells and embedding, (R, …), from those at all states, (R, T, P·d): one product a matrix."""
    gradients = {}
    at_words = torch.zeros(())
    for layer, direction, read in done.each():
        name, d = f"cells.{layer}.{direction}.", read.h_before.shape[1]
        at_input = at_hidden = deltas(read.slopes.at_input, at_state[layer, direction])
        if not read.slopes.same:
            at_hidden = deltas(read.slopes.at_hidden, at_state[layer, direction])
        gradients[name + "weight_ih"] = at_input.mT @ read.x
        gradients[name + "weight_hh"] = at_hidden.mT @ read.h_before
        gradients[name + "bias"] = at_input.sum(1)
        if "bias_inner" in read.parameters:
            gradients[name + "bias_inner"] = at_hidden[..., -d:].sum(1)
        if layer == 0:
            at_words = at_words + at_input @ read.parameters["weight_ih"]
    unique, place = torch.unique(done.indices, return_inverse=True)
    rows = at_words.new_zeros(at_words.shape[0], len(unique), at_words.shape[2])
    gradients["embedding"] = rows.index_add_(1, place, at_words)
    return gradients


def autograd(done: Pass, target: Target) -> Gradients:
    """The gradient of the total loss by torch's autograd through the network as it is trained."""
    twin = copy.deepcopy(done.network).requires_grad_(True)
    with torch.enable_grad():
        total_by(twin, done, target).backward()
    return {name: p.grad for name, p in twin.named_parameters() if p.grad is not None}


def total_by(network: Network, done: Pass, target: Target) -> Tensor:
    """The total of this text's losses, (), by a network with other weights, read as it is trained."""
    counted = target.weights > 0
    logits = network.readout(network.hidden(done.indices[:, None], torch.tensor([done.steps])))[counted, 0]
    chosen = target.classes[counted]
    each = logits.gather(1, chosen[:, None])[:, 0] if target.logit else cross_entropy(logits, chosen, reduction="none")
    return (each * target.weights[counted].to(each.dtype)).sum()


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
