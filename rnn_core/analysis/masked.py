"""A batch read with a mask, as a person would implement pads at the start: at a masked step the state stays what it was."""

import torch
from torch import Tensor

from rnn_core.analysis.sweep import back
from rnn_core.network.models import Network, Outputs
from rnn_core.network.recorded import Edits
from rnn_core.network.tape import Tape, record


def read_masked(network: Network, tokens: Tensor, true: Tensor) -> tuple[Outputs, Tape]:
    """What the network makes of texts, and the tape.

    Args:
        tokens: vocabulary indices, (T, B).
        true: (T, B); where it is False, the state (h and m) stays what it was.
    """
    steps = torch.arange(1, len(tokens) + 1)[:, None]
    with record(network, Edits(mask=true)) as tape:
        outputs = network({"tokens": tokens, "lengths": (steps * true).amax(0)})
    return outputs, tape


def gradients(outputs: Outputs, tape: Tape, losses: Tensor) -> dict[str, Tensor]:
    """The gradient of each column's own loss, all from one way back.

    Args:
        outputs, tape: as `read_masked` gave them.
        losses: of the logits, (B,).

    Returns:
        By the parameter's name, (B, *its shape); as `inputs`, those of the looked-up vectors x, (B, T, n).
    """
    logits, top = outputs["logits"], outputs["states"].detach()
    deltas, (at_x, at_logits) = back(losses.sum(), tape, [tape["cells.0.0"].x, logits])
    found = {"inputs": at_x.transpose(0, 1), "bias_out": at_logits.sum(0)}
    found["weight_out"] = torch.bmm(at_logits.permute(1, 2, 0), top.transpose(0, 1))
    for name, done in tape.items():
        found |= {f"{name}.{parameter}": gradient for parameter, gradient in done.gradients(deltas[name]).items()}
    return found
