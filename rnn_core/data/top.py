"""The top of a file: how it is written, and its first rows. All guesses about a file are made from it."""

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
from rnn_core.language import tr

READ_BY = ("format", "encoding", "delimiter", "quoting", "header")
"""The options of `DataConfig` that say how a file is written."""

SAMPLE = 200
"""The number of rows from which columns are guessed."""

_LOOKED_INTO, FURTHER = 5_000, 5
"""The number of rows that are searched for letters beyond ASCII, and the number of rows with such letters that are shown."""

_TABLES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")


@dataclass(frozen=True)
class Top:
    """The top of one file. The rows are read once, at their first use.

    Attributes:
        path: the file.
        format: how it is written; its `name` is the file's name for people.
    """

    path: Path
    format: Format

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The first rows without faults, with all their values; for plain text, its lines. Raises Problem if there are none."""
        if self.format.kind == "text":
            lines = text_lines(chunks(self.path, self.format.encoding or "utf-8", self.format.name, None, self.format.mended))
            return tuple(Row(number, (line.removesuffix("\n"),)) for number, line in islice(lines, SAMPLE))
        rows = list(islice(read_rows(self.path, self.format), SAMPLE))
        if not rows:
            raise Problem(tr(
                "{name} has no rows below its header: add rows with a text and a label each.",
                name=self.format.name,
            ))
        return tuple(row for row in rows if not row.fault)

    @cached_property
    def beyond_ascii(self) -> tuple[tuple[int, tuple[str, ...]], ...]:
        """The first rows of a table with letters beyond ASCII, each with its line. They show whether the encoding is right."""
        if not self.format.encoding or self.format.kind == "text":
            return ()
        return tuple(islice(self._beyond_ascii(), SAMPLE + FURTHER))

    @property
    def nbytes(self) -> int:
        """The approximate size in bytes."""
        held = [row.values for row in self.__dict__.get("rows", ())]
        held += [values for _, values in self.__dict__.get("beyond_ascii", ())]
        return sum(len(as_written(value)) + 50 for values in held for value in values)

    def _beyond_ascii(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        size = 0
        with suppress(Problem):  # faults further down are reported when the whole file is read
            for row in islice(read_rows(self.path, self.format), _LOOKED_INTO):
                values = tuple(map(as_written, row.values))
                size += sum(map(len, values))
                if size > HEAD:
                    return
                if not row.fault and not all(map(str.isascii, values)):
                    yield row.line, values


Look = Callable[[Path, DataConfig, str | None, bool], Top]
"""Returns the top of a file, as `look` does."""


def look(path: Path, config: DataConfig, name: str | None = None, stream: bool = False) -> Top:
    """Recognises the top of a file; values stated in `config` take precedence.

    Args:
        name: the file's name for people; None: the name of `path`.
        stream: whether the file may be one long text or a table with one column.

    Raises:
        Problem: as `tables.recognise`.
    """
    name = name or path.name
    if not stream:
        return Top(path, recognise(path, config, name))
    if config.text or config.format or Path(name).suffix.lower() in _TABLES:
        return Top(path, recognise(path, config, name, fewest=1))
    plain_text = make(DataConfig, {"format": "token_tag", "encoding": config.encoding})  # a kind whose columns are not examined
    return Top(path, replace(recognise(path, plain_text, name), kind="text", delimiter=None, header=("text",)))
