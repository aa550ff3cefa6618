"""Generates text, token by token."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from rnn_core.config import WriteConfig
from rnn_core.network.cells import State
from rnn_core.network.device import array
from rnn_core.network.sampling import drawn_from, softmax


class Writer(Protocol):
    """A model that generates step by step: a language model, or an encoder and a decoder."""

    def start(self, texts: int) -> State:
        """The state before the first token of some texts."""

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, list[dict[str, Tensor]]]:
        """Logits, (B, k), after the next token of each text, (B,); the state, and the values that the cell kept."""


class Token(NamedTuple):
    """A generated token.

    Attributes:
        number: its index in the vocabulary.
        p: its probability in softmax(o), the network's own.
        drawn: its probability in the distribution from which it was sampled.
    """

    number: int
    p: float
    drawn: float


@torch.inference_mode()
def write(network: Writer, prompt: Sequence[int], how: WriteConfig, never: Sequence[int], ends: Sequence[int]) -> Iterator[Token]:
    """Samples token after token; each is the input of the next step.

    Args:
        network: the model, in evaluation mode.
        prompt: the first input tokens, at least one.
        how: `length` is the maximum number of tokens; the same `seed` gives the same text; `stop` is ignored.
        never: tokens that are never generated.
        ends: tokens after which generation stops; they are yielded too.
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
