"""Tokens as numbers while a file is read: many texts at a time, and a bounded number of different words."""

from array import array
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from rnn_core.data.tokens import PATTERNS, graphemes, words

MOST_TOKENS = 2_000_000
"""The maximum number of different tokens; beyond it the rarer half is dropped. A vocabulary has at most half as many."""

MOST_CHARACTERS = 100_000_000
"""The maximum number of characters in all different tokens; beyond it the rarer half is dropped too."""

FREQUENT = 1 << 16
"""The number of pieces that Arrow looks up; it rebuilds its table for every block."""

MOST_PIECES = 500_000
"""The maximum number of cached pieces between white space; beyond it the cache is cleared."""

FEW = 50_000
"""Numbers per search for new ones."""

READABLE, EMOJI, RIGHT_TO_LEFT = 1, 2, 4
"""Features of a text, as bits."""

_SIGNS = {
    READABLE: regex.compile(r"[\p{L}\p{N}]"),
    EMOJI: regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}]"),
    RIGHT_TO_LEFT: regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]"),
}


def signs(text: str) -> int:
    """The bits `READABLE`, `EMOJI` and `RIGHT_TO_LEFT` of a text."""
    if text.isascii():
        return READABLE if text.isalnum() or _SIGNS[READABLE].search(text) else 0
    return sum(bit for bit, sign in _SIGNS.items() if sign.search(text))


class Numbers(dict[str, int]):
    """Numbers for texts, in order of first lookup."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class Numbering:
    """Numbers the tokens of texts in order of first appearance; 0 is the number of dropped tokens.

    A text is split at white space, and the tokens of each piece are looked up in a cache: only new pieces are tokenised.

    Args:
        how: as for `tokenise` for texts, None for lists of tokens.
        most: the maximum number of tokens per text; longer texts are cut.
        fold: the function from a token to its word; texts are equal if their words are.
    """

    def __init__(self, how: str | None, most: int, fold: Callable[[str], str] = str):
        self.how, self.most, self.fold = how, most, fold
        self.tokens = Numbers({"": 0})
        self._characters = 0
        self._hashes = array("q", [0])  # of the word of each token
        self._factors = np.random.default_rng(0).integers(0, 1 << 63, most + 1, np.uint64) * 2 + 1  # one per place in a text
        self._forget_pieces()

    def _forget_pieces(self) -> None:
        """Clears the cache. Piece i has the tokens `_flat[_starts[i] : _starts[i + 1]]` and the signs `_signs[i]`."""
        self._pieces: dict[str, int] = {}
        self._first = pa.array([], pa.string())
        self._flat, self._starts, self._signs = array("i"), array("i", [0]), bytearray()

    def _add_pieces(self, new: list[str]) -> None:
        """Adds the tokens of new pieces to the cache."""
        found: list[Sequence[str]] = [(piece,) for piece in new]
        signs_ = bytearray([READABLE]) * len(new)
        for i in np.flatnonzero(~_plain(new)).tolist():
            signs_[i] = signs(new[i])
            if self.how in PATTERNS:
                found[i] = words(new[i], self.most + 1, self.how)
        before = len(self.tokens)
        numbers = np.fromiter(map(self.tokens.__getitem__, chain.from_iterable(found)), np.int32)
        added = [*islice(reversed(self.tokens), len(self.tokens) - before)][::-1]
        self._characters += sum(map(len, added))
        self._hashes.extend(map(hash, map(self.fold, added)))
        self._pieces.update(zip(new, range(len(self._pieces), len(self._pieces) + len(new)), strict=True))
        starts = len(self._flat) + np.cumsum(np.fromiter(map(len, found), np.int32))
        self._starts.frombytes(starts.astype(np.int32).tobytes())
        self._flat.frombytes(numbers.tobytes())
        self._signs += signs_

    @property
    def full(self) -> bool:
        """Whether `keep` must be called."""
        return len(self.tokens) > MOST_TOKENS or self._characters > MOST_CHARACTERS

    def keep(self, counts: np.ndarray) -> np.ndarray:
        """Drops the rarer half of the tokens.

        Args:
            counts: the count of each number so far.

        Returns:
            The new number of each, 0 for dropped tokens.
        """
        order = 1 + np.argsort(-counts[1:], kind="stable")
        characters = np.cumsum([len(token) for token in self._listed(order)])
        kept = np.sort(order[: min(MOST_TOKENS // 2, int(np.searchsorted(characters, MOST_CHARACTERS // 2)))])
        self.tokens = Numbers({"": 0} | {token: i for i, token in enumerate(self._listed(kept), start=1)})
        self._characters = sum(map(len, self.tokens))
        self._hashes = array("q", [0, *map(hash, map(self.fold, islice(self.tokens, 1, None)))])
        self._forget_pieces()
        new = np.zeros(len(counts), np.int32)
        new[kept] = np.arange(1, len(kept) + 1)
        return new

    def _listed(self, numbers: np.ndarray) -> list[str]:
        tokens = list(self.tokens)
        return [tokens[i] for i in numbers.tolist()]

    def of(self, texts: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Texts, or lists of tokens, as numbers; none may be empty or only white space.

        Args:
            texts: an Arrow array of texts, or a list of lists of tokens.

        Returns:
            numbers: the numbers of all tokens, end to end, without those beyond the first `most` of a text.
            lengths: (m,) the number of tokens kept of each text.
            signs: (m,) as `signs`; for a cut text, they cover at least the tokens kept.
            cut: the rows that were cut.
            same: (m,) int64, a hash, equal for texts with equal words.
        """
        if len(self._pieces) > MOST_PIECES or len(self._flat) > 8 * MOST_PIECES:
            self._forget_pieces()
        pieces, counts = self._split(texts)
        pieces = self._numbered(pieces)
        flat, starts = np.frombuffer(self._flat, np.int32), np.frombuffer(self._starts, np.int32)
        begin = np.cumsum(counts) - counts
        widths = np.diff(starts)[pieces]
        lengths = np.add.reduceat(widths, begin)
        found = np.bitwise_or.reduceat(np.frombuffer(self._signs, np.uint8)[pieces], begin)
        numbers = flat[starts[pieces]] if (widths == 1).all() else flat[ragged(starts[pieces], widths)]
        cut = np.flatnonzero(lengths > self.most)
        if len(cut):
            numbers = numbers[ragged(np.zeros_like(lengths), lengths) < self.most]
            lengths = np.minimum(lengths, self.most)
        return numbers, lengths, found, cut, self._same(numbers, lengths)

    def _same(self, numbers: np.ndarray, lengths: np.ndarray) -> np.ndarray:
        """A hash of each text: Σ (hash of the word) · (factor of its place), modulo 2⁶⁴."""
        factors = self._factors[ragged(np.zeros_like(lengths), lengths)]
        words = np.frombuffer(self._hashes, np.int64)[numbers].view(np.uint64)
        sums = np.add.reduceat(words * factors, np.cumsum(lengths) - lengths) + lengths.astype(np.uint64)
        return sums.view(np.int64)

    def _split(self, texts: Any) -> tuple[pa.Array, np.ndarray]:
        """The pieces of texts, end to end, and the number of pieces of each."""
        if self.how in PATTERNS:
            # Arrow splits at ASCII white space. `words` splits a piece at other white space; a text that begins or ends
            # with white space has an empty piece.
            lists = pc.ascii_split_whitespace(texts)
            return lists.values, np.diff(lists.offsets.to_numpy())
        parts: Sequence[Sequence[str]] = texts
        if self.how == "char":
            parts = [graphemes(text, self.most + 1) for text in texts.to_pylist()]
        return pa.array(chain.from_iterable(parts), pa.string()), np.fromiter(map(len, parts), np.int64)

    def _numbered(self, pieces: pa.Array) -> np.ndarray:
        """The number of each piece. Arrow looks up the earliest pieces, which are the most frequent; a dict the others."""
        numbers = pc.index_in(pieces, self._first).fill_null(-1).to_numpy(zero_copy_only=False).copy()
        unknown = np.flatnonzero(numbers < 0)
        others = pieces.take(pa.array(unknown)).dictionary_encode()
        listed = others.dictionary.to_pylist()
        self._add_pieces([piece for piece in listed if piece not in self._pieces])
        numbers[unknown] = np.fromiter(map(self._pieces.__getitem__, listed), np.int32)[others.indices.to_numpy()]
        if len(self._first) < FREQUENT and len(self._pieces) > 2 * len(self._first):
            self._first = pa.array(islice(self._pieces, FREQUENT), pa.string())
        return numbers


def _plain(pieces: Sequence[str]) -> np.ndarray:
    """(m,) whether each consists of ASCII letters and digits, as most do: it is one token, and `READABLE`."""
    there = pa.array(pieces, pa.string())
    return pc.and_(pc.string_is_ascii(there), pc.ascii_is_alnum(there)).to_numpy(zero_copy_only=False)


def ragged(starts: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """Consecutive ranges: `widths[0]` integers from `starts[0]` on, then `widths[1]` from `starts[1]` on, and so on."""
    ends = np.cumsum(widths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - widths), widths)


class Counts:
    """The count of each number in consecutive arrays, and the place of its first occurrence."""

    def __init__(self, size: int):
        self.counts = np.zeros(size, np.int64)
        self.first = np.full(size, -1, np.int64)
        self._seen = 0

    def add(self, numbers: np.ndarray) -> None:
        """Counts the numbers of another array."""
        self.counts += np.bincount(numbers, minlength=len(self.counts))
        for some in np.split(numbers, range(FEW, len(numbers), FEW)):  # in small pieces: most new numbers are in the first
            new = np.flatnonzero(self.first[some] < 0)[::-1]  # for equal indices, the last assignment is kept
            self.first[some[new]] = new + self._seen
            self._seen += len(some)

    def by_first(self) -> list[int]:
        """The numbers that occurred, in order of first occurrence."""
        came = np.flatnonzero(self.counts)
        return came[np.argsort(self.first[came])].tolist()

    def by_count(self) -> np.ndarray:
        """The numbers that occurred, most frequent first; ties in order of first occurrence."""
        came = np.flatnonzero(self.counts)
        return came[np.lexsort((self.first[came], -self.counts[came]))]
