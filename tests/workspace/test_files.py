"""Files are written whole or not at all, and disk trouble is a sentence."""

import errno
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rnn_core.config import Problem
from rnn_core.workspace import Workspace, files

TROUBLE = [
    (errno.ENOSPC, "disk is full"),
    (errno.EROFS, "read-only"),
    (errno.EDQUOT, "quota"),
    (errno.EACCES, "not allowed"),
]


def failing(code: int) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise OSError(code, os.strerror(code))

    return fail


def test_what_was_written_is_read(tmp_path: Path) -> None:
    values = {"ü": [1, 2.5, None, "<b>"], "n": True}
    files.write_json(tmp_path / "deep" / "down" / "a.json", values)
    assert files.read_json(tmp_path / "deep" / "down" / "a.json") == values
    assert [p.name for p in (tmp_path / "deep" / "down").iterdir()] == ["a.json"]


@pytest.mark.parametrize(("code", "said"), TROUBLE)
@pytest.mark.parametrize("where", [(os, "replace"), (tempfile, "mkstemp")])
def test_a_disk_that_cannot_be_written_is_said_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, said: str, where: tuple[Any, str]
) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, "old")
    monkeypatch.setattr(*where, failing(code))
    with pytest.raises(Problem, match=said) as why:
        files.write_json(path, "new")
    assert str(path) in str(why.value)
    assert files.read_json(path) == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_no_number_is_written_as_null_and_read_as_none(tmp_path: Path) -> None:
    odd = {"a": [float("nan"), (float("inf"), 1.0)], "b": {"c": -float("inf")}}
    plain = {"a": [None, [None, 1.0]], "b": {"c": None}}
    files.write_json(tmp_path / "a.json", odd)
    files.append_line(tmp_path / "a.jsonl", odd)
    assert "NaN" not in (tmp_path / "a.json").read_text() + (tmp_path / "a.jsonl").read_text()
    assert files.read_json(tmp_path / "a.json") == plain and list(files.read_lines(tmp_path / "a.jsonl")) == [plain]
    (tmp_path / "a.json").write_text('{"loss": NaN}')  # as an older version wrote it
    assert files.read_json(tmp_path / "a.json") == {"loss": None}


def test_other_trouble_is_said_with_the_systems_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", failing(errno.EIO))
    with pytest.raises(Problem, match=os.strerror(errno.EIO)):
        files.write_json(tmp_path / "a.json", 1)


def test_a_place_that_the_system_refuses_is_said() -> None:
    trouble = Workspace("/proc/nope").trouble
    assert trouble and "/proc/nope" in trouble and "UNROLLED_WORKSPACE" in trouble and "--workspace" not in trouble


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def half(temporary: Path) -> None:
        temporary.write_text("half")
        raise ValueError("no more")

    with pytest.raises(ValueError, match="no more"):
        files.write(tmp_path / "a.json", half)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1,", b"[" * 99_999, b'"half \\ud800"', b"1" * 5000])
def test_a_damaged_file_is_said_with_its_owner(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "this-run").mkdir()
    with pytest.raises(Problem, match=r"this-run is incomplete: a\.json is missing"):
        files.read_json(tmp_path / "this-run" / "a.json")
    (tmp_path / "this-run" / "a.json").write_bytes(content)
    with pytest.raises(Problem, match=r"this-run is damaged: a\.json cannot be read"):
        files.read_json(tmp_path / "this-run" / "a.json")


def test_lines_are_appended_and_a_half_written_last_one_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "h.jsonl"
    assert list(files.read_lines(path)) == []
    for i in range(3):
        files.append_line(path, {"i": i, "ö": "ü\n"})
    whole = path.read_bytes()
    assert list(files.read_lines(path)) == [{"i": i, "ö": "ü\n"} for i in range(3)]
    for cut in range(1, len(whole) // 3):
        path.write_bytes(whole[:-cut])
        assert [line["i"] for line in files.read_lines(path)] == [0, 1]
    path.write_bytes(b"\xff{{\n" + whole)
    assert [line["i"] for line in files.read_lines(path)] == [0, 1, 2]


def test_remove_takes_the_whole_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run" / "deep").mkdir(parents=True)
    (tmp_path / "run" / "deep" / "a").touch()
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", failing(errno.EROFS))
        with pytest.raises(Problem, match="read-only"):
            files.remove(tmp_path / "run")
    assert (tmp_path / "run" / "deep" / "a").exists()
    for _ in range(2):  # a second session deletes what is gone
        files.remove(tmp_path / "run")
        assert list(tmp_path.iterdir()) == []


def test_a_workspace_says_what_is_wrong_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Workspace(tmp_path / "fine").trouble is None
    assert list((tmp_path / "fine").iterdir()) == []
    (tmp_path / "file").touch()
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        trouble = Workspace(root).trouble
        assert trouble and "there is a file where a folder should be" in trouble and "UNROLLED_WORKSPACE" in trouble
    monkeypatch.setattr(tempfile, "mkstemp", failing(errno.EROFS))
    trouble = Workspace(tmp_path / "fine").trouble
    assert trouble and "read-only" in trouble
