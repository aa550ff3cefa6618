"""Text that a network writes, token by token."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from rnn_core.config import WriteConfig
from rnn_core.network.cells import State
from rnn_core.network.device import array


class Writer(Protocol):
    """A network that writes step by step: a language model, or an encoder and a decoder."""

    def start(self, texts: int) -> State:
        """The state before the first token of some texts."""

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, list[dict[str, Tensor]]]:
        """Logits, (B, k), after one token more of each text, (B,); the state, and the values that the cell kept."""


class Token(NamedTuple):
    """A token that was written.

    Attributes:
        number: its index in the vocabulary.
        p: its probability in softmax(o), the network's own.
        drawn: its probability in the distribution that it was drawn from.
    """

    number: int
    p: float
    drawn: float


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


@torch.inference_mode()
def write(network: Writer, prompt: Sequence[int], how: WriteConfig, never: Sequence[int], ends: Sequence[int]) -> Iterator[Token]:
    """Draws token after token, each of which the network reads before the next one is drawn.

    Args:
        network: in evaluation mode.
        prompt: the tokens that are read first, at least one.
        how: `length` is the greatest number of tokens; the same `seed` gives the same text; `stop` is not looked at.
        never: tokens that are not written.
        ends: tokens after which nothing more is written; they are given too.
    """
    random, state = np.random.default_rng(how.seed), network.start(1)
    device = state[0].device
    for index in prompt:
        logits, state, _ = network.step(torch.tensor([index], device=device), state)
    for _ in range(how.length):
        o = array(logits[0]).astype(np.float64)
        p = drawn_from(o, how, never)
        index = min(int(np.searchsorted(p.cumsum(), random.random() * p.sum(), "right")), int(np.flatnonzero(p)[-1]))
        yield Token(index, float(softmax(o)[index]), float(p[index]))
        if index in ends:
            return
        logits, state, _ = network.step(torch.tensor([index], device=device), state)
