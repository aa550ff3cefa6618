"""Sentences that were stored in English, such as the warnings of a dataset, in the language of whoever reads them later.

A stored sentence is matched with the messages of the catalogue. So files hold plain English, whoever had them written, and older
files are translated too.
"""

import re
import struct
from functools import cache, lru_cache
from string import Formatter
from typing import NamedTuple

from rnn_core import language

_LEAST = 7
"""Characters that a message with fields has beside them, at least: with fewer, it would match too much."""

_MOST = 2_000
"""Characters of a sentence that is matched; longer ones stay as they are."""

_QUOTED, _NUMBER = r"'.*?'|\".*?\"|None", r"-?[\d,]+"
"""What fields with `!r`, and with the format of a whole number, hold."""


class _Message(NamedTuple):
    """A message, or one form of a message that depends on a number.

    Attributes:
        message: as the catalogue names it.
        many: its second form; empty where it has one.
        n: a number of which this is the form.
        expression: what it is as a sentence, with the fields as groups; empty where it has none.
        longest: the longest text between the fields.
        texts: the number of characters beside them; a field that holds only some values counts for two.
    """

    message: str
    many: str
    n: int
    expression: str = ""
    longest: str = ""
    texts: int = 0


def retold(sentence: str) -> str:
    """A stored sentence in the reader's language; as it is where it is no message of the catalogue.

    A sentence may be a list of messages that are joined by a comma, and a note may begin with the name of its file and a colon.
    """
    chosen = language.reader().language
    return sentence if chosen == language.ENGLISH or not 0 < len(sentence) <= _MOST else _retold(sentence, chosen)


@lru_cache(maxsize=4096)
def _retold(sentence: str, chosen: str) -> str:
    if (found := _listed(sentence, chosen) or _whole(sentence, chosen)) is not None:
        return found
    for colon in re.finditer(": ", sentence):
        if (note := _whole(sentence[colon.end() :], chosen)) is not None:
            return sentence[: colon.end()] + note
    return sentence


@lru_cache(maxsize=4096)
def _listed(sentence: str, chosen: str) -> str | None:
    """A sentence that is a list of messages; None if it is not."""
    for comma in re.finditer(", ", sentence):
        if (first := _whole(sentence[: comma.start()], chosen)) is not None:
            rest = sentence[comma.end() :]
            if (others := _listed(rest, chosen) or _whole(rest, chosen)) is not None:
                return f"{first}, {others}"
    return None


@lru_cache(maxsize=4096)
def _whole(sentence: str, chosen: str) -> str | None:
    """A sentence that is one message; None if it is not."""
    catalogue, (plain, patterns) = language.translation(chosen), _messages(chosen)
    if one := plain.get(sentence):
        return catalogue.ngettext(one.message, one.many, one.n) if one.many else catalogue.gettext(sentence)
    for pattern in patterns:
        if pattern.longest in sentence and (found := re.fullmatch(pattern.expression, sentence, re.DOTALL)):
            # one word alone is a user's more often than a message
            values = {name: _retold(value, chosen) if " " in value else value for name, value in found.groupdict().items()}
            if not pattern.many:
                return _filled(catalogue.gettext(pattern.message), values)
            number = re.sub(r"\D", "", values.get("n", ""))
            return _filled(catalogue.ngettext(pattern.message, pattern.many, int(number or pattern.n)), values)
    return None


def _filled(message: str, values: dict[str, str]) -> str:
    """A message with values that are formatted already."""
    parts = Formatter().parse(message)
    return "".join(text + (values.get(name, "") if name else "") for text, name, _, _ in parts)


@cache
def _messages(chosen: str) -> tuple[dict[str, _Message], tuple[_Message, ...]]:
    """The messages without fields by what they say, and those with, the ones with the longest texts first."""
    plain, patterns = {}, []
    for message in _msgids(chosen):
        one, _, many = message.partition("\0")
        for form in filter(None, (one, many)):
            pattern = _pattern(form, one, many)
            if pattern.expression:
                patterns.append(pattern)
            if not (pattern.expression and many):
                plain[form] = pattern
    return plain, tuple(sorted((one for one in patterns if one.texts >= _LEAST), key=lambda one: -one.texts))


def _pattern(form: str, one: str, many: str) -> _Message:
    """How a form of a message is recognised."""
    n = 1 if form == one else 2
    try:
        parts = list(Formatter().parse(form))
    except ValueError:  # braces of LaTeX: a message without fields
        return _Message(one, many, n)
    seen, expression, strict = set[str](), "", 0
    for text, name, form_of_it, conversion in parts:
        expression += re.escape(text)
        if name:
            group = _QUOTED if conversion == "r" else _NUMBER if form_of_it in (",", "d") else ".+?"
            strict += group != ".+?"
            expression += f"(?P={name})" if name in seen else f"(?P<{name}>{group})"
            seen.add(name)
    if not seen or not all(name.isidentifier() for name in seen):
        return _Message(one, many, n)
    texts = [text for text, *_ in parts]
    return _Message(one, many, n, expression, max(texts, key=len), sum(map(len, texts)) + 2 * strict)


def _msgids(chosen: str) -> list[str]:
    """The messages of a compiled catalogue (the format of GNU gettext), both forms of one parted by a zero."""
    data = language.compiled(chosen).read_bytes()
    count, table = struct.unpack_from("<II", data, 8)
    places = (struct.unpack_from("<II", data, table + 8 * i) for i in range(count))
    return [data[at : at + length].decode() for length, at in places if length]
