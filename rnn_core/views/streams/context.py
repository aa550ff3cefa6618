"""The loss by the number of tokens read before."""

from dataclasses import dataclass

from rnn_core.figures import streams
from rnn_core.language import N_, tr
from rnn_core.results import Context
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams.shared import MANY, UNITS, detail_of, most_bytes
from rnn_core.views.view import Controls, Part, View, figure, number


@dataclass(frozen=True)
class Reading:
    """The loss by the number of tokens that were read.

    Attributes:
        points: by the number of tokens, ascending.
        carried: with all tokens before.
        places: m, the number of places that each is a mean of.
        unit: what a token is called.
    """

    points: tuple[Context, ...]
    carried: float
    places: int
    unit: str


def _reading(inputs: Inputs, controls: Controls) -> Reading:
    detail = detail_of(inputs)
    return Reading(detail.context, detail.carried, detail.places, UNITS[detail.cut])


def _draw_reading(found: Reading) -> tuple[Part, ...]:
    return (*figure(streams.context(found.points, found.carried)), Part("caption", _reading_words(found)))


def _reading_words(found: Reading) -> str:
    first, last = found.points[0], found.points[-1]
    if last.loss >= first.loss:
        return tr(
            "Reading more does not help here: after {read:,} {units} the mean loss is {loss} nats, and without any "
            "{loss_without}.",
            read=last.read, units=tr(MANY[found.unit]), loss=number(last.loss), loss_without=number(first.loss),
        )
    half = next(one for one in found.points if one.loss <= (first.loss + last.loss) / 2)
    return tr(
        "At these {places:,} places, the mean loss falls from {first} nats with nothing read to {last} after {read:,} "
        "{units}. Half of this fall is reached after {half:,}.",
        places=found.places, first=number(first.loss), last=number(last.loss), read=last.read, units=tr(MANY[found.unit]),
        half=half.read,
    )


def _explain_reading(found: Reading) -> str:
    last = found.points[-1]
    return tr(
        "At each of m = {places:,} places i, evenly spread over the text, the network reads `<sos>` and the c {units} "
        "before the place, from a state of 0. All c are measured at the same places.\n\n"
        r"$$L(c) = \frac{{1}}{{m}} \sum_{{i}} -\log p(x_i \mid \langle\mathrm{{sos}}\rangle, x_{{i-c}}, \dots, x_{{i-1}}), "
        r"\qquad h_0 = 0$$"
        "\n\n"
        "Here L({read}) = {loss} nats. With all {units} before and the state carried, the mean at these places is "
        r"{carried}. The bars are two standard errors, $2 s / \sqrt{{m}}$ with the standard deviation s of the losses: "
        "±{error} at c = {read}.",
        places=found.places, units=tr(MANY[found.unit]), read=last.read, loss=number(last.loss), carried=number(found.carried),
        error=number(2 * last.error),
    )


CONTEXT: View[Controls, Reading] = View(
    "context", N_("How much context does it use?"), ("evaluation",), Controls, _reading, _draw_reading, _explain_reading,
    most_bytes,
)  # fmt: skip
