"""The form of a word: its capital letters and its last letters, which are known of a word that training never saw."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import regex

from rnn_core.data.tokens import graphemes
from rnn_core.data.vocabulary import Vocabulary

CASING, TWO, THREE = "casing", "ending2", "ending3"
"""The names of the features, which are those of their sides in a schema."""

LOWER, CAPITAL, UPPER, MIXED, NUMBER, WITH_DIGITS, NO_LETTER, NO_CASE = (
    "lower", "Capital", "UPPER", "miXed", "123", "a1", "?!", "other",
)  # fmt: skip
"""The kinds of casing, each written as an example of itself."""

_LETTER, _DIGIT = regex.compile(r"\p{L}"), regex.compile(r"\p{Nd}")
_CAPITAL = regex.compile(r"\P{L}*[\p{Lu}\p{Lt}]\P{Lu}*")


def casing(token: str) -> str:
    """The kind of casing of a token: letters with digits are `WITH_DIGITS`, whatever their case; letters of a script without
    cases are `NO_CASE`; one capital letter before all others is `CAPITAL`, also where it is the only letter."""
    digits = _DIGIT.search(token)
    if not _LETTER.search(token):
        return NUMBER if digits else NO_LETTER
    if digits:
        return WITH_DIGITS
    if token.lower() == token.upper():
        return NO_CASE
    if token == token.lower():
        return LOWER
    if _CAPITAL.fullmatch(token):
        return CAPITAL
    return UPPER if token == token.upper() else MIXED


def ending(token: str, letters: int) -> str:
    """The last letters (grapheme clusters) of a token in lower case; the whole token if it is shorter."""
    token = token.lower()
    return "".join(graphemes(token, len(token))[-letters:])


FEATURES: Mapping[str, Callable[[str], str]] = MappingProxyType({
    CASING: casing, TWO: lambda token: ending(token, 2), THREE: lambda token: ending(token, 3),
})  # fmt: skip
"""Each feature's function from a token to its value."""

LETTERS = MappingProxyType({CASING: "E_c", TWO: "E_2", THREE: "E_3"})
"""The letter of the embedding of each feature in formulas."""

MOST = 50_000
"""Values of a feature that a vocabulary keeps at most."""


def vocabulary(name: str, tokens: Iterable[tuple[str, int]]) -> Vocabulary:
    """The vocabulary of a feature: the values that occur at least twice in training. Those that occur once are `<unk>`, whose
    embedding so learns what a rare ending means.

    Args:
        name: a key of `FEATURES`.
        tokens: the different tokens of training in order of first appearance, each with its count.
    """
    counts, feature = Counter[str](), FEATURES[name]
    for token, count in tokens:
        counts[feature(token)] += count
    return Vocabulary.of_counts(Counter({value: count for value, count in counts.items() if count > 1}), MOST)
