"""Backpropagation through time, laid open: what each step's copy of the parameters receives from each step's loss."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.bptt_sweep import (
    BLOCK_BYTES,
    Gradients,
    Met,
    Pass,
    Read,
    Sums,
    Target,
    added,
    at_logits,
    compare,
    differences,
    doubled,
    forward,
    sums,
    sweep,
    target_of,
    two_deltas,
    values_of,
)
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.network.models import Network
from rnn_core.results import CopyGradients, GradientFlow, LossModes, Trace, Truncation

MOST_PRODUCTS = 16e9
"""So many multiplications may following the losses one by one take, about a second; else every n-th loss is followed."""

TOO_LONG = 4
"""Times that many: where every loss must be followed, longer texts are refused."""


# ---- the whole of one text ------------------------------------------------------------------------------------------


def followed(network: Network, classes: Tensor) -> Tensor:
    """(R,) the steps whose losses are followed one by one: all that have a target, or every n-th from the last back.

    Args:
        classes: (T,) −1 where there is no target.
    """
    steps = torch.nonzero(classes >= 0)[:, 0]
    stride = math.ceil(_share(network, len(steps), len(classes)))
    return steps.flip(0)[::stride].flip(0)


def _share(network: Network, losses: int, steps: int) -> float:
    """What following so many losses one by one takes, as a share of `MOST_PRODUCTS`."""
    a_pair = 0.0  # multiplications, the mean over all (t, i)
    for layer in range(network.config.layers):
        below_both = network.directions == 2 and layer < network.config.layers - 1
        for direction in range(network.directions):
            parameters = network.layer(layer, direction)
            used = parameters["weight_hh"].numel() + (parameters["weight_ih"].numel() if layer else 0)
            a_pair += used if below_both else used / 2  # half of the pairs are out of reach
    return losses * steps * a_pair / MOST_PRODUCTS


def flow(done: Pass, target: Target, tokens: Sequence[str], labels: Sequence[str]) -> GradientFlow:
    """What every copy receives from every loss, the shares of the total, and how far it all is from autograd.

    Args:
        done: the forward pass; of `doubled` for float64.
        tokens: (T,) as fed.
        labels: the run's classes.

    Raises:
        Problem: when the network's numbers overflow on this text.
    """
    if not bool(done.logits.isfinite().all()):
        raise Problem("This network's numbers overflow on this text, so there is no gradient. Choose a shorter text, or "
                      "train it again with a lower learning rate.")  # fmt: skip
    total = sums(done, target, target.weights[None])
    gradients = total.row(0)
    rows = followed(done.network, target.classes)
    pairs = _pairs(done, target, rows, gradients)
    values, counted = values_of(done, target), target.weights > 0
    layers = tuple(_copies(read, layer, direction, total, gradients, pairs[layer, direction])
                   for layer, direction, read in done.each())  # fmt: skip
    item, gates = done.top.element_size(), total.at_input[0, 0].shape[2]
    maps = sum(array.nbytes for one in layers for array in (one.delta, one.states, *one.pairs.values(), *one.shares.values()))
    between = BLOCK_BYTES if len(done.layers) > 1 else 0
    return GradientFlow(
        tokens=tuple(tokens),
        labels=tuple(labels),
        targets=target.classes.numpy(),
        logit=target.logit,
        loss=target.loss,
        values=values.numpy(),
        weights=target.weights.numpy(),
        total=float((values * target.weights)[counted].sum()),
        rows=rows.numpy(),
        layers=layers,
        norms={name: float(gradient.norm()) for name, gradient in gradients.items()},
        differences=differences(done, target, gradients),
        precision=8 * item,
        peak_bytes=maps + between + item * gates * (8 * len(rows) + 4 * done.steps * len(layers)),
    )


class _Pairs(NamedTuple):
    """Maps (T, R) over the losses that are followed, and (T, R, P) shares."""

    at_input: Tensor
    at_hidden: Tensor
    inner: Tensor
    states: Tensor
    shares: Tensor


def _pairs(done: Pass, target: Target, rows: Tensor, gradients: Gradients) -> dict[tuple[int, int], _Pairs]:
    found, along = {}, {}
    two, shape = two_deltas(done), (done.steps, len(rows))
    for layer, direction, read in done.each():
        maps = [done.top.new_zeros(shape) for _ in range(4 if two else 2)]
        at_input, states = maps[:2]
        at_hidden, inner = maps[2:] if two else (at_input, at_input)
        along[layer, direction] = _directions(read, f"cells.{layer}.{direction}.", gradients)
        found[layer, direction] = _Pairs(
            at_input, at_hidden, inner, states, done.top.new_zeros(*shape, len(read.parameters))
        )
    d = done.network.config.hidden

    def visit(met: Met) -> None:
        maps, (by_input, by_hidden) = found[met.layer, met.direction], along[met.layer, met.direction]
        where = met.step, met.rows
        maps.at_input[where] = torch.linalg.vector_norm(met.at_input, dim=1)
        maps.states[where] = torch.linalg.vector_norm(met.grad[0], dim=1)
        if two:
            maps.at_hidden[where] = torch.linalg.vector_norm(met.at_hidden, dim=1)
            maps.inner[where] = torch.linalg.vector_norm(met.at_hidden[:, -d:], dim=1)
            maps.shares[where] = met.at_input @ by_input[met.step] + met.at_hidden @ by_hidden[met.step]
        else:
            maps.shares[where] = met.at_input @ by_input[met.step]

    eye = torch.nn.functional.one_hot(rows, done.steps).to(done.top.dtype)
    sweep(done, at_logits(done, target) @ done.network.weight_out, eye, visit)
    weights = target.weights[rows].to(done.top.dtype)[:, None]
    for one in found.values():
        one.shares.mul_(weights)
    return found


def _directions(read: Read, name: str, gradients: Gradients) -> tuple[Tensor, Tensor]:
    """(T, G·d, P) each: what δ at U x and at W h is multiplied with to give the share of a copy of each parameter."""
    by_input, by_hidden = [], []
    gates = len(read.parameters["weight_hh"])
    two = "bias_inner" in read.parameters
    for parameter in read.parameters:
        whole = gradients[name + parameter]
        whole = whole / whole.square().sum().clamp(min=torch.finfo(whole.dtype).tiny)
        if parameter == "weight_ih":
            along = read.x @ whole.t()
        elif parameter == "weight_hh":
            along = read.h_before @ whole.t()
        else:
            along = torch.nn.functional.pad(whole, (gates - len(whole), 0)).expand(len(read.x), -1)
        at_hidden = two and parameter in ("weight_hh", "bias_inner")
        by_hidden.append(along if at_hidden else torch.zeros_like(along))
        by_input.append(torch.zeros_like(along) if at_hidden else along)
    return torch.stack(by_input, 2), torch.stack(by_hidden, 2)


def _copies(read: Read, layer: int, direction: int, total: Sums, gradients: Gradients, maps: _Pairs) -> CopyGradients:
    name = f"cells.{layer}.{direction}."
    at_input, at_hidden = (held[layer, direction][0] for held in (total.at_input, total.at_hidden))
    d = read.h_before.shape[1]
    x_length, h_length = read.x.norm(dim=1)[:, None], read.h_before.norm(dim=1)[:, None]
    ones = torch.ones_like(x_length)
    # by parameter: the map of its δ, the length of what δ is multiplied with, that δ of the total loss, its other factor
    held = {
        "weight_ih": (maps.at_input, x_length, at_input, read.x),
        "weight_hh": (maps.at_hidden, h_length, at_hidden, read.h_before),
        "bias": (maps.at_input, ones, at_input, ones),
        "bias_inner": (maps.inner, ones, at_hidden[:, -d:], ones),
    }
    pairs, copies, copy_shares, running, cosines = {}, {}, {}, {}, {}
    for parameter in read.parameters:
        delta_map, length, delta, factor = held[parameter]
        whole = gradients[name + parameter].view(delta.shape[1], -1)
        pairs[parameter] = (delta_map * length).t().numpy()
        copies[parameter] = (delta.norm(dim=1) * length[:, 0]).numpy()
        size = whole.norm()
        along = ((delta @ whole) * factor).sum(1) / size.square().clamp(min=torch.finfo(size.dtype).tiny)
        copy_shares[parameter] = along.numpy()
        running[parameter], cosines[parameter] = _running(delta, factor, along, size, bool(direction))
    return CopyGradients(
        layer=layer,
        direction=direction,
        delta=maps.at_input.t().numpy(),
        states=maps.states.t().numpy(),
        pairs=pairs,
        shares={parameter: maps.shares[:, :, i].t().numpy() for i, parameter in enumerate(read.parameters)},
        copies=copies,
        copy_shares=copy_shares,
        running=running,
        running_cosines=cosines,
        reached=total.reached[layer, direction][0].numpy(),
    )


def _running(delta: Tensor, factor: Tensor, along: Tensor, size: Tensor, backwards: bool) -> tuple[np.ndarray, np.ndarray]:
    """(T,) the length of the sum over the copies met so far, over the whole's, and its cosine with the whole."""
    lengths, cosines = np.zeros(len(delta)), np.zeros(len(delta))
    if not float(size):
        return lengths, cosines
    met = delta.new_zeros(delta.shape[1], factor.shape[1])
    inner = 0.0
    shares = along.tolist()
    for step in range(len(delta)) if backwards else reversed(range(len(delta))):
        met.addr_(delta[step], factor[step])
        inner += shares[step]
        lengths[step] = float(torch.linalg.vector_norm(met) / size)
        cosines[step] = inner / lengths[step] if lengths[step] else 0.0
    return lengths, cosines


# ---- less than all of it --------------------------------------------------------------------------------------------


def loss_modes(done: Pass, target: Target, reduce: str = "mean") -> LossModes:
    """The last step's loss against every step's, for the same weights.

    Args:
        reduce: over the steps: their `mean`, or their `sum`.
    """
    steps = done.steps
    every_step = torch.full((steps,), 1.0 if reduce == "sum" else 1 / steps, dtype=torch.float64)
    weightings = torch.stack((every_step, torch.nn.functional.one_hot(torch.tensor(steps - 1), steps)))
    both = sums(done, target, weightings)
    every, last = both.row(0), both.row(1)
    reached = np.array([[both.reached[i, j].numpy() for j in range(len(layer))] for i, layer in enumerate(done.layers)])
    held = compare(last, every)
    return LossModes(reached[:, :, 1], reached[:, :, 0], held.norms, compare(every, last))


def truncations(done: Pass, target: Target, ks: Sequence[int]) -> list[Truncation]:
    """What windows and chunks of each K leave of the total gradient: first all windows, then all chunks.

    A window of K keeps, for the loss at t, the copies i with |t − i| < K; chunks of K keep those in t's own chunk, the
    first chunk beginning at t = 1.
    """
    rows = torch.nonzero(target.weights > 0)[:, 0]
    if (most := math.ceil(_share(done.network, len(rows), done.steps))) > TOO_LONG:
        raise Problem(f"This text has {len(rows):,} losses to cut one by one, {most} times what a page answers in a second. "
                      "Choose a shorter text, or the loss at the last step.")  # fmt: skip
    steps, dtype = done.steps, done.top.dtype
    sizes = torch.tensor(list(ks))[:, None]
    weights = target.weights[rows].to(dtype)

    def kept_at(step: int) -> Tensor:
        """(2m, R) whether each window, and then each chunk, keeps the copy of this step for each loss."""
        chunk = torch.div(rows, sizes, rounding_mode="floor") == torch.div(step, sizes, rounding_mode="floor")
        return torch.cat(((rows - step).abs() < sizes, chunk))

    def reached_at(step: int) -> Tensor:
        return torch.ones_like(rows, dtype=torch.bool) if done.network.directions == 2 else rows >= step

    pairs, reached = torch.zeros(2 * len(ks), dtype=torch.int64), 0
    for step in range(steps):
        pairs += (kept_at(step) & reached_at(step)).sum(1)
        reached += int(reached_at(step).sum())
    shape = (2 * len(ks), steps, len(done.network.cell.gates) * done.network.config.hidden)
    at_input = {(layer, direction): done.top.new_zeros(shape) for layer, direction, _ in done.each()}
    two = two_deltas(done)
    at_hidden = {key: done.top.new_zeros(shape) for key in at_input} if two else at_input

    def visit(met: Met) -> None:
        mask, key = kept_at(met.step)[:, met.rows] * weights[met.rows], (met.layer, met.direction)
        at_input[key][:, met.step] += mask @ met.at_input
        if two:
            at_hidden[key][:, met.step] += mask @ met.at_hidden

    eye = torch.nn.functional.one_hot(rows, steps).to(dtype)
    sweep(done, at_logits(done, target) @ done.network.weight_out, eye, visit, max(ks))
    full = sums(done, target, target.weights[None]).row(0)
    some = added(done, at_input, at_hidden)
    found = []
    for m in range(2 * len(ks)):
        truncated = full | {name: gradient[m] for name, gradient in some.items()}
        found.append(
            Truncation(
                "window" if m < len(ks) else "chunks",
                ks[m % len(ks)],
                int(pairs[m]),
                reached - int(pairs[m]),
                compare(truncated, full),
            )
        )
    return found


# ---- the command line -----------------------------------------------------------------------------------------------


def gradients(loaded: Loaded, trace: Trace, target: str | None = None, loss: str | None = None) -> dict[str, Any]:
    """What `gradients RUN TEXT` prints, as plain values: norms by copy and by pair, and how far autograd's are. In float64.

    Args:
        trace: the text as the run reads it.
        target: a label, or when labelling one tag a token, apart by spaces; None: what the network answers itself.
        loss: `last` or `every`; None: as the run was trained.
    """
    aim = target_of(loaded, trace, target, loss)
    found = flow(forward(doubled(loaded.network), trace.indices), aim, trace.tokens, trace.labels)
    return {
        "tokens": list(found.tokens),
        "targets": [None if i < 0 else trace.labels[i] for i in found.targets.tolist()],
        "loss": found.loss,
        "weights": found.weights.tolist(),
        "losses": [None if np.isnan(value) else value for value in found.values.tolist()],
        "total_loss": found.total,
        "gradient_norms": found.norms,
        "rows": (found.rows + 1).tolist(),
        "copies": [
            {
                "layer": one.layer + 1,
                "direction": one.direction + 1,
                "by_copy": {name: values.tolist() for name, values in one.copies.items()},
                "share_by_copy": {name: values.tolist() for name, values in one.copy_shares.items()},
                "delta_by_pair": one.delta.tolist(),
                "by_pair": {name: values.tolist() for name, values in one.pairs.items()},
            }
            for one in found.layers
        ],
        "differences": found.differences,
        "max_abs_difference": found.max_abs_difference,
    }
