"""The parameters of a network as arrays, to be looked at."""

import numpy as np

from rnn_core.analysis.loading import Loaded
from rnn_core.network.device import array

READOUT = "weight_out"
"""The code's name of V."""


def matrices(loaded: Loaded) -> dict[str, str]:
    """The letters of the matrices by the code's names: those of a layer, and V."""
    cell = loaded.network.cell
    return {name: cell.declared[name].letter for name in (*cell.of_step, *cell.of_inputs)} | {READOUT: "V"}


def matrix(loaded: Loaded, layer: int, direction: int, name: str, gate: str) -> np.ndarray:
    """A matrix, float32: V, (k, D), or the d rows of one gate of a layer's and direction's, (d, columns)."""
    if name == READOUT:
        return array(loaded.network.weight_out)
    d, row = loaded.config.model.hidden, loaded.network.cell.gates.index(gate)
    return array(loaded.network.layer(layer, direction)[name][row * d : row * d + d])
