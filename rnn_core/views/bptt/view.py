"""How a view of the BPTT page is made until it is a row of the table too: its subject holds the inputs and what is chosen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from rnn_core.figures.frame import Figure

S = TypeVar("S")


@dataclass(frozen=True)
class View(Generic[S]):
    """One question about a subject S and its answer.

    Attributes:
        name, question, explain, pick: as those of `views.view.View`.
        compute: the numbers.
        draw: the figure of these numbers.
    """

    name: str
    question: str
    compute: Callable[[S], Any]
    draw: Callable[[Any], Figure]
    explain: Callable[[Any], str]
    pick: Callable[[list[Any]], dict[str, Any]] | None = None
