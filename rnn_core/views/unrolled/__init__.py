"""The views of the Unrolled page: the network as a picture, a column for each step of a text."""

from rnn_core.views.unrolled.along import UNROLLED, WRITTEN, Unrolled
from rnn_core.views.unrolled.back import WALKED, Walked
from rnn_core.views.unrolled.over import TRAINED, Trained
from rnn_core.views.unrolled.pair import PAIR, PAIR_BACK

VIEWS = (UNROLLED, WRITTEN, WALKED, TRAINED, PAIR, PAIR_BACK)

__all__ = ["PAIR", "PAIR_BACK", "TRAINED", "UNROLLED", "VIEWS", "WALKED", "WRITTEN", "Trained", "Unrolled", "Walked"]
