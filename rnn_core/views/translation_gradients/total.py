"""The losses of the target tokens and their sum."""

from rnn_core.language import N_
from rnn_core.views.bptt.total import TOTAL as TOTAL_OF_ONE_TEXT
from rnn_core.views.bptt.total import Total
from rnn_core.views.inputs import Inputs
from rnn_core.views.translation_gradients.shared import most_bytes
from rnn_core.views.view import Controls, View


def _total(inputs: Inputs, controls: Controls) -> Total:
    flow = inputs.pair.flow
    return Total(flow.target, flow.wanted, flow.values, flow.weights, flow.total, flow.logit)


TOTAL: View[Controls, Total] = View(
    "translation-total", N_("How do the losses of the target tokens add up?"), ("pair",), Controls, _total,
    TOTAL_OF_ONE_TEXT.render, TOTAL_OF_ONE_TEXT.explain, most_bytes,
)  # fmt: skip
