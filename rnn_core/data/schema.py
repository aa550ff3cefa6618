"""The schema of the data of a task: named sides, and the columns that a table must have."""

from dataclasses import dataclass
from typing import Literal

from rnn_core.data.forms import FEATURES

Kind = Literal["tokens", "characters", "form", "class", "tags"]

TEXT = "text"
"""The name of the first side: the tokens that every example has."""


@dataclass(frozen=True)
class Side:
    """One part of an example.

    Attributes:
        name: the option of `DataConfig` that names its column, such as `text` or `label`; for `characters`, any other name; for
            `form`, a feature of `data.forms.FEATURES`.
        kind: `tokens` (a sequence), `characters` (those of each token of another side, as the file spells it), `form` (one value
            per token of another side, made of its spelling), `class` (one label per example) or `tags` (one tag per token of the
            text).
        of: for `characters` and `form`, the name of the tokens side that they are made of.
    """

    name: str
    kind: Kind
    of: str | None = None


@dataclass(frozen=True)
class Schema:
    """The sides of every example of a dataset.

    Attributes:
        sides: `text` first, then further tokens and characters, and the labels, if the data have any.
        stream: whether the data are one long text; otherwise each row is an example.

    Raises:
        ValueError: if the sides are not compatible.
    """

    sides: tuple[Side, ...]
    stream: bool = False

    def __post_init__(self) -> None:
        names = [side.name for side in self.sides]
        if self.sides[:1] != (Side(TEXT, "tokens"),) or len(set(names)) < len(names):
            raise ValueError(f"the first side must be the tokens {TEXT!r}, and no name may come twice")
        if any((side.kind in ("characters", "form")) != (side.of in self.texts) for side in self.sides):
            raise ValueError("characters and forms, and they alone, must be `of` a tokens side")
        if sum(side.kind in ("class", "tags") for side in self.sides) > 1:
            raise ValueError("an example has one label, or one tag per token, but not several of them")
        if len(self.texts) > 1 and (self.stream or self.per_token):
            raise ValueError("a stream, or a text with tags, has no second text")

    @property
    def columns(self) -> tuple[str, ...]:
        """The options that name the required columns of a table, without those of its layout; none for a stream."""
        return () if self.stream else tuple(side.name for side in self.sides if not side.of)

    @property
    def row(self) -> str:
        """The word for an example."""
        return "line" if self.stream else "text"

    @property
    def texts(self) -> tuple[str, ...]:
        """The names of the tokens sides."""
        return tuple(side.name for side in self.sides if side.kind == "tokens")

    @property
    def spelled(self) -> dict[str, str]:
        """The characters sides by name, each with its tokens side."""
        return {side.name: side.of for side in self.sides if side.of and side.kind == "characters"}

    @property
    def forms(self) -> dict[str, str]:
        """The features of the form of tokens by name, each with its tokens side."""
        return {side.name: side.of for side in self.sides if side.of and side.kind == "form"}

    @property
    def further(self) -> tuple[str, ...]:
        """The names of all sides but `text` that have a vocabulary."""
        return (*self.texts[1:], *self.spelled, *self.forms)

    @property
    def labels(self) -> Side | None:
        """The side of the class or tags that the network predicts; None if the data have no labels."""
        return next((side for side in self.sides if side.kind in ("class", "tags")), None)

    @property
    def per_token(self) -> bool:
        """Whether the labels are tags, one per token."""
        return self.labels is not None and self.labels.kind == "tags"


CLASSES = Schema((Side(TEXT, "tokens"), Side("label", "class")))
"""One label per text."""

TAGS = Schema((Side(TEXT, "tokens"), *(Side(name, "form", TEXT) for name in FEATURES), Side("label", "tags")))
"""One tag per token, and the form of each token."""

PAIRS = Schema((Side(TEXT, "tokens"), Side("target", "tokens")))
"""A text to read and a text to write."""

STREAM = Schema((Side(TEXT, "tokens"),), stream=True)
"""One long text without labels."""
