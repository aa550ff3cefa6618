"""The contract of a view: one question, computed, rendered and explained the same way wherever it is shown."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, NamedTuple, Self, TypeVar, get_type_hints

from rnn_core.figures.frame import Figure
from rnn_core.figures.text import visible
from rnn_core.views.inputs import Inputs

R = TypeVar("R")


@dataclass(frozen=True)
class Controls:
    """What can be chosen of a view. Each view has a frozen dataclass of typed fields with defaults, by their names in links."""

    def settled(self, inputs: Inputs) -> Self:
        """The same with values that these inputs have."""
        return self


C = TypeVar("C", bound=Controls)


class Choice(NamedTuple):
    """How one control is chosen.

    Attributes:
        field: of the controls.
        title: what is chosen.
        values: those that there are; of a slider or a number, the least and the greatest.
        words: how a value is called.
        form: `row`, `box`, `slider`, `number`, or `step`: a number that is counted from 1 on a page, and from 0 in the field.
        shown: the value that is shown; None: that of the control.
        help: more words on it.
    """

    field: str
    title: str
    values: Sequence[Any]
    words: Callable[[Any], str] = str
    form: str = "row"
    shown: Any = None
    help: str | None = None


class Table(NamedTuple):
    """Columns by their names.

    Attributes:
        height: in pixels; None: as the rows need.
        formats: of columns of numbers: `percent`, `localized`, or as `printf` has it.
        widths: of columns, in pixels.
    """

    columns: Mapping[str, Sequence[Any]]
    height: int | None = None
    formats: Mapping[str, str] = {}
    widths: Mapping[str, int] = {}


class Code(NamedTuple):
    """A file of source code, which can be downloaded.

    Attributes:
        source: its text.
        file: its name.
        language: for its colours.
    """

    source: str
    file: str
    language: str = "python"


class Part(NamedTuple):
    """A component that shows a result, or a part of it.

    Attributes:
        kind: `figure` (a `Figure`), `table` (a `Table`), `text`, `caption` (Markdown), `formula` (LaTeX), `tokens`
            (`inspect.Tokens`), `rows` (`evaluate.Rows`) or `code` (`Code`).
        content: what that component takes.
        fold: the title under which it is folded away; empty: it stands open.
    """

    kind: str
    content: Any
    fold: str = ""


@dataclass(frozen=True)
class View(Generic[C, R]):
    """One question and its answer.

    Attributes:
        name: unique; keys and links are made of it, and a task lists those that it has (`Task.views`).
        question: what a newcomer would ask, as the heading; empty where it goes with the view above it.
        needs: the inputs that it reads, by their names in `inputs.NEEDS`.
        controls: the dataclass of what can be chosen.
        compute: the result, a frozen dataclass of plain values and arrays, from inputs and settled controls alone. It may
            raise Problem.
        render: the components that show a result.
        explain: Markdown: words and the formula with these very numbers in it. User text goes through `literal`.
        most_bytes: what a result holds at most (`encoding.nbytes`), given its inputs.
        pick: what a click on a point stands for, from its `customdata`; None when there is nothing to click.
        choices: how the controls are chosen, given the inputs and the settled controls; those not named follow clicks.
        heading: the question that a result answers, translated, where it is in other words than `question`; None: in the same.
    """

    name: str
    question: str
    needs: tuple[str, ...]
    controls: type[C]
    compute: Callable[[Inputs, C], R]
    render: Callable[[R], tuple[Part, ...]]
    explain: Callable[[R], str]
    most_bytes: Callable[[Inputs], int]
    pick: Callable[[list[Any]], dict[str, Any]] | None = None
    choices: Callable[[Inputs, C], Sequence[Choice]] = lambda inputs, controls: ()
    heading: Callable[[R], str] | None = None

    def answer(self, inputs: Inputs, controls: C | None = None) -> R:
        """The result, computed once for these inputs and controls: it is kept by the view's name and the keys of both."""
        needed = inputs.only(self.needs)
        settled = (controls or self.controls()).settled(needed)
        found: R = inputs.keep((self.name, needed.key, settled), lambda: self.compute(needed, settled))
        return found

    def chosen(self, values: Any, **fixed: Any) -> C:
        """The controls as an object with attributes of these names has them, such as a selection.

        Args:
            fixed: values that win.
        """
        names = [one.name for one in fields(self.controls)]
        return self.controls(**{name: fixed[name] if name in fixed else getattr(values, name) for name in names})

    @property
    def result(self) -> type[R]:
        """The type of its results."""
        found: type[R] = get_type_hints(self.compute)["return"]
        return found


def figure(drawn: Figure) -> tuple[Part, ...]:
    """A figure alone."""
    return (Part("figure", drawn),)


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
