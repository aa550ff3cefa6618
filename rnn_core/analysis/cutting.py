"""A text cut at every K steps: as separate samples, each from h_0 = 0, beside one text whose state is carried over the cuts."""

import copy
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.loading import Loaded
from rnn_core.network.cells import State
from rnn_core.network.models import Network
from rnn_core.network.tape import record
from rnn_core.results import Cutting, WayOfReading

LONGEST = 400
"""Steps of a text that are read: the gradient goes through them step by step."""


def cutting(loaded: Loaded, indices: np.ndarray, classes: np.ndarray, size: int) -> Cutting:
    """Reads a text whole, with its state carried over the cuts, and as separate samples, in float64.

    Args:
        indices: (T,) the tokens as fed.
        classes: (T,) the class asked for at each step; −1 where none is.
        size: K.
    """
    network = copy.deepcopy(loaded.network).double()
    tokens, at = torch.from_numpy(indices), int(np.flatnonzero(classes >= 0)[-1])
    pieces = [slice(first, first + size) for first in range(0, len(indices), size)]
    whole = read_back(network, tokens, [slice(0, len(indices))], at, int(classes[at]), carry=False)
    carried = read_back(network, tokens, pieces, at, int(classes[at]), carry=True) if network.directions == 1 else None
    return Cutting(size, at, whole, carried, read_back(network, tokens, pieces, at, int(classes[at]), carry=False))


def read_back(network: Network, tokens: Tensor, pieces: Sequence[slice], at: int, label: int, carry: bool) -> WayOfReading:
    """Reads a text piece after piece. The gradient of the loss at one step does not leave that step's piece."""
    top = f"cells.{network.config.layers - 1}.0"
    states, readouts, lengths = [], [], np.zeros(len(tokens))
    start: State | None = None
    for piece in pieces:
        part = tokens[piece, None]
        given = {"tokens": part, "lengths": torch.tensor([len(part)])}
        with record(network) as tape:
            outputs = network(given if start is None else {**given, "start": start})
        start = tuple(end.detach() for end in outputs["ends"]) if carry else None
        states.append(outputs["states"][:, 0].detach())
        readouts.append(outputs["logits"][:, 0].detach().softmax(1))
        if piece.start <= at < piece.stop:
            loss = -outputs["logits"][at - piece.start, 0].log_softmax(0)[label]
            nodes = [state[0] for state in tape[top].nodes]
            found = torch.autograd.grad(loss, nodes, allow_unused=True, materialize_grads=True)
            lengths[piece] = [float(part.norm()) for part in found]
    return WayOfReading(torch.cat(states).numpy(), torch.cat(readouts).numpy(), lengths)
