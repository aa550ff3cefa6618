"""The way back: what the loss sends to each step's copy of W.

W is the recurrent matrix of the top layer from the start; of a cell without one, the matrix of the inputs. Copy i is the copy of
W that is used at step i.
"""

from collections.abc import Callable

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.results import CopyGradients, WayBack
from rnn_core.views.inputs import Inputs

BACK = ("target",)


def _exact(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float64)


def _flow(inputs: Inputs) -> CopyGradients:
    way = inputs.backward
    return way.flow.layers[-len(way.done.layers[-1])]


def _copies(inputs: Inputs) -> Value:
    return _exact(_flow(inputs).copies[inputs.backward.followed])


def _shares(inputs: Inputs) -> Value:
    return _exact(_flow(inputs).copy_shares[inputs.backward.followed])


def name_of_w(inputs: Inputs) -> str:
    """W by the network's name of the parameter."""
    way = inputs.backward
    return f"cells.{len(way.done.layers) - 1}.0.{way.followed}"


def _whole(inputs: Inputs) -> Value:
    return float(inputs.backward.flow.norms[name_of_w(inputs)])


def _pairs(inputs: Inputs) -> Value:
    """‖∂L(t)/∂W|(i)‖ of the unweighted losses."""
    way, found = inputs.backward, _flow(inputs).pairs[inputs.backward.followed]
    if len(way.flow.rows) < len(way.trace.tokens):
        raise Problem(tr("not every step has a loss that is followed alone here."))
    return Table(found.astype(np.float64), (1, 1))


def _reached(inputs: Inputs) -> Value:
    return _exact(_flow(inputs).reached)


def _mode(loss: str, of: Callable[[WayBack], Value]) -> Callable[[Inputs], Value]:
    """Of the loss of the last step, or of every step, with the weights as they are."""

    def value(inputs: Inputs) -> Value:
        way = inputs.backward.ways[-1 if loss == "every" else 0]
        if way.loss != loss:
            raise Problem(tr("this network answers at each token, so there is no loss of the last step alone."))
        return of(way)

    return value


QUANTITIES = {
    "loss.total": Quantity("L = Σ w_t L(t), in nats", BACK, lambda i: float(i.backward.flow.total)),
    "loss.weight": Quantity("w_t, the weight of each step's loss in L", BACK,
                            lambda i: _exact(i.backward.flow.weights)),
    "copies.norm": Quantity("‖∂L/∂W|(i)‖ of each copy of W", BACK, _copies),
    "copies.share": Quantity("the share of each copy in ∂L/∂W; they sum to 1", BACK, _shares),
    "copies.whole": Quantity("‖∂L/∂W‖, the norm of the sum over all copies", BACK, _whole),
    "pairs": Quantity("‖∂L(t)/∂W|(i)‖, of one loss and one copy: `pairs[t, i]`", BACK, _pairs),
    "reached": Quantity("‖∂L/∂h_t‖ at each step", BACK, _reached),
    **{
        f"{loss}.{name}": Quantity(f"{title}, with the loss at {'every step' if loss == 'every' else 'the last step alone'}",
                                   BACK, _mode(loss, of))
        for loss in ("last", "every")
        for name, title, of in (
            ("total", "L", lambda way: float(way.total)),
            ("norm", "‖∂L/∂W|(i)‖ of each copy", lambda way: _exact(way.copies[0])),
            ("share", "the share of each copy", lambda way: _exact(way.shares[0])),
            ("whole", "‖∂L/∂W‖", lambda way: float(way.norms[0])),
            ("reached", "‖∂L/∂h_t‖ at each step", lambda way: _exact(way.reached[0])),
            ("above", "the gradient at each h_t from its own step's loss", lambda way: _exact(way.above[0])),
            ("arriving", "the gradient at each h_t that arrives from the next step", lambda way: _exact(way.arriving[0, 0])),
        )
    },
}  # fmt: skip
