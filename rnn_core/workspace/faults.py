"""The last resort: what nobody foresaw is one sentence for the user, and its traceback stands in a log that it names."""

import contextlib
import os
import tempfile
import time
import traceback
from pathlib import Path

from rnn_core.config import Problem
from rnn_core.workspace import files

LOG = "errors.log"
"""The file in a workspace that tracebacks are added to."""

_MOST_BYTES = 4 << 20
"""A log that has grown to this is put aside, as `errors.log.1`, in place of the one before."""


class Fault(Problem):
    """Something that should not have happened. Its message names the log that holds the traceback."""


def record(error: BaseException, root: Path) -> Problem:
    """Adds a traceback to the log of a workspace, or of the temporary folder where that cannot be written.

    Returns:
        What to tell the user: a `Fault`, or where memory or the disk was too small, and nobody is to blame, that.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, OSError) and error.errno in files.TOO_LARGE:
        return files.disk_trouble(root, error)
    if isinstance(error, MemoryError) or "can't allocate memory" in str(error):  # as torch says it
        return Problem("There is not enough memory for this. Choose a smaller network, batch, file or text.")
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
            return Fault(f"Something went wrong that should not ({kind}). The details are in {log}: please report them.")
    return Fault(f"Something went wrong that should not ({kind}), and no log of it could be written.")
