"""How often the most probable token is right, by its probability."""

from dataclasses import dataclass

from rnn_core.figures import streams
from rnn_core.language import N_, tr
from rnn_core.results import Reliability
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams.shared import detail_of, most_bytes
from rnn_core.views.view import Controls, Part, View, figure


@dataclass(frozen=True)
class Calibrated:
    """The most probable token at each step, by its probability.

    Attributes:
        bins: of equal width.
        error: the expected calibration error.
    """

    bins: tuple[Reliability, ...]
    error: float

    @property
    def count(self) -> int:
        return sum(one.count for one in self.bins)

    def mean(self, name: str) -> float:
        """The mean over all steps of a field of the bins."""
        return sum(one.count * float(getattr(one, name)) for one in self.bins) / self.count


def _calibrated(inputs: Inputs, controls: Controls) -> Calibrated:
    detail = detail_of(inputs)
    return Calibrated(detail.calibration, detail.calibration_error)


def _draw_calibration(found: Calibrated) -> tuple[Part, ...]:
    p, right = found.mean("confidence"), found.mean("accuracy")
    more = tr("So the network is more confident than it is right.")
    less = tr("So the network is less confident than it is right.")
    said = tr(
        "The most probable token has p = {p:.4f} on average, and it is right in a share of {right:.4f} of the steps. {so} "
        "Expected calibration error: {error:.4f}.",
        p=p, right=right, so=more if p > right else less, error=found.error,
    )
    return (*figure(streams.reliability(found.bins)), Part("caption", said))


def _explain_calibration(found: Calibrated) -> str:
    most = max(found.bins, key=lambda one: one.count)
    return tr(
        "The steps are put into {bins} bins of equal width by the probability of the most probable token. In a calibrated "
        "network the share that is right equals the mean probability in every bin. The expected calibration error is the "
        "mean distance between both, weighted by the number of steps (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017).\n\n"
        r"$$\mathrm{{ECE}} = \sum_b \frac{{n_b}}{{n}} \left| \mathrm{{acc}}_b - \mathrm{{conf}}_b \right| = {error:.4f}$$"
        "\n\n"
        "The fullest bin, p in {low:.1f}–{high:.1f}, holds {count:,} of {steps:,} steps: conf = {confidence:.4f}, acc = "
        "{accuracy:.4f}.",
        bins=len(found.bins), error=found.error, low=most.low, high=most.high, count=most.count, steps=found.count,
        confidence=most.confidence, accuracy=most.accuracy,
    )


CALIBRATION: View[Controls, Calibrated] = View(
    "calibration", N_("Can its probabilities be trusted?"), ("evaluation",), Controls, _calibrated, _draw_calibration,
    _explain_calibration, most_bytes,
)  # fmt: skip
