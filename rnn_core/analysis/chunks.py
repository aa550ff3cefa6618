"""A text cut as training cuts a stream."""

from collections.abc import Sequence

import numpy as np

from rnn_core.data.streams import CARRIED, Streams
from rnn_core.data.vocabulary import SOS
from rnn_core.results import StreamParts


def stream_parts(tokens: Sequence[str], start: str, count: int, size: int) -> StreamParts:
    """The inputs and targets of each step, by the class that cuts the training text.

    Args:
        tokens: of the text, at least 2·B.
        start: the name of `<sos>`.
        count: B.
        size: K.
    """
    words = tuple(dict.fromkeys((start, *tokens)))
    numbered = np.array([words.index(token) for token in tokens])
    source = Streams(numbered + SOS, count)  # the first input of a part is SOS: the numbers are shifted so that it is 0 below
    chunks = [source.chunk(first, size) for first in range(0, source.steps(), size)]
    inputs, targets = (np.concatenate(parts).T - SOS for parts in ([c[0] for c in chunks], [c[1] for c in chunks]))
    lengths = sum(c[2] for c in chunks)
    behind = np.arange(source.steps()) >= np.asarray(lengths)[:, None]
    return StreamParts(np.where(behind, -1, inputs), np.where(behind, -1, targets), words, size, CARRIED)
