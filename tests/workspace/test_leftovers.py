"""What a killed process left half written is cleared away, and what another one is writing is not."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rnn_core.workspace import Workspace, files, leftovers
from rnn_core.workspace.archive import pack
from tests.conftest import ROOT
from tests.tiny import saved_run

IMPORTING = """
import sys, time, pathlib
from rnn_core.workspace import Workspace, archive, leftovers
archive._check = lambda run: (print("half way", flush=True), time.sleep(600))
root = pathlib.Path(sys.argv[1])
with leftovers.held(root):
    archive.unpack(Workspace(root), pathlib.Path(sys.argv[2]).read_bytes())
"""
WRITING = """
import sys, time, pathlib
from rnn_core.workspace import files, leftovers
root = pathlib.Path(sys.argv[1])
def half(path):
    path.write_bytes(b"half")
    print("half way", flush=True)
    time.sleep(600)
with leftovers.held(root):
    files.write(root / "runs" / "one" / "evaluations" / "two" / "predictions.parquet", half)
"""
READING = """
import sys, time, pathlib, tempfile
from rnn_core.workspace import leftovers
root = pathlib.Path(sys.argv[1])
with leftovers.held(root), leftovers.own_temporary_folder(root):
    pathlib.Path(tempfile.mkdtemp(prefix="unrolled-"), "x").write_bytes(b"half")
    print("half way", flush=True)
    time.sleep(600)
"""


def left(root: Path) -> list[str]:
    """The temporary files and folders below a workspace."""
    return sorted(str(p.relative_to(root)) for p in root.rglob(".*") if "~" in p.name)


@contextmanager
def half_way(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """A process that is in the middle of its work; killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", code, *map(str, arguments)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout and process.stdout.readline() == "half way\n"
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()


@pytest.mark.parametrize("code", [IMPORTING, WRITING, READING], ids=["importing", "writing", "reading"])
def test_what_a_killed_process_left_is_cleared_at_the_next_start_and_no_sooner(
    workspace: Workspace, tmp_path: Path, code: str
) -> None:
    run = saved_run(workspace)
    (tmp_path / "run.zip").write_bytes(pack(run))
    before = sorted(p for p in workspace.root.rglob("*") if leftovers._OWNERS not in p.parts)
    with half_way(code, workspace.root, tmp_path / "run.zip"):
        half = left(workspace.root)
        assert half
        leftovers.clear(workspace.root)
        assert left(workspace.root) == half, "somebody is at work on it"
    assert left(workspace.root) == half, "nothing else clears it"
    leftovers.clear(workspace.root)
    assert left(workspace.root) == [] and not list((workspace.root / leftovers._OWNERS).iterdir())
    assert [p for p in before if not p.exists()] == []


def test_a_process_that_ends_well_leaves_nothing(workspace: Workspace) -> None:
    before = tempfile.gettempdir()
    with leftovers.held(workspace.root), leftovers.own_temporary_folder(workspace.root):
        assert Path(tempfile.mkdtemp()).is_relative_to(workspace.root)
        leftovers.clear(workspace.root)
        assert len(left(workspace.root)) == 1
        with leftovers.held(workspace.root):  # once more in the same process
            pass
    assert left(workspace.root) == [] and tempfile.gettempdir() == before
    assert not list((workspace.root / leftovers._OWNERS).iterdir())


def test_where_no_owner_is_known_age_alone_tells(workspace: Workspace) -> None:
    names = (".import-20260101-000000-aaaaaa", "datasets/.reading-x", "runs/a/.metrics.json-abcd_123",
             f"runs/.deleted~{'0' * 12}~b", "runs/a/evaluations/b/.predictions.parquet-12345678")  # fmt: skip
    kept = ("runs/.seeded", "runs/.seeding", ".cache/.metrics.json-abcd_123", "notes~000000000000~", "runs/a/weights.safetensors")
    for name in (*names, *kept):
        (workspace.root / name).parent.mkdir(parents=True, exist_ok=True)
        (workspace.root / name).touch()
    leftovers.clear(workspace.root)
    assert all((workspace.root / name).exists() for name in (*names, *kept)), "they may be in use"
    for name in (*names, *kept):
        os.utime(workspace.root / name, (time.time() - 100_000,) * 2)
    leftovers.clear(workspace.root)
    assert [name for name in names if (workspace.root / name).exists()] == []
    assert [name for name in kept if not (workspace.root / name).exists()] == []


def test_a_workspace_that_cannot_be_written_is_worked_in_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    below = tmp_path / "file" / "below"
    leftovers.clear(below)
    with leftovers.held(below), leftovers.own_temporary_folder(below):
        assert not Path(tempfile.gettempdir()).is_relative_to(below)
    leftovers.begin(below)


def test_a_server_clears_and_marks_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    cleared: list[Path] = []
    done = threading.Event()
    clear: Callable[[Path], None] = leftovers.clear
    monkeypatch.setattr(leftovers, "clear", lambda root: (cleared.append(root), clear(root), done.set()))
    leftovers.begin(workspace.root)
    leftovers.begin(workspace.root)
    assert done.wait(10) and cleared == [workspace.root]
    assert [p.name for p in (workspace.root / leftovers._OWNERS).iterdir()] == [files.OWNER]
