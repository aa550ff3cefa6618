"""A dataset on disk: dataset.json (config, labels, report) and examples.parquet."""

import dataclasses
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.config import SPLITS, DataConfig, Problem, make, plain
from rnn_core.data.datasets import Dataset, Example
from rnn_core.results import DataReport, LeftOut, SplitSummary
from rnn_core.workspace import files


class SavedDataset:
    """A dataset in the workspace; reads what is asked for, when it is asked for."""

    def __init__(self, path: Path):
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @cached_property
    def _head(self) -> dict[str, Any]:
        return files.read_json(self.path / "dataset.json")

    @property
    def name(self) -> str:
        return str(self._head["name"])

    @property
    def fingerprint(self) -> str:
        return str(self._head["fingerprint"])

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(self._head["labels"])

    @property
    def scheme(self) -> str | None:
        return self._head["scheme"]

    @cached_property
    def config(self) -> DataConfig:
        return make(DataConfig, self._head["config"])

    @cached_property
    def report(self) -> DataReport:
        """What reading found."""
        return report_from_json(self._head["report"])

    def examples(self, split: str) -> list[Example]:
        """The examples of one split."""
        try:
            table = pq.read_table(self.path / "examples.parquet", filters=[("split", "==", split)])
        except (OSError, pa.ArrowException):
            raise Problem(f"The dataset {self.name} is damaged: examples.parquet cannot be read. Upload it again.") from None
        rows = table.drop_columns(["split"]).to_pydict()
        per_token = pa.types.is_list(table.schema.field("target").type)
        return [
            Example(text, tuple(tokens), tuple(target) if per_token else target, row)
            for text, tokens, target, row in zip(
                rows["text"], rows["tokens"], rows["target"], rows["row"], strict=True
            )
        ]

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


def report_from_json(values: dict[str, Any]) -> DataReport:
    """A `DataReport` from its nested dicts."""

    def frozen(value: Any) -> Any:
        return tuple(frozen(v) for v in value) if isinstance(value, list) else value

    plain_values = {name: frozen(value) for name, value in values.items()}
    plain_values["left_out"] = tuple(LeftOut(**{k: frozen(v) for k, v in e.items()}) for e in values["left_out"])
    plain_values["splits"] = {
        name: SplitSummary(**{k: frozen(v) for k, v in split.items()}) for name, split in values["splits"].items()
    }
    return DataReport(**plain_values)
