"""The character loop that tutorials teach, plain and fair: what a language model of ours is measured against.

The text as one tensor, reshaped into B rows; chunks of K steps in order, the state carried over and detached; `nn.LSTM`,
dropout, cross-entropy over all steps, `clip_grad_norm_` and Adam. It writes one character at a time by `torch.multinomial`.
"""

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

KINDS = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


class Network(nn.Module):
    """Embedding, recurrent layers, a linear readout of every state."""

    def __init__(self, cell: str, words: int, n: int, d: int, dropout: float, layers: int = 1):
        super().__init__()
        self.embedding = nn.Embedding(words, n)
        self.recurrent = KINDS[cell](n, d, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.dropout = nn.Dropout(dropout)
        self.readout = nn.Linear(d, words)

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        states, state = self.recurrent(self.dropout(self.embedding(tokens)), state)
        return self.readout(self.dropout(states)), state


class Loop:
    """One training by that loop.

    Attributes:
        seconds, tokens: the time that its batches took, and the characters in them.
    """

    def __init__(self, network: Network, text: Sequence[int], batch: int, steps: int, learning_rate: float = 0.003):
        self.network, self.steps, self.clip = network, steps, 5.0
        length = (len(text) - 1) // batch
        self.inputs = torch.tensor(text[: length * batch]).view(batch, length)
        self.targets = torch.tensor(text[1 : length * batch + 1]).view(batch, length)
        self.optimizer = torch.optim.Adam(network.parameters(), lr=learning_rate)
        self.seconds, self.tokens = 0.0, 0

    def epoch(self, most: int | None = None) -> None:
        """One pass over the text, or over its first `most` chunks."""
        criterion = nn.CrossEntropyLoss()
        self.network.train()
        state: Any = None
        began = time.perf_counter()
        starts = range(0, self.inputs.shape[1] - self.steps + 1, self.steps)
        for start in list(starts)[:most]:
            x, y = self.inputs[:, start : start + self.steps], self.targets[:, start : start + self.steps]
            if state is not None:
                state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
            self.optimizer.zero_grad()
            logits, state = self.network(x, state)
            loss = criterion(logits.reshape(-1, logits.shape[-1]), y.reshape(-1))
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
            self.optimizer.step()
            self.tokens += x.numel()
        self.seconds += time.perf_counter() - began


@torch.no_grad()
def write(network: Network, first: int, length: int) -> list[int]:
    """The indices of `length` characters that the network writes after the first one."""
    network.eval()
    token, state, written = torch.tensor([[first]]), None, []
    for _ in range(length):
        logits, state = network(token, state)
        token = torch.multinomial(logits[:, -1].softmax(-1), 1)
        written.append(int(token))
    return written
