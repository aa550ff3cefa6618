"""The workspace folder: its runs, texts and ready-made runs."""

import shutil
from pathlib import Path

import pytest

from rnn_core.config import Problem
from rnn_core.workspace import Workspace, store
from tests.tiny import saved_run


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", ".hidden", "-x", "x" * 101, "a\n", "ä", "a\x00b"])
def test_no_name_leads_out_of_the_workspace(workspace: Workspace, name: str) -> None:
    with pytest.raises(Problem, match="nothing called"):
        workspace.folder("runs", name)
    with pytest.raises(Problem, match="no run"):
        workspace.run(name)
    assert workspace.text(name) is None


def test_where_the_workspace_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("UNROLLED_WORKSPACE", raising=False)
    assert Workspace().root == tmp_path / "workspace"
    monkeypatch.setenv("UNROLLED_WORKSPACE", str(tmp_path / "other"))
    assert Workspace().root == tmp_path / "other"
    assert Workspace(tmp_path / "told").root == tmp_path / "told"
    assert list(tmp_path.iterdir()) == []


def test_runs_are_listed_the_newest_first_damaged_ones_too(workspace: Workspace) -> None:
    assert workspace.runs() == [] and workspace.datasets() == []
    for name in ("20240101-000000-aaaaaa", "20250101-000000-aaaaaa"):
        (workspace.root / "runs" / name).mkdir(parents=True)
    (workspace.root / "runs" / ".deleted-x").mkdir()
    run = saved_run(workspace)
    assert [r.id for r in workspace.runs()] == [run.id, "20250101-000000-aaaaaa", "20240101-000000-aaaaaa"]
    assert [r.name for r in workspace.runs()] == ["tiny", "20250101-000000-aaaaaa", "20240101-000000-aaaaaa"]


def test_fresh_names_differ(workspace: Workspace) -> None:
    assert len({workspace.fresh("runs") for _ in range(50)}) == 50


def test_a_run_is_found_by_id_or_by_a_name_that_only_one_has(workspace: Workspace) -> None:
    first = saved_run(workspace)
    assert workspace.run(first.id).id == workspace.run("tiny").id == first.id
    second = saved_run(workspace)
    with pytest.raises(Problem, match="2 runs are called 'tiny'") as why:
        workspace.run("tiny")
    assert first.id in str(why.value) and second.id in str(why.value)
    with pytest.raises(Problem, match="no run 'other'"):
        workspace.run("other")


def test_a_text_is_kept_under_an_id_of_its_own(workspace: Workspace) -> None:
    texts = ["", "a", "b\r\nc", "😀 سلام", "\udcff half"]
    names = [workspace.keep_text(text) for text in texts]
    assert len(set(names)) == len(texts) and workspace.keep_text("a") == names[1]
    assert [workspace.text(name) for name in names] == texts
    assert workspace.text("0" * 24) is None


# ---- ready-made runs ------------------------------------------------------------------------------------------------


@pytest.fixture
def ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run = saved_run(Workspace(tmp_path / "elsewhere"))
    (tmp_path / "ready").mkdir()
    shutil.move(run.path, tmp_path / "ready" / "0-ready")
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "ready")
    return tmp_path / "ready"


def test_a_fresh_workspace_gets_the_ready_made_runs(workspace: Workspace, ready: Path) -> None:
    workspace.seed()
    assert [run.id for run in workspace.runs()] == ["0-ready"]
    assert workspace.runs()[0].weights() and workspace.runs()[0].name == "tiny"
    assert [p.name for p in workspace.root.iterdir()] == ["runs"]


def test_a_workspace_that_held_runs_gets_none_even_when_all_were_deleted(workspace: Workspace, ready: Path) -> None:
    run = saved_run(workspace)
    workspace.seed()
    assert [r.id for r in workspace.runs()] == [run.id]
    run.delete()
    workspace.seed()
    assert workspace.runs() == []


def test_seeding_where_nothing_can_be_written_or_nothing_is_ready_does_nothing(
    workspace: Workspace, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    Workspace(tmp_path / "file").seed()
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "absent")
    workspace.seed()
    assert not workspace.root.exists()
