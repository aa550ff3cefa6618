"""The distribution that the next token is drawn from. Loads no torch."""

from collections.abc import Sequence

import numpy as np

from rnn_core.config import WriteConfig


def softmax(o: np.ndarray) -> np.ndarray:
    """softmax of (k,) logits in float64."""
    p = np.exp(o - o.max())
    found: np.ndarray = p / p.sum()
    return found


def drawn_from(o: np.ndarray, how: WriteConfig, never: Sequence[int] = ()) -> np.ndarray:
    """The distribution that the next token is drawn from.

    The steps follow each other in this order: tokens that are never written are left out, the logits are divided by the
    temperature, the `top_k` most probable tokens are kept (Fan et al. 2018), of these the smallest set whose probabilities
    sum to `top_p` at least (nucleus sampling, Holtzman et al. 2020), and the rest is renormalised. Of equally probable tokens
    the one with the smaller index comes first.

    Args:
        o: (k,) logits in float64.
        how: temperature, top_k and top_p. With the temperature 0, all probability is that of the most probable token.
        never: tokens that are not written.

    Returns:
        (k,) probabilities, which sum to 1.
    """
    o = o.copy()
    o[list(never)] = -np.inf
    if not how.temperature:
        return (np.arange(len(o)) == o.argmax()).astype(float)
    p = softmax(o / how.temperature)
    if 0 < how.top_k < len(p) or how.top_p < 1:
        order = np.argsort(-p, kind="stable")
        kept = how.top_k or len(p)
        if how.top_p < 1:
            sums = p[order[:kept]].cumsum()
            kept = min(kept, 1 + int(np.searchsorted(sums, how.top_p * sums[-1])))
        p[order[kept:]] = 0
        p /= p.sum()
    return p
