"""Unexpected exceptions: one sentence for the user, which names the log with the traceback."""

import contextlib
import os
import tempfile
import time
import traceback
from pathlib import Path

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.workspace import files

LOG = "errors.log"
"""The file in a workspace to which tracebacks are appended."""

_MOST_BYTES = 4 << 20
"""The size in bytes at which the log is renamed to `errors.log.1`, replacing an older one."""


class Fault(Problem):
    """An unexpected error. Its message names the log with the traceback."""


def record(error: BaseException, root: Path) -> Problem:
    """Appends a traceback to the log of a workspace, or to one in the temporary folder if the workspace cannot be written.

    Returns:
        The Problem to show: a `Fault`, or a sentence on too little memory or a full disk, which are not faults.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.errno in files.TOO_LARGE:
        return files.disk_trouble(root, error)
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):  # torch's message
        return Problem(tr("There is not enough memory for this. Choose a smaller network, batch, file or text."))
    words = f"{time.strftime('%Y-%m-%d %H:%M:%S')} process {os.getpid()}\n{''.join(traceback.format_exception(error))}\n"
    kind = type(error).__name__
    for folder in (root, Path(tempfile.gettempdir())):
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            log = folder / LOG
            if log.exists() and log.stat().st_size > _MOST_BYTES:
                os.replace(log, log.with_name(f"{LOG}.1"))
            with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(words)
            return Fault(tr(
                "An unexpected error occurred ({kind}). The details are in {log}: please report them.", kind=kind, log=log
            ))  # fmt: skip
    return Fault(tr("An unexpected error occurred ({kind}), and no log of it could be written.", kind=kind))
