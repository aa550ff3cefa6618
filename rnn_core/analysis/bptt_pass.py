"""One text read forwards, with all that the way back needs, and the losses that are asked about."""

import copy
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace as read_trace
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.network.device import place_of
from rnn_core.network.jacobians import Read
from rnn_core.network.models import Network
from rnn_core.network.tape import record
from rnn_core.results import Trace

MOST_TOKENS, FEWEST_TOKENS = 1_000, 20
"""Tokens of the longest text whose way back is laid open, and that every network is allowed."""

REDUCE: dict[str, Literal["mean", "sum"]] = {"mean": "mean", "sum": "sum"}
"""How the losses of the steps may be added up."""

MOST_WORK = 30e9
"""Multiplications that the way back of a text may take for the total loss alone, some seconds: six per weight and token."""


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


class Pass(NamedTuple):
    """The forward pass of one text.

    Attributes:
        fed: (T,) vocabulary indices, or (T, 1 + F) with the form of words, in memory of the processor; all else is where the
            network is.
        layers: by layer and direction.
        top: (T, D) the uppermost states.
        logits: (T, k).
    """

    network: Network
    fed: Tensor
    layers: list[list[Read]]
    top: Tensor
    logits: Tensor

    @property
    def steps(self) -> int:
        return len(self.fed)

    @property
    def tables(self) -> dict[str, Tensor]:
        """By the name of each embedding's parameter, the row that each step reads, (T,)."""
        columns = self.fed.unsqueeze(1).unbind(1) if self.fed.dim() == 1 else self.fed.unbind(1)
        return {f"{path}.weight": column for path, column in zip(self.network.inputs.tables, columns, strict=True)}

    def each(self) -> list[tuple[int, int, Read]]:
        """Layer, direction and what was read there."""
        return [(i, j, read) for i, layer in enumerate(self.layers) for j, read in enumerate(layer)]


@torch.no_grad()
def forward(network: Network, fed: np.ndarray | Tensor) -> Pass:
    """Reads one text, `Trace.fed`, and keeps what the way back needs."""
    fed, device = torch.as_tensor(fed), place_of(network)
    with record(network) as tape:
        outputs = network({"tokens": fed[:, None].to(device), "lengths": torch.tensor([len(fed)], device=device)})
    layers: list[list[Read]] = [[] for _ in range(network.config.layers)]
    for layer, direction in network.cells.each():
        layers[layer].append(Read.of(tape[f"cells.{layer}.{direction}"]))
    return Pass(network, fed, layers, outputs["states"][:, 0], outputs["logits"][:, 0])


def doubled(network: Network) -> Network:
    """The same network in float64."""
    return copy.deepcopy(network).double()


# ---- the losses asked about ------------------------------------------------------------------------------------------


class Target(NamedTuple):
    """What the network shall answer, and where that is asked; in memory of the processor, which decides by it what is computed.

    Attributes:
        classes: (T,) the class aimed at, at each step; −1 where a step has none.
        weights: (T,) w_t.
        logit: look at the class's logit instead of its loss.
        loss: `last` or `every`.
        reduce: `mean` or `sum` over the steps that count.
    """

    classes: Tensor
    weights: Tensor
    logit: bool
    loss: str
    reduce: str


def target_of(
    loaded: Loaded,
    trace: Trace,
    target: str | Sequence[str] | None = None,
    loss: str | None = None,
    logit: bool = False,
    reduce: str | None = None,
) -> Target:
    """What to aim at, in a text as read.

    Args:
        target: a label, or for sequence tagging one tag per token; None: what the network answers itself.
        loss: `last` or `every`; None: as the run was trained.
        logit: the class's logit instead of its loss.
        reduce: `mean` or `sum` over the steps that count; None: as the run was trained.

    Raises:
        Problem: when there is no such label, a tag is missing, or the task has no such loss.
    """
    config, steps = loaded.config, len(trace.tokens)
    task = tasks.of(config)
    loss = loss or task.loss_of(config)
    if loss not in task.losses:
        raise Problem(tr(
            "A {task} run takes a loss at every token; there is none at the last step alone. Choose every.",
            task=tr(task.short),
        ))
    classes = torch.from_numpy(task.aim(target, trace.labels, trace.readouts, trace.indices, trace.scheme))
    added = config.train.reduce if reduce is None else reduce
    if added not in REDUCE:
        raise Problem(tr(
            "The losses of the steps are added up as their mean or their sum, not as {added!r}. Choose one.", added=added,
        ))
    train = replace(config.train, reduce=REDUCE[added])
    weights = task.weights(replace(config, train=train), np.array([steps]), steps, loss)
    return Target(classes, torch.from_numpy(weights[:, 0]), logit, loss, added)


def at_logits(done: Pass, target: Target, steps: slice = slice(None)) -> Tensor:
    """∂L(t)/∂o_t at each of these steps, (m, k): ŷ_t less the one-hot target, or the one-hot target for a logit; 0 where there
    is none. No other array of that size is made: k may be a whole vocabulary."""
    logits, classes = done.logits[steps], target.classes[steps].to(done.logits.device)[:, None]
    found = torch.zeros_like(logits) if target.logit else logits.softmax(1)
    found.scatter_add_(1, classes.clamp(min=0), torch.full_like(classes, 1 if target.logit else -1).to(found))
    return found.masked_fill_(classes < 0, 0)


def values_of(done: Pass, target: Target) -> Tensor:
    """(T,) L(t); nan where a step has no target."""
    classes = target.classes.clamp(min=0).to(done.logits.device)
    chosen = done.logits.gather(1, classes[:, None])[:, 0]
    found = chosen if target.logit else cross_entropy(done.logits, classes, reduction="none")
    return found.masked_fill((target.classes < 0).to(found.device), torch.nan)
