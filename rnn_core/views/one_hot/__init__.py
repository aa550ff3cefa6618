"""The views of texts as numbers: indices, the vocabulary, one-hot vectors and matrices, and labels."""

from rnn_core.views.one_hot.labels import LABELS, label_words
from rnn_core.views.one_hot.texts import INDICES, ONE_HOT, STAGES, VOCABULARY, one_hot_words, stages
from rnn_core.views.one_hot.vector import VECTOR, vector_words
from rnn_core.views.one_hot.whole import WHOLE, whole_words

VIEWS = (STAGES, INDICES, VOCABULARY, VECTOR, ONE_HOT, WHOLE, LABELS)

__all__ = [
    "INDICES", "LABELS", "ONE_HOT", "STAGES", "VECTOR", "VIEWS", "VOCABULARY", "WHOLE", "label_words", "one_hot_words", "stages",
    "vector_words", "whole_words",
]  # fmt: skip
