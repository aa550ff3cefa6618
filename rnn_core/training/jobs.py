"""Jobs: long work in a process of its own, observed through a folder.

A job is a folder (of a run, an upload, an evaluation) with `status.json`, a `lock` that the worker holds while it runs, a
`log`, and, if the job is to stop, a `STOP` file. The server keeps no state: a reload, another session and a restarted server
read the same folder. Loads no torch.
"""

import contextlib
import json
import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rnn_core.config import Problem
from rnn_core.language import N_, tr
from rnn_core.workspace import faults, files

PARENT = "UNROLLED_PARENT"
"""The environment variable with the server's process id, set for workers started by a page. These queue, run with lower
priority, and stop with the server."""

SLOTS = max(1, (os.cpu_count() or 1) // 2)
"""The maximum number of workers of each kind that run at the same time; others wait."""

_STARTING_S = 20.0
"""Seconds after its start for which a worker may not hold its lock yet."""


@dataclass(frozen=True)
class Status:
    """The status of a job.

    Attributes:
        state: queued, running, done, failed, cancelled, or `cut off` if its process has ended unexpectedly.
        progress: the share done, 0…1.
        message: a sentence on the current work, or on the reason of a failure.
        detail: further values of the job.
        seconds_left: an estimate of the remaining seconds from the progress so far; None if there is none.
    """

    state: str
    progress: float = 0.0
    message: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    seconds_left: float | None = None

    @property
    def active(self) -> bool:
        """Whether the job is queued or running."""
        return self.state in ("queued", "running")


def status(folder: Path) -> Status | None:
    """The status of the job in this folder; None if there was none, or its file is unreadable."""
    values = _read(folder)
    if values and values["state"] in ("queued", "running") and not _held(folder):
        values = _read(folder)  # again: the worker may have finished between the two reads
    if not values:
        return None
    state, progress = values["state"], values["progress"]
    if state in ("queued", "running") and not _held(folder):
        # the clock may have been set back
        fresh = state == "queued" and abs(time.time() - values["time"]) < _STARTING_S
        state = "queued" if fresh else "cut off"
    left = None
    gained = progress - values["progress_before"]
    if state == "running" and values["since"] and gained > 0.01:
        left = max(0.0, time.time() - values["since"]) / gained * (1 - progress)
    return Status(state, progress, values["message"], values["detail"], left)


def _read(folder: Path) -> dict[str, Any] | None:
    try:
        values = json.loads((folder / "status.json").read_text(encoding="utf-8"))
        numbers = {name: float(values.get(name, 0)) for name in ("time", "since", "progress", "progress_before")}
        if not all(map(math.isfinite, numbers.values())):
            return None
        words = {"state": str(values["state"]), "message": str(values.get("message", ""))}
        return numbers | words | {"detail": dict(values.get("detail", {}))}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def start(folder: Path, arguments: Sequence[str]) -> None:
    """Starts `python -m rnn_core …` as the worker of this folder.

    Raises:
        Problem: if a worker runs there already, or the folder cannot be written.
    """
    with files.saying_disk_trouble(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with _lock(folder, "start-lock", 5):
            before = status(folder)
            if before and before.active:
                raise Problem(tr("This job is running already. Wait until it is done, or cancel it."))
            (folder / "STOP").unlink(missing_ok=True)
            files.write_json(
                folder / "status.json",
                {"state": "queued", "time": time.time(), "progress": before.progress if before else 0.0},
            )
            with (folder / "log").open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-m", "rnn_core", *arguments, "--job", str(folder)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=Path(__file__).parents[2],
                    env=os.environ | {PARENT: str(os.getpid())},
                    start_new_session=True,
                )
            # without a wait, the ended process stays in the process table
            threading.Thread(target=process.wait, name=f"waits for {folder.name}", daemon=True).start()


def cancel(folder: Path) -> None:
    """Asks the worker to stop, which it does after its current update."""
    with files.saying_disk_trouble(folder):
        (folder / "STOP").touch()


class Job:
    """A job from the worker's side: reports progress and checks for cancellation."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._parent = int(os.environ.get(PARENT, 0))
        self._values: dict[str, Any] = {}
        self._said = 0.0
        self.cut = False

    def say(self, state: str, progress: float | None = None, message: str = "", **detail: Any) -> None:
        """Writes the status file."""
        self._values |= {"state": state, "message": message, "time": time.time()}
        if progress is not None:
            self._values["progress"] = progress
        self._values["detail"] = self._values.get("detail", {}) | detail
        files.write_json(self.folder / "status.json", self._values)
        self._said = time.monotonic()

    def end(self, state: str, message: str = "") -> None:
        """Writes the last status of a job that did not succeed; an error of the disk does not replace its reason."""
        with contextlib.suppress(Problem):
            self.say(state, message=message)

    def progress(self, progress: float, message: str = "", **detail: Any) -> None:
        """Reports progress, at most four times per second."""
        if time.monotonic() - self._said > 0.25:
            self.say("running", progress, message, **detail)

    def begin(self, progress: float = 0.0) -> None:
        """Marks the start of the work, from which the remaining time is estimated."""
        self._values |= {"since": time.time(), "progress_before": progress}
        self.say(N_("running"), progress)

    def stop_wanted(self) -> bool:
        """True if Cancel was pressed, or the server that started the job has ended."""
        if self._parent and os.getppid() != self._parent:
            self.cut = True
        return self.cut or (self.folder / "STOP").exists()

    def check(self) -> None:
        """Raises Cancelled if the work should stop."""
        if self.stop_wanted():
            raise Cancelled

    def heed(self, progress: float, message: str = "") -> None:
        """Reports progress, and raises Cancelled if the work should stop; may be called often."""
        self.progress(progress, message)
        self.check()

    @property
    def for_a_page(self) -> bool:
        return bool(self._parent)


_DOING = N_("Reading"), N_("Answering"), N_("Writing")
"""What commands report as the message of their progress, for the catalogue."""


class Unwatched(Job):
    """A job without a folder, such as reading a file within a longer command."""

    def __init__(self) -> None:
        super().__init__(Path())

    def say(self, state: str, progress: float | None = None, message: str = "", **detail: Any) -> None:
        """Says nothing."""

    def stop_wanted(self) -> bool:
        return False


class Cancelled(Exception):
    """Raised when a job is cancelled."""


@contextlib.contextmanager
def work(folder: Path, kind: str, root: Path) -> Iterator[Job]:
    """The context in which a worker runs: holds the lock, waits for a slot, writes a final state.

    Args:
        folder: the folder of the job.
        kind: `train` or `short`; each kind has its own slots, so that short work never waits for a training.
        root: the workspace, which holds the slots.

    Raises:
        Problem: if another worker holds the folder. Exceptions of the work are raised again.
    """
    with files.saying_disk_trouble(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder, "lock", 3), contextlib.ExitStack() as stack:
        job = Job(folder)
        if not job.for_a_page:  # `start` does this for a page; the command line does it here
            (folder / "STOP").unlink(missing_ok=True)
        try:
            if job.for_a_page:
                if hasattr(os, "nice"):  # Windows has none
                    os.nice(10)
                stack.enter_context(_slot(job, kind, root))
            job.begin()
            yield job
            job.say(N_("done"), 1.0)
        except Cancelled:
            job.end(N_("cut off") if job.cut else N_("cancelled"))
            raise
        except Problem as why:
            job.end(N_("failed"), str(why))
            raise
        except KeyboardInterrupt:
            job.end("cancelled")
            raise
        except BrokenPipeError:  # the reader of its output has gone
            job.end("cut off")
            raise
        except Exception as error:
            fault = faults.record(error, root)
            job.end("failed", str(fault))
            raise fault from error
        except BaseException:  # such as an exit
            job.end("failed", tr("The job was ended from outside. Start it again."))
            raise


@contextlib.contextmanager
def _slot(job: Job, kind: str, root: Path) -> Iterator[None]:
    folder = root / "slots"
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "train":
        job.say(N_("queued"), message=tr("Queued: starts when the training before it has finished"))
    else:
        job.say("queued", message=tr("Queued: starts when the job before it has finished"))
    while True:
        for number in range(SLOTS):
            with contextlib.suppress(Timeout), FileLock(folder / f"{kind}-{number}", timeout=0):
                yield
                return
        job.check()
        time.sleep(0.2)


@contextlib.contextmanager
def _lock(folder: Path, name: str, patience: float) -> Iterator[None]:
    lock = FileLock(folder / name, timeout=patience)
    try:
        lock.acquire()
    except Timeout:  # before OSError, its base class
        raise Problem(tr("Another process is working on {name}. Wait until it is done.", name=folder.name)) from None
    except OSError:
        with files.saying_disk_trouble(folder):
            raise
    try:
        yield
    finally:
        lock.release()


def _held(folder: Path) -> bool:
    try:
        with FileLock(folder / "lock", timeout=0):
            return False
    except Timeout:
        return True
    except OSError:  # a read-only workspace: no worker can run there
        return False
