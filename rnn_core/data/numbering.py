"""Tokens as numbers while a file is read: many texts at a time, and no more different words than memory holds."""

from array import array
from collections.abc import Callable, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import regex

from rnn_core.data.tokens import graphemes, words

MOST_TOKENS = 2_000_000
"""Different tokens that are kept apart; beyond them the rarest half is forgotten. No vocabulary has more than half."""

MOST_CHARACTERS = 100_000_000
"""Characters that the different tokens have together; beyond them the rarest half is forgotten too."""

FREQUENT = 1 << 16
"""Pieces that Arrow looks up; it builds its table anew for every block."""

MOST_PIECES = 500_000
"""Pieces between white space whose tokens are remembered; beyond them all are found afresh."""

FEW = 50_000
"""Numbers that are looked through at a time for those not seen before."""

READABLE, EMOJI, RIGHT_TO_LEFT = 1, 2, 4
"""What stands in a text, as bits."""

_SIGNS = {
    READABLE: regex.compile(r"[\p{L}\p{N}]"),
    EMOJI: regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}]"),
    RIGHT_TO_LEFT: regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]"),
}


def signs(text: str) -> int:
    """Which of `READABLE`, `EMOJI` and `RIGHT_TO_LEFT` stand in a text."""
    if text.isascii():
        return READABLE if text.isalnum() or _SIGNS[READABLE].search(text) else 0
    return sum(bit for bit, sign in _SIGNS.items() if sign.search(text))


class Numbers(dict[str, int]):
    """A number for each text asked for, given out in order of first asking."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class Numbering:
    """Gives the tokens of texts numbers in order of first appearance; 0 stands for those forgotten.

    A text is cut into the pieces between its white space, a piece is looked up in a table of pieces, and its tokens are
    copied from there: only a piece that is new is tokenised.

    Args:
        how: "word" or "char" for texts, None for lists of tokens.
        most: a text is cut after this number of tokens.
        fold: gives the word that a token counts as, by which texts are the same.
    """

    def __init__(self, how: str | None, most: int, fold: Callable[[str], str] = str):
        self.how, self.most, self.fold = how, most, fold
        self.tokens = Numbers({"": 0})
        self._characters = 0
        self._hashes = array("q", [0])  # of the word that each token counts as
        self._factors = np.random.default_rng(0).integers(0, 1 << 63, most + 1, np.uint64) * 2 + 1  # one a place in a text
        self._forget_pieces()

    def _forget_pieces(self) -> None:
        """Piece i has the tokens `_flat[_starts[i] : _starts[i + 1]]` and the signs `_signs[i]`."""
        self._pieces: dict[str, int] = {}
        self._first = pa.array([], pa.string())
        self._flat, self._starts, self._signs = array("i"), array("i", [0]), bytearray()

    def _add_pieces(self, new: list[str]) -> None:
        """Finds the tokens of pieces that are not in the table."""
        found: list[Sequence[str]] = [(piece,) for piece in new]
        signs_ = bytearray([READABLE]) * len(new)
        for i in np.flatnonzero(~_plain(new)).tolist():
            signs_[i] = signs(new[i])
            if self.how == "word":
                found[i] = words(new[i], self.most + 1)
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
        """Whether `keep` is due."""
        return len(self.tokens) > MOST_TOKENS or self._characters > MOST_CHARACTERS

    def keep(self, counts: np.ndarray) -> np.ndarray:
        """Forgets the rarer half of the tokens.

        Args:
            counts: how often each number has come so far.

        Returns:
            The new number of each, 0 for those forgotten.
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
        """Texts, or lists of tokens, as numbers; none may be empty or white space alone.

        Args:
            texts: an Arrow array of them, or a list of lists of tokens.

        Returns:
            numbers: of all tokens, end to end, those beyond `most` of a text left out.
            lengths: (m,) how many tokens are left of each text.
            signs: (m,) as `signs`; of a text that was cut, of at least what is left.
            cut: the rows that were cut.
            same: (m,) int64, the same for texts that are the same, word for word.
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
        """A hash of each text: Σ hash of a word · the factor of its place, modulo 2⁶⁴."""
        factors = self._factors[ragged(np.zeros_like(lengths), lengths)]
        words = np.frombuffer(self._hashes, np.int64)[numbers].view(np.uint64)
        sums = np.add.reduceat(words * factors, np.cumsum(lengths) - lengths) + lengths.astype(np.uint64)
        return sums.view(np.int64)

    def _split(self, texts: Any) -> tuple[pa.Array, np.ndarray]:
        """The pieces of texts, end to end, and how many each text has."""
        if self.how == "word":
            # Arrow splits at ASCII white space. Other white space stays inside of a piece, where `words` finds it; a text
            # that begins or ends with white space has a piece without tokens.
            lists = pc.ascii_split_whitespace(texts)
            return lists.values, np.diff(lists.offsets.to_numpy())
        parts: Sequence[Sequence[str]] = texts
        if self.how == "char":
            parts = [graphemes(text, self.most + 1) for text in texts.to_pylist()]
        return pa.array(chain.from_iterable(parts), pa.string()), np.fromiter(map(len, parts), np.int64)

    def _numbered(self, pieces: pa.Array) -> np.ndarray:
        """The number of each piece. Arrow looks up those that came first, which are most; the others are listed once."""
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
    """(m,) which of them are ASCII letters and digits alone, which most are: one token, and `READABLE`."""
    there = pa.array(pieces, pa.string())
    return pc.and_(pc.string_is_ascii(there), pc.ascii_is_alnum(there)).to_numpy(zero_copy_only=False)


def ragged(starts: np.ndarray, widths: np.ndarray) -> np.ndarray:
    """`starts[0], starts[0] + 1, …`, `widths[0]` of them, then those from `starts[1]`, and so on."""
    ends = np.cumsum(widths)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - (ends - widths), widths)


class Counts:
    """How often each number came in arrays given one after the other, and where it came first."""

    def __init__(self, size: int):
        self.counts = np.zeros(size, np.int64)
        self.first = np.full(size, -1, np.int64)
        self._seen = 0

    def add(self, numbers: np.ndarray) -> None:
        """Counts some more."""
        self.counts += np.bincount(numbers, minlength=len(self.counts))
        for some in np.split(numbers, range(FEW, len(numbers), FEW)):  # few, because after the first few little is new
            new = np.flatnonzero(self.first[some] < 0)[::-1]  # of equal indices the last assignment stays
            self.first[some[new]] = new + self._seen
            self._seen += len(some)

    def by_first(self) -> list[int]:
        """The numbers that came, in order of first coming."""
        came = np.flatnonzero(self.counts)
        return came[np.argsort(self.first[came])].tolist()

    def by_count(self) -> np.ndarray:
        """The numbers that came, the most frequent first, among equals the one that came first."""
        came = np.flatnonzero(self.counts)
        return came[np.lexsort((self.first[came], -self.counts[came]))]
