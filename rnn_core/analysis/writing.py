"""The distributions that the tokens of a text were drawn from, or could have been. Loads no torch."""

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.config import WriteConfig
from rnn_core.data.vocabulary import UNWRITTEN
from rnn_core.network.sampling import drawn_from
from rnn_core.results import Trace


def continued(loaded: Loaded, text: str, length: int) -> str:
    """A text with what the network writes after it, the most probable token at each step, until it ends the text.

    Args:
        length: the greatest number of tokens to write.
    """
    how = WriteConfig(length=length, temperature=0)
    written = tasks.of(loaded.config).write(loaded.network, loaded.config, loaded.speech.vocabulary, text, how)
    return text + "".join(token.text for token in written)


def drawn_at(trace: Trace, step: int, how: WriteConfig) -> np.ndarray:
    """(N,) the distribution that the token at a step is drawn from, of the readout at the step before.

    Args:
        step: from 1.
        how: temperature, top_k and top_p.
    """
    return drawn_from(trace.logits[step - 1].astype(np.float64), how, UNWRITTEN)


def entropy(p: np.ndarray) -> float:
    """−Σ p log p in nats of a (k,) distribution; a probability of 0 adds 0."""
    some = p[p > 0].astype(np.float64)
    return abs(float((some * np.log(some)).sum()))
