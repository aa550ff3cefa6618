"""A run as a zip: it comes back whole, carries no text of the data, and what is no such zip leaves nothing behind."""

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.config import FORMAT, Problem, plain
from rnn_core.results import BaselineScores
from rnn_core.workspace import Workspace, archive, baselines
from rnn_core.workspace.archive import CARRIED, pack, unpack
from rnn_core.workspace.runs import Run
from tests import tiny
from tests.tiny import config_of, model_of, vocabulary_of


def saved_run(*arguments: Any, **more: Any) -> Run:
    """A run with every file that a zip carries."""
    run = tiny.saved_run(*arguments, **more)
    baselines.save(run, (BaselineScores("majority", {"test_accuracy": 0.5}, 0.1),))
    return run


def contents(run: Run) -> dict[str, bytes]:
    return {name: (run.path / name).read_bytes() for name in CARRIED}


def zipped(members: dict[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", how) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return held.getvalue()


def left_behind(workspace: Workspace) -> list[str]:
    return sorted(str(p.relative_to(workspace.root)) for p in workspace.root.rglob("*") if p.name != "runs")


def refused(workspace: Workspace, content: bytes, said: str = ".") -> None:
    before = left_behind(workspace) if workspace.root.exists() else []
    with pytest.raises(Problem, match=said) as why:
        unpack(workspace, content)
    assert str(why.value).endswith(".") and "\n" not in str(why.value)
    assert left_behind(workspace) == before
    assert not list(workspace.root.parent.glob("*.json"))


def test_a_run_comes_back_whole_under_a_new_id(workspace: Workspace) -> None:
    run = saved_run(workspace, config_of("tag", model_of("lstm", layers=2, bidirectional=True)), scheme="IOB2")
    again = unpack(workspace, pack(run))
    assert again.id != run.id and {r.id for r in workspace.runs()} == {run.id, again.id}
    assert contents(again) == contents(run)
    assert load(again).config == load(run).config and again.speech == run.speech
    assert [p.name for p in workspace.root.iterdir()] == ["runs"]


def test_a_zip_carries_neither_checkpoints_nor_texts(workspace: Workspace) -> None:
    run = saved_run(workspace)
    for other in ("checkpoint/state.safetensors", "evaluations/x/predictions.parquet", "log", "status.json"):
        (run.path / other).parent.mkdir(parents=True, exist_ok=True)
        (run.path / other).write_text("a secret text")
    with zipfile.ZipFile(io.BytesIO(pack(run))) as file:
        assert sorted(file.namelist()) == sorted(f"{run.id}/{name}" for name in CARRIED)


def test_a_run_without_history_and_metrics_is_taken(workspace: Workspace) -> None:
    run = saved_run(workspace)
    whole = contents(run)
    again = unpack(workspace, zipped({n: whole[n] for n in ("config.json", "vocabulary.json", "weights.safetensors")}))
    assert load(again).id == again.id and again.metrics() == {} and len(again.history().steps) == 0


def test_paths_that_climb_out_are_never_followed(workspace: Workspace) -> None:
    run = saved_run(workspace)
    members = {f"../../../{name}": content for name, content in contents(run).items()}
    evil = {"../../evil.json": b"{}", "/tmp/evil-unrolled": b"x", "runs/evil": b"x", "..\\evil": b"x"}
    before = left_behind(workspace)
    again = unpack(workspace, zipped(members | evil))
    assert contents(again) == contents(run)
    new = [name for name in left_behind(workspace) if name not in before]
    assert sorted(new) == sorted([f"runs/{again.id}", *(f"runs/{again.id}/{name}" for name in CARRIED)])
    assert [p.name for p in workspace.root.parent.iterdir()] == [workspace.root.name]


def test_a_zip_that_unpacks_to_too_much_is_refused(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contents(saved_run(workspace))
    bomb = zipped(whole | {"history.jsonl": b" " * 3_000_000})
    assert len(bomb) < 50_000
    monkeypatch.setattr(archive, "LIMIT", 2_000_000)
    refused(workspace, bomb, "more than")
    monkeypatch.setattr(archive, "LIMIT", 3_100_000)
    assert unpack(workspace, bomb)


@pytest.mark.parametrize("name", CARRIED)
def test_each_file_has_its_bound_and_no_more_of_it_is_unpacked(
    workspace: Workspace, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = contents(saved_run(workspace))
    monkeypatch.setitem(archive.MOST_BYTES, name, len(whole[name]))
    assert unpack(workspace, zipped(whole))
    bomb = zipped(whole | {name: whole[name] + b" " * 50_000_000})
    tracemalloc.start()
    refused(workspace, bomb, "larger than|holds no run|damaged")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_a_zip_of_many_files_is_refused(workspace: Workspace) -> None:
    many = dict.fromkeys((f"{i}.txt" for i in range(10_001)), b"")
    refused(workspace, zipped(contents(saved_run(workspace)) | many), "more than 10,000 files")


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"\x00" * 50, zipped({}), zipped({"a.txt": b"a"})])
def test_what_is_no_run_is_refused(workspace: Workspace, content: bytes) -> None:
    refused(workspace, content, "zip")
    workspace.root.mkdir(exist_ok=True)
    assert workspace.runs() == []


@pytest.mark.parametrize("how", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_cut_short_or_with_flipped_bytes_is_refused_or_unharmed(workspace: Workspace, how: int) -> None:
    run = saved_run(workspace)
    whole = zipped(contents(run), how)
    for keep in (len(whole) // 3, len(whole) - 30):
        refused(workspace, whole[:keep])
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 60):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        try:
            again = unpack(workspace, bytes(broken))
        except Problem:
            continue
        assert load(again).config == run.config and again.speech == run.speech
        assert (again.path / "weights.safetensors").read_bytes() == contents(run)["weights.safetensors"]
        again.delete()
    assert [r.id for r in workspace.runs()] == [run.id]


Change = Callable[[dict[str, bytes]], dict[str, bytes]]


def with_config(**more: object) -> Change:
    return lambda whole: whole | {"config.json": json.dumps(plain(config_of()) | more).encode()}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (with_config(model=plain(config_of(model=model_of("gru", hidden=9)))["model"]), "weights do not fit"),
        (with_config(format=FORMAT + 1), "newer version"), (with_config(train=3), "damaged"),
        (lambda whole: whole | {"weights.safetensors": b"\x00" * 64}, "damaged"),
        (lambda whole: whole | {"vocabulary.json": b"{}"}, "damaged"),
        (lambda whole: {n: c for n, c in whole.items() if n != "vocabulary.json"}, "vocabulary.json is missing"),
        (lambda whole: {n: c for n, c in whole.items() if n != "weights.safetensors"}, "holds no run"),
        (lambda whole: whole | {"metrics.json": b"{"}, "metrics.json"),
        (lambda whole: whole | {"metrics.json": b"[1]"}, "metrics.json"),
        (lambda whole: whole | {"metrics.json": b'{"scores": {"test": {}}}'}, "metrics.json"),
        (with_config(fingerprint="../../../../evil"), "fingerprint"),
        (with_config(name="half \ud800"), "damaged"), (with_config(name="n" * 1001), "name is longer"),
        (lambda whole: whole | {"history.jsonl": b"{}\n" * 250_001}, "history.jsonl has more than 250,000 lines"),
        (lambda whole: whole | {"history.jsonl": b"[[],[]]\n" * 125_001}, "history.jsonl has more than"),
        (lambda whole: whole | {"metrics.json": b'{"a": [' + b"{}," * 2_000_000 + b"{}]}"}, "metrics.json cannot be read"),
        (lambda whole: whole | {"vocabulary.json": json.dumps(vocabulary_of().to_json() | {
            "labels": [str(i) for i in range(2001)], "scheme": None}).encode()}, "vocabulary.json"),
    ],
)  # fmt: skip
def test_a_run_that_is_damaged_is_refused(workspace: Workspace, change: Change, said: str) -> None:
    refused(workspace, zipped(change(contents(saved_run(workspace)))), said)


def test_a_full_disk_is_said_and_nothing_is_left(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    content = pack(saved_run(workspace))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive.os, "rename", full)
    refused(workspace, content, "disk is full")
