"""Datasets on disk come back as they were read."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_core.config import DataConfig, Problem
from rnn_core.data.datasets import Dataset
from rnn_core.workspace import Workspace, files
from rnn_core.workspace.datasets import SavedDataset, save
from tests.tiny import read_dataset

SAMPLES = Path(__file__).parents[2] / "samples"


def sample(name: str = "reviews.csv", task: str = "classify") -> Dataset:
    return read_dataset({"train": SAMPLES / name}, DataConfig(task=task))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "task"), [("reviews.csv", "classify"), ("tagged.tsv", "tag"), ("entities.tsv", "tag")]
)
def test_a_dataset_comes_back(workspace: Workspace, name: str, task: str) -> None:
    dataset = sample(name, task)
    save(workspace.root, dataset, "Mine <b>")
    saved = workspace.dataset(dataset.fingerprint)
    assert (saved.name, saved.fingerprint, saved.labels, saved.scheme) == (
        "Mine <b>", dataset.fingerprint, dataset.labels, dataset.scheme,
    )  # fmt: skip
    assert saved.config == dataset.config
    assert dataclasses.asdict(saved.report) == dataclasses.asdict(dataset.report)
    assert type(saved.report.splits["train"].lengths) is tuple
    for split in ("train", "dev", "test"):
        assert saved.examples(split) == dataset.splits[split]
    assert saved.examples("other") == []


def test_an_equal_dataset_takes_the_place_of_the_first_and_the_newest_is_listed_first(workspace: Workspace) -> None:
    reviews = sample()
    save(workspace.root, reviews, "first")
    save(workspace.root, sample("tagged.tsv", "tag"), "second")
    save(workspace.root, reviews, "third")
    assert [d.name for d in workspace.datasets()] == ["third", "second"]


def test_a_deleted_or_unknown_dataset_is_said(workspace: Workspace) -> None:
    saved = save(workspace.root, sample(), "gone soon")
    saved.delete()
    assert workspace.datasets() == []
    for fingerprint in (saved.id, "f" * 64):
        with pytest.raises(Problem, match="not in the workspace"):
            workspace.dataset(fingerprint)


def test_damage_is_said(workspace: Workspace) -> None:
    saved = save(workspace.root, sample(), "Mine")
    table = saved.path / "examples.parquet"
    whole = table.read_bytes()
    for content in (b"", whole[:-100]):
        table.write_bytes(content)
        with pytest.raises(Problem, match="Mine is damaged"):
            saved.examples("train")
    table.unlink()
    with pytest.raises(Problem, match="Mine is damaged"):
        saved.examples("train")
    (saved.path / "dataset.json").write_text("{")
    with pytest.raises(Problem, match=saved.id):
        _ = SavedDataset(saved.path).name


def change(**more: Any) -> Callable[[dict[str, Any]], Any]:
    return lambda head: head | more


@pytest.mark.parametrize(
    "damage",
    [lambda _: [], lambda _: None, change(labels=5), change(labels=[1]), change(config=None), change(config={"task": "dance"}),
     change(report={}), change(name=None), change(fingerprint="f" * 64), change(scheme=3),
     lambda head: {name: value for name, value in head.items() if name != "name"},
     lambda head: head | {"report": head["report"] | {"splits": {}}},
     lambda head: head | {"report": head["report"] | {"left_out": [5]}}],
)  # fmt: skip
def test_a_damaged_dataset_stands_in_nobodys_way_and_can_be_deleted(
    workspace: Workspace, damage: Callable[[dict[str, Any]], Any]
) -> None:
    good, bad = save(workspace.root, sample("tagged.tsv", "tag"), "Good"), save(workspace.root, sample(), "Bad")
    head = files.read_json(bad.path / "dataset.json")
    files.write_json(bad.path / "dataset.json", damage(head))
    assert [d.name for d in workspace.datasets()] == ["Good"] and good.problem is None
    (found,) = workspace.damaged_datasets()
    assert bad.id in str(found.problem) and "Delete it" in str(found.problem)
    for attribute in ("name", "fingerprint", "labels", "scheme", "config", "report"):
        with pytest.raises(Problem, match=bad.id):
            getattr(SavedDataset(bad.path), attribute)
    found.delete()
    assert workspace.damaged_datasets() == []


def test_examples_of_another_kind_are_damage(workspace: Workspace) -> None:
    saved = save(workspace.root, sample(), "Mine")
    for table in ({"split": ["train"]}, {"split": ["train"], "text": ["a"], "tokens": [None], "target": ["b"], "row": ["c"]}):
        pq.write_table(pa.table(table), saved.path / "examples.parquet")
        with pytest.raises(Problem, match="Mine is damaged"):
            saved.examples("train")
