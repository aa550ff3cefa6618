"""Generates text, token by token."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from rnn_core.network.cells import State
from rnn_core.network.device import array


class Writer(Protocol):
    """A model that generates step by step: a network, or an encoder and a decoder."""

    def start(self, texts: int) -> State:
        """The state before the first token of some texts."""

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, list[dict[str, Tensor]]]:
        """Logits, (B, k), after the next token of each text, (B,); the state, and the kept values."""


class Token(NamedTuple):
    """A generated token: its index, and its probability at the temperature of sampling."""

    number: int
    probability: float


@torch.no_grad()
def write(
    network: Writer, prompt: Sequence[int], length: int, temperature: float, seed: int, never: Sequence[int], end: int
) -> Iterator[Token]:
    """Samples tokens from softmax(o / temperature); each is the input of the next step.

    Args:
        network: the model, in evaluation mode.
        prompt: the first input tokens, at least one.
        length: the maximum number of tokens.
        temperature: at 0, the most probable token is taken.
        seed: the same seed gives the same text.
        never: tokens that are never generated.
        end: the token after which generation stops; it is yielded too.
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
