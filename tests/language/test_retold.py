"""Stored English sentences in the language of whoever reads them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from rnn_core import language
from rnn_core.language import ENGLISH, Reader, find_reader, retold
from rnn_core.language.retold import retold as told

MESSAGES: dict[str | tuple[str, str], str | tuple[str, str]] = {
    "no label": "kein Label",
    "The first line, {line}, names the delimiter and is not a row.": "Die erste Zeile, {line}, nennt nur das Trennzeichen.",
    "{reason} ({times:,} times, first at {where})": "{times:,}-mal {reason} (zuerst: {where})",
    ("{n:,} row was left out: {reason}.", "{n:,} rows were left out: {reason}."): (
        "{n:,} Zeile fehlt: {reason}.", "{n:,} Zeilen fehlen: {reason}.",
    ),
    ("The only text", "All the texts"): ("Der einzige Text", "Alle Texte"),
    "{listed} and {last!r}": "{listed} und {last!r}",
    "{label!r} is not in {split}": "{label!r} fehlt in {split}",
    "Write {{}} for {name}.": "Für {name}: {{}}.",
    r"the fraction \frac{1}{2} of it": r"davon der Teil \frac{1}{2}",
    "{a}: {b}": "nie: {a}{b}",
    "{listed} and {more:,} more": "{listed} und {more:,} weitere",
    "There are {said}.": "Es gibt {said}.",
    "not translated {x}": "",
}  # fmt: skip


@pytest.fixture(autouse=True)
def german(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A small catalogue, and a reader of German."""
    catalogue = Catalog("de")
    for message, translation in MESSAGES.items():
        catalogue.add(message, translation)
    path = tmp_path / "unrolled.mo"
    with path.open("wb") as file:
        write_mo(file, catalogue)
    before = language._find
    monkeypatch.setattr(language, "compiled", lambda chosen: path)
    forget()
    find_reader(lambda: Reader("de"))
    yield
    find_reader(before)
    forget()


def forget() -> None:
    language.translation.cache_clear()
    for cached in (retold._messages, retold._retold, retold._listed, retold._whole):
        cached.cache_clear()


def test_a_plain_message_is_translated_and_stays_as_it_is_in_english() -> None:
    assert told("no label") == "kein Label"
    find_reader(lambda: Reader(ENGLISH))
    assert told("no label") == "no label"


def test_fields_keep_their_values() -> None:
    sentence = "The first line, sep=; and\nmore, names the delimiter and is not a row."
    assert told(sentence) == "Die erste Zeile, sep=; and\nmore, nennt nur das Trennzeichen."
    assert told("Write {} for a.csv.") == "Für a.csv: {}."
    assert told(r"the fraction \frac{1}{2} of it") == r"davon der Teil \frac{1}{2}"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("1 row was left out: x.", "1 Zeile fehlt: x."),
        ("2 rows were left out: x.", "2 Zeilen fehlen: x."),
        ("1,001 rows were left out: x.", "1,001 Zeilen fehlen: x."),
        ("The only text", "Der einzige Text"),
        ("All the texts", "Alle Texte"),
    ],
)
def test_a_message_that_depends_on_a_number_has_its_form(sentence: str, expected: str) -> None:
    assert told(sentence) == expected


def test_a_value_may_be_a_message() -> None:
    assert told("3 rows were left out: no label.") == "3 Zeilen fehlen: kein Label."
    assert told("no label (1,200 times, first at a.csv line 3)") == "1,200-mal kein Label (zuerst: a.csv line 3)"
    assert told("2 rows were left out: no label (2 times, first at x).") == "2 Zeilen fehlen: 2-mal kein Label (zuerst: x)."


def test_messages_of_a_list_and_after_the_name_of_a_file_are_translated() -> None:
    assert told("'a, b' is not in dev, 'c' is not in test") == "'a, b' fehlt in dev, 'c' fehlt in test"
    some = "'a' is not in dev, 'b' is not in test and 3 more"
    assert told(f"There are {some}.") == "Es gibt 'a' fehlt in dev, 'b' fehlt in test und 3 weitere."
    assert told("a: b.csv: no label") == "a: b.csv: kein Label"


def test_a_field_of_quoted_text_holds_nothing_else() -> None:
    assert told("'a', 'b' and \"c'd\"") == "'a', 'b' und \"c'd\""
    assert told("black and white") == "black and white"


@pytest.mark.parametrize(
    "sentence", ["", "Something else.", "no labels", "x: y", "The first line, a, names nothing.", "no label, x"]
)
def test_what_is_no_message_stays_as_it_is(sentence: str) -> None:
    assert told(sentence) == sentence


def test_a_message_without_translation_stays_english() -> None:
    assert told("not translated here") == "not translated here"
