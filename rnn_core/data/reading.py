"""Reading a file: its examples go to a writer, and the rows that cannot be used are counted."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from rnn_core.config import Problem
from rnn_core.data import checks, streams
from rnn_core.data.examples import EMPTY, Tally, read_file
from rnn_core.data.progress import Tick
from rnn_core.data.sources import Source
from rnn_core.data.writer import Writer
from rnn_core.language import tr


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
    for found in pieces:
        cut_lines = writer.add(found, source.format.rows_are, split)
        kept = found.notes + [(line, f"cut after {config.max_tokens:,} tokens, and kept") for line in cut_lines]
        for (line, reason), unused in sorted([(n, True) for n in found.faults] + [(n, False) for n in kept]):
            tally.note(reason, source.format.where(line), unused)
        tally.read += len(found.lines) + len(found.faults)
        if len(writer.labels) > checks.MOST_LABELS:
            raise checks.free_text(writer.labels, tally.read, config, name)
    most = tally.left_out(unused=True)
    if len(writer) == before:
        why = f": {most[0].reason} ({most[0].count:,} times, first at {most[0].rows[0]})" if most else ""
        if writer.schema.stream:
            raise Problem(tr("There is no text in {name}{why}.", name=name, why=why), tr("--text COLUMN"))
        instead = " `predict` answers texts without labels." if most and most[0].reason == "no label" else ""
        columns = writer.schema.columns
        raise Problem(
            tr(
                "No row of {name} can be used{why}; check the columns chosen, {value}, and how the file is read.{instead}",
                name=name, why=why, value=' and '.join(repr(getattr(config, column)) for column in columns), instead=instead,
            ),
            " and ".join(f"--{column} COLUMN" for column in columns),
        )
    most = tuple(entry for entry in most if entry.reason != EMPTY)
    if few := checks.too_few_used(len(writer) - before, tally.read - tally.counts.get(EMPTY, 0), most, name):
        warnings.append(few)
    return tally
