"""The states, the readout and the answer at each step, and the losses."""

from collections.abc import Callable

import numpy as np

from rnn_core.analysis.steps import losses, one_class
from rnn_core.config import Problem
from rnn_core.language import N_, tr
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.results import Trace
from rnn_core.views.inputs import Inputs

TEXT, BOTH, BACK = ("text",), ("run", "text"), ("target",)


def _top(values: np.ndarray | None, lack: str, **named: str) -> Value:
    """The top layer from the start, by step and unit. `lack`: the message that there is none, with values for its fields."""
    if values is None:
        raise Problem(tr(lack, **named))
    return Table(values[-1, 0].astype(np.float64), (1, 0))


def _gate(name: str) -> Callable[[Inputs], Value]:
    return lambda inputs: _top(inputs.trace.gates.get(name), N_("this network has no gate {name}."), name=name)


def _curve(name: str) -> Callable[[Trace], np.ndarray]:
    def of(trace: Trace) -> np.ndarray:
        found = trace.curves.get(name)
        if found is None:
            raise Problem(tr("this network gives no answer to a text that stops early."))
        return found.astype(np.float64)

    return of


def _classes(name: str) -> Callable[[Inputs], Value]:
    return lambda inputs: Table(_curve(name)(inputs.trace), (1, tuple(inputs.trace.labels)))


def _best(name: str) -> Callable[[Inputs], Value]:
    return lambda inputs: np.array(inputs.trace.labels, object)[_curve(name)(inputs.trace).argmax(1)]


def _decision(inputs: Inputs) -> Value:
    found = inputs.trace.decision_step
    if found is None:
        raise Problem(tr("this network does not answer the text as a whole."))
    return float(found + 1)


def _losses(inputs: Inputs) -> Value:
    """L(t) at the classes that the loss asks for."""
    way = inputs.backward
    return losses(way.trace, way.classes)


def _target(inputs: Inputs) -> Value:
    way = inputs.backward
    found = one_class(way.classes)
    if found is None:
        raise Problem(tr("each step has a target of its own here."))
    return way.trace.labels[found]


def _asked(inputs: Inputs) -> Value:
    """The probability of the class that the loss of each step asks for."""
    way = inputs.backward
    if (way.classes < 0).any():
        raise Problem(tr("not every step has a target here."))
    return way.trace.readouts[np.arange(len(way.classes)), way.classes].astype(np.float64)


QUANTITIES = {
    "state": Quantity("h_t of the top layer from the start: `state[step, unit]`", TEXT,
                      lambda i: _top(i.trace.states, N_("this network has no state."))),
    "memory": Quantity("m_t of an LSTM: `memory[step, unit]`", TEXT,
                       lambda i: _top(i.trace.cells, N_("this network has no memory."))),
    **{
        f"gate.{name}": Quantity(f"the {name} of a gated cell: `gate.{name}[step, unit]`", TEXT, _gate(name))
        for name in ("i", "f", "g", "q", "r", "z", "n")
    },
    "logit": Quantity("o_t = c + V h_t: `logit[step, \"class\"]`", TEXT,
                      lambda i: Table(i.trace.logits.astype(np.float64), (1, tuple(i.trace.labels)))),
    "readout": Quantity("ŷ_t = softmax(o_t): `readout[step, \"class\"]`", TEXT, _classes("readouts")),
    "readout.best": Quantity("the class with the largest ŷ_t at each step, a word", TEXT, _best("readouts")),
    "answer": Quantity("the answer if the text stopped after each step: `answer[step, \"class\"]`", TEXT, _classes("answers")),
    "answer.best": Quantity("its class at each step, a word", TEXT, _best("answers")),
    "answer.label": Quantity("the class that the network answers to the text", TEXT, lambda i: i.trace.labels[i.trace.answer]),
    "answer.p": Quantity("the probability of that class", TEXT, lambda i: float(i.trace.readouts[-1].max())),
    "decision_step": Quantity("the first step from which the answer never changes again", TEXT, _decision),
    "target.label": Quantity("the class that all losses ask for", BACK, _target),
    "target.p": Quantity("the probability that each ŷ_t gives to the class that its loss asks for", BACK, _asked),
    "loss.at": Quantity("L(t) = −log ŷ_t[target] at each step, in nats", BACK, _losses),
}  # fmt: skip
