"""Reading a file: its examples go to a writer, and the rows that cannot be used are counted."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rnn_core.config import DataConfig, Problem
from rnn_core.data import checks, streams
from rnn_core.data.examples import EMPTY, NO_LABEL, Tally, read_file
from rnn_core.data.progress import Tick
from rnn_core.data.sources import Source
from rnn_core.data.writer import Writer
from rnn_core.language import N_, tr
from rnn_core.language.retold import retold
from rnn_core.results import LeftOut


@contextmanager
def uncollected() -> Iterator[None]:
    """Disables garbage collection: reading makes millions of lists but no cycles, and collection took a third of the time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _nothing(name: str, config: DataConfig, writer: Writer, most: LeftOut | None) -> Problem:
    """The Problem of a file without any example. `most`: its rows left out for the most frequent reason."""
    values: dict[str, Any] = {"name": name}
    if most:
        values |= {"reason": retold(most.reason), "times": most.count, "where": most.rows[0]}
    if writer.schema.stream:
        if not most:
            return Problem(tr("There is no text in {name}.", **values), "--text COLUMN")
        said = tr("There is no text in {name}: {reason} ({times:,} times, first at {where}).", **values)
        return Problem(said, "--text COLUMN")
    options = writer.schema.columns
    first, *more = (getattr(config, option) for option in options)
    values["columns"] = tr("{first!r} and {second!r}", first=first, second=more[0]) if more else repr(first)
    if not most:
        said = tr("No row of {name} can be used; check the columns chosen, {columns}, and how the file is read.", **values)
    elif most.reason == NO_LABEL:
        said = tr(
            "No row of {name} can be used: {reason} ({times:,} times, first at {where}); check the columns chosen, {columns}, "
            "and how the file is read. `predict` answers texts without labels.",
            **values,
        )  # fmt: skip
    else:
        said = tr(
            "No row of {name} can be used: {reason} ({times:,} times, first at {where}); check the columns chosen, {columns}, "
            "and how the file is read.",
            **values,
        )  # fmt: skip
    return Problem(said, " and ".join(f"--{option} COLUMN" for option in options))


_CUT = {
    "start": N_("cut after {most:,} tokens, and kept"), "end": N_("cut to its last {most:,} tokens, and kept"),
    "both": N_("cut to {most:,} tokens, half of them its first and half its last, and kept"),
}  # fmt: skip
"""What is said of a text that is too long, by the part that is kept."""


def read_source(source: Source, split: str, writer: Writer, tick: Tick, warnings: list[str]) -> Tally:
    """Adds the examples of one file to `writer`.

    Args:
        split: the split of examples for which the file does not give one.
        tick: is called with the share of the file read, 0…1.
        warnings: a warning is appended if many rows are left out.

    Returns:
        The rows left out, by reason.

    Raises:
        Problem: if the file cannot be read, or too few of its rows can be used.
    """
    config, name, before = source.config, source.format.name, len(writer)
    tally = Tally()
    if writer.schema.stream:
        pieces = streams.Text(source.path, config, source.format).rows(tick)
    else:
        pieces = read_file(source.path, source.format, config, writer.schema, source.layout, tick)
    cut = _CUT[config.keep].format(most=config.max_tokens)
    for found in pieces:
        cut_lines = writer.add(found, source.format.rows_are, split)
        kept = found.notes + [(line, cut) for line in cut_lines]
        for (line, reason), unused in sorted([(n, True) for n in found.faults] + [(n, False) for n in kept]):
            tally.note(reason, source.format.where(line), unused)
        tally.read += len(found.lines) + len(found.faults)
        if len(writer.labels) > checks.MOST_LABELS:
            raise checks.free_text(writer.labels, tally.read, config, name)
    most = tally.left_out(unused=True)
    if len(writer) == before:
        raise _nothing(name, config, writer, most[0] if most else None)
    most = tuple(entry for entry in most if entry.reason != EMPTY)
    if few := checks.too_few_used(len(writer) - before, tally.read - tally.counts.get(EMPTY, 0), most, name):
        warnings.append(few)
    return tally
