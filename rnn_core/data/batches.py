"""Encoded texts and batches of like length, as numpy arrays.

The input of a text is `<sos> w_1 … w_m <eos>`, so a text of m tokens takes T = m + 2 steps.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from rnn_core.data.forms import FEATURES
from rnn_core.data.schema import TEXT, Schema
from rnn_core.data.sides import Characters, Form, Tokens, places, steps_of
from rnn_core.data.vocabulary import EOS, PAD, SOS, Vocabulary

POOL = 50
"""Texts are sorted by length within pools of this number of batches: similar within a batch, random across pools."""

GROUP = 16
"""Larger batches are multiples of it: two threads, each with blocks of eight texts (network/kernels/products.py)."""


@dataclass(frozen=True)
class Batch:
    """Texts side by side, padded at the end.

    Attributes:
        rows: (B,) the rows of the texts.
        tokens: (T, B) indices, int64.
        lengths: (B,) steps without padding, specials included.
        targets: (B,) one class per text, or (T, B) one tag per step; −1 if there is none.
        form: (T, B, F) the indices of the F features of each token's form, int64; None if the network reads none.
    """

    rows: np.ndarray
    tokens: np.ndarray
    lengths: np.ndarray
    targets: np.ndarray
    form: np.ndarray | None = None

    @property
    def fed(self) -> np.ndarray:
        """What the network reads: `tokens`, or with the form of words (T, B, 1 + F), the word's index first."""
        return beside(self.tokens, self.form)

    @property
    def inputs(self) -> dict[str, np.ndarray]:
        """`tokens`, as they are fed, and `lengths` by name."""
        return {"tokens": self.fed, "lengths": self.lengths}


@dataclass(frozen=True)
class Encoded:
    """All texts of a split, end to end.

    Attributes:
        indices: the token indices of all texts, with `<sos>` and `<eos>`, one after the other, int32.
        starts: (m + 1,) the index where each text begins in `indices`.
        targets: (m,) one class per text, or one tag per index (−1 at specials); −1 for a label outside `labels`.
        per_token: whether `targets` are tags; otherwise classes.
        further: the other sides of tokens and characters, by name.
    """

    indices: np.ndarray
    starts: np.ndarray
    targets: np.ndarray
    per_token: bool
    further: Mapping[str, Tokens | Characters] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        texts: Sequence[Sequence[str]],
        targets: Sequence[str | Sequence[str]] | None,
        vocabulary: Vocabulary,
        labels: Sequence[str],
        per_token: bool,
    ) -> "Encoded":
        """Encodes texts, with a label per text or per token; `targets` None: no label is known."""
        number = {label: i for i, label in enumerate(labels)}
        flat: list[int] = []
        wanted: list[int] = []
        starts = np.zeros(len(texts) + 1, np.int64)
        known: Sequence[str | Sequence[str] | None] = [None] * len(texts) if targets is None else targets
        for row, (tokens, target) in enumerate(zip(texts, known, strict=True)):
            flat += [SOS, *vocabulary.encode(tokens), EOS]
            if per_token:
                wanted += [-1] * (len(tokens) + 2) if target is None else [-1, *(number.get(t, -1) for t in target), -1]
            else:
                wanted.append(-1 if target is None else number.get(str(target), -1))
            starts[row + 1] = len(flat)
        return cls(np.array(flat, np.int32), starts, np.array(wanted, np.int64), per_token)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """(m,) the number of steps of each text, specials included."""
        return np.diff(self.starts)

    @property
    def form(self) -> np.ndarray | None:
        """(n, F) the features of the form of all tokens, in the order of `indices`; None without any."""
        features = [side.indices for side in self.further.values() if isinstance(side, Form)]
        return np.stack(features, 1) if features else None

    @property
    def fed(self) -> np.ndarray:
        """What a network reads of all texts, end to end: `indices`, or with the form of words (n, 1 + F)."""
        return beside(self.indices, self.form)

    def limited(self, names: Container[str]) -> "Encoded":
        """The same without the further sides that are not among `names`."""
        return replace(self, further={name: side for name, side in self.further.items() if name in names})

    @property
    def sides(self) -> dict[str, Tokens | Characters]:
        """All sides of tokens and characters by name, `text` first."""
        return {TEXT: Tokens(self.indices, self.starts), **self.further}

    def part(self, rows: np.ndarray) -> "Encoded":
        """The same for some of the texts."""
        if len(rows) == len(self):
            return self
        steps = steps_of(self.starts, rows)
        starts = np.concatenate([[0], np.cumsum(self.lengths[rows])])
        targets = self.targets[steps] if self.per_token else self.targets[rows]
        further = {name: side.part(rows) for name, side in self.further.items()}
        return Encoded(self.indices[steps], starts, targets, self.per_token, further)

    def batch(self, rows: np.ndarray) -> Batch:
        """The texts of `rows` as one batch; `sides[name].batch(rows)` gives the further sides of the same texts."""
        where, true, lengths = places(self.starts, rows)
        tokens = np.where(true, self.indices[where], PAD).astype(np.int64)
        targets = np.where(true, self.targets[where], -1) if self.per_token else self.targets[rows]
        features = [np.where(true, side.indices[where], PAD) for side in self.further.values() if isinstance(side, Form)]
        return Batch(rows, tokens, lengths, targets, np.stack(features, 2).astype(np.int64) if features else None)


def beside(words: np.ndarray, form: np.ndarray | None) -> np.ndarray:
    """The indices of words, (…), with those of the features of their form, (…, F): (…, 1 + F). Without a form, the words."""
    return words if form is None else np.concatenate((words[..., None], form), -1)


def encode(
    schema: Schema,
    texts: Sequence[Sequence[str]],
    targets: Sequence[str | Sequence[str]] | None,
    vocabularies: Mapping[str, Vocabulary],
    labels: Sequence[str],
    further: Mapping[str, Sequence[Sequence[str]]],
) -> Encoded:
    """Encodes texts, with all sides that the given data allow.

    Args:
        schema: the sides.
        targets: a label, or tags, for each text; None: no label is known.
        vocabularies: the vocabulary of each side by name, `text` included; a form without one is left out.
        labels: the classes, by index.
        further: the texts of further tokens sides by name; unknown ones, such as a translation, are left out.
    """
    encoded = Encoded.of(texts, targets, vocabularies[TEXT], labels, schema.per_token)
    known = {TEXT: texts, **further}
    sides: dict[str, Tokens | Characters] = {name: Tokens.of(some, vocabularies[name]) for name, some in further.items()}
    sides |= {name: Characters.of(known[of], vocabularies[name]) for name, of in schema.spelled.items() if of in known}
    for name, of in schema.forms.items():
        if of in known and name in vocabularies:
            values = [list(map(FEATURES[name], tokens)) for tokens in known[of]]
            sides[name] = Form.of(values, vocabularies[name])
    return replace(encoded, further=sides)


def plan(lengths: np.ndarray, size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """The rows of each batch of one epoch: shuffled, of similar length, with about `size` × (mean length) steps each.

    Args:
        lengths: (m,) the number of steps of each text.
        size: B, the mean number of texts per batch; 1 gives one text per batch.
        rng: decides the order; the same state gives the same plan.
    """
    order = rng.permutation(len(lengths))
    if size == 1:
        return list(order[:, None])
    budget = size * lengths.mean()
    batches = [
        rows
        for pool in np.array_split(order, max(1, round(len(order) / (size * POOL))))
        for rows in _cut(pool[np.argsort(lengths[pool], kind="stable")], lengths, budget, GROUP)
    ]
    return [batches[i] for i in rng.permutation(len(batches))]


def in_order(lengths: np.ndarray, budget: float = 8192) -> Iterator[np.ndarray]:
    """Batches for prediction: shortest texts first, at most `budget` steps each including pads (or one text)."""
    return _cut(np.argsort(lengths, kind="stable"), lengths, budget)


def _cut(rows: np.ndarray, lengths: np.ndarray, budget: float, group: int = 1) -> Iterator[np.ndarray]:
    """Splits `rows`, sorted by length, into consecutive pieces for which rows × longest is within the budget.

    The size of a piece above `group` rows is the multiple of it that is nearest to the budget; the last piece is the rest.
    """
    start = 0
    for end in range(1, len(rows) + 1):
        count = end - start
        if end < len(rows) and count > group and count % group:
            continue
        more = group if count >= group else 1
        longest = lengths[rows[min(end + more, len(rows)) - 1]]
        if end == len(rows) or longest * (count + (more + 1) // 2) > budget:
            yield rows[start:end]
            start = end
