"""The views of the Inspect page: what the network holds and believes after every step of one text."""

from rnn_core.views.inspect.beliefs import BELIEFS, PROBABILITIES, TAGS
from rnn_core.views.inspect.cut import CUT
from rnn_core.views.inspect.following import NEXT, NEXT_LOSSES
from rnn_core.views.inspect.looks import Held, Labelled, Step, name_of, quantities, series
from rnn_core.views.inspect.losses import LOSSES
from rnn_core.views.inspect.states import EMBEDDING, STATE, STATES, unit_words
from rnn_core.views.inspect.tokens import ANSWERS_SO_FAR, FORESEEN, OWN_ANSWERS, Tokens, foreseen

VIEWS = (
    ANSWERS_SO_FAR, OWN_ANSWERS, FORESEEN, CUT, BELIEFS, LOSSES, NEXT_LOSSES, NEXT, TAGS, STATES, PROBABILITIES, STATE, EMBEDDING,
)  # fmt: skip

__all__ = [
    "ANSWERS_SO_FAR", "BELIEFS", "CUT", "EMBEDDING", "FORESEEN", "LOSSES", "NEXT", "NEXT_LOSSES", "OWN_ANSWERS", "PROBABILITIES",
    "STATE", "STATES", "TAGS", "VIEWS", "Held", "Labelled", "Step", "Tokens", "foreseen", "name_of", "quantities", "series",
    "unit_words",
]  # fmt: skip
