"""The losses of a translation on their way back through the decoder and the encoder."""

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.sweep import Losses, Reached, back, sweep
from rnn_core.analysis.way_back import MOST_NUMBERS, no_nudges, shares_of
from rnn_core.network.device import array, number
from rnn_core.network.jacobians import Read
from rnn_core.network.models import Batch
from rnn_core.network.recorded import Product, Recorded
from rnn_core.network.tape import record
from rnn_core.network.translator import Translator
from rnn_core.results import WayBack


def ways(network: Translator, batch: Batch, losses: Losses, counted: np.ndarray, parameter: str) -> tuple[WayBack, ...]:
    """The way back of the loss of each target token alone, and as the last one that of their mean. The loss of each token is left
    out for long texts.

    The steps are those of the encoder, then those of the decoder; so are the layers and directions, the top layers first. The
    decoder starts from the last states of the encoder: the gradient that comes from there is `arriving`. `above` is the rest,
    which comes from the step's own loss, from the layer above, and through attention and input feeding.

    Args:
        batch: one pair of texts.
        losses: of each step of the decoder and text.
        counted: the steps with a loss.
        parameter: of the cell, whose copies are followed, by the code's name.
    """
    source, steps, weights = len(batch["source"]), len(batch["tokens"]), np.zeros(len(batch["tokens"]))
    weights[counted] = 1 / max(1, len(counted))
    with torch.enable_grad():
        with record(network) as tape:
            outputs = network(batch)
        each = losses(outputs, batch)[:, 0]
        value = (each * torch.from_numpy(weights).to(each)).sum()
        nodes = [part for done in tape.values() for node in done.nodes for part in node]
        deltas, found = back(value, tape, nodes)
    rest, every = iter(found), {}
    for name, done in tape.items():
        by_step = [[next(rest) for _ in node] for node in done.nodes]
        at = tuple(torch.stack(part, 1) for part in zip(*by_step, strict=True))
        every[name] = Reached(done, {p: delta.transpose(0, 1) for p, delta in deltas[name].items()}, at)
    numbers = (source + steps) * len(tape) * (4 + len(network.decoder.cell.parts))
    alone = counted.tolist() if len(counted) * numbers <= MOST_NUMBERS else []
    ways = []
    for block in sweep(network, batch, losses, alone):
        parts = _followed(block.layers, parameter, source, steps)
        for r, step in enumerate(alone[block.rows]):
            single = np.eye(steps)[step]
            ways.append(_way("one", step, single, source, number(block.losses[r]), [part[r] for part in parts]))
    parts = _followed(every, parameter, source, steps)
    return (*ways, _way("every", -1, weights, source, number(value.detach()), [part[0] for part in parts]))


def _way(loss: str, step: int, weights: np.ndarray, source: int, total: float, parts: list[np.ndarray]) -> WayBack:
    own = np.concatenate((np.zeros(source), weights)).astype(np.float32)
    above, arriving, reached, copies, shares, norms = parts
    at = step if step < 0 else source + step
    return WayBack(loss, at, own, total, above, arriving, reached, copies, shares, norms, *no_nudges(*shares.shape))


def _followed(layers: dict[str, Reached], parameter: str, source: int, steps: int) -> list[np.ndarray]:
    """`above`, `arriving`, `reached`, `copies`, `shares` and `norms` of R losses, with a first axis for these."""
    start = {name: _back(reached, name.endswith(".1")) for name, reached in layers.items()}
    found: list[list[Tensor]] = []
    for name in sorted(layers, key=_place):
        reached, (arriving, _) = layers[name], start[name]
        side, layer, direction = name.split(".")
        done = reached.recorded
        states = torch.stack(reached.states, 2)  # (R, T, P, d)
        if side == "encoder":  # its last state is where the decoder starts
            width = states.shape[3]
            first = start[f"decoder.{layer}.0"][1][..., int(direction) * width : (int(direction) + 1) * width]
            arriving[:, 0 if direction == "1" else -1] = first
        above = states[:, :, 0] - arriving[:, :, 0]
        delta = reached.deltas[done.cell.product_of(parameter)][:, :, -len(done.parameters[parameter]) :]
        factor = done.products[parameter].inputs.detach()[:, 0]  # (T, columns): all rows read the same text
        whole = delta.double().mT @ factor.double()
        numbers = (
            above.norm(dim=2), arriving.norm(dim=3).transpose(1, 2), states[:, :, 0].norm(dim=2),
            delta.norm(dim=2) * factor.norm(dim=1), shares_of(delta, factor, whole),
        )  # fmt: skip
        before, after = (0, steps) if side == "encoder" else (source, 0)
        found.append([*(torch.nn.functional.pad(one, (before, after)) for one in numbers), whole.flatten(1).norm(dim=1)])
    return [np.stack([array(one) for one in each], 1).astype(np.float32) for each in zip(*found, strict=True)]


def _place(name: str) -> tuple[int, int, int]:
    """The encoder first, the top layer first."""
    side, layer, direction = name.split(".")
    return side == "decoder", -int(layer), int(direction)


def _back(reached: Reached, from_end: bool) -> tuple[Tensor, Tensor]:
    """The gradients that arrive at the state after each step from the step that is read after it, (R, T, P, d), 0 at the last
    one; and that at the state before the first, (R, P, d)."""
    read, grads = Read.of(_detached(reached.recorded)), torch.cat(reached.states, 2)  # (R, T, P·d)
    arriving, start = torch.zeros_like(grads), torch.zeros_like(grads[:, 0])
    order = list(range(grads.shape[1]))[:: -1 if from_end else 1]
    for before, step in zip((None, *order), order, strict=False):
        out = torch.zeros_like(start)
        read.cross(step, grads[:, step].contiguous()).back(out)
        if before is None:
            start = out
        else:
            arriving[:, before] = out
    shape = len(reached.recorded.cell.parts), -1
    return arriving.unflatten(2, shape), start.unflatten(1, shape)


def _detached(done: Recorded) -> Recorded:
    """The record without its graph."""
    products = {
        name: Product([out.detach() for out in held.outputs], held.inputs.detach()) for name, held in done.products.items()
    }  # fmt: skip
    before, after = (tuple(part.detach() for part in parts) for parts in (done.before, done.after))
    kept = {name: value.detach() for name, value in done.kept.items()}
    return done._replace(x=done.x.detach(), before=before, after=after, kept=kept, products=products)
