"""What reading files found."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class LeftOut:
    """Rows that were not used, or not whole, for one reason.

    Attributes:
        reason: a clause such as "no label".
        count: how many rows.
        rows: where the first of them are, such as "train.csv line 12".
    """

    reason: str
    count: int
    rows: tuple[str, ...]


@dataclass(frozen=True)
class SplitSummary:
    """One split of a dataset in numbers.

    Attributes:
        examples: texts or sentences.
        tokens: tokens in them, without specials.
        label_counts: how often each label stands there (texts; tokens for sequence tagging).
        lengths: number of texts of 0, 1, 2 … tokens.
        unknown_share: share of tokens that are not in the training vocabulary.
    """

    examples: int
    tokens: int
    label_counts: dict[str, int]
    lengths: tuple[int, ...]
    unknown_share: float


@dataclass(frozen=True)
class SideReport:
    """A further side of the examples: a second text, or the characters of tokens.

    Attributes:
        vocabulary_size: words, or characters, kept from the training split, specials included.
        tokens: of a text, how many tokens each split has.
        lengths: of a text, by split the number of texts of 0, 1, 2 … tokens.
        unknown_share: of a text, by split the share of tokens that are not in its vocabulary.
        examples: of a text, the tokens of the examples that the report shows.
    """

    vocabulary_size: int
    tokens: dict[str, int] = field(default_factory=dict)
    lengths: dict[str, tuple[int, ...]] = field(default_factory=dict)
    unknown_share: dict[str, float] = field(default_factory=dict)
    examples: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class DataReport:
    """What reading found, shown before anybody trains.

    Attributes:
        files: one entry per file: name, format, encoding, delimiter, columns used, rows read.
        rows_read: data rows (or sentences) seen in all files.
        rows_kept: those that became examples.
        left_out: the others, and texts that were cut, by reason.
        warnings: sentences on what is odd but usable.
        notes: sentences on how the files were read, where that is not plain.
        scheme: the tag scheme recognised (IOB1, IOB2, IOBES), None for plain classes.
        vocabulary_size: words kept from the training split, specials included.
        splits: by name, in the order train, dev, test.
        cut: how the splits came about, as a sentence.
        examples: up to ten, each (tokens, label or tags); the label is empty where the data have none.
        sides: the further sides of the examples by name; what stands above is of the first text.
    """

    files: tuple[dict[str, Any], ...]
    rows_read: int
    rows_kept: int
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]
    scheme: str | None
    vocabulary_size: int
    splits: dict[str, SplitSummary]
    cut: str
    examples: tuple[tuple[tuple[str, ...], str | tuple[str, ...]], ...]
    notes: tuple[str, ...] = ()
    sides: dict[str, SideReport] = field(default_factory=dict)
