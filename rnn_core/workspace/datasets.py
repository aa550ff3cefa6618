"""A dataset on disk: dataset.json (config, labels, report) and the files of its examples, as `stored` describes them."""

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from rnn_core import tasks
from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data.batches import Encoded
from rnn_core.data.datasets import Dataset, read_dataset
from rnn_core.data.examples import Example
from rnn_core.data.sources import Plan, Source, sources_of
from rnn_core.data.stored import Stored
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.language import tr
from rnn_core.results import DataReport
from rnn_core.workspace import files

FORMAT = 2
"""The format number that this code writes; datasets of another format have to be read from their files again."""


class _Head(NamedTuple):
    """The content of dataset.json."""

    name: str
    fingerprint: str
    config: DataConfig
    labels: tuple[str, ...]
    scheme: str | None
    report: DataReport
    format: int


class SavedDataset:
    """A dataset in the workspace, read on demand. Raises Problem if it is damaged."""

    def __init__(self, path: Path):
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @cached_property
    def _head(self) -> _Head:
        values = files.read_json(self.path / "dataset.json")
        if isinstance(values, dict) and "fingerprint" in values and values.get("format") != FORMAT:
            raise Problem(
                tr(
                    "The dataset {id} was saved by another version of this program. Read its file again; runs trained on "
                    "it will find it.",
                    id=self.id,
                )
            )
        try:
            head = make(_Head, values)
            if head.fingerprint[:16] != self.id or "train" not in head.report.splits:
                raise ValueError("the fingerprint of another dataset")
        except (Problem, ValueError):
            raise Problem(tr(
                "The dataset {id} is damaged: dataset.json. Delete it, and read its file again.",
                id=self.id,
            )) from None
        return head

    @property
    def problem(self) -> Problem | None:
        """The reason why it cannot be read; None if it can."""
        try:
            _ = self._head
        except Problem as why:
            return why
        return None

    @property
    def name(self) -> str:
        return self._head.name

    @property
    def fingerprint(self) -> str:
        return self._head.fingerprint

    @property
    def labels(self) -> tuple[str, ...]:
        return self._head.labels

    @property
    def scheme(self) -> str | None:
        return self._head.scheme

    @property
    def config(self) -> DataConfig:
        return self._head.config

    @property
    def report(self) -> DataReport:
        """The report."""
        return self._head.report

    @property
    def _stored(self) -> Stored:
        return Stored(self.path, self.config, tasks.of(self.config).schema)

    @contextlib.contextmanager
    def _saying_damage(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
            raise Problem(tr(
                "The dataset {name} is damaged: its examples cannot be read. Read its file again.",
                name=self.name,
            )) from None

    def pieces(self, split: str) -> Iterator[list[Example]]:
        """Yields the examples of one split, in blocks of some thousands."""
        with self._saying_damage():
            yield from self._stored.pieces(split)

    def examples(self, split: str) -> list[Example]:
        """All examples of one split; `pieces` is for large splits."""
        return [example for some in self.pieces(split) for example in some]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the training split."""
        with self._saying_damage():
            return self._stored.vocabulary

    @cached_property
    def vocabularies(self) -> dict[str, Vocabulary]:
        """The words, or characters, of the training split for each further side, by name."""
        with self._saying_damage():
            return self._stored.vocabularies

    def lines(self, split: str) -> np.ndarray:
        """(m,) the line of its file where each example of a split begins, in the order of `encoded`; for Parquet the row."""
        with self._saying_damage():
            return self._stored.lines(split)

    def encoded(self, split: str) -> Encoded:
        """One split, encoded by the vocabularies and `labels`; memory-mapped, and empty if there is no such split."""
        with self._saying_damage():
            return self._stored.encoded(split)

    def delete(self) -> None:
        """Removes the dataset, but not the runs trained on it."""
        files.remove(self.path)


def read(
    root: Path,
    paths: Mapping[str, Path],
    config: DataConfig,
    name: str,
    names: Mapping[str, str] | None = None,
    progress: Callable[[float], object] | None = None,
) -> SavedDataset:
    """Reads a dataset from files and saves it below `root`/datasets, unless it is there already.

    Args:
        paths, config, names: as for `sources_of`.
        progress: as for `Plan.of`.
        name: its name.

    Raises:
        Problem: if nothing can be learnt from the files, or the disk is full.
    """
    return read_sources(root, sources_of(paths, config, tasks.of(config).schema, names), name, progress)


def read_sources(
    root: Path, sources: dict[str, Source], name: str, progress: Callable[[float], object] | None = None
) -> SavedDataset:
    """Like `read`, for files whose sources are decided."""
    plan = Plan.of(sources, tasks.of(sources["train"].config).schema, progress)
    saved = SavedDataset(_folder(root, plan.fingerprint))
    with contextlib.suppress(Problem):
        if saved.fingerprint == plan.fingerprint and len(saved.vocabulary) == saved.report.vocabulary_size:
            for split, summary in saved.report.splits.items():
                if len(saved.encoded(split)) != summary.examples:
                    raise Problem(tr("The dataset {name} is damaged.", name=saved.name))
            _write_head(saved.path, saved, name)
            return SavedDataset(saved.path)
    datasets = root / "datasets"
    with files.saying_disk_trouble(datasets):
        datasets.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=files.temporary_name("reading"), dir=datasets))
        try:
            return save(root, read_dataset(plan, progress, folder), name)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def save(root: Path, dataset: Dataset, name: str) -> SavedDataset:
    """Saves a dataset below `root`/datasets, in a folder named by its fingerprint; an equal one is replaced."""
    path = _folder(root, dataset.fingerprint)
    for file in dataset.folder.iterdir():
        files.write(path / file.name, partial(_link, file))
    _write_head(path, dataset, name)
    return SavedDataset(path)


def _folder(root: Path, fingerprint: str) -> Path:
    return root / "datasets" / fingerprint[:16]


def _link(file: Path, place: Path) -> None:
    """Links a file to a second name; a copy, if the file system has no links."""
    place.unlink()
    try:
        os.link(file, place)
    except OSError:
        shutil.copyfile(file, place)


def _write_head(path: Path, dataset: Dataset | SavedDataset, name: str) -> None:
    head = {
        "format": FORMAT,
        "name": name,
        "fingerprint": dataset.fingerprint,
        "config": plain(dataset.config),
        "labels": list(dataset.labels),
        "scheme": dataset.scheme,
        "report": dataclasses.asdict(dataset.report),
    }
    files.write_json(path / "dataset.json", head)
