"""The numbers with which a gradient is computed by hand: both passes of a text at the top layer, read from the start."""

from typing import NamedTuple

import numpy as np

from rnn_core.analysis.backward import Backward
from rnn_core.analysis.bptt_sweep import sums
from rnn_core.analysis.equations import products_along
from rnn_core.analysis.loading import Loaded
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.network.device import array
from rnn_core.results import Trace


class ByHand(NamedTuple):
    """What the total loss sends back. Arrays are float64.

    Attributes:
        at_state: (T, d) ∂L/∂h_t.
        delta: (T, rows) δ_t, ∂L/∂ of the product of the matrix that is followed.
        factor: (T, columns) what this matrix multiplies: the gradient of copy t is the outer product of δ_t and this.
    """

    at_state: np.ndarray
    delta: np.ndarray
    factor: np.ndarray


def by_hand(way: Backward) -> ByHand:
    """The backward pass of the loss that `way` has, at the matrix that it follows."""
    top, read = len(way.done.layers) - 1, way.done.layers[-1][0]
    at_state = sums(way.done, way.target, way.target.weights[None]).at_state[top, 0][0]
    product, rows = read.source(way.followed)
    delta, d = read.deltas(at_state)[product][:, -rows:], way.loaded.config.model.hidden
    found = at_state[:, :d], delta, read.factor(way.followed)
    return ByHand(*(array(one).astype(np.float64) for one in found))


def past(loaded: Loaded, trace: Trace) -> np.ndarray:
    """(T, rows) float64, W h_{t−1} with h_0 = 0. Raises Problem for a cell without W."""
    cell = loaded.cell
    if not cell.of_step:
        raise Problem(tr("this network has no W."))
    return array(products_along(loaded, trace)[cell.followed])


def parameter(loaded: Loaded, letter: str) -> np.ndarray:
    """A parameter of the top layer from the start, or of the readout, by its letter; float64. Raises Problem without one."""
    network = loaded.network
    own = {one.letter: name for name, one in network.cell.declared.items()}
    if letter in own:
        found = network.layer(network.config.layers - 1, 0)[own[letter]]
    elif letter in ("V", "c"):
        found = network.weight_out if letter == "V" else network.bias_out
    else:
        raise Problem(tr("this network has no {letter}.", letter=tr(letter)))
    return array(found).astype(np.float64)
