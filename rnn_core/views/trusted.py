"""The view of how often answers are right, by their probability."""

from dataclasses import dataclass

from rnn_core.analysis.trusted import reliability
from rnn_core.figures import streams
from rnn_core.language import N_, tr
from rnn_core.results import Reliability
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, View, figure, literal, number

BINS = 20
"""Of equal width, 0.05 each."""


@dataclass(frozen=True)
class Trusted:
    """The answers of an evaluation, by their probability.

    Attributes:
        data: what was evaluated.
        unit: what is counted.
        bins: of equal width.
    """

    data: str
    unit: str
    bins: tuple[Reliability, ...]

    @property
    def count(self) -> int:
        return sum(one.count for one in self.bins)

    @property
    def surest(self) -> Reliability:
        """The last bin that has an answer."""
        return next(one for one in reversed(self.bins) if one.count)

    def mean(self, name: str) -> float:
        """The mean of a field of the bins over all answers."""
        return sum(one.count * float(getattr(one, name)) for one in self.bins) / self.count

    @property
    def error(self) -> float:
        """The expected calibration error."""
        return sum(one.count * abs(one.accuracy - one.confidence) for one in self.bins) / self.count


def _trusted(inputs: Inputs, controls: Controls) -> Trusted:
    found = inputs.answered
    return Trusted(found.data, found.unit, reliability(found.p, found.right, BINS))


def _draw(found: Trusted) -> tuple[Part, ...]:
    return *figure(streams.reliability(found.bins, tr("the answer"), tr(found.unit))), Part("caption", trusted_words(found))


def trusted_words(found: Trusted) -> str:
    """The answers with the highest probabilities, and all answers, as Markdown."""
    last = found.surest
    right = round(last.count * last.accuracy)
    return tr(
        "{data}: {count:,} answers. For {last:,} of them p is above {low:g}. The mean of their p is {confidence:.4f}, "
        "and {right:,} are right, a share of {accuracy:.4f}. Over all answers the mean p is {mean_p:.4f}, and the share that "
        "is right {mean_right:.4f}.",
        data=literal(found.data, 60), count=found.count, last=last.count, low=last.low, confidence=last.confidence,
        right=right, accuracy=last.accuracy, mean_p=found.mean("confidence"), mean_right=found.mean("accuracy"),
    )


def _explain(found: Trusted) -> str:
    most = max(found.bins, key=lambda one: one.count)
    return tr(
        "The answers are put into {bins} bins of equal width by their probability. In a calibrated network the share that "
        "is right equals the mean probability in every bin, and the line follows the dots. The expected calibration error "
        "is the mean distance between both, weighted by the number of answers (Naeini, Cooper and Hauskrecht 2015; Guo et "
        "al. 2017).\n\n"
        r"$$\mathrm{{ECE}} = \sum_b \frac{{n_b}}{{n}} \left| \mathrm{{acc}}_b - \mathrm{{conf}}_b \right| = {error}$$"
        "\n\n"
        "The fullest bin, p in {low:g}–{high:g}, has {count:,} of {total:,} answers: conf = {confidence:.4f}, acc = "
        "{accuracy:.4f}.\n\n"
        "{words}",
        bins=len(found.bins), error=number(found.error), low=most.low, high=most.high, count=most.count, total=found.count,
        confidence=most.confidence, accuracy=most.accuracy, words=trusted_words(found),
    )


TRUSTED: View[Controls, Trusted] = View(
    "trusted", N_("How often is an answer right, by its probability?"), ("answered",), Controls, _trusted, _draw, _explain,
    lambda inputs: 64 * BINS + 4 * len(inputs.answered.data) + 1024,
)  # fmt: skip

VIEWS = (TRUSTED,)
