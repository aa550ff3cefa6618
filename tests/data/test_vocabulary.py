"""The vocabulary: which words it keeps, in which order, and that any text can be encoded by it."""

import json
import unicodedata
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.data.vocabulary import EOS, PAD, SOS, SPECIALS, UNK, Vocabulary

WORD = st.one_of(st.sampled_from([*SPECIALS, "a", "b", "A", "B", "İ", "ß", "’s", "'s", "e\u0301", "é"]), st.text(max_size=4))


def fold(word: str, lowercase: bool) -> str:
    """The word that a token counts as, one character at a time."""
    word = word.lower() if lowercase else word
    return unicodedata.normalize("NFC", "".join("'" if sign in "’ʼ＇" else sign for sign in word))


TEXTS = st.lists(st.lists(WORD, max_size=8), max_size=6)


@given(TEXTS, st.integers(1, 12), st.booleans())
def test_it_holds_the_most_frequent_words_and_among_equals_the_first_seen(
    texts: list[list[str]], size: int, lowercase: bool
) -> None:
    vocabulary = Vocabulary.build(texts, size, lowercase)
    seen = [fold(word, lowercase) for text in texts for word in text]
    seen = [word for word in seen if word not in SPECIALS]
    wanted = sorted(set(seen), key=lambda word: (-seen.count(word), seen.index(word)))[:size]
    assert vocabulary.words == (*SPECIALS, *wanted)
    assert vocabulary.counts == (0, 0, 0, 0, *(Counter(seen)[word] for word in wanted))
    assert len(vocabulary) == 4 + len(wanted) <= 4 + size


@given(TEXTS, st.lists(WORD, max_size=10), st.booleans())
def test_any_tokens_get_valid_indices_and_known_ones_their_own(
    texts: list[list[str]], tokens: list[str], lowercase: bool
) -> None:
    vocabulary = Vocabulary.build(texts, 5, lowercase)
    indices = vocabulary.encode(tokens)
    assert len(indices) == len(tokens)
    for token, index in zip(tokens, indices, strict=True):
        folded = fold(token, lowercase)
        known = folded in vocabulary.words and folded not in SPECIALS
        assert index == (vocabulary.words.index(folded) if known else UNK)
    assert not {PAD, SOS, EOS} & set(indices)


@given(TEXTS, st.booleans())
def test_it_comes_back_from_json_as_it_was(texts: list[list[str]], lowercase: bool) -> None:
    vocabulary = Vocabulary.build(texts, 100, lowercase)
    again = Vocabulary.from_json(json.loads(json.dumps(vocabulary.to_json())))
    assert again == vocabulary
    assert again.encode(["a", "B", "<eos>"]) == vocabulary.encode(["a", "B", "<eos>"])


@pytest.mark.parametrize("special", SPECIALS)
@pytest.mark.parametrize("lowercase", [False, True])
def test_a_special_spelled_in_a_text_is_an_unknown_word(special: str, lowercase: bool) -> None:
    vocabulary = Vocabulary.build([[special, special.upper(), "word"]] * 3, 10, lowercase)
    assert vocabulary.words.count(special) == 1
    assert vocabulary.encode([special]) == [UNK]
    assert vocabulary.encode(["word"]) == [vocabulary.words.index("word")]


def test_lowercase_folds_in_building_and_in_encoding() -> None:
    folded, kept = Vocabulary.build([["The", "the", "THE"]], 10, True), Vocabulary.build([["The", "the", "The"]], 10)
    assert folded.words[4:] == ("the",) and folded.counts[4] == 3
    assert folded.encode(["tHe"]) == [4]
    assert kept.words[4:] == ("The", "the") and kept.encode(["tHe", "The"]) == [UNK, 4]


GOOD: dict[str, Any] = {"words": [*SPECIALS, "a"], "counts": [0, 0, 0, 0, 2], "lowercase": False}


@pytest.mark.parametrize(
    "values",
    [
        {}, [], None, {"words": ["a"], "counts": [1], "lowercase": False}, GOOD | {"counts": [0, 0, 0, 0]},
        GOOD | {"words": [*SPECIALS, "a", "a"], "counts": [0] * 6}, GOOD | {"counts": [0, 0, 0, 0, "x"]},
        {"words": GOOD["words"], "counts": GOOD["counts"]}, GOOD | {"words": 5},
    ],
)  # fmt: skip
def test_anything_else_is_no_vocabulary(values: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError)):
        Vocabulary.from_json(values)
