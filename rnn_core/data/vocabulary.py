"""The vocabulary: words and their indices. It is built from the training split only."""

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

PAD, UNK, SOS, EOS = 0, 1, 2, 3
SPECIALS = ("<pad>", "<unk>", "<sos>", "<eos>")

UNWRITTEN = (PAD, UNK, SOS)
"""Those that a network never writes; `<eos>` ends a text."""

COPYING = (PAD, SOS)
"""The same where a token of the source takes the place of `<unk>`."""


_APOSTROPHES = str.maketrans("’ʼ＇", "'''")


def unified(token: str) -> str:
    """A token in one spelling for all variants: composed letters (NFC), and the typewriter apostrophe."""
    return token if token.isascii() else unicodedata.normalize("NFC", token.translate(_APOSTROPHES))


def folding(lowercase: bool, unify: bool = True) -> Callable[[str], str]:
    """Returns the function from a token to the word that is looked up."""
    if not unify:
        return str.lower if lowercase else str
    return (lambda token: unified(token.lower())) if lowercase else unified


@dataclass(frozen=True)
class Vocabulary:
    """Words by index. The first four are `<pad> <unk> <sos> <eos>`; the others follow by falling frequency.

    Attributes:
        words: (N,) every word, specials included.
        counts: (N,) the frequency of each in training; 0 for the specials.
        lowercase: whether tokens are lower-cased before they are looked up.
        unify: whether `unified` is applied before they are looked up; older runs do not.
    """

    words: tuple[str, ...]
    counts: tuple[int, ...]
    lowercase: bool = False
    unify: bool = True

    @classmethod
    def build(cls, texts: Iterable[Sequence[str]], size: int, lowercase: bool = False) -> "Vocabulary":
        """The `size` most frequent words of `texts` (specials not counted); ties are resolved by first appearance."""
        counts: Counter[str] = Counter()
        for tokens in texts:
            counts.update(map(folding(lowercase), tokens))
        return cls.of_counts(counts, size, lowercase)

    @classmethod
    def of_counts(cls, counts: Counter[str], size: int, lowercase: bool = False) -> "Vocabulary":
        """The same from the count of each folded word in training, in order of first appearance."""
        for special in SPECIALS:  # a special spelled in a text is not a special
            counts.pop(special, None)
        kept = counts.most_common(size)
        return cls(
            SPECIALS + tuple(word for word, _ in kept), (0,) * len(SPECIALS) + tuple(n for _, n in kept), lowercase
        )

    def __len__(self) -> int:
        return len(self.words)

    @cached_property
    def _index(self) -> dict[str, int]:
        return dict(zip(self.words[len(SPECIALS) :], range(len(SPECIALS), len(self)), strict=True))

    @cached_property
    def fold(self) -> Callable[[str], str]:
        """The function from a token to the word that is looked up."""
        return folding(self.lowercase, self.unify)

    def encode(self, tokens: Sequence[str]) -> list[int]:
        """The index of each token; `UNK` if it is not in the vocabulary, or is a special spelled in a text."""
        look_up = self._index.get
        return [look_up(token, UNK) for token in map(self.fold, tokens)]

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"words": list(self.words), "counts": list(self.counts), "lowercase": self.lowercase, "unify": self.unify}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Vocabulary":
        """The inverse of `to_json`. Raises KeyError, TypeError or ValueError for other values."""
        words, counts = tuple(map(str, values["words"])), tuple(map(int, values["counts"]))
        if words[: len(SPECIALS)] != SPECIALS or len(words) != len(counts) or len(set(words)) != len(words):
            raise ValueError("not a vocabulary")
        return cls(words, counts, bool(values["lowercase"]), bool(values.get("unify", False)))


def copied(words: Sequence[str], indices: Sequence[int], sources: Sequence[int], source: Sequence[str]) -> tuple[str, ...]:
    """Tokens that a network wrote, with a token of the source in the place of each `<unk>` (Luong et al. 2015).

    Args:
        words: the vocabulary of the target.
        indices: (n,) the tokens.
        sources: (n,) the step of the source for each, `<sos>` being step 0; not read where no token is `<unk>`.
        source: the tokens of the source, without specials.
    """
    return tuple(words[i] if i != UNK else source[sources[t] - 1] if source else SPECIALS[UNK] for t, i in enumerate(indices))
