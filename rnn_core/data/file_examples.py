"""The examples of one labelled file, for the evaluation of a run."""

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from rnn_core.config import DataConfig, Problem
from rnn_core.data import checks
from rnn_core.data.columns import with_columns
from rnn_core.data.examples import Example
from rnn_core.data.finish import Written
from rnn_core.data.labels import no_labels
from rnn_core.data.progress import Tick, nobody
from rnn_core.data.reading import read_source
from rnn_core.data.schema import Schema
from rnn_core.data.sources import source_of
from rnn_core.data.stored import read_pieces
from rnn_core.data.top import look
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.data.writer import Writer
from rnn_core.language import tr
from rnn_core.results import LeftOut


@dataclass(frozen=True)
class FileExamples:
    """The examples of one file, on disk for the lifetime of this object.

    Attributes:
        folder: the folder of their files.
        config: how they were read, with columns filled in.
        schema: the sides of an example.
        count: their number.
        rows_read: the number of data rows or sentences read.
        left_out: the rows not used, or cut, by reason.
        warnings: sentences on data that are unusual, but usable.
    """

    folder: Path
    config: DataConfig
    schema: Schema
    count: int
    rows_read: int
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]

    def pieces(self) -> Iterator[list[Example]]:
        """All examples, in blocks of some thousands."""
        yield from read_pieces(self.folder, self.config, self.schema, np.ones(self.count, bool))


def read_examples(
    path: Path,
    config: DataConfig,
    schema: Schema,
    labels: Sequence[str] | None = None,
    name: str | None = None,
    progress: Tick | None = None,
    like: DataConfig | None = None,
    vocabularies: Mapping[str, Vocabulary] = MappingProxyType({}),
) -> FileExamples:
    """Reads the examples of one file for the evaluation of a run; a split column is ignored.

    Args:
        config, schema: as for a dataset; open columns are those of `like`, or guessed.
        like: the data options of the run.
        vocabularies: of the run, by side; a warning says if two texts look swapped.
        labels: the classes of the run; a warning names others.
        progress: is called with the share read, 0…1; an exception raised by it stops the work.

    Raises:
        Problem: if the file cannot be read, or none of its rows can be used.
    """
    source = source_of(look(path, config, name, schema.stream), with_columns(config, split=None), schema, like)
    labels = labels if schema.labels else None
    folder = None
    lacking: list[str] = []
    try:
        folder = Path(tempfile.mkdtemp(prefix="unrolled-"))
        with Writer(folder, source.config, schema) as writer:
            tally = read_source(source, "train", writer, progress or nobody, lacking)
            written = Written(writer)
            lacking += checks.same_texts(written)
            if vocabularies:
                lacking += checks.swapped(written, vocabularies, "train", source.format.name)
        if labels is not None and not set(labels) & set(written.labels):
            raise no_labels(source, labels, written.labels, "--label COLUMN")
    except BaseException as error:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        why = error.strerror or error
        raise Problem(tr(
            "{folder} cannot be written: {why}. Free some space there and try again.", folder=tempfile.gettempdir(), why=why
        )) from error  # fmt: skip
    strange = sorted(set(written.labels) - set(labels)) if labels is not None else []
    if strange:
        listed = ", ".join(map(repr, strange[:5]))
        lacking.append(tr("The run does not know the labels {labels}, so those count as errors.", labels=listed))
    warnings = (*source.notes, *lacking)
    found = FileExamples(folder, source.config, schema, len(written), tally.read, tally.left_out(), warnings)
    weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found
