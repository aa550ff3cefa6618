"""Tokens: what splits, what stays whole, and the properties every text keeps."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.data.tokens import tokenise

TEXTS = st.text(max_size=60) | st.text(alphabet="aInlqut'’.-,3@/: \n#_é\u0301\u200d👍🏽👩ก็ह\u093f\u0600", max_size=40)


def words(text: str) -> list[str]:
    return [token for token, _, _ in tokenise(text, "word")]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("I don't think it's bad; we're fine.", "I do n't think it 's bad ; we 're fine ."),
        ("couldn’t CAN'T he'd they'll I've", "could n’t CA N'T he 'd they 'll I 've"),
        ("It does n't show , the film 's -lrb- bad -rrb- .", "It does n't show , the film 's -lrb- bad -rrb- ."),
        ("`` Conan '' -- and ... so on", "`` Conan '' -- and ... so on"),
        ("a well-acted e-mail from the U.S., e.g. o'clock", "a well-acted e-mail from the U.S. , e.g. o'clock"),
        ("3.5 of 1,000 at 10:30, 20th!!", "3.5 of 1,000 at 10:30 , 20th ! !"),
        ("(see https://a.b/c?d=1). me@x.org", "( see https://a.b/c?d=1 ) . me@x.org"),
        ('Mr. Smith\'s "quote"', 'Mr. Smith \'s " quote "'),
        ("=SUM(A1) <b>x</b> $y$", "= SUM ( A1 ) < b > x < / b > $ y $"),
        ("@you #this $5 10%", "@you #this $ 5 10 %"),
    ],
)
def test_words(text: str, tokens: str) -> None:
    assert words(text) == tokens.split(" ")


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Qu'on, l'homme, n’ai S'IL c'est ç'a d'un t'en m'a", "Qu' on , l' homme , n’ ai S' IL c' est ç' a d' un t' en m' a"),
        ("jusqu'à lorsqu'il Puisqu'on quoiqu'il l'11 d'e\u0301t", "jusqu' à lorsqu' il Puisqu' on quoiqu' il l' 11 d' e\u0301t"),
        ("aujourd'hui d'aujourd’hui prud'homme presqu'île", "aujourd'hui d' aujourd’hui prud'homme presqu'île"),
        ("s'entr'ouvrir quelqu'un grand'mère a-t-il", "s' entr'ouvrir quelqu'un grand'mère a-t-il"),
        ("j'suis j'm'en qu'tu", "j' suis j' m' en qu' tu"),
        ("dell'anno un'altra All'alba nell’aria c'è quell'uomo", "dell' anno un' altra All' alba nell’ aria c' è quell' uomo"),
        ("un po' di po’.", "un po' di po’ ."),
        ("l'home d'un s'ha m'agrada", "l' home d' un s' ha m' agrada"),
        ("Il dit 'l'homme' et l'\"or\"", "Il dit ' l' homme ' et l' \" or \""),
        ("don't it's CAN’T o'clock rock'n'roll O'Brien c'mon J's", "do n't it 's CA N’T o'clock rock'n'roll O'Brien c'mon J 's"),
    ],
)
def test_elided_words_are_tokens_of_their_own(text: str, tokens: str) -> None:
    found = [token for token, _, _ in tokenise(text, "elided")]
    assert found == tokens.split(" ")
    assert [token for token, _, _ in tokenise(tokens, "elided")] == found  # also if already split


def test_marks_stay_with_their_letters_and_an_emoji_is_one_token() -> None:
    assert words("नमस्ते दुनिया مرحبًا สวัสดีค่ะ") == ["नमस्ते", "दुनिया", "مرحبًا", "สวัสดีค่ะ"]
    assert words("ok👩‍👩‍👧👍🏽🇫🇷!") == ["ok", "👩‍👩‍👧", "👍🏽", "🇫🇷", "!"]


def test_characters_are_graphemes_with_white_space() -> None:
    assert [token for token, _, _ in tokenise("e\u0301 👍🏽\r\nx", "char")] == ["e\u0301", " ", "👍🏽", "\r\n", "x"]


def test_stops_after_so_many() -> None:
    assert tokenise("a b c", "word", 2) == tokenise("a b c", "word")[:2]
    assert len(tokenise("!" * 1000, "word", 5)) == len(tokenise("abc" * 9, "char", 5)) == 5


@given(TEXTS, st.sampled_from(["word", "char", "elided"]))
def test_tokens_are_slices_in_order_that_cover_the_text(text: str, how: str) -> None:
    covered, last = set[int](), 0
    for token, start, end in tokenise(text, how):
        assert last <= start < end
        assert text[start:end] == token
        covered.update(range(start, end))
        last = end
    assert [i for i, c in enumerate(text) if i not in covered] == (
        [i for i, c in enumerate(text) if c.isspace()] if how != "char" else []
    )


@given(TEXTS)
def test_no_mark_begins_a_word_after_a_letter(text: str) -> None:
    for _, start, _ in tokenise(text, "word"):
        if start and regex.match(r"\p{M}", text, pos=start):
            assert not text[start - 1].isalnum()


@given(TEXTS)
def test_splitting_the_split_text_changes_little_things_never_letters(text: str) -> None:
    again = words(" ".join(words(text)))
    assert "".join(again) == "".join(text.split())
