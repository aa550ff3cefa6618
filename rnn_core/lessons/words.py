"""The words of lessons: Markdown with `{expressions}` in it, which stand for the network's own numbers."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Expression, Table, Value, parse
from rnn_core.views.view import literal, number

_PIECES = re.compile(r"(\$\$.*?\$\$|\$[^$\n]+\$|``.*?``|`[^`\n]*`)|\{\{|\}\}|\{([^{}\n]*)\}", re.DOTALL)
"""Mathematics and code, in which braces are braces; doubled braces; an expression."""

_PICTURE = re.compile(r"!\[")
"""The beginning of a picture, which a lesson cannot have: it would be fetched from another server."""

MOST_LISTED = 12
"""Numbers of a vector that are written out."""


@dataclass(frozen=True)
class Words:
    """Markdown with expressions.

    Attributes:
        parts: Markdown and expressions in turn.
    """

    parts: tuple[str | Expression, ...]

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        return tuple(part for part in self.parts if isinstance(part, Expression))

    def filled(self, quantities: Callable[[str], Value], answer: Value | None = None) -> str:
        """The Markdown with a value in the place of each expression. Raises Problem as `Expression.value`."""
        return "".join(part if isinstance(part, str) else said(part.value(quantities, answer)) for part in self.parts)


def parse_words(source: str, known: Collection[str]) -> Words:
    """Markdown as a lesson writes it: `{…}` outside of mathematics and code is an expression, `{{` and `}}` are braces. Raises
    Problem as `expressions.parse`."""
    parts: list[str | Expression] = []
    end = 0
    for found in _PIECES.finditer(source):
        parts.append(_markdown(source[end : found.start()]))
        end = found.end()
        if found[1] is not None:
            parts.append(found[1])
        elif found[2] is not None:
            parts.append(parse(found[2], known))
        else:
            parts.append(found[0][0])
    parts.append(_markdown(source[end:]))
    return Words(tuple(part for part in parts if part != ""))


def _markdown(text: str) -> str:
    if brace := re.search(r"[{}]", text):
        raise Problem(tr("A single `{brace}` stands alone. Double it where a brace is meant.", brace=brace[0]))
    if _PICTURE.search(text):
        raise Problem(tr("A lesson shows views, not pictures from elsewhere."))
    return text


def said(value: Value) -> str:
    """A value in Markdown: numbers with four significant digits, whole ones as they are, words as text."""
    if isinstance(value, str):
        return literal(value)
    if isinstance(value, float):
        return _number(value)
    values = value.values if isinstance(value, Table) else value
    words = [literal(one) if isinstance(one, str) else _number(float(one)) for one in values.ravel()]
    if isinstance(value, Table) and len(value.axes) == 1 and isinstance(value.axes[0], tuple):
        words = [f"{literal(label)} {word}" for label, word in zip(value.axes[0], words, strict=True)]
    return _listed(words)


def _listed(words: list[str]) -> str:
    return ", ".join(words[:MOST_LISTED]) + (tr(" … ({count} in all)", count=len(words)) if len(words) > MOST_LISTED else "")


def _number(value: float) -> str:
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e12 else number(value)
