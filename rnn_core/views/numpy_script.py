"""The view of the same gradients as a script in NumPy."""

from dataclasses import dataclass

from rnn_core.analysis.numpy_script import MOST_NUMBERS, numpy_script
from rnn_core.language import N_, tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Code, Controls, Part, View, number


@dataclass(frozen=True)
class Script:
    """A script, and what it prints.

    Attributes:
        loss, norm: L and ‖∂L/∂W‖.
        copies: ‖∂L/∂W|(t)‖ at each step.
    """

    source: str
    loss: float
    norm: float
    copies: tuple[float, ...]


def _script(inputs: Inputs, controls: Controls) -> Script:
    way = inputs.backward
    source = numpy_script(way)
    (held,) = way.flow.layers
    return Script(
        source, way.flow.total, way.flow.norms[f"cells.0.0.{way.followed}"], tuple(held.copies[way.followed].tolist())
    )


def _draw(found: Script) -> tuple[Part, ...]:
    said = tr("It needs Python with NumPy, and nothing of this app: `python backwards.py`.")
    return Part("caption", said), Part("code", Code(found.source, "backwards.py"))


def _explain(found: Script) -> str:
    last = len(found.copies)
    return tr(
        "The script reads the text forwards, then goes back once from the last step to the first. At each step it takes "
        "the gradient at the state, multiplies it by the slopes φ′, and adds the outer product with the state before to "
        "the gradient of W.\n\n"
        r"$$\delta_t = \varphi'(a_t) \odot \left( V^{{\top}} w_t (\hat y_t - y_t) + W^{{\top}} \delta_{{t+1}} \right), "
        r"\qquad \frac{{\partial L}}{{\partial W|(t)}} = \delta_t h_{{t-1}}^{{\top}}, \qquad \frac{{\partial L}}{{\partial "
        r"W}} = \sum_t \delta_t h_{{t-1}}^{{\top}}$$"
        "\n\n"
        "It prints L = {loss}, the norm of each copy's gradient ({copies} at t = {last}), ‖∂L/∂W‖ = {norm}, and the "
        "gradients of W, U, b, V and c. The script has the network's own weights. It computes with 64 bits and the app "
        "with 32, so the last digits may differ.",
        loss=number(found.loss), copies=number(found.copies[-1]), last=last, norm=number(found.norm),
    )


NUMPY_SCRIPT: View[Controls, Script] = View(
    "numpy-script", N_("How is this computed in NumPy?"), ("target",), Controls, _script, _draw, _explain,
    lambda inputs: 4096 + 16 * MOST_NUMBERS + 24 * len(inputs.backward.trace.tokens)
    + 4 * sum(map(len, (*inputs.backward.trace.tokens, *inputs.backward.trace.labels))),
)  # fmt: skip

VIEWS = (NUMPY_SCRIPT,)
