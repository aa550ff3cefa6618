"""Backpropagation through time, laid open: what each step's copy of the parameters receives from each step's loss."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.bptt_checks import compare, differences
from rnn_core.analysis.bptt_pass import (
    Pass,
    Target,
    at_logits,
    beginning,
    doubled,
    forward,
    target_of,
    values_of,
)
from rnn_core.analysis.bptt_sweep import Gradients, Met, Sums, added, between_layers, by_parameter, sums, sweep
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.language import N_, tr
from rnn_core.network.device import array, host, number
from rnn_core.network.jacobians import Read
from rnn_core.network.models import Network
from rnn_core.results import CopyGradients, GradientFlow, LossModes, ReadoutGradients, Trace, Truncation

MOST_PRODUCTS = 12e9
"""Multiplications that following the losses one by one may take, most of a second; else every n-th loss is followed."""

MOST_PRINTED = 50_000
"""Pairs of a loss and a copy that the command line prints, some 50 bytes each for every layer's four parameters."""

BESIDE_PRODUCTS = 40
"""What else is done with each number of a gradient at a state, counted in multiplications of a product."""


# ---- the whole of one text ------------------------------------------------------------------------------------------


def followed(network: Network, classes: Tensor, most: int | None = None) -> Tensor:
    """(R,) the steps whose losses are followed one by one: all that have a target, or every n-th from the last back.

    Args:
        classes: (T,) −1 where there is no target.
        most: R at most; None: as many as can be followed quickly.
    """
    steps = torch.nonzero(classes >= 0)[:, 0]
    stride = math.ceil(len(steps) * len(classes) * _a_pair(network) / MOST_PRODUCTS)
    if most:
        stride = max(stride, math.ceil(len(steps) / most))
    return steps.flip(0)[:: max(1, stride)].flip(0)


def _a_pair(network: Network) -> float:
    """What following one loss to one copy takes in multiplications, the mean over all (t,k)."""
    found, d = 0.0, network.config.hidden
    for layer in range(network.config.layers):
        below_both = network.directions == 2 and layer < network.config.layers - 1
        width = d + (d * network.directions if layer else 0)  # what a step's Jacobian leads to
        used = len(network.cell.parts) * d * (width + BESIDE_PRODUCTS)
        found += network.directions * (used if below_both else used / 2)  # half of the pairs are out of reach
    return found * (2 if network.bias_out.dtype == torch.float64 else 1)  # half as many in an instruction


def flow(
    done: Pass, target: Target, tokens: Sequence[str], labels: Sequence[str], most: int | None = None
) -> GradientFlow:
    """What every copy receives from every loss, the shares of the total, and how far it all is from autograd.

    Args:
        done: the forward pass; of `doubled` for float64.
        tokens: (T,) as fed.
        labels: the run's classes.
        most: up to this number of losses are followed, as in `followed`; all others are in the sums.

    Raises:
        Problem: when the network's numbers overflow on this text.
    """
    if not bool(host(done.logits.isfinite().all())):
        raise Problem(tr(
            "This network's numbers overflow on this text, so there is no gradient. Choose a shorter text, or train it "
            "again with a lower learning rate.",
        ))  # fmt: skip
    total = sums(done, target, target.weights[None])
    gradients = total.row(0)
    rows = followed(done.network, target.classes, most)
    pairs = _pairs(done, target, rows, total)
    values, counted = host(values_of(done, target)), target.weights > 0
    layers = tuple(_copies(read, layer, direction, total, gradients, pairs[layer, direction])
                   for layer, direction, read in done.each())  # fmt: skip
    item, state = done.top.element_size(), total.at_state[0, 0].shape[2]
    maps = sum(array.nbytes for one in layers for array in (one.delta, one.states, *one.pairs.values(), *one.shares.values()))
    between, gates = 2 * math.prod(between_layers(done, len(rows)) or (0,)), len(done.network.cell.gates)
    return GradientFlow(
        tokens=tuple(tokens),
        labels=tuple(labels),
        targets=array(target.classes),
        logit=target.logit,
        loss=target.loss,
        reduce=target.reduce,
        values=array(values),
        weights=array(target.weights),
        total=number((values * target.weights)[counted].sum()),
        rows=array(rows),
        layers=layers,
        readout=_readout(done, target, gradients),
        norms={name: number(gradient.norm()) for name, gradient in by_parameter(done, gradients).items()},
        differences=differences(done, target, gradients),
        precision=8 * item,
        # and between layers, each loss's gradient at the state, each layer's slopes, and the gradient at the logits
        peak_bytes=maps + item * (between + state * (8 * len(rows) + 4 * gates * done.steps * len(layers)) + done.logits.numel()),
    )


Source = tuple[str, int]
"""A product, and how many of its last rows: `Read.source`."""


class _Pairs(NamedTuple):
    """Maps (T, R) over the losses that are followed, by `Source` those of δ, and (T, parameters, R) shares."""

    deltas: dict[Source, Tensor]
    states: Tensor
    shares: Tensor


def _pairs(done: Pass, target: Target, rows: Tensor, total: Sums) -> dict[tuple[int, int], _Pairs]:
    found, along, gradients = {}, {}, total.row(0)
    shape = done.steps, len(rows)
    for layer, direction, read in done.each():
        sources = dict.fromkeys((_at_input(read), *map(read.source, read.parameters)))
        found[layer, direction] = _Pairs(
            {source: done.top.new_zeros(shape) for source in sources},
            done.top.new_zeros(shape),
            done.top.new_zeros(done.steps, len(read.parameters), len(rows)),
        )
        along[layer, direction] = _directions(read, f"cells.{layer}.{direction}.", gradients)

    def visit(met: Met) -> None:
        maps, shares = found[met.layer, met.direction], along[met.layer, met.direction]
        where = met.step, met.rows
        maps.states[where] = torch.linalg.vector_norm(met.at_state, dim=1)
        for source, into in maps.deltas.items():
            into[where] = met.crossing.length(*source)
        torch.mm(shares[met.step], met.grad.t(), out=maps.shares[met.step][:, met.rows])

    eye = torch.nn.functional.one_hot(rows, done.steps).to(done.top)
    sweep(done, total.seeds, eye, visit)
    weights = target.weights[rows].to(done.top)
    for one in found.values():
        one.shares.mul_(weights)
    return found


def _at_input(read: Read) -> Source:
    """The pre-activation: where the inputs come in."""
    return read.source(read.cell.of_inputs[0])


def _directions(read: Read, name: str, gradients: Gradients) -> Tensor:
    """(T, parameters, P·d) what the gradient at the state is multiplied with to give the share of a copy of each parameter."""
    found = []
    for parameter, p in read.parameters.items():
        whole = gradients[name + parameter]
        whole = whole / whole.square().sum().clamp(min=torch.finfo(whole.dtype).tiny)
        along = read.factors[parameter] @ whole.t() if p.dim() > 1 else whole.expand(len(read.x), -1)
        product, rows = read.source(parameter)
        missing = read.outputs[product].shape[1] - rows
        found.append(read.moved(product, torch.nn.functional.pad(along, (missing, 0)) if missing else along))
    return torch.stack(found, 1)


def _copies(read: Read, layer: int, direction: int, total: Sums, gradients: Gradients, maps: _Pairs) -> CopyGradients:
    name = f"cells.{layer}.{direction}."
    deltas = read.deltas(total.at_state[layer, direction][0])
    pairs, copies, copy_shares, running, cosines, factors = {}, {}, {}, {}, {}, {}
    for parameter in read.parameters:
        source, factor = read.source(parameter), read.factor(parameter)
        delta, length = deltas[source[0]][:, -source[1] :], factor.norm(dim=1)
        whole = gradients[name + parameter].view(delta.shape[1], -1)
        pairs[parameter] = array((maps.deltas[source] * length[:, None]).t())
        copies[parameter] = array(delta.norm(dim=1) * length)
        factors[parameter] = array(length)
        found = adding_up(delta.double(), factor, whole, bool(direction))
        copy_shares[parameter], running[parameter], cosines[parameter] = found
    return CopyGradients(
        layer=layer,
        direction=direction,
        delta=array(maps.deltas[_at_input(read)].t()),
        states=array(maps.states.t()),
        pairs=pairs,
        shares={parameter: array(maps.shares[:, i].t()) for i, parameter in enumerate(read.parameters)},
        copies=copies,
        copy_shares=copy_shares,
        running=running,
        running_cosines=cosines,
        reached=array(total.reached[layer, direction][0]),
        factors=factors,
    )


def _readout(done: Pass, target: Target, gradients: Gradients) -> ReadoutGradients:
    delta, top = at_logits(done, target), done.top
    weights, states = target.weights.to(top), done.network.readout_back(delta)
    length, factors = delta.norm(dim=1), {"weight_out": top, "bias_out": torch.ones_like(top[:, :1])}
    delta.mul_(weights[:, None])  # in place: k may be a whole vocabulary
    sums_up = {
        name: adding_up(delta, factor, gradients[name].view(delta.shape[1], -1), False) for name, factor in factors.items()
    }
    lengths = {name: factor.norm(dim=1) for name, factor in factors.items()}
    return ReadoutGradients(
        norms={name: number(gradients[name].norm()) for name in factors},
        delta=array(length),
        states=array(states.norm(dim=1)),
        pairs={name: array(length * own) for name, own in lengths.items()},
        copies={name: array(weights * length * own) for name, own in lengths.items()},
        copy_shares={name: found[0] for name, found in sums_up.items()},
        running={name: found[1] for name, found in sums_up.items()},
        running_cosines={name: found[2] for name, found in sums_up.items()},
        factors={name: array(own) for name, own in lengths.items()},
    )


def adding_up(delta: Tensor, factor: Tensor, whole: Tensor, backwards: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How the copies' gradients δ_k f_kᵀ add up to the whole: (T,) each one's share; the length of the sum over those met so far,
    over the whole's; and its cosine with the whole.

    Args:
        delta, factor, whole: (T, rows), (T, columns), (rows, columns).
        backwards: the sweep meets the first step first.
    """
    size = whole.norm()
    if not number(size):
        return np.zeros(len(delta)), np.zeros(len(delta)), np.zeros(len(delta))
    whole = whole.to(delta) / size.to(delta)
    delta, factor = delta / size.to(delta), factor.to(delta)  # before it is squared
    shares = array(((delta @ whole) * factor).sum(1))
    inner = array((delta @ delta.t()) * (factor @ factor.t()))  # ⟨δ_i f_iᵀ, δ_j f_jᵀ⟩ = ⟨δ_i, δ_j⟩ ⟨f_i, f_j⟩
    order = slice(None) if backwards else slice(None, None, -1)
    inner = inner[order, order].astype(np.float64)
    lengths = np.sqrt(np.maximum((2 * np.tril(inner, -1).sum(1) + inner.diagonal()).cumsum(), 0))
    along = shares[order].astype(np.float64).cumsum()
    cosines = np.divide(along, lengths, out=np.zeros(len(lengths)), where=lengths > 0)
    return shares, lengths[order], cosines[order]


# ---- less than all of it --------------------------------------------------------------------------------------------


def loss_modes(done: Pass, target: Target) -> LossModes:
    """The last step's loss against every step's, their mean or their sum as the target has it, for the same weights."""
    steps = done.steps
    every_step = torch.full((steps,), 1.0 if target.reduce == "sum" else 1 / steps, dtype=torch.float64)
    weightings = torch.stack((every_step, torch.nn.functional.one_hot(torch.tensor(steps - 1), steps)))
    both = sums(done, target, weightings)
    every, last = (by_parameter(done, both.row(i)) for i in range(2))
    reached = np.array([[array(both.reached[i, j]) for j in range(len(layer))] for i, layer in enumerate(done.layers)])
    held = compare(last, every)
    return LossModes(reached[:, :, 1], reached[:, :, 0], held.norms, compare(every, last))


def cut_rows(network: Network, target: Target) -> Tensor:
    """(R,) the steps whose losses `truncations` cuts: all that count, or every n-th from the last back."""
    return followed(network, target.classes.masked_fill(target.weights == 0, -1))


def truncations(done: Pass, target: Target, ks: Sequence[int]) -> list[Truncation]:
    """What windows and chunks of each K leave of the total gradient: first all windows, then all chunks.

    A window of K keeps, for the loss at t, the copies k with |t − k| < K; chunks of K keep those in t's own chunk, the
    first chunk beginning at t = 1. The total is that of `cut_rows`.
    """
    rows, steps, dtype = cut_rows(done.network, target), done.steps, done.top.dtype
    weights = torch.zeros_like(target.weights).index_copy_(0, rows, target.weights[rows])
    total = sums(done, target, weights[None])
    uses = total.row(0)
    full = by_parameter(done, uses)
    cuts = [k for k in ks if k < steps]  # no other leaves anything out
    sizes = torch.tensor(cuts, dtype=torch.int64)[:, None]
    chunks = torch.div(rows, sizes, rounding_mode="floor")
    shape = 2 * len(cuts), steps, len(done.network.cell.parts) * done.network.config.hidden
    held = {(layer, direction): done.top.new_zeros(shape) for layer, direction, _ in done.each()}

    def visit(met: Met) -> None:
        near = (rows - met.step).abs() < sizes
        same = chunks == torch.div(met.step, sizes, rounding_mode="floor")
        kept = torch.cat((near, same))[:, met.rows] * weights[rows][met.rows].to(dtype)
        held[met.layer, met.direction][:, met.step] += kept @ met.grad

    if cuts:
        eye = torch.nn.functional.one_hot(rows, steps).to(dtype)
        sweep(done, total.seeds, eye, visit, max(cuts))
    found = []
    for kind in ("window", "chunks"):
        for k in ks:
            truncated = full
            if k < steps:
                m = cuts.index(k) + len(cuts) * (kind == "chunks")
                some = added(done, {key: states[m, None] for key, states in held.items()})
                truncated = by_parameter(done, uses | {name: gradient[0] for name, gradient in some.items()})
            kept, reached = _kept(array(rows), steps, kind, k, done.network.directions == 2)
            found.append(Truncation(kind, k, kept, reached - kept, compare(truncated, full)))
    return found


def _kept(rows: np.ndarray, steps: int, kind: str, k: int, both: bool) -> tuple[int, int]:
    """How many pairs (t,k) a window or chunks of K keep, and how many there are."""
    first = rows - k + 1 if kind == "window" else rows - rows % k
    last = np.minimum(first + (2 * k - 2 if kind == "window" else k - 1), steps - 1) if both else rows
    reached = len(rows) * steps if both else int((rows + 1).sum())
    return int((last - np.maximum(first, 0) + 1).sum()), reached


def cut_words(count: int, kept: int) -> str:
    """That a text was cut by `beginning`, as a sentence in English, which `retold` translates."""
    return N_("This text has {count:,} tokens; the way back is of its first {kept:,}, read as a text of their own.").format(
        count=count, kept=kept
    )  # fmt: skip


# ---- the command line -----------------------------------------------------------------------------------------------


def gradients(
    loaded: Loaded, trace: Trace, target: str | None = None, loss: str | None = None, reduce: str | None = None
) -> dict[str, Any]:
    """What `gradients RUN TEXT` prints, as plain values: norms by copy and by pair, and how far autograd's are. In float64.

    A text longer than `bptt_pass.longest` is cut there, and of more than `MOST_PRINTED` pairs every n-th loss is printed, as
    `rows` says; `said` holds a sentence on each. What is printed by copy is of all losses.

    Args:
        trace: the text as the run reads it.
        target: a label, or for sequence tagging one tag per token, apart by spaces; None: what the network answers itself.
        loss: `last` or `every`; None: as the run was trained.
        reduce: `mean` or `sum` over the steps; None: as the run was trained.
    """
    count = len(trace.tokens) - 2
    trace, tags = beginning(loaded, trace, target)
    aim = target_of(loaded, trace, tags, loss, reduce=reduce)
    done = forward(doubled(loaded.network), trace.fed)
    found = flow(done, aim, trace.tokens, trace.labels, max(1, MOST_PRINTED // (done.steps * len(done.each()))))
    said = [cut_words(count, len(trace.tokens) - 2)] if count > len(trace.tokens) - 2 else []
    if len(found.rows) < (steps := int((found.targets >= 0).sum())):
        said.append(f"Of its {steps:,} losses {len(found.rows):,} are printed by pair, evenly from the last; sums are of all.")
    return {
        "said": said,
        "tokens": list(found.tokens),
        "targets": [None if i < 0 else trace.labels[i] for i in found.targets.tolist()],
        "loss": found.loss,
        "reduce": found.reduce,
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
        "readout": {
            "by_copy": {name: values.tolist() for name, values in found.readout.copies.items()},
            "share_by_copy": {name: values.tolist() for name, values in found.readout.copy_shares.items()},
            "delta_by_loss": found.readout.delta.tolist(),
            "by_loss": {name: values.tolist() for name, values in found.readout.pairs.items()},
        },
        "differences": found.differences,
        "max_abs_difference": found.max_abs_difference,
    }
