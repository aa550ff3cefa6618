"""The parameters of a step and of the readout, number by number, and what a step multiplies them with.

W, U and b are those of the top layer in the direction from the start, V and c those of the readout.
"""

from collections.abc import Callable

import numpy as np

from rnn_core.config import Problem
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.views.inputs import Inputs

RUN, BOTH = ("run",), ("run", "text")


def _of_cell(letter: str) -> Callable[[Inputs], Value]:
    """The one parameter of the cell with this letter."""

    def of(inputs: Inputs) -> Value:
        network = inputs.network.network
        names = [name for name, one in network.cell.declared.items() if one.letter == letter]
        if not names:
            raise Problem(f"this network has no {letter}.")
        values = network.layer(network.config.layers - 1, 0)[names[0]].detach().numpy().astype(np.float64)
        return Table(values, (0,) * values.ndim)

    return of


def _readout(letter: str) -> Callable[[Inputs], Value]:
    def of(inputs: Inputs) -> Value:
        network = inputs.network.network
        values = (network.weight_out if letter == "V" else network.bias_out).detach().numpy().astype(np.float64)
        return Table(values, (tuple(inputs.network.outcomes), *(0,) * (values.ndim - 1)))

    return of


def _past(inputs: Inputs) -> Value:
    """W h_{t−1}, with h_0 = 0."""
    w = _of_cell("W")(inputs)
    assert isinstance(w, Table)
    states = inputs.trace.states[-1, 0].astype(np.float64)
    before = np.vstack([np.zeros_like(states[:1]), states[:-1]])
    return Table(before @ w.values.T, (1, 0))


QUANTITIES = {
    "weights.W": Quantity("the numbers in W: `weights.W[row, column]`, from 0", RUN, _of_cell("W")),
    "weights.U": Quantity("the numbers in U: `weights.U[row, column]`", RUN, _of_cell("U")),
    "weights.b": Quantity("the numbers in b: `weights.b[row]`", RUN, _of_cell("b")),
    "weights.V": Quantity("the numbers in V: `weights.V[\"class\", unit]`", RUN, _readout("V")),
    "weights.c": Quantity("the numbers in c: `weights.c[\"class\"]`", RUN, _readout("c")),
    "input": Quantity("x_t, the row of E that each token picks: `input[step, column]`", ("text",),
                      lambda i: Table(i.trace.embeddings.astype(np.float64), (1, 0))),
    "past": Quantity("W h_{t−1}, with h_0 = 0: `past[step, row]`", BOTH, _past),
}  # fmt: skip
