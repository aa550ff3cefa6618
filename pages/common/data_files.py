"""Which file is read: one uploaded, kept on the server by its content, or one that lies there."""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import streamlit as st

from pages.common import state, visitor
from pages.common.cache import stamp_of, workspace
from rnn_core.config import DataConfig, Problem, plain
from rnn_core.workspace import files

ROOT = "UNROLLED_FILES"
"""Below which folder paths on the server may be named. Unset: anywhere, by who sits at the server; by nobody else."""


_LONG_S = 3600
"""Seconds after which a file that is used counts as used anew."""


def keep_upload(upload: Any) -> tuple[Path, str]:
    """An uploaded file, saved by its content's hash. Returns its path and that hash."""
    hashes = state.session().hashes
    if upload.file_id not in hashes:
        workspace().forget_old("uploads")
        hashes[upload.file_id] = hashlib.sha256(upload.getvalue()).hexdigest()[:24]
    digest = hashes[upload.file_id]
    path = workspace().folder("uploads", digest)
    with files.saying_disk_trouble(path):
        try:
            if time.time() - path.stat().st_mtime > _LONG_S:
                os.utime(path)  # in use, so it is not old
        except FileNotFoundError:
            files.write(path, lambda temporary: temporary.write_bytes(upload.getvalue()))
    return path, digest


def kept_upload(title: str, key: str, words: str) -> tuple[Path, str, str] | None:
    """The uploader of a file for Evaluate, which keeps the file while other parts and pages are visited.

    Returns:
        Its path, what names its content, and its name; None while there is none.
    """
    upload = st.file_uploader(title, key=key, help=words)
    if upload is not None:
        keep_for_evaluate(*keep_upload(upload), upload.name)
    kept = state.session().upload
    if kept is not None and not kept[0].exists():
        kept = state.session().upload = None
    return kept


def keep_for_evaluate(path: Path, digest: str, name: str) -> None:
    """Has `kept_upload` give this file."""
    state.session().upload = path, digest, name


def server_path(named: str) -> Path:
    """A path on the server that a user typed. Raises Problem when it is outside of the folder that is allowed."""
    root = os.environ.get(ROOT)
    if not root and not visitor.sits_at_the_server():
        raise Problem(f"Files on the server may only be named when {ROOT} says below which folder. Upload the file instead.")
    named = named.strip()
    shown = named[:200]
    try:
        path = files.typed_path(named).resolve()
        if root and not path.is_relative_to(Path(root).resolve()):
            raise Problem(f"Only files below {root} may be named here. Choose one of those, or upload the file.")
        if path.exists() and not path.is_dir():
            return files.readable(path, shown)
        what = "is a folder: name a file in it" if path.is_dir() else "is not there: check the path, or upload the file"
    except (OSError, RuntimeError):  # RuntimeError: links that go round in a circle
        what = "cannot be looked at by this program: choose another file, or upload it"
    raise Problem(f"{shown} {what}.")


def fingerprint_of(path: Path, config: DataConfig) -> str:
    """A short hash of a file's place, size, time and reading, which names an evaluation on it."""
    mark = json.dumps([str(path), *stamp_of(path), plain(config)], sort_keys=True)
    return hashlib.sha256(mark.encode()).hexdigest()[:16]
