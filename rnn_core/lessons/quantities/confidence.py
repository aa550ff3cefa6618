"""How often the answers of a saved evaluation were right, by their probability."""

from collections.abc import Callable

import numpy as np

from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.views.inputs import Answered, Inputs

ABOVE = ("0", "0.5", "0.6", "0.7", "0.8", "0.9", "0.95", "0.98", "0.99")
"""The probabilities above which answers are counted, as an index names them."""


def _over(one: Callable[[Answered, np.ndarray], float]) -> Callable[[Inputs], Value]:
    """A number of the answers whose probability is above each of `ABOVE`."""

    def of(inputs: Inputs) -> Value:
        found = inputs.answered
        return Table(np.array([one(found, found.p > float(least)) for least in ABOVE], np.float64), (ABOVE,))

    return of


QUANTITIES = {
    "answered.count": Quantity("how many answers of the saved evaluation have a probability above this: "
                               "`answered.count[\"0.95\"]`", ("answered",), _over(lambda found, above: float(above.sum()))),
    "answered.right": Quantity("how many of these are right", ("answered",),
                               _over(lambda found, above: float(found.right[above].sum()))),
    "answered.promised": Quantity("the sum of their probabilities: how many would be right if each were as often right as its "
                                  "probability says", ("answered",), _over(lambda found, above: float(found.p[above].sum()))),
}  # fmt: skip
