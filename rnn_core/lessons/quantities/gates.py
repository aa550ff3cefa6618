"""What the gates of a cell let through: means over the units, and the share of the memory that is left at the end."""

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.views.inputs import Inputs

TEXT = ("text",)


def _of_top(inputs: Inputs, name: str) -> np.ndarray:
    """(T, d) float64 of a gate of the top layer from the start."""
    found = inputs.trace.gates.get(name)
    if found is None:
        raise Problem(tr("this network has no gate {name}.", name=name))
    exact: np.ndarray = found[-1, 0].astype(np.float64)
    return exact


def _carried(inputs: Inputs) -> np.ndarray:
    """(T, d) the product of the forget gates after each step; 1 at the last step, which none follows."""
    gates = _of_top(inputs, "f")
    return np.concatenate([np.cumprod(gates[:0:-1], axis=0)[::-1], np.ones((1, gates.shape[1]))])


def _squashed(inputs: Inputs) -> Value:
    if inputs.trace.cells is None:
        raise Problem(tr("this network has no memory."))
    return Table(np.tanh(inputs.trace.cells[-1, 0].astype(np.float64)), (1, 0))


QUANTITIES = {
    "gate.f.mean": Quantity("the mean of f over all units at each step", TEXT, lambda i: _of_top(i, "f").mean(1)),
    "memory.tanh": Quantity("tanh m_t of an LSTM: `memory.tanh[step, unit]`", TEXT, _squashed),
    "carried": Quantity("the product of f over all later steps, the share of m_t left in m_T: `carried[step, unit]`", TEXT,
                        lambda i: Table(_carried(i), (1, 0))),
    "carried.mean": Quantity("its mean over all units at each step", TEXT, lambda i: _carried(i).mean(1)),
}  # fmt: skip
