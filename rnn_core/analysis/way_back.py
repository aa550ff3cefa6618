"""Losses on their way back through all layers and directions of a network, for the same text and weights."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from rnn_core.analysis.bptt import MOST_PRODUCTS
from rnn_core.analysis.bptt_pass import Pass, Target, values_of
from rnn_core.analysis.bptt_sweep import BLOCK_BYTES, Sums, sums
from rnn_core.network.device import array, host, number
from rnn_core.network.jacobians import Read
from rnn_core.network.nudged import nudged_logits
from rnn_core.results import CutWays, WayBack

MOST_CUT = 150
"""Steps of a text that is cut before each of them."""

MOST_NUMBERS = 2**18
"""Numbers of all single losses together, and of all cuts, that are kept: 1 MB."""

FALL = 0.1
"""The share of L by which it would fall if W moved by −η ∂L/∂W and L were linear."""


def ways(done: Pass, target: Target, parameter: str, last: bool) -> tuple[WayBack, ...]:
    """The way back of single losses, and as the last one that of the losses of every step, their mean or their sum as the target
    has it.

    Args:
        done: the forward pass.
        parameter: of the cell, whose copies are followed, by the code's name.
        last: whether the task takes a loss at the last step alone, which then is the only single one. Else each step that counts
            has its own, unless the text is too long.
    """
    steps, every = done.steps, _every(target)
    asked = (array(every) > 0) & (array(target.classes) >= 0)
    alone = [steps - 1] if last else [t for t in range(steps) if asked[t]]
    if len(alone) * _numbers(done) > MOST_NUMBERS:
        alone = []
    found = []
    if alone:
        single = one_hot(torch.tensor(alone), steps).double()
        names = ["last" if last else "one"] * len(alone)
        found += _followed(done, target, parameter, names, alone, single, nudged=last)
    return (*found, *_followed(done, target, parameter, ["every"], [-1], every[None], nudged=True))


def own_way(done: Pass, target: Target, parameter: str) -> WayBack:
    """The way back of the loss that the target takes; no copy is nudged. Arguments as of `ways`."""
    step = done.steps - 1 if target.loss == "last" else -1
    return _followed(done, target, parameter, [target.loss], [step], target.weights.double()[None], nudged=False)[0]


def _followed(
    done: Pass, target: Target, parameter: str, names: list[str], alone: list[int], weightings: Tensor, nudged: bool
) -> list[WayBack]:
    """The ways of some losses; `weightings`, (R, T), in the order that the sweep wants."""
    total, values = sums(done, target, weightings), host(values_of(done, target))
    from_above = _above(done, total, weightings)
    by_strip: list[tuple[np.ndarray, ...]] = []
    copies: list[tuple[tuple[int, int], Tensor, Tensor]] = []
    for layer, direction, read in _strips(done):
        at_state, above = total.at_state[layer, direction], from_above[layer, direction]
        delta, factor = _copies(read, parameter, at_state)
        whole = total.gradients[f"cells.{layer}.{direction}.{parameter}"].view(len(names), delta.shape[2], -1)
        by_strip.append((
            array(above.norm(dim=2)), array(_arriving(at_state, above, direction)), array(total.reached[layer, direction]),
            array(delta.norm(dim=2) * factor.norm(dim=1)), array(shares_of(delta, factor, whole)),
            array(whole.flatten(1).norm(dim=1)),
        ))  # fmt: skip
        copies.append(((layer, direction), delta, factor))
    found = [np.stack(one, 1).astype(np.float32) for one in zip(*by_strip, strict=True)]
    ways = []
    for r, (name, step) in enumerate(zip(names, alone, strict=True)):
        weights = weightings[r]
        loss = number((weights * values)[weights > 0].sum())
        moved = [(place, delta[r], factor) for place, delta, factor in copies] if nudged else []
        parts = *(one[r] for one in found), *_nudged(done, target, parameter, moved, weights, loss)
        ways.append(WayBack(name, step, array(weights).astype(np.float32), loss, *parts))
    return ways


def cut_ways(done: Pass, target: Target, parameter: str) -> CutWays | None:
    """The loss of every step, cut before each step in turn; None for a text that is too long, or where a direction reads from the
    end. Arguments as of `ways`."""
    steps = done.steps
    width = sum(read.width for _, _, read in done.each())
    if steps > MOST_CUT or steps < 2 or steps * steps * width * 4 > BLOCK_BYTES or steps * _numbers(done) > MOST_NUMBERS:
        return None
    if done.network.directions > 1:
        return None
    each = _every(target)
    before = each * torch.ones(steps - 1, steps, dtype=torch.float64).tril()  # row b − 1: the losses of the steps before b
    counting = before.any(1)  # a sweep takes no row without a loss
    rows = torch.cat((before[counting], each[None]))
    total = sums(done, target, rows)
    over = _above(done, total, rows)
    kept = torch.arange(steps) < torch.arange(1, steps)[:, None]  # (T − 1, T): the steps before the cut
    found: list[tuple[Tensor, ...]] = []
    for layer, direction, read in _strips(done):
        at_state, above = total.at_state[layer, direction], over[layer, direction]
        arriving = _arriving(at_state, above, direction)[:-1]
        delta, factor = _copies(read, parameter, at_state)
        whole = total.row(len(rows) - 1)[f"cells.{layer}.{direction}.{parameter}"].view(1, delta.shape[2], -1)
        found.append(tuple(
            _spread(part.float() * _like(kept[counting], part), counting)
            for part in (above[:-1].norm(dim=2), arriving, shares_of(delta[:-1], factor, whole))
        ))  # fmt: skip
    above, arriving, shares = (torch.stack(one, 1) for one in zip(*found, strict=True))
    at = torch.arange(steps - 1)
    arriving[at, ..., at] = 0  # the step before the cut: nothing arrives
    return CutWays(array(above), array(arriving), array(shares))


def _every(target: Target) -> Tensor:
    """(T,) the weights of the loss of every step."""
    steps = len(target.weights)
    every = torch.full((steps,), 1.0 if target.reduce == "sum" else 1 / steps, dtype=torch.float64)
    return target.weights.double() if target.loss == "every" else every


def _spread(rows: Tensor, counting: Tensor) -> Tensor:
    """The rows at their places among rows of zeros."""
    found = rows.new_zeros(len(counting), *rows.shape[1:])
    found[counting.to(found.device)] = rows
    return found


def _like(kept: Tensor, part: Tensor) -> Tensor:
    """(R, T) as (R, …, T), where the part is."""
    return kept.to(part.device).view(len(kept), *[1] * (part.dim() - 2), -1)


def _strips(done: Pass) -> Iterator[tuple[int, int, Read]]:
    """Layer, direction and what was read there, the top layer first."""
    for layer in reversed(range(len(done.layers))):
        for direction, read in enumerate(done.layers[layer]):
            yield layer, direction, read


def _numbers(done: Pass) -> int:
    """The numbers that are kept of one loss."""
    return done.steps * len(done.each()) * (4 + len(done.network.cell.parts))


def _copies(read: Read, parameter: str, at_state: Tensor) -> tuple[Tensor, Tensor]:
    """δ_t, (R, T, rows), and v_t, (T, columns), of the copies of a parameter."""
    product, rows = read.source(parameter)
    return read.deltas(at_state)[product][..., -rows:], read.factor(parameter)


def _above(done: Pass, total: Sums, weightings: Tensor) -> dict[tuple[int, int], Tensor]:
    """By layer and direction, (R, T, d) the gradients at h that come from above."""
    d, found = done.network.config.hidden, {}
    incoming = weightings.to(total.seeds)[..., None] * total.seeds  # (R, T, D) at the top
    for layer in reversed(range(len(done.layers))):
        below = torch.zeros(())
        for direction, read in enumerate(done.layers[layer]):
            found[layer, direction] = incoming[..., direction * d : direction * d + d]
            if layer:
                below = below + read.at_inputs(read.deltas(total.at_state[layer, direction]))
        incoming = below
    return found


def _arriving(at_state: Tensor, above: Tensor, direction: int) -> Tensor:
    """(R, P, T) the norms of the gradients at the states, (R, T, P·d), less those from above, (R, T, d)."""
    d, rest = above.shape[2], at_state.clone()
    rest[..., :d] -= above
    rest[:, 0 if direction else -1] = 0  # nothing was read after it; what is left of the difference is rounding
    return rest.unflatten(2, (-1, d)).norm(dim=3).transpose(1, 2)


def shares_of(delta: Tensor, factor: Tensor, whole: Tensor) -> Tensor:
    """(R, T) the parts of the copies δ_t v_tᵀ along the whole gradient, over its length; 0 where that is 0.

    Args:
        delta: δ_t, (R, T, rows).
        factor: v_t, (T, columns).
        whole: (R or 1, rows, columns).
    """
    delta, factor, whole = delta.double(), factor.double(), whole.double()
    squared = whole.square().sum((1, 2)).clamp(min=torch.finfo(whole.dtype).tiny)
    return (delta * (factor @ whole.mT)).sum(2) / squared[:, None]


def no_nudges(strips: int, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`rates`, `falls` and `fall` where nothing is nudged."""
    return np.zeros(strips), np.full((strips, steps), np.nan, np.float32), np.full(strips, np.nan)


def _nudged(
    done: Pass, target: Target, name: str, copies: Sequence[tuple[tuple[int, int], Tensor, Tensor]], weights: Tensor, loss: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """`rates`, `falls` and `fall`, of the top layer first as long as there is time.

    Args:
        copies: the layer and direction, δ_t and v_t.
    """
    network, steps = done.network, done.steps
    rates, falls, fall = no_nudges(len(done.each()), steps)
    sizes = [sum(p.numel() for read in layer for p in read.parameters.values()) for layer in done.layers]
    work = 0
    for s, (place, delta, factor) in enumerate(copies):
        work += steps * steps * sum(sizes[place[0] :])
        if work > MOST_PRODUCTS:
            break
        squared = number((delta.t() @ factor).square().sum())
        if not squared:
            continue
        rates[s] = rate = FALL * loss / squared
        logits = nudged_logits(network, done.layers, place, name, delta, factor, rate)
        classes = target.classes.clamp(min=0).to(logits.device)[:, None].expand(logits.shape[:2])
        each = cross_entropy(logits.flatten(0, 1), classes.flatten(), reduction="none").view(steps, -1)
        values = (weights.to(each)[:, None] * each).sum(0)
        found = array(values[-1] - values[:-1])
        falls[s], fall[s] = found[:-1], found[-1]
    return rates, falls, fall
