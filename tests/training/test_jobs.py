"""Jobs: how every state reads from the folder, and what a worker leaves there."""

import errno
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from rnn_core.config import Problem
from rnn_core.training import jobs
from rnn_core.training.jobs import Cancelled, Job, Unwatched, cancel, start, status, work
from rnn_core.workspace import Workspace, faults, files
from rnn_core.workspace.faults import Fault

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(jobs.PARENT, raising=False)


def wrote(folder: Path, **values: object) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "status.json").write_text(json.dumps(values))
    return folder


def state(folder: Path) -> str | None:
    found = status(folder)
    return found.state if found else None


# ---- reading a state ------------------------------------------------------------------------------------------------


def test_a_folder_that_never_was_a_job_has_no_status(tmp_path: Path) -> None:
    assert status(tmp_path) is None
    assert status(tmp_path / "absent") is None


@pytest.mark.parametrize("content", ["", "{", '{"state": "runn', "[]", "5", "null", '"running"', "{}", "\x00\xff"])
def test_a_half_written_or_damaged_status_is_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "status.json").write_bytes(content.encode("latin-1"))
    assert status(tmp_path) is None


@pytest.mark.parametrize(
    "values",
    [{"state": "running", "progress": "half", "since": 1}, {"state": "queued", "time": None},
     {"state": "running", "progress": None, "since": None}],
)  # fmt: skip
def test_a_status_with_values_of_a_wrong_kind_does_not_break_its_reader(
    tmp_path: Path, values: dict[str, object]
) -> None:
    with FileLock(tmp_path / "lock"):
        status(wrote(tmp_path, **values))
    assert state(tmp_path) in (None, "cut off")


@pytest.mark.parametrize("said", ["done", "failed", "cancelled", "cut off"])
def test_an_ended_job_is_what_it_said(tmp_path: Path, said: str) -> None:
    found = status(wrote(tmp_path, state=said, progress=0.5, message="Why.", detail={"a": 1}))
    assert found == jobs.Status(said, 0.5, "Why.", {"a": 1})
    assert not found.active


@pytest.mark.parametrize("said", ["queued", "running"])
def test_a_job_whose_worker_holds_the_lock_is_active_and_else_cut_off(tmp_path: Path, said: str) -> None:
    wrote(tmp_path, state=said, time=time.time() - 100)
    with FileLock(tmp_path / "lock"):
        found = status(tmp_path)
        assert found is not None and found.state == said and found.active
    assert state(tmp_path) == "cut off"


def test_a_worker_that_was_just_started_may_not_hold_its_lock_yet(tmp_path: Path) -> None:
    assert state(wrote(tmp_path, state="queued", time=time.time())) == "queued"
    assert state(wrote(tmp_path, state="queued", time=time.time() - jobs._STARTING_S - 1)) == "cut off"
    assert state(wrote(tmp_path, state="running", time=time.time())) == "cut off"


def test_a_clock_set_back_does_not_keep_a_dead_job_in_the_queue(tmp_path: Path) -> None:
    assert state(wrote(tmp_path, state="queued", time=time.time() + 3600)) == "cut off"
    with FileLock(tmp_path / "lock"):
        values = {"state": "running", "progress": 0.6, "progress_before": 0.5, "since": time.time() + 3600}
        assert status(wrote(tmp_path, **values)).seconds_left == 0  # type: ignore[union-attr]


def test_the_time_left_follows_from_what_was_gained_since_the_work_began(tmp_path: Path) -> None:
    values = {"state": "running", "progress": 0.6, "progress_before": 0.5, "since": time.time() - 10}
    with FileLock(tmp_path / "lock"):
        found = status(wrote(tmp_path, **values))
        early = status(wrote(tmp_path, **values | {"progress": 0.505}))
    assert found is not None and found.seconds_left == pytest.approx(40, rel=0.02)
    assert early is not None and early.seconds_left is None


@pytest.mark.parametrize("time", ["1" + "0" * 400, "-1e999", "[" * 100_000])
def test_a_status_with_an_endless_number_is_none_or_cut_off(tmp_path: Path, time: str) -> None:
    (tmp_path / "status.json").write_text('{"state": "queued", "time": ' + time + "}")
    assert state(tmp_path) in (None, "cut off")


# ---- the worker's frame ---------------------------------------------------------------------------------------------


def test_work_tells_its_progress_and_ends_as_done(tmp_path: Path) -> None:
    with work(tmp_path, "short", tmp_path) as job:
        assert state(tmp_path) == "running"
        job.say("running", 0.5, "Half", texts=3)
        job.say("running", 0.75, "More", words=4)
        assert status(tmp_path) == jobs.Status(
            "running", 0.75, "More", {"texts": 3, "words": 4}, pytest.approx(0, abs=1)
        )
        job.progress(0.9, "too soon after")
        assert status(tmp_path).progress == 0.75  # type: ignore[union-attr]
    assert status(tmp_path) == jobs.Status("done", 1.0, "", {"texts": 3, "words": 4})


def test_a_problem_is_the_message_and_anything_else_points_to_the_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Problem), work(tmp_path, "short", tmp_path):
        raise Problem("No column is called x.")
    assert status(tmp_path) == jobs.Status("failed", 0.0, "No column is called x.")
    with pytest.raises(Fault) as why, work(tmp_path, "short", tmp_path) as job:
        job.say("running", 1 / 0)
    found, log = status(tmp_path), tmp_path / "errors.log"
    assert found is not None and found.state == "failed" and found.message == str(why.value)
    assert str(log) in found.message and "ZeroDivisionError: " in log.read_text() and "Traceback" in log.read_text()
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [(OSError(errno.ENOSPC, "No space"), "the disk is full"), (MemoryError(), "not enough memory"),
     (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "not enough memory")],
)  # fmt: skip
def test_a_machine_too_small_is_no_fault(tmp_path: Path, error: Exception, said: str) -> None:
    with pytest.raises(Problem, match=said), work(tmp_path, "short", tmp_path):
        raise error
    assert said in status(tmp_path).message and not (tmp_path / "errors.log").exists()  # type: ignore[union-attr]


def test_a_log_that_grows_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(faults, "_MOST_BYTES", 1000)
    for i in range(20):
        faults.record(ValueError(f"fault {i}", "x" * 300), tmp_path)
    logs = {p.name: p.read_text() for p in tmp_path.iterdir()}
    assert logs.keys() == {"errors.log", "errors.log.1"} and "fault 19" in logs["errors.log"]
    assert all(len(log) < 2000 for log in logs.values())


def test_a_fault_is_recorded_elsewhere_where_the_workspace_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    why = faults.record(ValueError("who knows"), tmp_path / "file" / "below")
    assert str(tmp_path / "errors.log") in str(why) and "who knows" in (tmp_path / "errors.log").read_text()


def test_a_job_of_a_workspace_that_became_read_only_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(jobs.FileLock, "acquire", read_only)
    with pytest.raises(Problem, match="read-only"), work(tmp_path, "short", tmp_path):
        pytest.fail("it cannot work there")


def test_a_worker_of_a_system_without_nice_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "nice")
    monkeypatch.setenv(jobs.PARENT, str(os.getppid()))
    with work(tmp_path, "short", tmp_path):
        pass
    assert state(tmp_path) == "done"


def test_cancel_ends_the_work_as_cancelled_and_whoever_called_it_hears(tmp_path: Path) -> None:
    with pytest.raises(Cancelled), work(tmp_path, "short", tmp_path) as job:
        job.check()
        cancel(tmp_path)
        job.check()
    assert state(tmp_path) == "cancelled"


def test_an_interrupt_from_the_keyboard_is_a_cancel(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), work(tmp_path, "short", tmp_path):
        raise KeyboardInterrupt
    assert state(tmp_path) == "cancelled"


def test_a_worker_whose_server_is_gone_ends_as_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "nice", lambda by: 0)
    monkeypatch.setenv(jobs.PARENT, str(os.getppid()))
    with pytest.raises(Cancelled), work(tmp_path, "short", tmp_path) as job:
        job.check()
        monkeypatch.setattr(os, "getppid", lambda: -1)  # whatever the tests' own is, this is another
        job.check()
    assert state(tmp_path) == "cut off"


def test_a_job_cancelled_while_it_waits_for_a_place_ends_as_cancelled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "nice", lambda by: 0)
    monkeypatch.setenv(jobs.PARENT, str(os.getppid()))
    monkeypatch.setattr(jobs, "SLOTS", 1)
    seen: list[str | None] = []

    def cancelled_soon(seconds: float) -> None:
        seen.append(state(tmp_path / "job"))
        cancel(tmp_path / "job")

    monkeypatch.setattr(jobs.time, "sleep", cancelled_soon)
    (tmp_path / "slots").mkdir()
    with FileLock(tmp_path / "slots" / "train-0"), pytest.raises(Cancelled), work(tmp_path / "job", "train", tmp_path):
        pytest.fail("it should have waited")
    assert seen == ["queued"]
    assert state(tmp_path / "job") == "cancelled"


def test_a_job_of_another_kind_does_not_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "nice", lambda by: 0)
    monkeypatch.setenv(jobs.PARENT, str(os.getppid()))
    monkeypatch.setattr(jobs, "SLOTS", 1)
    (tmp_path / "slots").mkdir()
    with FileLock(tmp_path / "slots" / "train-0"), work(tmp_path / "job", "short", tmp_path):
        assert state(tmp_path / "job") == "running"
    assert state(tmp_path / "job") == "done"


def test_a_folder_has_one_worker_and_the_second_leaves_its_status_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = jobs._lock
    monkeypatch.setattr(jobs, "_lock", lambda folder, name, patience: lock(folder, name, 0.05))
    with work(tmp_path / "this-run", "train", tmp_path) as job:
        job.say("running", 0.25)
        with pytest.raises(Problem, match="this-run"), work(tmp_path / "this-run", "train", tmp_path):
            pytest.fail("two at work")
        assert status(tmp_path / "this-run").progress == 0.25  # type: ignore[union-attr]


def test_unwatched_work_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    job = Unwatched()
    job.say("running", 0.5)
    job.begin()
    job.progress(0.5)
    job.check()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_when_a_job_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Problem, match="a file where a folder"):
        start(tmp_path / "file" / "job", ["runs"])
    with pytest.raises(Problem, match="a file where a folder"), work(tmp_path / "file" / "job", "short", tmp_path):
        pytest.fail("it cannot work there")


# ---- real workers ---------------------------------------------------------------------------------------------------


def until(wanted: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not wanted():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")  # a worker outlives whoever started it
def test_start_runs_a_command_that_reports_to_its_folder(workspace: Workspace) -> None:
    folder = workspace.root / "jobs" / "one"
    command = ["data", "--train", str(ROOT / "samples" / "reviews.csv"), "--workspace", str(workspace.root)]
    start(folder, command)
    assert state(folder) == "queued"
    with pytest.raises(Problem, match="already"):
        start(folder, command)
    until(lambda: not status(folder).active)  # type: ignore[union-attr]
    found = status(folder)
    assert found is not None and (found.state, found.progress) == ("done", 1.0), (folder / "log").read_text()
    assert [d.id for d in workspace.datasets()] == [found.detail["dataset"]]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are not listed here")
def test_workers_that_have_ended_do_not_stay_in_the_list_of_processes(workspace: Workspace) -> None:
    folders = [workspace.root / "jobs" / str(number) for number in range(3)]
    for folder in folders:
        start(folder, ["runs", "--workspace", str(workspace.root)])
    until(lambda: not any(status(folder).active for folder in folders))  # type: ignore[union-attr]
    until(lambda: not children(), 5)


def children() -> list[str]:
    """The state of every child of this process: Z for one that has ended and that nobody has waited for."""
    found = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    after_name = [text.rpartition(")")[2].split() for text in found]
    return [state for state, parent, *_ in after_name if parent == str(os.getpid()) and state == "Z"]


def test_a_worker_waits_in_the_queue_and_goes_when_its_server_goes(workspace: Workspace) -> None:
    folder, slots = workspace.root / "jobs" / "waiting", workspace.root / "slots"
    slots.mkdir(parents=True)
    held = [FileLock(slots / f"short-{n}") for n in range(jobs.SLOTS)]
    for lock in held:
        lock.acquire()
    # a shell stands for the server: it starts the worker, waits, and is killed
    worker = (
        f'{sys.executable} -m rnn_core data --train samples/reviews.csv --workspace "{workspace.root}" --job "{folder}"'
    )
    server = subprocess.Popen(["sh", "-c", f"{jobs.PARENT}=$$ {worker} & wait"], cwd=ROOT,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)  # fmt: skip
    until(lambda: state(folder) == "queued")
    time.sleep(0.3)
    found = status(folder)
    assert found is not None and found.state == "queued" and found.message == "Queued: starts when the job before it has finished"
    server.kill()
    until(lambda: state(folder) == "cut off", 3)
    until(lambda: not jobs._held(folder), 3)
    assert files.read_json(folder / "status.json")["state"] == "cut off"  # it said so itself
    for lock in held:
        lock.release()
    said = server.communicate(timeout=10)[1].decode()
    assert "Traceback" not in said
    assert not workspace.datasets()


def test_a_job_knows_whether_a_page_started_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert not Job(tmp_path).for_a_page
    monkeypatch.setenv(jobs.PARENT, "7")
    assert Job(tmp_path).for_a_page


def test_a_cancel_left_over_from_a_page_does_not_stop_work_from_the_shell(tmp_path: Path) -> None:
    cancel(tmp_path)
    with work(tmp_path, "short", tmp_path) as job:
        job.check()
    assert state(tmp_path) == "done"
