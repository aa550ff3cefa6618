"""The translation loop that tutorials teach, plain and fair: what our encoder and decoder are measured against.

Shuffled batches padded to their longest text. An encoder in both directions reads packed sequences; a decoder, `nn.GRU` or
`nn.LSTM`, is called once per target token (teacher forcing), with dot attention and readout at each step (Luong et al. 2015).
Cross-entropy over all steps, `clip_grad_norm_` and Adam.
"""

import time
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}
PAD = 0


class Encoder(nn.Module):
    """Returns the states of all source tokens, (B, S, d), and the last state of both directions side by side."""

    def __init__(self, cell: str, words: int, n: int, d: int, dropout: float):
        super().__init__()
        self.embedding = nn.Embedding(words, n, padding_idx=PAD)
        self.recurrent = KINDS[cell](n, d // 2, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, source: Tensor, lengths: Tensor) -> tuple[Tensor, Any]:
        x = self.dropout(self.embedding(source))
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, last = self.recurrent(packed)
        states, _ = pad_packed_sequence(states, batch_first=True)
        if isinstance(last, tuple):
            return states, tuple(torch.cat((part[0], part[1]), 1)[None] for part in last)
        return states, torch.cat((last[0], last[1]), 1)[None]


class Decoder(nn.Module):
    """One step: the logits of the next token, (B, k), and the new state."""

    def __init__(self, cell: str, words: int, n: int, d: int, dropout: float):
        super().__init__()
        self.embedding = nn.Embedding(words, n, padding_idx=PAD)
        self.recurrent = KINDS[cell](n, d, batch_first=True)
        self.combine = nn.Linear(2 * d, d, bias=False)
        self.readout = nn.Linear(d, words)
        self.dropout = nn.Dropout(dropout)

    def forward(self, token: Tensor, state: Any, memory: Tensor, pads: Tensor) -> tuple[Tensor, Any]:
        x = self.dropout(self.embedding(token))[:, None]
        h, state = self.recurrent(x, state)
        scores = torch.bmm(h, memory.transpose(1, 2)).masked_fill(pads[:, None], float("-inf"))
        context = torch.bmm(scores.softmax(2), memory)
        read = torch.tanh(self.combine(torch.cat((h, context), 2)))
        return self.readout(self.dropout(read[:, 0])), state


class Loop:
    """One training by that loop.

    Attributes:
        seconds, tokens: the time that its batches took, and the target tokens in them, `<eos>` included.
    """

    def __init__(
        self,
        encoder: Encoder,
        decoder: Decoder,
        pairs: Sequence[tuple[Sequence[int], Sequence[int]]],
        batch: int,
        learning_rate: float = 0.002,
    ):
        self.encoder, self.decoder, self.pairs, self.batch, self.clip = encoder, decoder, pairs, batch, 5.0
        self.parameters = [*encoder.parameters(), *decoder.parameters()]
        self.optimizer = torch.optim.Adam(self.parameters, lr=learning_rate)
        self.seconds, self.tokens = 0.0, 0

    def epoch(self, most: int | None = None) -> None:
        """One pass over the pairs, or over the first `most` batches of it."""
        criterion = nn.CrossEntropyLoss(ignore_index=PAD)
        loader: DataLoader[Any] = DataLoader(self.pairs, self.batch, shuffle=True, collate_fn=_collate)  # type: ignore[arg-type]
        self.encoder.train()
        self.decoder.train()
        began = time.perf_counter()
        for number, (source, lengths, target) in enumerate(loader, start=1):
            self.optimizer.zero_grad()
            memory, state = self.encoder(source, lengths)
            outputs = []
            for t in range(target.shape[1] - 1):
                logits, state = self.decoder(target[:, t], state, memory, source == PAD)
                outputs.append(logits)
            wanted = target[:, 1:]
            loss = criterion(torch.stack(outputs, 1).flatten(0, 1), wanted.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(self.parameters, self.clip)
            self.optimizer.step()
            self.tokens += int((wanted != PAD).sum())
            if number == most:
                break
        self.seconds += time.perf_counter() - began


def _collate(pairs: list[tuple[Sequence[int], Sequence[int]]]) -> tuple[Tensor, Tensor, Tensor]:
    """Source, its lengths, and target, padded to the longest."""
    sources, targets = ([torch.tensor(text) for text in side] for side in zip(*pairs, strict=True))
    lengths = torch.tensor([len(text) for text in sources])
    return pad_sequence(sources, True, PAD), lengths, pad_sequence(targets, True, PAD)
