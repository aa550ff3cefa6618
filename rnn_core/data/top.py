"""The top of a file: how it is written, and its first rows. Everything that is guessed about a file is guessed from it."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path

from rnn_core.config import DataConfig, Problem, make
from rnn_core.data.encodings import HEAD, chunks
from rnn_core.data.formats import Format, recognise
from rnn_core.data.tables import Row, read_rows
from rnn_core.data.text_lines import text_lines
from rnn_core.data.values import as_written

READ_BY = ("format", "encoding", "delimiter", "quoting", "header")
"""The options of `DataConfig` that say how a file is written."""

SAMPLE = 200
"""Rows from which columns are guessed."""

_LOOKED_INTO, FURTHER = 5_000, 5
"""Rows in which letters outside of ASCII are looked for, and how many of those that have some are shown."""

_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")


@dataclass(frozen=True)
class Top:
    """The top of one file. It is read at most once: the rows when they are first asked for.

    Attributes:
        path: where the file lies.
        format: how it is written; its `name` is what the file is called.
    """

    path: Path
    format: Format

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The first sound rows with all their values; of plain text, its lines. Raises Problem when there is none."""
        if self.format.kind == "text":
            lines = text_lines(chunks(self.path, self.format.encoding or "utf-8", self.format.name, None, self.format.mended))
            return tuple(Row(number, (line.removesuffix("\n"),)) for number, line in islice(lines, SAMPLE))
        rows = list(islice(read_rows(self.path, self.format), SAMPLE))
        if not rows:
            raise Problem(f"{self.format.name} has no rows below its header: add rows with a text and a label each.")
        return tuple(row for row in rows if not row.fault)

    @cached_property
    def beyond_ascii(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """The first rows with letters outside of ASCII, each with its line, from the head of a table: those show whether the
        encoding is right."""
        if not self.format.encoding or self.format.kind == "text":
            return ()
        return tuple(islice(self._beyond_ascii(), SAMPLE + FURTHER))

    @property
    def nbytes(self) -> int:
        """About how many bytes it holds."""
        held = [row.values for row in self.__dict__.get("rows", ())]
        held += [values for _, values in self.__dict__.get("beyond_ascii", ())]
        return sum(len(as_written(value)) + 50 for values in held for value in values)

    def _beyond_ascii(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        size = 0
        with suppress(Problem):  # what is wrong further down is said when all is read
            for row in islice(read_rows(self.path, self.format), _LOOKED_INTO):
                values = tuple(map(as_written, row.values))
                size += sum(map(len, values))
                if size > HEAD:
                    return
                if not row.fault and not all(map(str.isascii, values)):
                    yield row.line, values


Look = Callable[[Path, DataConfig, str | None, bool], Top]
"""Gives the top of a file, as `look` does."""


def look(path: Path, config: DataConfig, name: str | None = None, stream: bool = False) -> Top:
    """The top of a file; what `config` states wins.

    Args:
        name: what the file is called where that is not the name of `path`.
        stream: whether it may be one long text, and a table of one column.

    Raises:
        Problem: as `tables.recognise`.
    """
    name = name or path.name
    if not stream:
        return Top(path, recognise(path, config, name))
    if config.text or config.format or Path(name).suffix.lower() in _TABLES:
        return Top(path, recognise(path, config, name, fewest=1))
    plain_text = make(DataConfig, {"format": "token_tag", "encoding": config.encoding})  # whose columns need no look
    return Top(path, replace(recognise(path, plain_text, name), kind="text", delimiter=None, header=("text",)))
