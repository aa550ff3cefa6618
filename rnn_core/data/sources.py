"""The files that a dataset is made of: which columns of each are read, and what names the dataset they make."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_core.config import SPLITS, DataConfig, Problem, make, plain
from rnn_core.data import streams
from rnn_core.data.columns import column_notes, guess_columns, sample_rows, with_columns
from rnn_core.data.encodings import open_binary
from rnn_core.data.layouts import LAYOUTS, Layout, layout_of
from rnn_core.data.progress import Tick, parts_by_size
from rnn_core.data.schema import Schema
from rnn_core.data.tables import DELIMITERS, Format, recognise

SIDES = ("text", "label", "target", "sentence")
"""The options that name the columns of an example."""

READER = 2
"""Counts the changes in how a file becomes examples: the same file read otherwise is another dataset."""

HASHED = 0.03
"""The share of the work that is done when the files are hashed."""


@dataclass(frozen=True)
class Source:
    """One file and how it is read.

    Attributes:
        config: the columns filled in.
        layout: how its rows hold what the task needs.
        notes: sentences on how it is read.
    """

    path: Path
    config: DataConfig
    format: Format
    layout: Layout
    notes: tuple[str, ...]

    def facts(self, rows: int) -> dict[str, Any]:
        """What the report says of it."""
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
    """What is going to be read: the files by split, looked into, the schema, and the fingerprint of the dataset they make."""

    sources: dict[str, Source]
    schema: Schema
    fingerprint: str

    @property
    def config(self) -> DataConfig:
        """That of the training file."""
        return self.sources["train"].config

    @property
    def paths(self) -> dict[str, Path]:
        """The files by split."""
        return {split: source.path for split, source in self.sources.items()}


def plan_dataset(
    files: Mapping[str, Path],
    config: DataConfig,
    schema: Schema,
    names: Mapping[str, str] | None = None,
    progress: Tick | None = None,
) -> Plan:
    """Looks into a training file and, where given, those of dev and test; reads their bytes for the fingerprint only.

    Args:
        files: by split; "train" is needed.
        schema: what each example is made of.
        names: what the files are called where that is not their path's name.
        progress: hears the share of all the work that is done; what it raises ends it.

    Raises:
        Problem: when a file cannot be read, or its columns do not fit.
    """
    if "train" not in files:
        raise Problem("A dataset needs a training file: choose one.")
    if config.split and len(files) > 1:
        raise Problem(
            "Give either a split column or files for dev and test, not both.", "either --split, or --dev and --test"
        )
    shown = {split: (names or {}).get(split) or path.name for split, path in files.items()}
    train = source_of(files["train"], config, schema, shown["train"], with_split=len(files) == 1)
    sources = {"train": train}
    for split in SPLITS[1:]:
        if split in files:
            as_train = config
            if train.format.kind == "csv" and not train.format.named and config.header == "auto":
                as_train = make(DataConfig, plain(config) | {"header": "no"})
            sources[split] = source_of(files[split], as_train, schema, shown[split], like=train.config)
    digest = hashlib.sha256()
    share = parts_by_size(files, progress, 0, HASHED)
    for split, source in sources.items():
        digest.update(f"{split} {_sha256(source, share[split])}\n".encode())
    digest.update(json.dumps(plain(train.config) | {"reader": READER}, sort_keys=True).encode())
    return Plan(sources, schema, digest.hexdigest())


def source_of(
    path: Path, config: DataConfig, schema: Schema, name: str, like: DataConfig | None = None, with_split: bool = False
) -> Source:
    """A file looked into. `like` is what the training file is read with: its columns, where this file has them."""
    if schema.stream:
        text = streams.look_into(path, config, name, like)
        return Source(path, text.config, text.format, text.layout, tuple(f"{name}: {note}" for note in text.notes))
    format = recognise(path, config, name)
    rows = sample_rows(path, format)
    trained = {key: getattr(like, key) for key in SIDES} if like else {}
    if like and set(filter(None, trained.values())) <= set(format.header):
        config = with_columns(config, **{key: getattr(config, key) or value for key, value in trained.items()})
    # Another column than that of training may hold labels only where it is called so: any column of 0 and 1 would do else.
    filled = guess_columns(format, rows, config, schema, by_name=bool(like))
    if not with_split:
        filled = with_columns(filled, split=None)
    notes = tuple(f"{name}: {note}" for note in format.notes + column_notes(format, rows, filled, schema))
    return Source(path, filled, format, layout_of(format, rows, filled, schema), notes)


def _sha256(source: Source, tick: Tick) -> str:
    digest, done = hashlib.sha256(), 0
    size = max(source.path.stat().st_size, 1)
    with open_binary(source.path, source.format.name) as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
            done += len(piece)
            tick(min(done / size, 1.0))
    return digest.hexdigest()
