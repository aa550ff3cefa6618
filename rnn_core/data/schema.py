"""What the data of a task are made of, without the task: named sides, and the columns that a table must name."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["tokens", "class", "tags"]


@dataclass(frozen=True)
class Side:
    """One part of an example.

    Attributes:
        name: the option of `DataConfig` that names its column, such as `text` or `label`.
        kind: `tokens` (a sequence), `class` (one label per text) or `tags` (one tag per token of the text).
    """

    name: str
    kind: Kind


@dataclass(frozen=True)
class Schema:
    """The sides of every example of a dataset.

    Attributes:
        sides: what the network reads first, then what it is to answer, where the data say that.
        stream: one long text; else rows, each an example of its own.
    """

    sides: tuple[Side, ...]
    stream: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The options that name the columns a table must have, beyond those that a layout may add; none for a stream."""
        return () if self.stream else tuple(side.name for side in self.sides)

    @property
    def row(self) -> str:
        """What an example is called."""
        return "line" if self.stream else "text"

    @property
    def target(self) -> Kind | None:
        """The kind of the labels; None where the data have none."""
        return next((side.kind for side in self.sides if side.kind != "tokens"), None)

    @property
    def per_token(self) -> bool:
        """Whether the labels are tags, one per token."""
        return self.target == "tags"


CLASSES = Schema((Side("text", "tokens"), Side("label", "class")))
"""One label per text."""

TAGS = Schema((Side("text", "tokens"), Side("label", "tags")))
"""One tag per token."""

STREAM = Schema((Side("text", "tokens"),), stream=True)
"""One long text without labels."""
