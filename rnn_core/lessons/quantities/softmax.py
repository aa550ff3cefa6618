"""The softmax and its loss, class by class, and what they send to V."""

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.views.inputs import Inputs

TEXT, BACK = ("text",), ("target",)


def _log_sum(logits: np.ndarray) -> np.ndarray:
    """log Σ_j e^{o_t[j]}, (T, 1), without overflow."""
    most = logits.max(1, keepdims=True)
    found: np.ndarray = most + np.log(np.exp(logits - most).sum(1, keepdims=True))
    return found


def _surprise(inputs: Inputs) -> Value:
    logits = inputs.trace.logits.astype(np.float64)
    return Table(_log_sum(logits) - logits, (1, tuple(inputs.trace.labels)))


def _at_logits(inputs: Inputs) -> Value:
    """ŷ_t − y_t."""
    way = inputs.backward
    if (way.classes < 0).any():
        raise Problem(tr("not every step has a target here."))
    logits = way.trace.logits.astype(np.float64)
    found = np.exp(logits - _log_sum(logits))
    found[np.arange(len(found)), way.classes] -= 1
    return Table(found, (1, tuple(way.trace.labels)))


def _of_v(inputs: Inputs) -> Value:
    from rnn_core.analysis.parameters import READOUT  # it loads torch

    return inputs.backward.flow.readout.copies[READOUT].astype(np.float64)


QUANTITIES = {
    "logit.exp": Quantity("e to the power of o_t: `logit.exp[step, \"class\"]`", TEXT,
                          lambda i: Table(np.exp(i.trace.logits.astype(np.float64)), (1, tuple(i.trace.labels)))),
    "surprise": Quantity("−log ŷ_t of each class, in nats: `surprise[step, \"class\"]`", TEXT, _surprise),
    "gradient.logit": Quantity("∂L(t)/∂o_t = ŷ_t − y_t of each step's own loss: `gradient.logit[step, \"class\"]`", BACK,
                               _at_logits),
    "copies.V": Quantity("‖∂L/∂V|(t)‖ = ‖w_t (ŷ_t − y_t) h_tᵀ‖ of each step", BACK, _of_v),
}  # fmt: skip
