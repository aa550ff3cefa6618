"""A batch read with a mask, as a person would implement pads at the start: at a masked step the state stays what it was.

The network itself reads padded texts by their lengths (network/recurrence.py); this is another way, for the padding audit.
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from rnn_core.network.models import Network
from rnn_core.network.recurrence import inner_bias, zero_state


class Layer(NamedTuple):
    """What a layer read in one direction, as far as the gradients need it.

    Attributes:
        x: (T, B, n) inputs.
        before: (T, B, d) h before each step.
        a_input: (T, B, G·d) U x_t + b.
        a_hidden: T times (B, G·d), W h_{t−1}.
    """

    name: str
    x: Tensor
    before: Tensor
    a_input: Tensor
    a_hidden: list[Tensor]


def read_masked(network: Network, x: Tensor, true: Tensor) -> tuple[Tensor, list[Layer]]:
    """The uppermost states, (T, B, D), and what each layer and direction read.

    Args:
        x: inputs, (T, B, n).
        true: (T, B); where it is False, the state (h and c) stays what it was.
    """
    cell, layers = network.cell, []
    for layer in range(network.config.layers):
        found = []
        for direction in range(network.directions):
            own = network.layer(layer, direction)
            inner = inner_bias(cell, own)
            a_input = linear(x, own["weight_ih"], own["bias"])
            state = zero_state(cell, x.shape[1], network.config.hidden, x)
            state[0].requires_grad_(True)  # so that the first W h, too, has a place in the graph
            h, before, a_hidden = ([state[0]] * len(x) for _ in range(3))
            for t in reversed(range(len(x))) if direction else range(len(x)):
                before[t], a_hidden[t] = state[0], linear(state[0], own["weight_hh"], inner)
                after, _ = cell.step(a_input[t], a_hidden[t], state)
                state = tuple(torch.where(true[t, :, None], new, old) for new, old in zip(after, state, strict=True))
                h[t] = state[0]
            found.append(torch.stack(h))
            layers.append(Layer(f"cells.{layer}.{direction}.", x, torch.stack(before), a_input, a_hidden))
        x = torch.cat(found, dim=2)
    return x, layers


def gradients(layers: list[Layer], top: Tensor, logits: Tensor, losses: Tensor) -> dict[str, Tensor]:
    """The gradient of each column's own loss, all from one way back.

    Args:
        layers, top: as `read_masked` gave them, the inputs requiring a gradient.
        logits: c + V h of every step, (T, B, k), in the graph between `top` and the losses.
        losses: (B,).

    Returns:
        By the parameter's name, (B, *its shape); as `inputs`, those of x itself, (B, T, n).
    """
    wanted = [layers[0].x, logits, *(one.a_input for one in layers), *(a for one in layers for a in one.a_hidden)]
    at_x, at_logits, *rest = torch.autograd.grad(losses.sum(), wanted)
    steps, found = len(at_x), {"inputs": at_x.transpose(0, 1)}
    found["weight_out"], found["bias_out"] = _outer(at_logits, top.detach()), at_logits.sum(0)
    for number, one in enumerate(layers):
        first = len(layers) + number * steps
        at_input, at_hidden = rest[number], torch.stack(rest[first : first + steps])
        found[one.name + "weight_ih"] = _outer(at_input, one.x.detach())
        found[one.name + "weight_hh"] = _outer(at_hidden, one.before.detach())
        found[one.name + "bias"] = at_input.sum(0)
        found[one.name + "bias_inner"] = at_hidden.sum(0)[:, -one.before.shape[2] :]  # of the GRU alone
    return found


def _outer(delta: Tensor, into: Tensor) -> Tensor:
    """Σ_t δ_t into_tᵀ of each column, (B, rows, columns), for (T, B, rows) and (T, B, columns)."""
    return torch.bmm(delta.permute(1, 2, 0), into.transpose(0, 1))
