"""The views of the Evaluate page on a stream: where a language model loses."""

from rnn_core.views.streams.calibration import CALIBRATION
from rnn_core.views.streams.context import CONTEXT
from rnn_core.views.streams.dynamic import GAIN
from rnn_core.views.streams.groups import FREQUENCY, POSITIONS, Position, short
from rnn_core.views.streams.passages import WORST, Chosen, opened
from rnn_core.views.streams.shared import MANY, UNITS

VIEWS = (POSITIONS, FREQUENCY, CONTEXT, CALIBRATION, WORST, GAIN)

__all__ = [
    "CALIBRATION",
    "CONTEXT",
    "FREQUENCY",
    "GAIN",
    "MANY",
    "POSITIONS",
    "UNITS",
    "VIEWS",
    "WORST",
    "Chosen",
    "Position",
    "opened",
    "short",
]  # fmt: skip
