"""Texts as a matrix: that of the text and of the further texts, their words numbered by first appearance, and its pads."""

from rnn_core.analysis.steps import one_class
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.results import PaddingAudit, TextMatrix
from rnn_core.views.inputs import Inputs

TEXTS = "run", "text", "second_text"


def _matrix(inputs: Inputs) -> TextMatrix:
    from rnn_core.views.one_hot.texts import matrix_of  # it loads torch

    found: TextMatrix = inputs.once(matrix_of, "first")
    return found


def _pads(inputs: Inputs) -> Value:
    """Of the first text alone."""
    matrix = _matrix(inputs)
    return float(matrix.indices.shape[1] - matrix.lengths[0])


def _audit(inputs: Inputs, pads: int) -> PaddingAudit:
    from rnn_core.analysis.padding import audit  # it loads torch

    return audit(inputs.network, inputs.trace, pads)


def _padded(inputs: Inputs, masked: bool) -> Value:
    """The probability of the network's answer once the first text is filled up to the longest."""
    found: PaddingAudit = inputs.once(_audit, int(_matrix(inputs).indices.shape[1] - _matrix(inputs).lengths[0]))
    if one_class(found.targets) is None:
        raise Problem(tr("this network does not answer the text as a whole."))
    return float(found.curves["right", masked][found.counts.tolist().index(found.pads)])


QUANTITIES = {
    "matrix.texts": Quantity("m: the text and the further texts, one row each", TEXTS, lambda i: float(len(_matrix(i).indices))),
    "matrix.places": Quantity("L: the steps of the longest of these texts", TEXTS, lambda i: float(_matrix(i).indices.shape[1])),
    "matrix.words": Quantity("the words of a vocabulary of these texts alone, the four specials among them", TEXTS,
                             lambda i: float(len(_matrix(i).words))),
    "matrix.pads": Quantity("the pads that fill the text up to L", TEXTS, _pads),
    "padded.masked": Quantity("the probability of the answer with these pads at the end, passed over", TEXTS,
                              lambda i: _padded(i, True)),
    "padded.read": Quantity("the same where the pads are read like words, and the answer behind them", TEXTS,
                            lambda i: _padded(i, False)),
}  # fmt: skip
