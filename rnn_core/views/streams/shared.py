"""Shared by the views of a language model's scores."""



from rnn_core.language import N_
from rnn_core.results import Breakdown
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs

UNITS = {"char": N_("character"), "word": N_("token"), "elided": N_("token")}
"""The name of a token, by how texts are cut; to be translated."""

MANY = {"character": N_("characters"), "token": N_("tokens")}
"""The names of several."""


def detail_of(inputs: Inputs) -> Breakdown:
    found = inputs.token_scores.breakdown
    assert found is not None, "these scores have no details"
    return found


def most_bytes(inputs: Inputs) -> int:
    return 2 * encoding.nbytes(inputs.token_scores) + 1000
