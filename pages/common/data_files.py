"""Files that people upload: kept on the server by their content."""

import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pages.common import state
from pages.common.cache import stamp_of, workspace
from rnn_core.config import DataConfig, plain
from rnn_core.workspace import files

_LONG_S = 3600
"""Seconds after which a file that is used counts as used anew."""


def keep_upload(upload: Any) -> tuple[Path, str]:
    """An uploaded file, saved by its content's hash. Returns its path and that hash."""
    hashes = state.session().hashes
    if upload.file_id not in hashes:
        workspace().forget_old("uploads")
        hashes[upload.file_id] = hashlib.sha256(upload.getvalue()).hexdigest()[:24]
    digest = hashes[upload.file_id]
    return _kept(digest, upload.getvalue), digest


def keep_text(typed: str) -> Path:
    """A pasted text as a file, saved by its content's hash."""
    content = typed.encode("utf-8", "replace")
    workspace().forget_old("uploads")
    return _kept(hashlib.sha256(content).hexdigest()[:24], lambda: content)


def _kept(digest: str, content: Callable[[], bytes]) -> Path:
    path = workspace().folder("uploads", digest)
    with files.saying_disk_trouble(path):
        try:
            if time.time() - path.stat().st_mtime > _LONG_S:
                os.utime(path)  # in use, so it is not old
        except FileNotFoundError:
            files.write(path, lambda temporary: temporary.write_bytes(content()))
    return path


def fingerprint_of(path: Path, config: DataConfig) -> str:
    """A short hash of a file's place, size, time and reading, which names an evaluation on it."""
    mark = json.dumps([str(path), *stamp_of(path), plain(config)], sort_keys=True)
    return hashlib.sha256(mark.encode()).hexdigest()[:16]
