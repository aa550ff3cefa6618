"""The parameters of a step and of the readout, number by number, and what a step multiplies them with.

W, U and b are those of the top layer in the direction from the start, V and c those of the readout.
"""

from collections.abc import Callable

import numpy as np

from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.views.inputs import Inputs

RUN, BOTH = ("run",), ("run", "text")


def _parameter(letter: str) -> Callable[[Inputs], Value]:
    def of(inputs: Inputs) -> Value:
        from rnn_core.analysis.by_hand import parameter  # it loads torch

        values = parameter(inputs.network, letter)
        first = (tuple(inputs.network.outcomes),) if letter in ("V", "c") else (0,)
        return Table(values, (*first, *(0,) * (values.ndim - 1)))

    return of


def _past(inputs: Inputs) -> Value:
    from rnn_core.analysis.by_hand import past  # it loads torch

    return Table(past(inputs.network, inputs.trace), (1, 0))


QUANTITIES = {
    "weights.W": Quantity("the numbers in W: `weights.W[row, column]`, from 0", RUN, _parameter("W")),
    "weights.U": Quantity("the numbers in U: `weights.U[row, column]`", RUN, _parameter("U")),
    "weights.b": Quantity("the numbers in b: `weights.b[row]`", RUN, _parameter("b")),
    "weights.V": Quantity("the numbers in V: `weights.V[\"class\", unit]`", RUN, _parameter("V")),
    "weights.c": Quantity("the numbers in c: `weights.c[\"class\"]`", RUN, _parameter("c")),
    "input": Quantity("x_t, the row of E that each token picks: `input[step, column]`", ("text",),
                      lambda i: Table(i.trace.embeddings.astype(np.float64), (1, 0))),
    "past": Quantity("W h_{t−1}, with h_0 = 0: `past[step, row]`", BOTH, _past),
}  # fmt: skip
