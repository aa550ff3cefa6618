"""The numbers of which a gradient is computed by hand, what cuts and clipping leave of it, and a run beside its twin.

W is the recurrent matrix of the top layer from the start, as in `copies`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from rnn_core.analysis.paired import paired
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.copies import name_of_w
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.results import Along, Truncation
from rnn_core.views.inputs import Inputs

if TYPE_CHECKING:
    from rnn_core.analysis.by_hand import ByHand

BACK, TWINS = ("target",), ("along",)
MOST_CUT = 100
"""Steps of a text up to which every K is tried."""


def _swept(inputs: Inputs) -> "ByHand":
    from rnn_core.analysis.by_hand import by_hand  # it loads torch

    return by_hand(inputs.backward)


def _entries(inputs: Inputs) -> Value:
    way = inputs.once(_swept)
    return Table(way.delta[:, :, None] * way.factor[:, None, :], (1, 0, 0))


def _cuts(inputs: Inputs) -> list[Truncation]:
    """All windows, then all chunks, at each K from 1 to T."""
    from rnn_core.analysis.bptt import truncations

    way = inputs.backward
    if way.done.steps > MOST_CUT:
        raise Problem(tr("this text has more than {most} steps, so not every K is tried.", most=MOST_CUT))
    return truncations(way.done, way.target, range(1, way.done.steps + 1))


def _cut(kind: str, of: Callable[[Truncation, str], float]) -> Callable[[Inputs], Value]:
    def value(inputs: Inputs) -> Value:
        name = name_of_w(inputs)
        return np.array([of(one, name) for one in inputs.once(_cuts) if one.kind == kind], np.float64)

    return value


def _reach(inputs: Inputs) -> Value:
    """‖∂h_t/∂h_k‖₂, 0 where k is later than t."""
    way = inputs.backward
    steps = way.done.steps
    if steps > MOST_CUT:
        raise Problem(tr("this text has more than {most} steps.", most=MOST_CUT))
    found = np.zeros((steps, steps))
    for t in range(steps):
        reach = way.reach(len(way.done.layers) - 1, 0, t)
        found[t, reach.steps] = reach.norms
    return Table(found, (1, 1))


def _limit(inputs: Inputs) -> Value:
    limit = inputs.backward.loaded.config.train.clip
    if not limit:
        raise Problem(tr("this run was trained without clipping."))
    return float(limit)


def _twin(loss: str, of: Callable[[Along], float]) -> Callable[[Inputs], Value]:
    return lambda inputs: float(of(inputs.along[loss]))


def _tested(loss: str) -> Callable[[Inputs], Value]:
    def value(inputs: Inputs) -> Value:
        found = inputs.twins[loss].get("test_accuracy")
        if found is None:
            raise Problem(tr("this run has no accuracy on test."))
        return float(found)

    return value


def _difference(of: Callable[[np.ndarray, np.ndarray], float]) -> Callable[[Inputs], Value]:
    """Of which texts each of the twins is right on, the one of every step first."""

    def value(inputs: Inputs) -> Value:
        every, last = inputs.along["every"].right_at_end, inputs.along["last"].right_at_end
        if every is None or last is None or len(every) != len(last):
            raise Problem(tr("the answers of these runs are not known text by text."))
        return float(of(every, last))

    return value


def _half(one: Along) -> float:
    return float(one.readouts[np.abs(one.shares - 0.5).argmin()])


QUANTITIES = {
    "at_state": Quantity("∂L/∂h_t: `at_state[step, unit]`", BACK, lambda i: Table(i.once(_swept).at_state, (1, 0))),
    "delta": Quantity("δ_t = ∂L/∂(W h_{t−1}): `delta[step, row]`", BACK, lambda i: Table(i.once(_swept).delta, (1, 0))),
    "copies.entry": Quantity("∂L/∂W|(i), entry by entry: `copies.entry[i, row, column]`", BACK, _entries),
    **{
        f"{kind}.{name}": Quantity(f"{title} with {kind if kind == 'chunks' else 'a window'} of K steps: `{kind}.{name}[K]`",
                                   BACK, _cut(kind, of))
        for kind in ("window", "chunks")
        for name, title, of in (
            ("kept", "how many pairs of a loss and a copy are kept", lambda one, name: float(one.kept)),
            ("length", "the norm of what is left of ∂L/∂W", lambda one, name: one.against.norms[name]),
            ("cosine", "the cosine of what is left of ∂L/∂W with all of it", lambda one, name: one.against.cosines[name]),
        )
    },
    "reach": Quantity("‖∂h_t/∂h_k‖₂: `reach[t, k]`", BACK, _reach),
    "gradient.norm": Quantity("‖∂L‖, all parameters together", BACK, lambda i: float(i.backward.flow.norm)),
    "gradient.limit": Quantity("the norm to which training clipped the gradient", BACK, _limit),
    **{
        f"twins.{loss}.{name}": Quantity(f"{title} by the run with the loss at {where}", TWINS, _twin(loss, of))
        for loss, where in (("last", "the last step"), ("every", "every step"))
        for name, title, of in (
            ("right", "the share of dev texts answered right", lambda one: one.answers[-1]),
            ("half", "the share of dev texts whose readout is right after half of the words", _half),
        )
    },
    **{
        f"twins.{loss}.test": Quantity(f"the accuracy on test of the run with the loss at {where}", ("twins",), _tested(loss))
        for loss, where in (("last", "the last step"), ("every", "every step"))
    },
    "twins.texts": Quantity("how many dev texts both twins read", TWINS, _twin("last", lambda one: one.texts)),
    "twins.only_last": Quantity("texts that only the run with the loss at the last step answers right", TWINS,
                                _difference(lambda every, last: (last & ~every).sum())),
    "twins.only_every": Quantity("texts that only the run with the loss at every step answers right", TWINS,
                                 _difference(lambda every, last: (every & ~last).sum())),
    "twins.low": Quantity("the lower end of the 95% interval of the difference, every − last, of the shares", TWINS,
                          _difference(lambda every, last: paired(every, last).low)),
    "twins.high": Quantity("its upper end", TWINS, _difference(lambda every, last: paired(every, last).high)),
}  # fmt: skip
