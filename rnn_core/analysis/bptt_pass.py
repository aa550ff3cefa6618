"""One text read forwards, with all that the way back needs, and the losses that are asked about.

A cell's backward step is linear and works unit by unit, so it is asked once for all steps (`Slopes`).
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace as read_trace
from rnn_core.config import Problem
from rnn_core.network.cells import Cell, State
from rnn_core.network.models import Network
from rnn_core.network.recurrence import Parameters, inner_bias, unroll, zero_state
from rnn_core.results import Trace

MOST_TOKENS, FEWEST_TOKENS = 1_000, 20
"""Tokens of the longest text whose way back is laid open, and that every network is allowed."""

MOST_WORK = 30e9
"""Multiplications that the way back of a text may take for the total loss alone, some seconds: six a weight and a token."""


def longest(network: Network) -> int:
    """How many tokens of a text are laid open; fewer in a network with millions of weights in its cells."""
    weights = sum(p.numel() for p in network.cells.parameters())
    return min(MOST_TOKENS, max(FEWEST_TOKENS, int(MOST_WORK / (6 * weights))))


def beginning(loaded: Loaded, trace: Trace, tags: str | Sequence[str] | None) -> tuple[Trace, str | Sequence[str] | None]:
    """The text itself, or where it is longer than `longest` its first tokens read as a text of their own.

    Args:
        tags: the target; when tagging, one tag per token, of which those of these tokens are given back.
    """
    most, count = longest(loaded.network), len(trace.tokens) - 2
    if count <= most:
        return trace, tags
    words = trace.tokens[1 : most + 1]
    tags = tasks.of(loaded.config).beginning(tags, count, most)
    return read_trace(loaded, trace.text[: int(trace.offsets[most, 1])], words), tags


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


@torch.no_grad()
def forward(network: Network, indices: np.ndarray | Tensor) -> Pass:
    """Reads one text, (T,) indices, and keeps what the way back needs."""
    indices = torch.as_tensor(indices)
    x, cell, d = network.embedding.weight[indices], network.cell, network.config.hidden
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


# ---- the losses asked about ------------------------------------------------------------------------------------------


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


def target_of(
    loaded: Loaded,
    trace: Trace,
    target: str | Sequence[str] | None = None,
    loss: str | None = None,
    logit: bool = False,
) -> Target:
    """What to aim at, in a text as read.

    Args:
        target: a label, or when labelling one tag per token; None: what the network answers itself.
        loss: `last` or `every`; None: as the run was trained.
        logit: the class's logit instead of its loss.

    Raises:
        Problem: when there is no such label, a tag is missing, or the task has no such loss.
    """
    config, steps = loaded.config, len(trace.tokens)
    task = tasks.of(config)
    loss = loss or task.loss_of(config)
    if loss not in task.losses:
        raise Problem(f"A {task.short} run takes a loss at every token; there is none at the last step alone. Choose every.")
    classes = torch.from_numpy(task.aim(target, trace.labels, trace.readouts))
    weights = task.weights(config, np.array([steps]), steps, loss)
    return Target(classes, torch.from_numpy(weights[:, 0]), logit, loss)


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
