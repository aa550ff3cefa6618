"""The uploaded file of Evaluate, kept while other parts and pages are visited."""

from pathlib import Path

import streamlit as st

from pages.common import state
from pages.common.data_files import keep_upload


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
