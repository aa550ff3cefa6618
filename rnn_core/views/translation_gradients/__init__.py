"""The views of a translation's gradients: what the loss of each target token sends to the steps of both networks."""

from rnn_core.views.translation_gradients.pairs import MAP, pair_words
from rnn_core.views.translation_gradients.parameters import PARAMETERS, agreement_words, rows
from rnn_core.views.translation_gradients.shared import Copies, Looked, parameters
from rnn_core.views.translation_gradients.shares import SHARES, shares_words, steps
from rnn_core.views.translation_gradients.total import TOTAL
from rnn_core.views.translation_gradients.walk import WALK
from rnn_core.views.translation_gradients.ways import WAYS, groups, ways_words

VIEWS = (TOTAL, MAP, WALK, WAYS, SHARES, PARAMETERS)

__all__ = [
    "MAP",
    "PARAMETERS",
    "SHARES",
    "TOTAL",
    "VIEWS",
    "WALK",
    "WAYS",
    "Copies",
    "Looked",
    "agreement_words",
    "groups",
    "pair_words",
    "parameters",
    "rows",
    "shares_words",
    "steps",
    "ways_words",
]
