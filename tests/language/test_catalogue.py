"""The catalogues are complete, say the same as the English, and are compiled."""

import io
import re
from string import Formatter

import pytest
from babel.messages.mofile import write_mo

from locales import collect
from rnn_core.language import ENGLISH, LANGUAGES, compiled
from rnn_core.lessons.quantities import QUANTITIES
from rnn_core.lessons.words import parse_words

OTHERS = [name for name in LANGUAGES if name != ENGLISH]
EXPRESSION = re.compile(r"\$\$.*?\$\$|\$[^$\n]+\$|\{\{|\}\}|\{([^{}\n]*)\}", re.DOTALL)


def pairs(name: str) -> list[tuple[str, str, bool]]:
    """Each message with its translation, forms of a plural one by one, and whether it is of a lesson."""
    found = []
    for message in collect.read(name):
        if message.id:
            lesson = all(place.startswith("lessons/") for place, _ in message.locations)
            several = isinstance(message.id, tuple)
            ids, said = (message.id, message.string) if several else ((message.id,), (message.string,))
            found += [(one, other, lesson) for one, other in zip(ids, said, strict=True)]
    return found


@pytest.mark.parametrize("name", OTHERS)
def test_it_holds_the_messages_of_the_code_and_no_others(name: str) -> None:
    assert {message.id for message in collect.read(name)} == {message.id for message in collect.collected(name)}, "make catalogue"


@pytest.mark.parametrize("name", OTHERS)
def test_everything_is_translated(name: str) -> None:
    assert not collect.missing(name, ())
    assert not [message for message in collect.read(name) if message.id and message.fuzzy]


@pytest.mark.parametrize("name", OTHERS)
def test_the_compiled_file_is_that_of_the_catalogue(name: str) -> None:
    made = io.BytesIO()
    write_mo(made, collect.read(name))
    assert compiled(name).read_bytes() == made.getvalue(), "make catalogue"


@pytest.mark.parametrize("name", OTHERS)
def test_the_file_is_as_the_tool_writes_it(name: str) -> None:
    made = io.BytesIO()
    collect.save(made, collect.collected(name))
    assert collect.po_of(name).read_bytes() == made.getvalue(), "make catalogue"


def fields(message: str) -> set[tuple[str, str, str]]:
    found = {(field, spec or "", conversion or "") for _, field, spec, conversion in Formatter().parse(message) if field}
    return found if all(field.isidentifier() for field, *_ in found) else set()  # else these are braces of LaTeX


@pytest.mark.parametrize("name", OTHERS)
def test_a_translation_has_the_fields_of_its_message_and_its_formulas(name: str) -> None:
    for message, said, lesson in pairs(name):
        assert message.count("$") == said.count("$"), message
        assert sorted(re.findall(r"`[^`]*`", message)) == sorted(re.findall(r"`[^`]*`", said)), message
        assert message[: len(message) - len(message.lstrip())] == said[: len(said) - len(said.lstrip())], message
        assert message[len(message.rstrip()) :] == said[len(said.rstrip()) :], message
        if lesson:
            assert sorted(filter(None, EXPRESSION.findall(message))) == sorted(filter(None, EXPRESSION.findall(said))), message
            parse_words(said, QUANTITIES)
        else:
            try:
                expected = fields(message)
            except ValueError:  # braces of LaTeX: no fields
                continue
            found = fields(said)
            assert found <= expected and {one for one, *_ in expected} - {one for one, *_ in found} <= {"n"}, message


@pytest.mark.parametrize("name", OTHERS)
def test_it_is_another_language(name: str) -> None:
    """Fewer than one sentence of a hundred may be the same as in English."""
    long = [(message, said) for message, said, _ in pairs(name) if len(re.findall(r"[a-z]{3,}", message)) > 5]
    assert sum(message == said for message, said in long) < len(long) / 100
