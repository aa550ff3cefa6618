"""Real workers on real files: killed, refused, cancelled, and gone on with to the same bits."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rnn_core import commands, tasks
from rnn_core.config import Problem
from rnn_core.training import jobs, loop, work
from rnn_core.workspace import Workspace, files, snapshots
from rnn_core.workspace.runs import Run, read_tensors
from tests.tiny import config_of

ROOT = Path(__file__).parents[2]
TRAIN = [
    "train", "--train", str(ROOT / "samples" / "reviews.csv"), "--threads", "1", "--cell", "gru", "--hidden", "24",
    "--embedding", "16", "--dropout", "0.4", "--batch", "1", "--epochs", "5", "--patience", "0",
]  # fmt: skip
QUICK = "import sys; from rnn_core.training import work; work.CHECKPOINT_EVERY_S = 0.03; " \
        "from rnn_core.commands import main; sys.exit(main(sys.argv[1:]))"  # fmt: skip
"""The command line with checkpoints every 0.03 s instead of 15 s, so that a kill falls between two within an epoch."""


class Worker:
    """`python -m rnn_core …` in a process of its own."""

    def __init__(self, workspace: Workspace, *arguments: str, quick: bool = False):
        self.root = workspace.root
        environment = {k: v for k, v in os.environ.items() if k != jobs.PARENT}
        self.process = subprocess.Popen(
            [sys.executable, *(("-c", QUICK) if quick else ("-m", "rnn_core")), *arguments, "--workspace", str(self.root)],
            cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def until(self, wanted: Callable[[], bool]) -> None:
        end = time.monotonic() + 30
        while not wanted():
            if self.process.poll() is not None:
                raise AssertionError(f"it ended too soon: {self.process.communicate()}")
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.003)

    def run(self) -> Run:
        """The run it trains, once there is one."""
        found: list[Run] = []
        self.until(lambda: bool(found.extend(Workspace(self.root).runs()) or found))
        return found[0]

    def kill(self) -> None:
        assert self.process.poll() is None
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def sha256(run: Run) -> str:
    return hashlib.sha256((run.path / "weights.safetensors").read_bytes()).hexdigest()


def same_snapshots(run: Run, other: Run) -> bool:
    """Whether both have them after the same updates, up to the last power of two, and bit for bit."""
    assert snapshots.updates(other)[:4] == (0, 1, 2, 4) and snapshots.updates(other)[-1] > 256
    return (run.path / snapshots.NAME).read_bytes() == (other.path / snapshots.NAME).read_bytes()


def place(run: Run) -> tuple[int, int]:
    """Epoch and place within it of the checkpoint, (0, 0) before there is one."""
    if not run.resumable:
        return 0, 0
    values = json.loads(read_tensors(run.checkpoint_path, run.id)[1])
    return values["epoch"], values["place"]


def losses(run: Run) -> list[tuple[int, float]]:
    history = run.history()
    return list(zip(history.steps.tolist(), history.losses.tolist(), strict=True))


def untimed(figures: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in figures.items() if "seconds" not in k and "tokens_per" not in k and k != "run"}


def run_in_this_process(workspace: Workspace, *arguments: str) -> int:
    return commands.main([*arguments, "--workspace", str(workspace.root)])


def until(wanted: Callable[[], bool]) -> None:
    """Waits for a worker that a page started."""
    end = time.monotonic() + 60
    while not wanted():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def uncut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The same training from start to end without a break."""
    workspace = Workspace(tmp_path_factory.mktemp("uncut"))
    assert run_in_this_process(workspace, *TRAIN) == 0
    yield workspace.runs()[0]


def test_killed_twice_and_resumed_it_ends_with_the_weights_of_an_uncut_run(uncut: Run, workspace: Workspace) -> None:
    first = Worker(workspace, *TRAIN)
    run = first.run()
    # an epoch's end wrote a checkpoint, and the next epoch has begun
    first.until(lambda: place(run)[0] >= 1 and losses(run)[-1][0] > 192 * place(run)[0] + 20)
    first.kill()
    assert jobs.status(run.path).state == "cut off"  # type: ignore[union-attr]
    epoch, where = place(run)
    assert epoch >= 1 and where == 0

    second = Worker(workspace, "train", "--resume", run.id, quick=True)
    second.until(lambda: place(run)[0] > epoch and 20 < place(run)[1] < 150)
    second.kill()
    assert jobs.status(run.path).state == "cut off"  # type: ignore[union-attr]
    assert place(run)[1] > 0 and not run.metrics()

    status, out, err = Worker(workspace, "train", "--resume", run.id).end()
    assert status == 0, err
    assert sha256(run) == sha256(uncut) and same_snapshots(run, uncut)
    assert losses(run) == losses(uncut)
    assert [untimed(e) for e in run.history().epochs] == [untimed(e) for e in uncut.history().epochs]
    assert untimed(run.metrics()) == untimed(uncut.metrics())
    figures = json.loads(out.splitlines()[-1])
    assert figures["run"] == run.id and figures["test_accuracy"] == uncut.metrics()["test_accuracy"]
    assert jobs.status(run.path).state == "done"  # type: ignore[union-attr]
    assert not run.resumable


def test_a_second_worker_is_refused_and_cancel_stops_the_first_within_two_seconds(
    uncut: Run, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    endless = [*TRAIN[:-4], "--epochs", "2000", "--patience", "0"]
    worker = Worker(workspace, *endless)
    run = worker.run()
    worker.until(lambda: len(losses(run)) > 3)
    assert jobs.status(run.path).state == "running"  # type: ignore[union-attr]
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 2
    said = capsys.readouterr()
    assert run.id in said.err.splitlines()[-1] and "Another process" in said.err and not said.out
    now = jobs.status(run.path)
    assert now is not None and now.state == "running"
    began = time.monotonic()
    jobs.cancel(run.path)
    while jobs.status(run.path).active and time.monotonic() < began + 10:  # type: ignore[union-attr]
        time.sleep(0.01)
    assert time.monotonic() - began < 2
    status, out, err = worker.end()
    assert jobs.status(run.path).state == "cancelled"  # type: ignore[union-attr]
    assert run.resumable and place(run)[1] > 0
    assert "Traceback" not in err, err
    assert (status, out) == (130, "")


def test_a_cancelled_run_goes_on_to_the_weights_of_an_uncut_one(
    uncut: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop_at(step: int) -> Callable[..., None]:
        def update(self: Any, training: Any) -> None:
            self._stop = training.step == step

        return update

    with monkeypatch.context() as patched:
        patched.setattr(work._Keeper, "on_update", stop_at(300))
        patched.setattr(work._Keeper, "should_stop", lambda self: self._stop)  # asks the job by the clock otherwise
        run_in_this_process(workspace, *TRAIN)
    run = workspace.runs()[0]
    assert jobs.status(run.path).state == "cancelled"  # type: ignore[union-attr]
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 0
    assert sha256(run) == sha256(uncut) and same_snapshots(run, uncut)
    assert losses(run) == losses(uncut)


def test_resuming_from_the_command_line_is_not_stopped_by_an_old_cancel(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [*TRAIN[:-4], "--epochs", "2", "--batch", "64"]
    assert run_in_this_process(workspace, *small) == 0
    run = workspace.runs()[0]
    (run.path / "metrics.json").unlink()
    jobs.cancel(run.path)
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 0
    assert jobs.status(run.path).state == "done"  # type: ignore[union-attr]


def test_resuming_a_finished_run_is_refused_and_it_stays_done(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [*TRAIN[:-4], "--epochs", "1", "--batch", "64"]
    assert run_in_this_process(workspace, *small) == 0
    run = workspace.runs()[0]
    before = sha256(run)
    capsys.readouterr()
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 2
    assert "trained to its end" in capsys.readouterr().err.splitlines()[-1]
    assert sha256(run) == before
    assert jobs.status(run.path).state == "done"  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")  # a worker outlives whoever started it
def test_a_worker_killed_after_all_was_written_is_done_when_a_page_resumes_it(workspace: Workspace) -> None:
    small = [*TRAIN[:-4], "--epochs", "1", "--batch", "64"]
    assert run_in_this_process(workspace, *small) == 0
    run = workspace.runs()[0]
    files.write_json(run.path / "status.json", {"state": "running", "time": time.time(), "progress": 0.9})
    assert jobs.status(run.path).state == "cut off"  # type: ignore[union-attr]
    jobs.start(run.path, ["train", "--resume", run.id, f"--workspace={workspace.root}"])
    until(lambda: not jobs.status(run.path).active)  # type: ignore[union-attr]
    assert jobs.status(run.path).state == "done"  # type: ignore[union-attr]


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")  # a worker outlives whoever started it
def test_what_keeps_a_page_from_resuming_is_its_message(workspace: Workspace) -> None:
    run = work.create_run(workspace, config_of())
    (run.path / "config.json").write_text("{}")
    jobs.start(run.path, ["train", "--resume", run.id, f"--workspace={workspace.root}"])
    until(lambda: not jobs.status(run.path).active)  # type: ignore[union-attr]
    now = jobs.status(run.path)
    assert now is not None and now.state == "failed" and "damaged" in now.message


@pytest.mark.parametrize("split", ["dev", "test"])
def test_a_cancel_is_heeded_while_a_split_is_scored_and_the_run_goes_on_from_there(
    uncut: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, split: str
) -> None:
    """Cancelled by the first question whether to go on that is asked while that split is answered."""
    sizes = {name: s.examples for name, s in Workspace(uncut.path.parents[1]).datasets()[0].report.splits.items()}
    wanted = {"dev": loop, "test": work}[split]  # dev and test are of one size: told apart by who asks
    asked: list[int] = []
    task = type(tasks.task("classify"))
    predict = task.predict

    def watched(self: Any, network: Any, config: Any, encoded: Any, tick: Any, rules: Any = None) -> Any:
        asks = sys._getframe(1).f_globals["__name__"] == wanted.__name__

        def stop(share: float) -> None:
            if asks and len(encoded) == sizes[split] and not asked:
                asked.append(1)
                jobs.cancel(workspace.runs()[0].path)
                time.sleep(0.3)
            tick(share)

        return predict(self, network, config, encoded, stop, rules)

    monkeypatch.setattr(task, "predict", watched)
    assert run_in_this_process(workspace, *TRAIN) == 130
    run = workspace.runs()[0]
    assert asked and jobs.status(run.path).state == "cancelled"  # type: ignore[union-attr]
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 0
    assert sha256(run) == sha256(uncut)
    assert [untimed(e) for e in run.history().epochs] == [untimed(e) for e in uncut.history().epochs]


def test_an_epoch_stands_in_the_history_once_however_the_cut_fell(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [*TRAIN[:-4], "--epochs", "3", "--batch", "16", "--patience", "0"]

    class Killed(BaseException):
        pass

    def killed(path: Path, arrays: Any, rest: str = "") -> None:
        raise Killed  # after the epoch's line is written and before anything else is

    monkeypatch.setattr(work, "CHECKPOINT_EVERY_S", -1.0)  # a checkpoint after every update, the epoch's last one too
    real = work.write_tensors
    with monkeypatch.context() as patched:

        def once(path: Path, arrays: Any, rest: str = "") -> None:
            (killed if path.name == "weights.safetensors" else real)(path, arrays, rest)

        patched.setattr(work, "write_tensors", once)
        with pytest.raises(Killed):
            run_in_this_process(workspace, *small)
    run = workspace.runs()[0]
    assert [e["epoch"] for e in run.history().epochs] == [1]
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 0
    assert [e["epoch"] for e in run.history().epochs] == [1, 2, 3]
    steps = run.history().steps.tolist()
    assert steps == sorted(set(steps))


def test_a_checkpoint_that_does_not_fit_and_data_that_is_gone_are_said(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    small = [*TRAIN[:-4], "--epochs", "1", "--batch", "64"]
    assert run_in_this_process(workspace, *small) == 0
    run = workspace.runs()[0]
    (run.path / "metrics.json").unlink()
    run.checkpoint_path.parent.mkdir(exist_ok=True)
    run.checkpoint_path.write_bytes((run.path / "weights.safetensors").read_bytes())
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 2
    assert f"checkpoint of {run.name}" in capsys.readouterr().err.splitlines()[-1]
    run.checkpoint_path.write_bytes(b"not a checkpoint")
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 2
    assert run.id in capsys.readouterr().err.splitlines()[-1]
    workspace.datasets()[0].delete()
    assert run_in_this_process(workspace, "train", "--resume", run.id) == 2
    assert "data of this run" in capsys.readouterr().err.splitlines()[-1]


def test_forgetting_keeps_what_the_checkpoint_knows(tmp_path: Path) -> None:
    run = Run(tmp_path)
    for step in (1, 2, 3):
        files.append_line(tmp_path / "history.jsonl", {"step": step, "epoch": step / 4, "loss": 0.5})
    keeper = work._Keeper(run, jobs.Unwatched())
    keeper.forget_after(SimpleNamespace(step=2, epoch=0))  # type: ignore[arg-type]
    assert run.history().steps.tolist() == [1, 2]


def test_a_run_that_was_never_begun_can_be_trained_later(workspace: Workspace) -> None:
    run = work.create_run(workspace, config_of())
    assert not run.trained and not run.resumable and run.metrics() == {}
    with pytest.raises(Problem, match="data of this run"):
        work.train_run(workspace, run, jobs.Unwatched())
