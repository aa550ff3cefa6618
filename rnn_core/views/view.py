"""The contract of a view: one question, computed, drawn and explained the same way on every page."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rnn_core.figures.frame import Figure
from rnn_core.figures.palette import visible

S = TypeVar("S")


@dataclass(frozen=True)
class View(Generic[S]):
    """One question about a subject S (a text read by a run, or an evaluation) and its answer.

    Attributes:
        name: short and unique; keys and links are made of it, and a task lists those that it has (`Task.views`).
        question: what a newcomer would ask, as the heading.
        compute: the numbers, plain values; no drawing.
        draw: the figure of these numbers.
        explain: Markdown: words and the formula with these very numbers in it. User text goes through `literal`.
        pick: what a click on a point stands for, from its `customdata`; None when there is nothing to click.
    """

    name: str
    question: str
    compute: Callable[[S], Any]
    draw: Callable[[Any], Figure]
    explain: Callable[[Any], str]
    pick: Callable[[list[Any]], dict[str, Any]] | None = None


_MARKUP = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]()#+-.!|~>$:<&@/^="} | {"\n": " ", "\r": " "})

_LINKS = re.compile(r"(?<=http)(?=s?://)|(?<=ww)(?=w\.)|(?<=@)(?=[\w-])", re.IGNORECASE)
"""Within what Markdown makes a link of by itself: http://…, www.… and addresses of mail. A backslash does not stop it."""

_NOTHING = ":gray[]"
"""A stretch of no letters in another colour, which parts a text in two without adding to it."""


def literal(text: str, most: int = 80) -> str:
    """A user's text for Streamlit's Markdown: shown as written, without links, on one line, cut to `most` characters."""
    return _NOTHING.join(part.translate(_MARKUP) for part in _LINKS.split(visible(text, most)))


def number(value: float) -> str:
    """A number for a formula: four significant digits."""
    return f"{value:.4g}"
