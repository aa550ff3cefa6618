"""The views of the BPTT page: which loss sends how much to which copy of the parameters, and what follows from it."""

from rnn_core.views.bptt.asked import Asked, Way, parameters
from rnn_core.views.bptt.beside import BESIDE, side_by_side
from rnn_core.views.bptt.modes import MODES, modes_words
from rnn_core.views.bptt.pairs import MAP
from rnn_core.views.bptt.reach import REACH, SATURATION, horizon_words
from rnn_core.views.bptt.shares import RUNNING, SHARES
from rnn_core.views.bptt.total import TOTAL
from rnn_core.views.bptt.truncation import TRUNCATION, cut_words
from rnn_core.views.bptt.updates import CLIPPING, DIRECTIONS, SGD, clip_words, updates
from rnn_core.views.bptt.walk import PATH, WALK, factors, path_words, steps_back, ways

VIEWS = (TOTAL, MAP, WALK, PATH, SHARES, RUNNING, MODES, TRUNCATION, REACH, SATURATION, SGD, CLIPPING, DIRECTIONS, BESIDE)

__all__ = [
    "BESIDE", "CLIPPING", "DIRECTIONS", "MAP", "MODES", "PATH", "REACH", "RUNNING", "SATURATION", "SGD", "SHARES", "TOTAL",
    "TRUNCATION", "VIEWS", "WALK", "Asked", "Way", "clip_words", "cut_words", "factors", "horizon_words",
    "modes_words", "parameters", "path_words", "side_by_side", "steps_back", "updates", "ways",
]  # fmt: skip
