"""A dataset on disk: dataset.json (config, labels, report) and examples.parquet."""

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.config import SPLITS, DataConfig, Problem, make, plain
from rnn_core.data.datasets import Dataset, Example
from rnn_core.results import DataReport
from rnn_core.workspace import files


class _Head(NamedTuple):
    """What dataset.json holds."""

    name: str
    fingerprint: str
    config: DataConfig
    labels: tuple[str, ...]
    scheme: str | None
    report: DataReport


class SavedDataset:
    """A dataset in the workspace; reads what is asked for, when it is asked for, and raises Problem when damaged."""

    def __init__(self, path: Path):
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @cached_property
    def _head(self) -> _Head:
        values = files.read_json(self.path / "dataset.json")
        try:
            head = make(_Head, values)
            if head.fingerprint[:16] != self.id or "train" not in head.report.splits:
                raise ValueError("of another dataset")
        except (Problem, ValueError):
            raise Problem(f"The dataset {self.id} is damaged: dataset.json. Delete it, and read its file again.") from None
        return head

    @property
    def problem(self) -> Problem | None:
        """Why nothing can be done with it; None when it can be read."""
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
        """What reading found."""
        return self._head.report

    def examples(self, split: str) -> list[Example]:
        """The examples of one split."""
        per_token = self.config.task == "tag"
        try:
            table = pq.read_table(self.path / "examples.parquet", filters=[("split", "==", split)])
            columns = (table[name].to_pylist() for name in ("text", "tokens", "target", "row"))
            return [
                Example(text, tuple(tokens), tuple(target) if per_token else target, row)
                for text, tokens, target, row in zip(*columns, strict=True)
            ]
        except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
            raise Problem(f"The dataset {self.name} is damaged: examples.parquet cannot be read. Upload it again.") from None

    def delete(self) -> None:
        """Removes the dataset; runs trained on it stay."""
        files.remove(self.path)


def save(root: Path, dataset: Dataset, name: str) -> SavedDataset:
    """Writes a dataset below `root`/datasets, in a folder named by its fingerprint; an equal one is replaced."""
    path = root / "datasets" / dataset.fingerprint[:16]
    rows = [(split, e) for split in SPLITS for e in dataset.splits.get(split, ())]
    per_token = dataset.config.task == "tag"
    table = pa.table(
        {
            "split": [split for split, _ in rows],
            "text": [e.text for _, e in rows],
            "tokens": pa.array([list(e.tokens) for _, e in rows], pa.list_(pa.string())),
            "target": pa.array(
                [list(e.target) if per_token else e.target for _, e in rows],
                pa.list_(pa.string()) if per_token else pa.string(),
            ),
            "row": [e.row for _, e in rows],
        }
    )
    files.write(path / "examples.parquet", lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    head = {
        "name": name,
        "fingerprint": dataset.fingerprint,
        "config": plain(dataset.config),
        "labels": list(dataset.labels),
        "scheme": dataset.scheme,
        "report": dataclasses.asdict(dataset.report),
    }
    files.write_json(path / "dataset.json", head)
    return SavedDataset(path)
