"""The gradient of a text with W scaled by a factor: how it vanishes and explodes."""

import copy

import numpy as np
import torch

from rnn_core.analysis.cutting import read_back
from rnn_core.analysis.loading import Loaded
from rnn_core.results import Scaled

LARGEST = 512
"""Hidden units up to which eigenvalues are looked for: with more that takes seconds."""

STEEPEST = {"tanh": 1.0, "relu": 1.0, "sigmoid": 0.25}
"""max φ′ by the activation."""


def scaled(loaded: Loaded, indices: np.ndarray, classes: np.ndarray, scale: float) -> Scaled:
    """Reads a text with every matrix that the cell multiplies in its step times a factor, in float64.

    Args:
        indices: (T,) the tokens as fed.
        classes: (T,) the class asked for at each step; −1 where none is.
        scale: the factor, κ.
    """
    network, model = copy.deepcopy(loaded.network).double(), loaded.config.model
    cell, layers, d = network.cell, model.layers, model.hidden
    at = int(np.flatnonzero(classes >= 0)[-1])
    given = torch.from_numpy(indices), [slice(0, len(indices))], at, int(classes[at])
    trained = read_back(network, *given, carry=False)
    blocks = {
        gate: block
        for name in cell.of_step
        for gate, block in zip(cell.gates, loaded.network.layer(layers - 1, 0)[name].numpy().reshape(-1, d, d), strict=False)
    } if d <= LARGEST else {}  # fmt: skip
    elman = bool(blocks) and cell.slope((torch.zeros(1, 1),)) is not None
    with torch.no_grad():
        for layer, direction in network.cells.each():
            for name in cell.of_step:
                network.layer(layer, direction)[name].mul_(scale)
    found = read_back(network, *given, carry=False)
    longest = [float(np.linalg.norm(way.states[:, :d], axis=1).max()) for way in (trained, found)]
    return Scaled(
        scale, at, trained.lengths, found.lengths, longest[0], longest[1],
        {gate: float(np.abs(np.linalg.eigvals(block)).max()) for gate, block in blocks.items()},
        float(np.linalg.norm(next(iter(blocks.values())), 2)) if elman else None,
        STEEPEST[model.activation] if elman else None,
    )  # fmt: skip
