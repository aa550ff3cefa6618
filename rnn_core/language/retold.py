"""Sentences that were stored in English, such as the warnings of a dataset, in the language of whoever reads them later.

A stored sentence is matched with the messages of the catalogue. So files hold plain English, whoever had them written, and older
files are translated too.
"""

import re
import struct
from functools import cache
from string import Formatter
from typing import NamedTuple

from rnn_core import language

_LEAST = 8
"""Characters that a message with fields has beside them, at least: with fewer, it would match too much."""


class _Pattern(NamedTuple):
    """A message with fields, or one form of a message that depends on a number.

    Attributes:
        message: as the catalogue names it.
        many: its second form; empty where it has one.
        expression: what it is as a sentence, with the fields as groups.
        longest: the longest text between the fields.
    """

    message: str
    many: str
    expression: str
    longest: str


def retold(sentence: str) -> str:
    """A stored sentence in the reader's language; as it is where it is no message of the catalogue."""
    chosen = language.reader().language
    if chosen == language.ENGLISH or not sentence:
        return sentence
    catalogue, (plain, patterns) = language.translation(chosen), _messages(chosen)
    if sentence in plain:
        return catalogue.gettext(sentence)
    for pattern in patterns:
        if pattern.longest in sentence and (found := re.fullmatch(pattern.expression, sentence, re.DOTALL)):
            values = {name: retold(value) for name, value in found.groupdict().items()}
            if not pattern.many:
                return _filled(catalogue.gettext(pattern.message), values)
            number = re.sub(r"\D", "", values.get("n", ""))
            return _filled(catalogue.ngettext(pattern.message, pattern.many, int(number or 1)), values)
    return sentence


def _filled(message: str, values: dict[str, str]) -> str:
    """A message with values that are formatted already."""
    parts = Formatter().parse(message)
    return "".join(text + (values.get(name, "") if name else "") for text, name, _, _ in parts)


@cache
def _messages(chosen: str) -> tuple[frozenset[str], tuple[_Pattern, ...]]:
    """The messages without fields, and those with, the ones with the longest texts first."""
    plain, patterns = set(), []
    for message in _msgids(chosen):
        one, _, many = message.partition("\0")
        plain.add(one)
        for form in filter(None, (one, many)):
            try:
                parts = list(Formatter().parse(form))
            except ValueError:  # braces of LaTeX: a message without fields
                continue
            if not any(name for _, name, _, _ in parts):
                continue
            texts, seen, expression = [text for text, *_ in parts], set[str](), ""
            for text, name, _, _ in parts:
                expression += re.escape(text)
                if name:
                    expression += f"(?P={name})" if name in seen else f"(?P<{name}>.+?)"
                    seen.add(name)
            if sum(map(len, texts)) >= _LEAST and all(name.isidentifier() for name in seen):
                patterns.append((sum(map(len, texts)), _Pattern(one, many, expression, max(texts, key=len))))
    return frozenset(plain), tuple(pattern for _, pattern in sorted(patterns, key=lambda pair: -pair[0]))


def _msgids(chosen: str) -> list[str]:
    """The messages of a compiled catalogue (the format of GNU gettext), both forms of one parted by a zero."""
    data = language.compiled(chosen).read_bytes()
    count, table = struct.unpack_from("<II", data, 8)
    places = (struct.unpack_from("<II", data, table + 8 * i) for i in range(count))
    return [data[at : at + length].decode() for length, at in places if length]
