"""The total loss as the sum of the losses of its steps, in numbers."""

from dataclasses import dataclass

import numpy as np

from rnn_core.language import N_, tr
from rnn_core.views import sums
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, View


@dataclass(frozen=True)
class Total:
    """The losses of a text's steps.

    Attributes:
        tokens: (T,) as fed.
        targets: (T,) the names of the classes aimed at; empty where a step has none.
        values: (T,) L(t); nan where a step has no target.
        weights: (T,) w_t.
        total: L.
        logit: whether L(t) is a logit.
    """

    tokens: tuple[str, ...]
    targets: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    total: float
    logit: bool

    @property
    def in_numbers(self) -> str:
        """L with the losses of its steps as numbers, as LaTeX."""
        return sums.in_numbers(self.values, self.weights, self.total)


def _total(inputs: Inputs, controls: Controls) -> Total:
    flow = inputs.backward.flow
    targets = tuple(flow.labels[i] if i >= 0 else "" for i in flow.targets.tolist())
    return Total(flow.tokens, targets, flow.values, flow.weights, flow.total, flow.logit)


def _show(found: Total) -> tuple[Part, ...]:
    return Part("formula", found.in_numbers), Part("table", sums.table(found.tokens, found.targets, found.values, found.weights))


def _explain(found: Total) -> str:
    rule = r"L(t) = o_t[y_t]" if found.logit else r"L(t) = -\log \hat y_t[y_t]"
    return tr(
        "Each step has a loss of its own, the surprise at its target; the text's loss is their weighted sum, with "
        "{weighted}.\n\n"
        r"$${rule}, \qquad L = \textstyle\sum_t w_t L(t)$$"
        "\n\n"
        "$${in_numbers}$$\n\n"
        "The gradient of a sum is the sum of the gradients: so each loss can be followed back by itself.",
        weighted=sums.weighted(found.weights), rule=rule, in_numbers=found.in_numbers,
    )


def _most_bytes(inputs: Inputs) -> int:
    way = inputs.backward
    names = 2 * max((len(label.encode()) for label in way.trace.labels), default=0)
    return sum(names + len(token.encode()) + 64 for token in way.trace.tokens) + 1024


TOTAL: View[Controls, Total] = View(
    "total", N_("How do the losses of the steps add up?"), ("target",), Controls, _total, _show, _explain, _most_bytes,
)  # fmt: skip
