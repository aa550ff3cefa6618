"""Removes temporary files of killed processes, but not those that other processes are writing.

The name of a temporary file or folder contains the name of its process (`files.OWNER`), and a process holds a lock of that
name while it works in a workspace. A free lock belongs to a process that has ended.
"""

import contextlib
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from rnn_core.workspace import files

_OWNERS = "owners"
"""The folder with the lock of each running process."""

_PLACES = ("runs", "datasets", "uploads", "texts", "jobs", "answers", "writings")
"""The folders that are searched, besides the workspace's folder itself, which may contain other files of the user."""

_OURS = re.compile(r"\..*~([0-9a-f]{12})~.*", re.DOTALL)
_OLDER = re.compile(r"\.(import|reading|deleted)-.*|\..+\.(parquet|json|jsonl|safetensors|txt)-\w{8}", re.DOTALL)
"""Temporary files of earlier versions, without an owner."""

_DAY_S = 86400
"""Seconds since its last change after which a temporary file without an owner is removed."""

_begun: dict[Path, contextlib.ExitStack] = {}
_beginning = threading.Lock()


def begin(root: Path) -> None:
    """Marks this process as running in a workspace, and clears the workspace in a thread; does nothing when called again."""
    with _beginning:
        if root not in _begun:
            _begun[root] = contextlib.ExitStack()
            _begun[root].enter_context(held(root))
            # this takes a while with thousands of runs, and nothing waits for it
            threading.Thread(target=clear, args=(root,), name="clears leftovers", daemon=True).start()


@contextlib.contextmanager
def held(root: Path) -> Iterator[None]:
    """Marks this process as running in a workspace, unless that is read-only: then no temporary files can be left there."""
    lock = root / _OWNERS / files.OWNER
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, Timeout):
            lock.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(FileLock(lock, timeout=0, thread_local=False))
            stack.callback(_remove, lock)
        yield


@contextlib.contextmanager
def own_temporary_folder(root: Path) -> Iterator[None]:
    """Places Python's temporary files in a workspace, where `clear` finds them, and removes them at the end."""
    before, folder = tempfile.tempdir, root / files.temporary_name("temporary")
    try:
        folder.mkdir(parents=True)
    except OSError:  # read-only, or in use by this process: the usual folder is used
        yield
        return
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before
        shutil.rmtree(folder, ignore_errors=True)


def clear(root: Path) -> None:
    """Removes temporary files of ended processes from a workspace; files being written are kept."""
    left: dict[str, list[Path]] = {}
    for path in _hidden(root):
        if ours := _OURS.fullmatch(path.name):
            left.setdefault(ours[1], []).append(path)
        elif _OLDER.fullmatch(path.name) and _old(path):
            _remove(path)
    owners = root / _OWNERS
    known = {path.name for path in owners.iterdir()} if owners.is_dir() else set()
    for owner in (left.keys() | known) - {files.OWNER}:
        with _nobodys(owners / owner) if owner in known else contextlib.nullcontext(False) as gone:
            for path in left.get(owner, ()):
                if gone or (owner not in known and _old(path)):
                    _remove(path)
            if gone:
                _remove(owners / owner)


def _hidden(root: Path) -> Iterator[Path]:
    """All files and folders of a workspace whose names begin with a dot."""
    with contextlib.suppress(OSError):
        yield from (path for path in root.iterdir() if path.name.startswith("."))
    for place in _PLACES:
        for folder, inner, names in os.walk(root / place):
            yield from (Path(folder, name) for name in [*inner, *names] if name.startswith("."))
            inner[:] = [name for name in inner if not name.startswith(".")]


@contextlib.contextmanager
def _nobodys(lock: Path) -> Iterator[bool]:
    """Yields whether the process of this lock has ended."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(FileLock(lock, timeout=0))
        except (OSError, Timeout):
            yield False
        else:
            yield True


def _old(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - path.lstat().st_mtime > _DAY_S
    return False


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()
