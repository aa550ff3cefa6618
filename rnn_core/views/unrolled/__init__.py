"""The views of the Unrolled page: the network as a picture, a column for each step of a text."""

from rnn_core.views.unrolled.along import UNROLLED, Unrolled
from rnn_core.views.unrolled.back import WALKED, Walked

VIEWS = (UNROLLED, WALKED)

__all__ = ["UNROLLED", "VIEWS", "WALKED", "Unrolled", "Walked"]
