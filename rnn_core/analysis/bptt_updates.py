"""What one text's gradient would do to the weights: one step of gradient descent, and a mini-batch's direction beside it."""

import copy
import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.analysis.bptt import MOST_PRODUCTS
from rnn_core.analysis.bptt_checks import compare, total_by
from rnn_core.analysis.bptt_pass import Pass, Target, forward, values_of
from rnn_core.analysis.bptt_sweep import Gradients, by_parameter, sums
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.data.batches import Encoded
from rnn_core.data.examples import Example
from rnn_core.language import tr
from rnn_core.network.models import Network
from rnn_core.results import BatchDirections, SgdStep

RATES = tuple(float(rate) for rate in np.geomspace(1e-3, 10, 9))
"""Learning rates that are tried, beside the run's own."""


def rates_of(network: Network, steps: int, own: float) -> list[float]:
    """The learning rates to try on a text of T steps, with the run's own: `RATES`, or where that would take more than about a
    second every n-th of them."""
    weights = sum(p.numel() for p in (network.weight_out, *network.cells.parameters()))
    each = steps * weights * (2 if network.bias_out.dtype == torch.float64 else 1)  # half as many in an instruction
    return sorted({*RATES[:: max(1, math.ceil(len(RATES) * each / MOST_PRODUCTS))], own})


def sgd_step(done: Pass, target: Target, rates: Sequence[float] = RATES) -> SgdStep:
    """The loss before and after one step P − rate · ∂L/∂P from this text, for each rate."""
    gradient = by_parameter(done, sums(done, target, target.weights[None]).row(0))
    norms = {name: float(g.norm()) for name, g in gradient.items()}
    moved = copy.deepcopy(done.network)
    after = []
    for rate in rates:
        _place(moved, done, gradient, rate)
        with torch.no_grad():
            value = float(total_by(moved, done, target))
        after.append(value if np.isfinite(value) else np.inf)
    before = float((values_of(done, target) * target.weights)[target.weights > 0].sum())
    return SgdStep(
        norms, before, np.array(rates), np.array(after), -sum(value * value for value in norms.values())
    )


def _place(moved: Network, done: Pass, gradient: Gradients, rate: float) -> None:
    weights = dict(done.network.named_parameters())
    with torch.no_grad():
        for name, p in moved.named_parameters():
            if name in done.tables:
                rows = torch.unique(done.tables[name])
                p[rows] = weights[name][rows] - rate * gradient[name]
            else:
                p.copy_(weights[name] - rate * gradient[name])


def clipped(norm: float, most: float) -> float:
    """What a gradient of this length is multiplied with when it is clipped to a length, 1 where it is short enough."""
    return min(1.0, most / norm) if norm else 1.0


def mini_batch(loaded: Loaded, examples: Sequence[Example], texts: int = 32, tokens: int = 2000) -> Encoded:
    """Some examples evenly from all of them, as one batch of up to `texts` texts and about `tokens` tokens."""
    taken: list[Example] = []
    length = 0
    for i in np.linspace(0, len(examples) - 1, min(texts, len(examples))).astype(int):
        length += len(examples[i].tokens) + 2
        if taken and length > tokens:
            break
        taken.append(examples[i])
    return tasks.of(loaded.config).encode_examples(taken, loaded.speech)


def batch_directions(loaded: Loaded, done: Pass, target: Target, batch: Encoded) -> BatchDirections:
    """This text's gradient, and each text's of a mini-batch, against the mini-batch's: the mean over its texts.

    Args:
        batch: labelled texts of the run's data; the loss is taken as the run was trained.

    Raises:
        Problem: when no text of the batch has a label that the run knows.
    """
    task = tasks.of(loaded.config)
    reads, targets = [done], [target]
    for row in range(len(batch)):
        one = batch.batch(np.array([row]))
        classes = torch.from_numpy(np.broadcast_to(one.targets.reshape(-1), len(one.tokens)).copy())
        counted = task.weights(loaded.config, np.array([len(classes)]), len(classes))[:, 0]
        weights = torch.from_numpy(counted) * (classes >= 0)
        if weights.any():
            reads.append(forward(done.network, one.fed[:, 0]))
            targets.append(Target(classes, weights, False, task.loss_of(loaded.config), loaded.config.train.reduce))
    if len(reads) == 1:
        raise Problem(tr("No text of this batch has a label that the run knows. Choose data with the run's labels."))
    used = {name: torch.unique(torch.cat([read.tables[name] for read in reads])) for name in done.tables}
    text, *singles = (
        _on(used, read, by_parameter(read, sums(read, aim, aim.weights[None]).row(0)))
        for read, aim in zip(reads, targets, strict=True)
    )
    mean = {name: torch.stack([single[name] for single in singles]).mean(0) for name in text}
    each = [compare(single, mean).cosines for single in singles]
    return BatchDirections(compare(text, mean), {name: np.array([one[name] for one in each]) for name in each[0]})


def _on(used: Mapping[str, Tensor], done: Pass, gradient: Gradients) -> Gradients:
    """The gradients with those of each embedding on the rows that any text used, by its name."""
    if done.network.tied:
        return gradient
    found = dict(gradient)
    for name, rows in used.items():
        found[name] = gradient[name].new_zeros(len(rows), gradient[name].shape[1])
        found[name][torch.searchsorted(rows, torch.unique(done.tables[name]))] = gradient[name]
    return found
