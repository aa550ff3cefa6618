"""The workspace folder: its runs, texts and ready-made runs."""

import hashlib
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from rnn_core.config import Problem
from rnn_core.workspace import Workspace, store
from tests.tiny import config_of, model_of, saved_run


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


@pytest.mark.parametrize(
    ("named", "said"),
    [("~nobody-of-that-name/x", "unknown user"), ("x" * 5000, "longer than"), ("a/" * 5000, "longer than"),
     ("a\0b", "invalid in a path")],
)  # fmt: skip
def test_a_place_that_cannot_be_is_said(named: str, said: str) -> None:
    with pytest.raises(Problem, match=said) as why:
        Workspace(named)
    assert len(str(why.value)) < 250 and str(why.value).endswith(".")


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
    with pytest.raises(Problem, match="2 runs have the name 'tiny'") as why:
        workspace.run("tiny")
    assert first.id in str(why.value) and second.id in str(why.value)
    with pytest.raises(Problem, match="no run 'other'"):
        workspace.run("other")


def test_a_text_is_kept_under_an_id_of_its_own(workspace: Workspace) -> None:
    texts = ["", "a", "b\r\nc", "😀 سلام", "\udcff half"]
    names = [workspace.keep_text(text) for text in texts]
    assert len(set(names)) == len(texts)
    assert [workspace.text(name) for name in names] == texts
    assert workspace.text("0" * 32) is None
    with pytest.raises(Problem, match="longer than 4 MB"):
        workspace.keep_text("x" * (store.MOST_TEXT + 1))


def test_the_id_of_a_text_cannot_be_guessed_from_it(workspace: Workspace) -> None:
    names = {workspace.keep_text("my diagnosis") for _ in range(20)}
    assert len(names) == 20 and all(len(name) == 32 for name in names)  # 128 random bits
    for hashed in ("md5", "sha1", "sha256", "sha512", "blake2b"):
        assert not any(name in hashlib.new(hashed, b"my diagnosis").hexdigest() for name in names)


def test_a_text_expires_when_nobody_has_opened_it_for_a_month(workspace: Workspace) -> None:
    forgotten, opened = workspace.keep_text("forgotten"), workspace.keep_text("opened")
    for name in (forgotten, opened):
        os.utime(workspace.folder("texts", f"{name}.txt"), (time.time() - 31 * 86400,) * 2)
    assert workspace.text(opened) == "opened"
    workspace.keep_text("another")
    assert workspace.text(forgotten) is None and workspace.text(opened) == "opened"
    assert len(list((workspace.root / "texts").iterdir())) == 2


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


def test_they_come_beside_runs_that_were_there_before(workspace: Workspace, ready: Path) -> None:
    run = saved_run(workspace)
    workspace.seed()
    assert [r.id for r in workspace.runs()] == [run.id, "0-ready"]


def test_those_deleted_do_not_come_back(workspace: Workspace, ready: Path) -> None:
    workspace.seed()
    workspace.run("0-ready").delete()
    Workspace(workspace.root).seed()
    assert workspace.runs() == []


def test_those_there_already_stay_as_they_are(workspace: Workspace, ready: Path) -> None:
    shutil.copytree(ready, workspace.root / "runs")
    workspace.run("0-ready").rename("Mine")
    workspace.seed()
    assert [run.name for run in workspace.runs()] == ["Mine"]
    workspace.run("0-ready").delete()
    workspace.seed()
    assert workspace.runs() == []


def test_sessions_that_seed_at_once_do_not_meet(workspace: Workspace, ready: Path) -> None:
    for i in range(1, 6):
        shutil.copytree(ready / "0-ready", ready / f"{i}-ready")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: Workspace(workspace.root).seed(), range(8)))
    assert [run.id for run in workspace.runs()] == [f"{i}-ready" for i in reversed(range(6))]
    assert sorted(p.name for p in (workspace.root / "runs").iterdir() if p.name.startswith(".")) == [".seeded", ".seeding"]


def test_a_workspace_that_cannot_be_written_shows_them_and_leaves_them_alone(ready: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    closed = Workspace(tmp_path / "file" / "below")
    closed.seed()
    assert [run.id for run in closed.runs()] == ["0-ready"] and closed.run("tiny").weights()
    for change in (closed.run("0-ready").delete, lambda: closed.run("0-ready").rename("Mine")):
        with pytest.raises(Problem, match="tiny is ready-made, and this workspace cannot be written"):
            change()
    assert [run.name for run in closed.runs()] == ["tiny"]


def test_seeding_where_nothing_is_ready_does_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "absent")
    workspace.seed()
    assert not workspace.root.exists()


# ---- what grows old -------------------------------------------------------------------------------------------------


def test_what_nobody_touched_for_a_week_is_forgotten(workspace: Workspace) -> None:
    workspace.forget_old("jobs")
    for kind in ("jobs", "uploads"):
        for name, age in (("old", 8), ("young", 6)):
            path = workspace.folder(kind, name)
            path.mkdir(parents=True)
            (path / "status.json").touch()
            (path.parent / f"{name}.csv").touch()
            for made in (path, path.parent / f"{name}.csv"):
                os.utime(made, (time.time() - age * 86400,) * 2)
    (workspace.root / "jobs" / "gone").symlink_to("nowhere")  # gone between the listing and the look
    workspace.forget_old("jobs")
    assert {p.name for p in (workspace.root / "jobs").iterdir()} == {"young", "young.csv", "gone"}
    assert len(list((workspace.root / "uploads").iterdir())) == 4


def test_a_twin_differs_in_the_loss_and_the_name_alone(workspace: Workspace) -> None:
    one = saved_run(workspace, config_of(name="one", loss="last"))
    assert workspace.twin(one) is None
    saved_run(workspace, config_of(name="another seed", loss="every", seed=1))
    saved_run(workspace, config_of(name="another width", model=model_of(hidden=7), loss="every"))
    assert workspace.twin(one) is None
    twin = saved_run(workspace, config_of(name="twin", loss="every"))
    unsaid = saved_run(workspace, config_of(name="unsaid"))  # the default for texts is the last step
    damaged = saved_run(workspace)
    (damaged.path / "config.json").write_text("{")
    assert workspace.twin(one).id == workspace.twin(unsaid).id == twin.id  # type: ignore[union-attr]
    assert workspace.twin(twin).id in (one.id, unsaid.id)  # type: ignore[union-attr]
