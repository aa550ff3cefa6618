"""Text that a network writes, token by token."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from rnn_core.network.cells import State
from rnn_core.network.device import array


class Writer(Protocol):
    """What writes step by step: a network, or an encoder and a decoder."""

    def start(self, texts: int) -> State:
        """The state before the first token of some texts."""

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, list[dict[str, Tensor]]]:
        """Logits, (B, k), after one token more of each text, (B,); the state, and what was kept."""


class Token(NamedTuple):
    """A token that was written: its number, and its probability under the temperature that it was drawn with."""

    number: int
    probability: float


@torch.no_grad()
def write(
    network: Writer, prompt: Sequence[int], length: int, temperature: float, seed: int, never: Sequence[int], end: int
) -> Iterator[Token]:
    """Draws token after token from softmax(o / temperature), each read before the next is drawn.

    Args:
        network: in evaluation mode.
        prompt: the tokens that are read first, at least one.
        length: how many tokens to write at most.
        temperature: above 0; 0 takes the most probable token each time.
        seed: the same seed, the same text.
        never: tokens that are not written.
        end: the token after which nothing more is written; it is given too.
    """
    random, state = np.random.default_rng(seed), network.start(1)
    device = state[0].device
    for index in prompt:
        logits, state, _ = network.step(torch.tensor([index], device=device), state)
    for _ in range(length):
        o = array(logits[0].double()).copy()
        o[list(never)] = -np.inf
        p = np.exp((o - o.max()) / temperature) if temperature else (o == o.max()).astype(float)
        p /= p.sum()
        index = int(p.argmax()) if not temperature else int(np.searchsorted(p.cumsum(), random.random() * p.sum(), "right"))
        index = min(index, len(p) - 1)
        yield Token(index, float(p[index]))
        if index == end:
            return
        logits, state, _ = network.step(torch.tensor([index], device=device), state)
