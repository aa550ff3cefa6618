"""The vectors of which the gradient of each copy of W is the outer product."""

from typing import NamedTuple

import numpy as np

from rnn_core.analysis.backward import Backward
from rnn_core.analysis.bptt_sweep import sums
from rnn_core.network.device import array


class Entries(NamedTuple):
    """The sweep back at the top layer from the start.

    Attributes:
        at_state: (T, d) ∂L/∂h_t.
        delta: (T, rows) δ_t = ∂L/∂(W h_{t−1}).
        factor: (T, columns) what W multiplies: the gradient of copy t is δ_t times this.
    """

    at_state: np.ndarray
    delta: np.ndarray
    factor: np.ndarray


def entries(way: Backward) -> Entries:
    """Of the parameter that is followed, for the total loss."""
    top, read, d = len(way.done.layers) - 1, way.done.layers[-1][0], way.loaded.config.model.hidden
    at_state = sums(way.done, way.target, way.target.weights[None]).at_state[top, 0][0]
    product, rows = read.source(way.followed)
    delta = read.deltas(at_state)[product][:, -rows:]
    return Entries(array(at_state[:, :d]), array(delta), array(read.factor(way.followed)))
