"""The training loop that common tutorials teach, plain and fair: what ours is measured against.

Shuffled batches padded to their longest text, `pack_padded_sequence`, `nn.RNN`, `nn.LSTM` or `nn.GRU`, dropout,
`clip_grad_norm_` and Adam. It reads by pandas, cuts texts by the regular expression that such loops use, and starts
from the same initialisation as ours when a network of ours is given. It trains on the same rows with the same settings.
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd  # type: ignore[import-untyped]
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence, pad_sequence
from torch.utils.data import DataLoader

PAD, UNK = 0, 1
WORDS = re.compile(r"\w+(?:'\w+)?|[^\w\s]")


def read(path: str, text: str = "text", label: str = "label") -> tuple[list[list[int]], list[int], Counter[str]]:
    """A CSV as the tutorials read it: a data frame, a tokeniser in Python, a counter, lists of indices."""
    table = pd.read_csv(path)
    tokens = [WORDS.findall(str(row)) for row in table[text]]
    counts = Counter(word for row in tokens for word in row)
    index = {word: i for i, (word, _) in enumerate(counts.most_common(20_000), start=2)}
    labels = {name: i for i, name in enumerate(sorted(table[label].unique()))}
    return [[index.get(word, UNK) for word in row] for row in tokens], [labels[name] for name in table[label]], counts


class Network(nn.Module):
    """Embedding, one recurrent layer, a linear readout of the last true state or of every state."""

    def __init__(self, cell: str, words: int, classes: int, n: int, d: int, dropout: float, tagging: bool):
        super().__init__()
        self.tagging = tagging
        self.embedding = nn.Embedding(words, n, padding_idx=PAD)
        kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
        self.recurrent = kind(n, d, batch_first=True, bidirectional=tagging)
        self.readout = nn.Linear(d * (2 if tagging else 1), classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        x = self.dropout(self.embedding(tokens))
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        states, last = self.recurrent(packed)
        if self.tagging:
            return self.readout(self.dropout(pad_packed_sequence(states, batch_first=True)[0]))
        h = last[0] if isinstance(last, tuple) else last
        return self.readout(self.dropout(h[-1]))


@dataclass
class Loop:
    """One training by that loop.

    Attributes:
        texts: indices of each text's tokens.
        targets: one class per text, or one per token.
        seconds, tokens: what training batches took, and the words in them (specials not counted).
    """

    network: Network
    texts: Sequence[Sequence[int]]
    targets: Sequence[int] | Sequence[Sequence[int]]
    specials: int = 0
    batch: int = 64
    learning_rate: float = 0.002
    clip: float = 5.0
    seconds: float = 0.0
    tokens: int = 0
    optimizer: torch.optim.Optimizer = field(init=False)

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.Adam(self.network.parameters(), lr=self.learning_rate)

    def epoch(self, most: int | None = None) -> None:
        """One pass over the texts, or over the first `most` batches of it."""
        criterion = nn.CrossEntropyLoss(ignore_index=-1)
        rows = list(zip(self.texts, self.targets, strict=True))
        loader: DataLoader[Any] = DataLoader(rows, self.batch, shuffle=True, collate_fn=self._collate)  # type: ignore[arg-type]
        self.network.train()
        began = time.perf_counter()
        for number, (tokens, lengths, targets) in enumerate(loader, start=1):
            self.optimizer.zero_grad()
            logits = self.network(tokens, lengths)
            loss = criterion(logits.flatten(0, -2), targets.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(self.network.parameters(), self.clip)
            self.optimizer.step()
            self.tokens += int(lengths.sum()) - self.specials * len(lengths)
            if number == most:
                break
        self.seconds += time.perf_counter() - began

    def _collate(self, rows: list[tuple[Sequence[int], int | Sequence[int]]]) -> tuple[Tensor, Tensor, Tensor]:
        tokens = [torch.tensor(text) for text, _ in rows]
        lengths = torch.tensor([len(text) for text in tokens])
        if self.network.tagging:
            targets = pad_sequence([torch.tensor(t) for _, t in rows], batch_first=True, padding_value=-1)
        else:
            targets = torch.tensor([t for _, t in rows])
        return pad_sequence(tokens, batch_first=True, padding_value=PAD), lengths, targets

    @torch.no_grad()
    def accuracy(self, texts: Sequence[Sequence[int]], targets: Sequence[int] | Sequence[Sequence[int]]) -> float:
        """The share of right answers, without dropout."""
        self.network.eval()
        right = counted = 0
        rows = list(zip(texts, targets, strict=True))
        for start in range(0, len(rows), 256):
            tokens, lengths, wanted = self._collate(rows[start : start + 256])  # type: ignore[arg-type]
            found = self.network(tokens, lengths).argmax(-1)
            known = wanted >= 0
            right += int((found == wanted)[known].sum())
            counted += int(known.sum())
        return right / counted
