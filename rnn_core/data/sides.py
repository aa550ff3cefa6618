"""The tokens and characters of encoded texts, by the name of their side, and batches of them as numpy arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np

from rnn_core.data.tokens import graphemes
from rnn_core.data.vocabulary import EOS, PAD, SOS, UNK, Vocabulary

FORGOTTEN, START, END, FIRST = 0, 1, 2, 3
"""Rows of `Spellings`: a token of which no character is known, `<sos>`, `<eos>`, and the first token of the data."""


class Padded(NamedTuple):
    """Sequences side by side, padded at the end.

    Attributes:
        indices: (T, B) int64.
        lengths: (B,) steps without padding.
    """

    indices: np.ndarray
    lengths: np.ndarray


def places(starts: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The indices of the steps of some sequences in an array that holds all of them end to end.

    Args:
        starts: (m + 1,) the index where each begins.
        rows: (B,) the sequences.

    Returns:
        The indices, (T, B), 0 at pads; a mask that is true at all steps but pads, (T, B); and the lengths, (B,).
    """
    lengths = starts[rows + 1] - starts[rows]  # not of all texts, which may be millions
    steps = np.arange(lengths.max(initial=0))[:, None]
    true = steps < lengths
    return np.where(true, starts[rows] + steps, 0), true, lengths


def steps_of(starts: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The indices of some sequences, one after the other, in an array that holds all of them end to end."""
    return np.concatenate([np.empty(0, np.int64), *(np.arange(starts[row], starts[row + 1]) for row in rows)])


@dataclass(frozen=True)
class Tokens:
    """A tokens side of some examples, end to end.

    Attributes:
        indices: the token indices, with `<sos>` and `<eos>` around each text, int32.
        starts: (m + 1,) the index where each text begins in `indices`.
    """

    indices: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], vocabulary: Vocabulary) -> Self:
        """Encodes texts by a vocabulary."""
        starts = np.cumsum([0, *(len(tokens) + 2 for tokens in texts)])
        flat = [index for tokens in texts for index in (SOS, *vocabulary.encode(tokens), EOS)]
        return cls(np.array(flat, np.int32), starts)

    @property
    def lengths(self) -> np.ndarray:
        """(m,) the number of steps of each text, specials included."""
        return np.diff(self.starts)

    def part(self, rows: np.ndarray) -> Self:
        """The same for some of the texts."""
        return type(self)(self.indices[steps_of(self.starts, rows)], np.concatenate([[0], np.cumsum(self.lengths[rows])]))

    def batch(self, rows: np.ndarray) -> Padded:
        """The texts of `rows` as one batch, (T, B)."""
        where, true, lengths = places(self.starts, rows)
        return Padded(np.where(true, self.indices[where], PAD).astype(np.int64), lengths)


class Form(Tokens):
    """A feature of the form of each token of the first text (`data.forms`), one value at each place."""


@dataclass(frozen=True)
class Spellings:
    """The different tokens of some texts as the file spells them, and their characters.

    Attributes:
        tokens: the tokens in order of first appearance.
        indices: the indices of the characters of each, end to end, int32.
        starts: (3 + number of tokens + 1,) the index where each row begins in `indices`. The rows `FORGOTTEN`, `START` and
            `END` come before those of the tokens; their only character is `<unk>`, `<sos>` and `<eos>`.
    """

    tokens: Sequence[str]
    indices: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, tokens: Sequence[str], vocabulary: Vocabulary) -> "Spellings":
        """Encodes different tokens by a vocabulary of characters."""
        spelled = [[UNK], [SOS], [EOS], *(vocabulary.encode(letters(token)) for token in tokens)]
        starts = np.cumsum([0, *map(len, spelled)])
        return cls(tokens, np.array([index for row in spelled for index in row], np.int32), starts)


@dataclass(frozen=True)
class Characters:
    """The characters of each token of a tokens side, unknown words included.

    Attributes:
        numbers: the row in `spellings` of each token, int32, in the order of the side's `indices`.
        starts: (m + 1,) the index where each text begins in `numbers`.
    """

    numbers: np.ndarray
    starts: np.ndarray
    spellings: Spellings

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]], vocabulary: Vocabulary) -> "Characters":
        """Encodes the characters of texts by a vocabulary of characters."""
        rows: dict[str, int] = {}
        flat: list[int] = []
        for tokens in texts:
            flat += [START, *(rows.setdefault(token, FIRST + len(rows)) for token in tokens), END]
        starts = np.cumsum([0, *(len(tokens) + 2 for tokens in texts)])
        return cls(np.array(flat, np.int32), starts, Spellings.of(list(rows), vocabulary))

    def part(self, rows: np.ndarray) -> "Characters":
        """The same for some of the texts."""
        lengths = self.starts[rows + 1] - self.starts[rows]
        return Characters(self.numbers[steps_of(self.starts, rows)], np.concatenate([[0], np.cumsum(lengths)]), self.spellings)

    def batch(self, rows: np.ndarray) -> Padded:
        """The characters of the texts of `rows` as one batch, (L, T·B): column t·B + b holds those of step t of text b.

        `<sos>` and `<eos>` have one character of the same name; a pad has none, and its length is 0.
        """
        where, true, _ = places(self.starts, rows)
        starts = self.spellings.starts
        words = self.numbers[where].ravel()
        begins, lengths = starts[words], np.where(true.ravel(), starts[words + 1] - starts[words], 0)
        steps = np.arange(lengths.max(initial=1))[:, None]
        inside = steps < lengths
        indices = np.where(inside, self.spellings.indices[np.where(inside, begins + steps, 0)], PAD)
        return Padded(indices.astype(np.int64), lengths)

    def tokens(self, row: int) -> list[str]:
        """The tokens of one text as the file spells them, without specials; "" for a token whose characters are not known."""
        numbers = self.numbers[self.starts[row] + 1 : self.starts[row + 1] - 1]
        return ["" if number == FORGOTTEN else self.spellings.tokens[number - FIRST] for number in numbers.tolist()]


def letters(token: str) -> Sequence[str]:
    """The grapheme clusters of a token."""
    return graphemes(token, len(token))
