"""The parameters of a network as arrays, to be looked at."""

from typing import NamedTuple

import numpy as np

from rnn_core.analysis.loading import Loaded
from rnn_core.language import N_
from rnn_core.network.device import array
from rnn_core.network.translator import Translator

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


class Place(NamedTuple):
    """Where a parameter of an encoder–decoder belongs, and its letter.

    Attributes:
        part: `encoder`, `decoder`, `attention` or `readout`.
        letter: in the formulas.
        layer, direction: None outside of the recurrent layers.
    """

    part: str
    letter: str
    layer: int | None = None
    direction: int | None = None


_PLACES = {
    "source.weight": Place("encoder", "E"), "target.weight": Place("decoder", "E"), "combine.weight": Place("attention", "W_c"),
    "query.weight": Place("attention", "W_a"), "key.weight": Place("attention", "U_a"), "score.weight": Place("attention", "v"),
    "bias_out": Place("readout", "c"),
}  # fmt: skip


def places(network: Translator) -> dict[str, Place]:
    """By its name in the network, the place of each parameter of an encoder–decoder: encoder, decoder, attention, readout."""
    found: dict[str, Place] = {}
    for name, _ in network.named_parameters():
        side, _, rest = name.partition(".")
        if name == READOUT:
            found[name] = Place("readout", "E = V" if network.config.tied else "V")
        elif name in _PLACES:
            found[name] = _PLACES[name]
        else:
            layer, direction, parameter = rest.split(".")
            found[name] = Place(side, network.encoder.cell.declared[parameter].letter, int(layer), int(direction))
    order = (N_("encoder"), N_("decoder"), N_("attention"), N_("readout"))
    return dict(sorted(found.items(), key=lambda item: order.index(item[1].part)))
