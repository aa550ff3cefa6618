"""The views of the BPTT page: which loss sends how much to which copy of the parameters, and what follows from it."""

from rnn_core.views.bptt.asked import Asked, Backward, backward, letter, parameters
from rnn_core.views.bptt.beside import BESIDE, Beside, horizons, side_by_side
from rnn_core.views.bptt.modes import MODES, compared, modes_words
from rnn_core.views.bptt.pairs import MAP
from rnn_core.views.bptt.reach import REACH, SATURATION, faded, horizon_words
from rnn_core.views.bptt.shares import RUNNING, SHARES
from rnn_core.views.bptt.truncation import TRUNCATION, cut_words
from rnn_core.views.bptt.updates import DIRECTIONS, SGD, clip_words, updates
from rnn_core.views.bptt.walk import WALK, factors, path_words, steps_back, ways

VIEWS = (MAP, WALK, SHARES, RUNNING, MODES, TRUNCATION, REACH, SATURATION, SGD, DIRECTIONS)
"""All views of one run."""

__all__ = [
    "BESIDE", "DIRECTIONS", "MAP", "MODES", "REACH", "RUNNING", "SATURATION", "SGD", "SHARES", "TRUNCATION", "VIEWS", "WALK",
    "Asked", "Backward", "Beside", "backward", "clip_words", "compared", "cut_words", "factors", "faded", "horizon_words",
    "horizons", "letter", "modes_words", "parameters", "path_words", "side_by_side", "steps_back", "updates", "ways",
]  # fmt: skip
