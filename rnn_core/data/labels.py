"""The labels of a dataset: those of training, their tag scheme, and texts with contradictory labels."""

from collections.abc import Sequence
from typing import NamedTuple

from rnn_core.config import Problem
from rnn_core.data.checks import check_labels
from rnn_core.data.examples import Tally
from rnn_core.data.finish import Written
from rnn_core.data.numbering import Counts
from rnn_core.data.progress import Tick
from rnn_core.data.sources import Source
from rnn_core.language import tr, tr_n
from rnn_core.metrics import scheme_of


class Labels(NamedTuple):
    """The labels of a dataset.

    Attributes:
        names: the classes of the training split, sorted.
        scheme: the tag scheme of entity labels, else None.
        contradictory: a warning about equal texts with different labels, if there are any.
        mixed: warnings about tags of several schemes, if there are any.
    """

    names: tuple[str, ...]
    scheme: str | None
    contradictory: tuple[str, ...]
    mixed: tuple[str, ...]


NONE = Labels((), None, (), ())
"""The labels of data without any."""


def labels_of(written: Written, train: Counts, source: Source, tally: Tally, tick: Tick) -> Labels:
    """The labels of the examples read.

    Args:
        train: the count of each label in the training split.
        source, tally: the training file, and its rows that were left out.
        tick: is called with the share of the tags read, 0…1.

    Raises:
        Problem: if nothing can be learnt from the labels.
    """
    counts = {written.labels[i]: int(train.counts[i]) for i in train.by_first()}
    names = check_labels(counts, source.config, source.format.name, tally.left_out(unused=True))
    scheme, mixed = scheme_of(written.tags("train", tick), counts) if written.per_token else (None, ())
    return Labels(names, scheme, _contradictory(written), mixed)


def no_labels(source: Source, known: Sequence[str], found: Sequence[str], typed: str) -> Problem:
    """The Problem of a file without any label of the training split. `typed`: the option to change."""
    name, label = source.format.name, source.config.label
    ours, theirs = (", ".join(map(repr, some[:5])) + (", …" if len(some) > 5 else "") for some in (known, found))
    return Problem(
        tr(
            "There are no labels to score by in {name}: those of training are {ours}, and its column {label!r} holds "
            "{theirs}. Choose another column, write its labels like those of training, or predict its labels instead "
            "(“Answers for a file”, or `predict`).",
            name=name, ours=ours, label=label, theirs=theirs,
        ),
        typed,
    )


def _contradictory(written: Written) -> tuple[str, ...]:
    count, row = written.contradictory
    if not count:
        return ()
    text = written.config.between.join(written.text.of(row))
    shown = text if len(text) <= 60 else text[:59] + "…"
    return (tr_n(
        "{n:,} text has different labels in different rows, such as {shown!r}: no network can answer all of these rows "
        "correctly.",
        "{n:,} texts have different labels in different rows, such as {shown!r}: no network can answer all of these rows "
        "correctly.",
        count, shown=shown,
    ),)  # fmt: skip
