"""The files of a dataset: the columns read from each, and the fingerprint of the dataset."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rnn_core.config import SPLITS, DataConfig, Problem, make, plain
from rnn_core.data import streams
from rnn_core.data.columns import column_notes, guess_columns, with_columns
from rnn_core.data.encodings import open_binary
from rnn_core.data.formats import DELIMITERS, Format
from rnn_core.data.layouts import LAYOUTS, Layout, layout_of
from rnn_core.data.progress import Tick, parts_by_size
from rnn_core.data.schema import Schema
from rnn_core.data.top import Look, Top, look
from rnn_core.language import tr

SIDES = ("text", "label", "target", "sentence")
"""The options that name the columns of an example."""

READER = 2
"""The version of the way from files to examples: the same file read by another version is another dataset."""

HASHED = 0.03
"""The share of the work done once the files are hashed."""


@dataclass(frozen=True)
class Source:
    """One file and how it is read.

    Attributes:
        config: the options, with columns filled in.
        layout: how its rows hold the data of the task.
        notes: sentences on how it is read.
        stamp: its size in bytes, and the time of its last change in ns, when its top was read.
    """

    path: Path
    config: DataConfig
    format: Format
    layout: Layout
    notes: tuple[str, ...]
    stamp: tuple[int, int]

    def facts(self, rows: int) -> dict[str, Any]:
        """The facts about it in the report."""
        used = {key: value for key in (*SIDES, "split") if (value := getattr(self.config, key))}
        return {
            "name": self.format.name,
            "format": self.format.kind,
            "encoding": self.format.encoding,
            "delimiter": DELIMITERS.get(self.format.delimiter or ""),
            "layout": LAYOUTS[self.layout],
            "columns": used,
            "rows": rows,
        }


@dataclass(frozen=True)
class Plan:
    """A dataset before it is read: the files by split, the schema, and the fingerprint."""

    sources: dict[str, Source]
    schema: Schema
    fingerprint: str

    @classmethod
    def of(cls, sources: dict[str, Source], schema: Schema, progress: Tick | None = None) -> "Plan":
        """The plan of these files; their bytes are read for the fingerprint.

        Args:
            progress: is called with the share of the whole work done, 0…1; an exception raised by it stops the work.

        Raises:
            Problem: if a file cannot be read, or has changed since its top was read.
        """
        for source in sources.values():
            with suppress(OSError):  # reported when it is opened
                if _stamp(source.path) != source.stamp:
                    raise Problem(tr("{name} has changed since it was chosen: choose it again.", name=source.format.name))
        digest = hashlib.sha256()
        share = parts_by_size({split: source.path for split, source in sources.items()}, progress, 0, HASHED)
        for split, source in sources.items():
            sha, marked = _sha256(source, share[split])
            digest.update(f"{split} {sha}{' of documents' * (marked and source.layout == 'lines')}\n".encode())
        digest.update(json.dumps(plain(sources["train"].config) | {"reader": READER}, sort_keys=True).encode())
        return cls(sources, schema, digest.hexdigest())

    @property
    def config(self) -> DataConfig:
        """The options of the training file."""
        return self.sources["train"].config

    @property
    def paths(self) -> dict[str, Path]:
        """The files by split."""
        return {split: source.path for split, source in self.sources.items()}


def sources_of(
    files: Mapping[str, Path],
    config: DataConfig,
    schema: Schema,
    names: Mapping[str, str] | None = None,
    look: Look = look,
) -> dict[str, Source]:
    """Decides how a training file and, if given, files for dev and test are read, from the tops of the files.

    Args:
        files: the paths by split; "train" is required.
        schema: the sides of an example.
        names: the names of the files for people, by split; default: the name of the path.
        look: returns the top of a file.

    Raises:
        Problem: if a file cannot be read, or its columns do not fit.
    """
    if "train" not in files:
        raise Problem(tr("A dataset needs a training file: choose one."))
    if config.split and len(files) > 1:
        raise Problem(
            tr("Give either a split column or files for dev and test, not both."), "either --split, or --dev and --test"
        )
    shown = {split: (names or {}).get(split) or path.name for split, path in files.items()}
    top = look(files["train"], config, shown["train"], schema.stream)
    train = source_of(top, config, schema, with_split=len(files) == 1)
    sources = {"train": train}
    for split in SPLITS[1:]:
        if split in files:
            as_train = config
            if train.format.kind == "csv" and not train.format.named and config.header == "auto":
                as_train = make(DataConfig, plain(config) | {"header": "no"})
            top = look(files[split], as_train, shown[split], schema.stream)
            sources[split] = source_of(top, as_train, schema, like=train.config)
    return sources


def to_json(sources: Mapping[str, Source]) -> dict[str, Any]:
    """Files by split as plain values, for another process."""
    return {
        split: asdict(source) | {"path": str(source.path), "config": plain(source.config)} for split, source in sources.items()
    }


def from_json(values: Any) -> dict[str, Source]:
    """The inverse of `to_json`. Raises Problem for other values."""
    if not isinstance(values, dict) or not {"train"} <= values.keys() <= set(SPLITS):
        raise Problem(tr("This is not a plan of a dataset: it names no training file."))
    return {split: make(Source, values[split]) for split in SPLITS if split in values}


def source_of(
    top: Top, config: DataConfig, schema: Schema, like: DataConfig | None = None, with_split: bool = False
) -> Source:
    """Decides how a file is read, from its top. `like`: the options of the training file, whose columns are used if this file
    has them."""
    path, format, name, stamp = top.path, top.format, top.format.name, _stamp(top.path)
    if schema.stream:
        text = streams.look_into(top, config, like)
        return Source(path, text.config, text.format, text.layout, tuple(f"{name}: {note}" for note in text.notes), stamp)
    rows = top.rows
    trained = {key: getattr(like, key) for key in SIDES} if like else {}
    if like and set(filter(None, trained.values())) <= set(format.header):
        config = with_columns(config, **{key: getattr(config, key) or value for key, value in trained.items()})
    # If the column of training is missing, only a column named as labels is taken: otherwise any column of 0 and 1 would do.
    filled = guess_columns(format, rows, config, schema, by_name=bool(like))
    if not with_split:
        filled = with_columns(filled, split=None)
    notes = tuple(f"{name}: {note}" for note in format.notes + column_notes(format, rows, filled, schema))
    return Source(path, filled, format, layout_of(format, rows, filled, schema), notes, stamp)


def _stamp(path: Path) -> tuple[int, int]:
    seen = path.stat()
    return seen.st_size, seen.st_mtime_ns


def _sha256(source: Source, tick: Tick) -> tuple[str, bool]:
    """The hash of a file, and whether it holds `streams.MARK`, which readers before did not know."""
    digest, done, marked, end = hashlib.sha256(), 0, False, b""
    mark = streams.MARK.encode()
    size = max(source.path.stat().st_size, 1)
    with open_binary(source.path, source.format.name) as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
            marked = marked or mark in end + piece[: len(mark)] or mark in piece
            end = piece[-len(mark) :]
            done += len(piece)
            tick(min(done / size, 1.0))
    return digest.hexdigest(), marked
