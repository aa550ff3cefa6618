"""The loss of the last step and that of every step on their way back along the top layer, for the same text and weights."""

import math

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.bptt import MOST_PRODUCTS, adding_up
from rnn_core.analysis.bptt_pass import Pass, Target, values_of
from rnn_core.analysis.bptt_sweep import BLOCK_BYTES, sums
from rnn_core.network.device import array, host, number
from rnn_core.network.nudged import nudged_logits
from rnn_core.results import CutWays, WayBack

MOST_CUT = 150
"""Steps of a text that is cut before each of them."""

FALL = 0.1
"""The share of L by which it would fall if W moved by −η ∂L/∂W and L were linear."""


def both_ways(done: Pass, target: Target, parameter: str) -> tuple[WayBack, WayBack]:
    """The way back of the last step's loss, and of every step's, their mean or their sum as the target has it.

    Args:
        done: the forward pass of a network that reads in one direction.
        parameter: of the cell, whose copies are followed, by the code's name.
    """
    steps, layer = done.steps, len(done.layers) - 1
    each = torch.full((steps,), 1.0 if target.reduce == "sum" else 1 / steps, dtype=torch.float64)
    last = torch.nn.functional.one_hot(torch.tensor(steps - 1), steps).double()
    # the sweep wants the losses in the order of their first step
    total = sums(done, target, torch.stack((each, last)))
    read, values = done.layers[layer][0], host(values_of(done, target))
    product, rows = read.source(parameter)
    factor, d = read.factor(parameter), done.network.config.hidden

    def way(row: int, name: str, weights: torch.Tensor) -> WayBack:
        at_state = total.at_state[layer, 0][row]
        own = weights[:, None].to(total.seeds) * total.seeds
        arriving = at_state.clone()
        arriving[:, :d] -= own
        arriving[-1] = 0  # nothing comes after the last step; what is left of the difference is rounding
        parts = arriving.view(steps, -1, d).norm(dim=2)
        delta = read.deltas(at_state)[product][:, -rows:]
        whole = total.row(row)[f"cells.{layer}.0.{parameter}"].view(delta.shape[1], -1)
        shares, _, _ = adding_up(delta.double(), factor, whole, False)
        loss = number((weights * values)[weights > 0].sum())
        rate, falls, fall = _nudged(done, target, parameter, delta, factor, weights, loss)
        return WayBack(
            name, array(weights).astype("float32"), loss, array(own.norm(dim=1)),
            array(parts.t()), array(total.reached[layer, 0][row]), array(delta.norm(dim=1) * factor.norm(dim=1)),
            shares.astype("float32"), number(whole.norm()), rate, falls, fall,
        )  # fmt: skip

    return way(1, "last", last), way(0, "every", each)


def cut_ways(done: Pass, target: Target, parameter: str) -> CutWays | None:
    """The loss of every step, cut before each step in turn; None for a text that is too long. Arguments as of `both_ways`."""
    steps, layer, d = done.steps, len(done.layers) - 1, done.network.config.hidden
    width = len(done.network.cell.parts) * d
    if steps > MOST_CUT or steps < 2 or steps * steps * width * 4 > BLOCK_BYTES:
        return None
    w = 1.0 if target.reduce == "sum" else 1 / steps
    each = torch.full((steps,), w, dtype=torch.float64)
    before = w * torch.ones(steps - 1, steps, dtype=torch.float64).tril()  # row b − 1: the losses of the steps before b
    total = sums(done, target, torch.cat((before, each[None])))
    read, at_state = done.layers[layer][0], total.at_state[layer, 0]
    product, rows = read.source(parameter)
    factor = read.factor(parameter)
    whole = total.row(steps - 1)[f"cells.{layer}.0.{parameter}"].view(rows, -1)
    deltas = read.deltas(at_state[:-1])[product][..., -rows:]
    kept = torch.arange(steps) < torch.arange(1, steps)[:, None]  # (T − 1, T): the steps before the cut
    shares = (deltas * (factor @ whole.t())).sum(2) / whole.square().sum().clamp(min=torch.finfo(whole.dtype).tiny)
    arriving = at_state[:-1].clone()
    arriving[..., :d] -= before[..., None].to(total.seeds) * total.seeds
    arriving[torch.arange(steps - 1), torch.arange(steps - 1)] = 0  # the step before the cut: nothing arrives
    norms = arriving.view(steps - 1, steps, -1, d).norm(dim=3).transpose(1, 2)
    mask = kept.to(norms.device)
    return CutWays(array((norms * mask[:, None]).float()), array((shares * mask).float()))


def _nudged(
    done: Pass, target: Target, name: str, delta: Tensor, factor: Tensor, weights: Tensor, loss: float
) -> tuple[float, np.ndarray, float]:
    """η, and how much L falls: (T,) if one copy moves, and if all of them move together."""
    network, steps = done.network, done.steps
    squared = number((delta.t() @ factor).square().sum())
    work = steps * steps * sum(p.numel() for p in network.layer(len(done.layers) - 1, 0).values())
    if not squared or work > MOST_PRODUCTS:
        return 0.0, np.empty(0, np.float32), math.nan
    rate = FALL * loss / squared
    logits = nudged_logits(network, done.layers[-1][0].x, name, delta, factor, rate)
    classes = target.classes.clamp(min=0).to(logits.device)[:, None].expand(logits.shape[:2])
    each = torch.nn.functional.cross_entropy(logits.flatten(0, 1), classes.flatten(), reduction="none").view(steps, -1)
    values = (weights.to(each)[:, None] * each).sum(0)
    found = values[-1] - values[:-1]
    return rate, array(found[:-1]).astype(np.float32), number(found[-1])
