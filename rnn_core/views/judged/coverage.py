"""How much attention each source token received."""

from dataclasses import dataclass

from rnn_core.figures import judged as figures
from rnn_core.figures.text import units
from rnn_core.language import N_, tr
from rnn_core.results import (
    Coverage,
)
from rnn_core.views.inputs import Inputs
from rnn_core.views.judged.shared import detail_of, example_parts, most_bytes, share_words
from rnn_core.views.streams import UNITS
from rnn_core.views.view import Controls, Part, View, figure, number


@dataclass(frozen=True)
class Covered:
    """How much attention source tokens receive.

    Attributes:
        coverage: the numbers.
        unit: the name of a token.
    """

    coverage: Coverage
    unit: str


def _covered(inputs: Inputs, controls: Controls) -> Covered:
    detail = detail_of(inputs.translation_scores)
    assert detail.coverage is not None, "there is no attention"
    return Covered(detail.coverage, UNITS[detail.cut])


def _draw_covered(found: Covered) -> tuple[Part, ...]:
    c, several = found.coverage, units(found.unit)
    said = tr(
        "Of {tokens:,} {units} of the sources, {below} receive less than {low:g} in sum, and may be left untranslated; "
        "{above} receive more than {high:g}, and may be translated twice. The mean is {mean}. Of all attention, "
        "`<sos>` receives {sos:.1%} and `<eos>` {eos:.1%}.",
        tokens=c.tokens, units=several, below=share_words(c.below, c.tokens), low=c.low,
        above=share_words(c.above, c.tokens), high=c.high, mean=number(c.received / c.tokens), sos=c.sos / c.steps,
        eos=c.eos / c.steps,
    )
    return (
        *figure(figures.coverage(c, found.unit)), Part("caption", said),
        *example_parts(c.little, tr("The sources with most {units} below {low:g}", units=several, low=c.low), f"{several}, C"),
        *example_parts(c.much, tr("The sources with most {units} above {high:g}", units=several, high=c.high), f"{several}, C"),
    )  # fmt: skip


def _explain_covered(found: Covered) -> str:
    c = found.coverage
    return tr(
        "The coverage of a source {unit} j is the attention that it receives over all steps t of the decoder (Tu et al. "
        "2016).\n\n"
        r"$$C_j = \sum_{{t=1}}^{{T}} \alpha_{{tj}}, \qquad \sum_j C_j = T$$"
        "\n\n"
        "The weights of each step sum to 1, so the C of a source, `<sos>` and `<eos>` included, sum to the number of "
        "steps. Here, over all sources, {steps:,} steps were written, and their attention is {received:,.1f} for the "
        "{units}, {sos:,.1f} for `<sos>` and {eos:,.1f} for `<eos>`. So the mean of a {unit} is\n\n"
        r"$$\bar C = \frac{{{received:.1f}}}{{{tokens}}} = {mean}$$"
        "\n\n"
        "A softmax is never 0, so each receives some. The bounds are a rule of thumb: a state of the encoder also knows "
        "its neighbours, and if targets have fewer {units} than sources, the mean is below 1 by itself.",
        unit=units(found.unit, 1), units=units(found.unit), steps=c.steps, received=c.received, sos=c.sos, eos=c.eos,
        tokens=c.tokens, mean=number(c.received / c.tokens),
    )


COVERAGE: View[Controls, Covered] = View(
    "coverage", N_("Is all of the source attended to?"), ("evaluation",), Controls, _covered, _draw_covered, _explain_covered,
    most_bytes,
)  # fmt: skip
