"""The loss of the last step and that of every step on their way back along the top layer, for the same text and weights."""

import torch

from rnn_core.analysis.bptt import adding_up
from rnn_core.analysis.bptt_pass import Pass, Target, values_of
from rnn_core.analysis.bptt_sweep import sums
from rnn_core.network.device import array, host, number
from rnn_core.results import WayBack


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
        return WayBack(
            name, array(weights).astype("float32"), number((weights * values)[weights > 0].sum()), array(own.norm(dim=1)),
            array(parts.t()), array(total.reached[layer, 0][row]), array(delta.norm(dim=1) * factor.norm(dim=1)),
            shares.astype("float32"), number(whole.norm()),
        )  # fmt: skip

    return way(1, "last", last), way(0, "every", each)
