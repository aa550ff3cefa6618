"""The views of the Evaluate page on translations: where a run translates badly, and how."""

from rnn_core.views.judged.by_length import BY_LENGTH, comparable
from rnn_core.views.judged.coverage import COVERAGE
from rnn_core.views.judged.examples import JUDGED, MATCHES, MOST, SORTINGS
from rnn_core.views.judged.loops import LOOPS
from rnn_core.views.judged.shared import MEASURES
from rnn_core.views.judged.unknown import COPIED

VIEWS = (BY_LENGTH, COVERAGE, COPIED, LOOPS, JUDGED)

__all__ = [
    "BY_LENGTH", "COPIED", "COVERAGE", "JUDGED", "LOOPS", "MATCHES", "MEASURES", "MOST", "SORTINGS", "VIEWS", "comparable",
]  # fmt: skip
