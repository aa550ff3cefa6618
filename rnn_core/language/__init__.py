"""The words of the interface: one catalogue of messages (gettext), in the reader's language and letters.

Messages are written in English, in the code, where they are shown:

- `tr` translates one and puts values into it;
- `tr_n` does so for a message that depends on a number;
- `N_` marks one that is translated later, such as a title in a table of constants;
- `formula` is LaTeX without words: it changes the letters alone.

`locales/` holds the translations; `make catalogue` collects the messages anew and compiles them (docs/translating.md).
"""

import gettext
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rnn_core.language.letters import PLAIN, SETS, Braces, lettered

LOCALES = Path(__file__).parents[2] / "locales"

ENGLISH = "en"
"""The language that messages are written in."""

LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}
"""The languages by their names in links, each called as its readers call it."""


class Reader(NamedTuple):
    """Who reads.

    Attributes:
        language: a key of `LANGUAGES`.
        letters: a key of `letters.SETS`.
    """

    language: str = ENGLISH
    letters: str = PLAIN


_find: Callable[[], Reader] = Reader


def find_reader(find: Callable[[], Reader]) -> None:
    """Sets who reads: the pages ask the visitor's session. Everywhere else messages are in English."""
    global _find
    _find = find


def reader() -> Reader:
    """Who reads what is said now."""
    return _find()


def tr(message: str, /, **values: Any) -> str:
    """A message in the reader's language and letters.

    Args:
        values: for its fields, which are those of `str.format`. Without any, braces are plain braces.
    """
    language, letters = reader()
    return _filled(translation(language).gettext(message) if message else "", letters, values)


def tr_n(one: str, many: str, n: int, /, **values: Any) -> str:
    """The message for a number of things, which is also the value of the field `n`."""
    language, letters = reader()
    return _filled(translation(language).ngettext(one, many, n), letters, {"n": n} | values)


def N_(message: str) -> str:
    """The message itself, marked for the catalogue: `tr` translates it where it is shown."""
    return message


def formula(latex: str, /, **values: Any) -> str:
    """LaTeX in the reader's letters, with values as in `tr`."""
    changed = lettered(latex, reader().letters, Braces.FIELDS if values else Braces.PLAIN, mathematics=True)
    return changed.format(**values) if values else changed


def translated(message: str) -> str:
    """A piece of a lesson in the reader's language and letters; `{expressions}` in it stay as they are."""
    language, letters = reader()
    return lettered(translation(language).gettext(message) if message else "", letters, Braces.EXPRESSIONS)


def inflected(one: str, many: str, n: int) -> str:
    """One form of a message that depends on a number, as `translated`."""
    language, letters = reader()
    return lettered(translation(language).ngettext(one, many, n), letters, Braces.EXPRESSIONS)


def _filled(message: str, letters: str, values: dict[str, Any]) -> str:
    changed = lettered(message, letters, Braces.FIELDS if values else Braces.PLAIN)
    return changed.format(**values) if values else changed


@cache
def translation(language: str) -> gettext.NullTranslations:
    """The catalogue of a language."""
    if language == ENGLISH:
        return gettext.NullTranslations()
    with compiled(language).open("rb") as file:
        return gettext.GNUTranslations(file)


def compiled(language: str) -> Path:
    """The file of a catalogue."""
    return LOCALES / language / "LC_MESSAGES" / "unrolled.mo"


__all__ = [
    "ENGLISH", "LANGUAGES", "LOCALES", "N_", "SETS", "Reader", "find_reader", "formula", "inflected", "reader", "tr", "tr_n",
    "translated",
]  # fmt: skip
