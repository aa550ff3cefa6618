"""What dynamic evaluation gains along the text."""

from dataclasses import dataclass

from rnn_core.figures import streams
from rnn_core.language import N_, tr
from rnn_core.results import Group
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams.shared import MANY, UNITS, detail_of
from rnn_core.views.view import Controls, Part, View, figure, number


@dataclass(frozen=True)
class Gain:
    """The loss along the text with fixed weights and with weights that go on learning.

    Attributes:
        static, dynamic: by the place in the stream.
        loss, static_loss: the means.
        unit: what a token is called.
    """

    static: tuple[Group, ...]
    dynamic: tuple[Group, ...]
    loss: float
    static_loss: float
    unit: str


def _gain(inputs: Inputs, controls: Controls) -> Gain:
    scores, static, detail = inputs.token_scores, inputs.static, detail_of(inputs)
    fixed = static.breakdown.stream if static.breakdown else ()
    return Gain(fixed, detail.stream, scores.loss, static.loss, UNITS[detail.cut])


def _draw_gain(found: Gain) -> tuple[Part, ...]:
    lines = {tr("fixed weights"): found.static, tr("dynamic evaluation"): found.dynamic}
    return figure(streams.along({name: some for name, some in lines.items() if some}, tr(MANY[found.unit])))


def _explain_gain(found: Gain) -> str:
    change = found.loss - found.static_loss
    return tr(
        "Dynamic evaluation (Mikolov et al. 2010; Krause et al. 2018) goes on learning from the text. Each chunk of K "
        "tokens is scored with the weights that the chunks before it left; then the weights take one step of plain SGD on "
        "its mean loss. So every token is scored before it is learnt. The saved run does not change.\n\n"
        r"$$\theta_{{s+1}} = \theta_s - \eta \, \nabla_\theta \frac{{1}}{{K}} \sum_{{i \in \mathrm{{chunk}}\ s}} -\log "
        r"p_{{\theta_s}}(x_i)$$"
        "\n\n"
        "Here the mean loss is {loss} nats per {unit}. With fixed weights it is {static_loss}, so the change is "
        "{sign}{change}.",
        loss=number(found.loss), unit=tr(found.unit), static_loss=number(found.static_loss), sign="−" if change < 0 else "+",
        change=number(abs(change)),
    )


GAIN: View[Controls, Gain] = View(
    "dynamic", N_("Does it help to go on learning from this text?"), ("evaluation", "static"), Controls, _gain, _draw_gain,
    _explain_gain, lambda inputs: 64 * 200 + 1000,
)  # fmt: skip
