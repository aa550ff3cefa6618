"""Files read into the workspace: once, wholly or not at all, and with a word on a full disk."""

import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rnn_core.config import DataConfig, Problem
from rnn_core.workspace import Workspace, files
from rnn_core.workspace.datasets import SavedDataset, read
from tests.tiny import read_examples

REVIEWS = Path(__file__).parents[2] / "samples" / "reviews.csv"


def read_reviews(workspace: Workspace, name: str = "Mine", path: Path = REVIEWS) -> SavedDataset:
    return read(workspace.root, {"train": path}, DataConfig(), name)


def content(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.root / "datasets").iterdir())


def test_a_file_that_is_in_the_workspace_is_not_read_again(workspace: Workspace) -> None:
    first = read_reviews(workspace, "First")
    before = {path.name: path.stat().st_ino for path in first.path.iterdir() if path.name != "dataset.json"}
    again = read_reviews(workspace, "Again")
    assert {name: (again.path / name).stat().st_ino for name in before} == before
    assert [d.name for d in workspace.datasets()] == ["Again"] and again.report == first.report
    other = read(workspace.root, {"train": REVIEWS}, DataConfig(split_seed=1), "Other")
    assert other.id != first.id and content(workspace) == sorted([first.id, other.id])


@pytest.mark.parametrize("name", ["dataset.json", "vocabulary.json", "train.indices.npy", "dev.starts.npy"])
def test_one_that_is_damaged_is_read_again(workspace: Workspace, name: str) -> None:
    saved = read_reviews(workspace)
    whole = (saved.path / name).read_bytes()
    (saved.path / name).write_bytes(whole[:-10])
    assert read_reviews(workspace).encoded("train").indices.tolist()
    assert (saved.path / name).read_bytes() == whole
    assert content(workspace) == [saved.id]


class Enough(Exception):
    """Raised by who listens to the progress."""


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9, 0.99])
def test_what_progress_raises_ends_the_reading_and_nothing_stays(workspace: Workspace, share: float) -> None:
    def stop(done: float) -> None:
        if done >= share:
            raise Enough

    with pytest.raises(Enough):
        read(workspace.root, {"train": REVIEWS}, DataConfig(), "Mine", progress=stop)
    assert not (workspace.root / "datasets").exists() or content(workspace) == []


def test_a_file_that_cannot_be_learnt_from_leaves_nothing(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label\na,x\nb,x\n")
    with pytest.raises(Problem, match="Every label"):
        read_reviews(workspace, path=tmp_path / "t.csv")
    assert content(workspace) == []


@contextmanager
def small_files_only() -> Iterator[None]:
    """No file may grow beyond 8,000 bytes, which a writer meets as it meets a full disk.

    For the reading alone: pytest itself may be writing into a longer file.
    """
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8_000, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_full_disk_is_said(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"cannot be written: .*Try again"), small_files_only():
        read_reviews(workspace)
    assert content(workspace) == []


def test_a_full_disk_is_said_where_a_file_is_read_to_evaluate_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(Problem, match="cannot be written"), small_files_only():
        read_examples(REVIEWS, DataConfig())
    assert not list(tmp_path.iterdir())


def test_a_dataset_of_another_layout_is_said_and_reading_its_file_again_puts_it_right(workspace: Workspace) -> None:
    saved = read_reviews(workspace)
    head = files.read_json(saved.path / "dataset.json")
    del head["format"]
    files.write_json(saved.path / "dataset.json", head)
    (found,) = workspace.damaged_datasets()
    assert "another version" in str(found.problem) and "Read its file again" in str(found.problem)
    assert read_reviews(workspace).id == saved.id and not workspace.damaged_datasets()


def test_damaged_arrays_are_said(workspace: Workspace) -> None:
    saved = read_reviews(workspace)
    assert len(saved.encoded("other")) == 0
    for name in ("train.starts.npy", "vocabulary.json", "splits.npy"):
        (saved.path / name).write_bytes(b"?")
    damaged = SavedDataset(saved.path)
    for look in (lambda: damaged.encoded("train"), lambda: damaged.vocabulary, lambda: damaged.examples("train")):
        with pytest.raises(Problem, match="Mine is damaged"):
            look()
