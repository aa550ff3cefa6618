"""The quantities that expressions of lessons may name, in one registry: a file for each kind."""

from collections.abc import Callable, Sequence

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Value
from rnn_core.lessons.quantities import (
    answers,
    by_hand,
    confidence,
    copies,
    gates,
    matrices,
    networks,
    parameters,
    scores,
    softmax,
    texts,
    writing,
)
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.views.inputs import Inputs

_FILES = (
    texts,
    networks,
    answers,
    copies,
    by_hand,
    gates,
    scores,
    matrices,
    parameters,
    softmax,
    confidence,
    writing,
)

QUANTITIES: dict[str, Quantity] = {name: one for file in _FILES for name, one in file.QUANTITIES.items()}
"""By their names. An index counts steps from 1, units from 0 as the pages do, and is a word in quotes for classes."""


def held(resolve: Callable[[Sequence[str]], Inputs], chosen: dict[str, Value] | None = None) -> Callable[[str], Value]:
    """The quantities of what is looked at; each is computed when it is asked for, and once.

    Args:
        resolve: the inputs of these names. It may raise Problem.
        chosen: the values of `chosen.…`.
    """
    known = dict(chosen or {})

    def value(name: str) -> Value:
        if name not in known:
            quantity = QUANTITIES[name]
            known[name] = quantity.of(resolve(quantity.needs))
        return known[name]

    return value


FROM_ONE = ("step", "back")
"""The choices that are steps: counted from 1 in a lesson, and from 0 on the pages."""


def chosen(**places: int | None) -> dict[str, Value]:
    """What the learner has chosen, by `chosen.…`: −1 where nothing is; steps count from 1."""
    named: dict[str, Value] = {}
    for name, place in places.items():
        named[f"chosen.{name}"] = -1.0 if place is None else float(place + (name in FROM_ONE))
    return named


def _nothing_chosen(inputs: Inputs) -> Value:
    raise Problem(tr("nothing can be chosen here."))


QUANTITIES |= {
    "chosen.step": Quantity("the step that the learner chose, −1 before", (), _nothing_chosen),
    "chosen.back": Quantity("the copy that the learner chose, a step, −1 before", (), _nothing_chosen),
    "chosen.unit": Quantity("the unit that the learner chose, −1 before", (), _nothing_chosen),
}
