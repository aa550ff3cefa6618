"""Texts put together from tokens: cases by hand, and how many of the public sentences come back exactly."""

import csv
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.data.detokenise import detokenise, style
from rnn_core.data.tokens import tokenise

SIGNS = st.text(alphabet="aInlqut'’.-,3@/: \n\"«»?!;()$%…é\u0301👍🏽", max_size=40)


def tokens_of(text: str, how: str) -> list[str]:
    return [token for token, _, _ in tokenise(text, how)]


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("word", "I don't think it's bad; we're fine, aren't we?!"),
        ("word", "couldn’t CAN'T he'd they'll I’ve"),
        ("word", 'She said, "Go (now)!" and "that\'s all": 3.5 of 1,000.'),
        ("word", "“Quite,” he said… ‘Well…’ [sic] {x}"),
        ("word", "A few days' rest at 10:30, head work--hand work, and/or more - now."),
        ("word", "He had $10,000, €30 and 5% at 20°."),
        ("word", "They call it 'news' in the U.S., e.g. a well-acted o'clock."),
        ("elided", "Qu'est-ce que c'est ? L'homme n’a qu'un ami, d'accord !"),
        ("elided", "« Va-t'en », dit-il ; j'ai dit : « Jusqu'à l'aube ?! »"),
        ("elided", "Y a-t-il quelqu'un aujourd'hui, lorsqu'il s'entr'ouvre ?"),
        ("elided", "Il a dit \"non\" et \"l'or\" (à 10.000$)."),
        ("elided", "L'amica dell'anno, un'altra all'alba, un po' di pane."),
        ("elided", "C'è l'acqua nell'aria, quell'uomo dov'è."),
        ("char", "L'homme  n'a\n rien ."),
    ],
)
def test_texts_as_people_write_them(how: str, text: str) -> None:
    assert detokenise(tokens_of(text, how), how) == text


@pytest.mark.parametrize(
    ("how", "tokens", "text"),
    [
        ("word", [], ""),
        ("word", ["Is", "it", "«", "so", "»", "?", ";", "!", "yes"], "Is it «so»?;! yes"),
        ("elided", ["Est", "-", "ce", "«", "si", "»", "?", ";", "oui"], "Est - ce « si » ? ; oui"),
        ("elided", ["l’", "eau", "po'", "di", "n'"], "l’eau po' di n'"),
        ("word", ["l", "'", "eau"], "l 'eau"),
        ("char", ["a", " ", "b"], "a b"),
    ],
)
def test_tokens_that_a_network_may_write(how: str, tokens: list[str], text: str) -> None:
    assert detokenise(tokens, how) == text


@given(SIGNS, st.sampled_from(["word", "elided", "char"]))
def test_only_white_space_may_change(text: str, how: str) -> None:
    again = detokenise(tokens_of(text, how), how)
    assert again == text if how == "char" else "".join(again.split()) == "".join(text.split())


@pytest.mark.parametrize(("side", "how", "share"), [("source", "word", 0.999), ("target", "elided", 0.993)])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_public_sentences_come_back(shared_data: Path, side: str, how: str, share: float, form: str) -> None:
    path = shared_data / "tatoeba_en_fr" / "dev.csv"
    if not path.is_file():
        pytest.skip("the sentence pairs of ../shared/data/tatoeba_en_fr are not here")
    with path.open(encoding="utf-8", newline="") as file:
        texts = [unicodedata.normalize(form, row[side]) for row in csv.DictReader(file)]
    cut = [tokens_of(text, how) for text in texts]
    again = [detokenise(tokens, how) for tokens in cut]
    found = sum(one == other for one, other in zip(texts, again, strict=True)) / len(texts)
    print(f"{side}, {how}, {form}: {found:.4%} of {len(texts):,} sentences come back exactly")
    assert len(texts) > 2000 and found > share
    assert [tokens_of(text, how) for text in again] == cut


def test_english_cut_at_elisions_is_put_together_as_english() -> None:
    """A run from French to English cuts both sides at elisions, and writes no space before a question mark."""
    french = ["j'", "l'", "D'", "qu'", "n'", "s'", "est"]
    english = ["don't", "o'", "d'", "D'", "it's", "l'", "is"]
    assert style("elided", french) == "elided" and style("elided", english) == "word"
    assert style("char", french) == "char" and style("word", french) == "word"
    assert detokenise(["Is", "it", "so", "?"], style("elided", english)) == "Is it so?"
    assert detokenise(["Est", "-", "ce", "?"], style("elided", french)).endswith(" ?")


def test_the_style_of_public_sentences_is_that_of_their_language(shared_data: Path) -> None:
    path = shared_data / "tatoeba_en_fr" / "train.csv"
    if not path.is_file():
        pytest.skip("the sentence pairs of ../shared/data/tatoeba_en_fr are not here")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:20_001]
    words = [Counter(token for row in rows for token, _, _ in tokenise(row[side], "elided")) for side in (0, 1)]
    common = [[word for word, _ in some.most_common(5_000)] for some in words]
    assert [style("elided", some) for some in common] == ["word", "elided"]
