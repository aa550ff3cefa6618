"""A file on the server, named by its path."""

import os
import re
from pathlib import Path

import streamlit as st

from pages.common import visitor
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.workspace import files

ROOT = "UNROLLED_FILES"
"""Below which folder paths on the server may be named. Unset: anywhere, by who sits at the server; by nobody else."""


_PROXIED = re.compile(
    r"(x-(original-)?forwarded.*|forwarded.*|via|.*-client-ip|.*-connecting-ip|client-ip|x-real-ip|true-client-.*|x-client-.*"
    r"|x-remote-.*|x-envoy-.*|x-amzn-.*|cf-.*|fly-.*|x-appengine-.*)",
    re.IGNORECASE,
)
"""Headers by which a proxy says that it speaks for somebody else, or that it is one."""


def server_path(named: str) -> Path:
    """A path on the server that a user typed. Raises Problem when it is outside of the folder that is allowed."""
    root = os.environ.get(ROOT)
    if not root and not sits_at_the_server():
        raise Problem(tr(
            "Files on the server may only be named when {variable} says below which folder. Upload the file instead.",
            variable=ROOT,
        ))
    named = named.strip()
    shown = named[:200]
    try:
        path = files.typed_path(named).resolve()
        if root and not path.is_relative_to(Path(root).resolve()):
            raise Problem(tr("Only files below {root} may be named here. Choose one of those, or upload the file.", root=root))
        if path.exists() and not path.is_dir():
            return files.readable(path, shown)
        if path.is_dir():
            raise Problem(tr("{path} is a folder: name a file in it.", path=shown))
        raise Problem(tr("{path} is not there: check the path, or upload the file.", path=shown))
    except (OSError, RuntimeError):  # RuntimeError: links that go round in a circle
        raise Problem(tr("{path} cannot be looked at by this program: choose another file, or upload it.", path=shown)) from None


def sits_at_the_server() -> bool:
    """Whether the browser is on this very machine, shows a page of ours, and no proxy there speaks for others."""
    headers = st.context.headers
    if not visitor.is_this_machine(st.context.ip_address) or any(map(_PROXIED.fullmatch, headers)):
        return False
    host = headers.get("Host", "localhost")
    return visitor.is_local(host) and headers.get("Origin", f"http://{host}").lower().partition("://")[2] == host.lower()
