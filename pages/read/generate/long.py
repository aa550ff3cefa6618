"""Texts that are too long for a page to write: written by a job, shown as they grow, and downloaded."""

from pathlib import Path

import streamlit as st

from pages.common import state, widgets
from pages.common.cache import workspace
from rnn_core.commands.options import flags
from rnn_core.config import Problem, WriteConfig, plain
from rnn_core.language import tr
from rnn_core.training import jobs
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import KEPT_DAYS

_FILE = "text.txt"
_SHOWN = 5_000
"""Characters of the beginning and of the end that are shown."""


def start(run: Run, prompt: str, how: WriteConfig) -> None:
    """Starts the job that writes a text, and has it shown from then on. Raises Problem as jobs do."""
    workspace().forget_old("writings")
    folder = workspace().fresh("writings")
    jobs.start(folder, ["generate", run.id, f"--prompt={prompt}", *flags(plain(how)), f"--out={folder / _FILE}",
                        f"--workspace={workspace().root}"])  # fmt: skip
    state.select(long=folder.name)


def show(run: Run) -> None:
    """The long text that the link names: its progress, its beginning and end, and the button that downloads it."""
    name = state.selection().long
    if not name:
        return
    try:
        folder = workspace().folder("writings", name)
    except Problem:  # a link may name anything
        folder = None
    if folder is None or jobs.status(folder) is None:
        st.info(tr("The long text of this link is no longer kept: such texts are deleted after {days} days.",
                   days=KEPT_DAYS["writings"]),
                icon=":material/link_off:")  # fmt: skip
        return
    status = widgets.watch(folder, f"long-{name}", lambda now: _so_far(folder) if now.active else None)
    if status is None or status.active:
        return
    if status.state in ("cut off", "cancelled"):
        ended = (tr("The writing was cut off before its end.") if status.state == "cut off" else
                 tr("The writing was cancelled before its end."))
        st.info(ended, icon=":material/stop_circle:")
    text = _text(folder)
    if text:
        st.markdown(tr("**The long text**, {count:,} characters", count=len(text)))
        more = len(text) - _SHOWN
        rest = "\n\n" + tr("[… {count:,} more characters]", count=more) if more > 0 else ""
        st.code(text[:_SHOWN] + rest, language=None, wrap_lines=True, height=320)  # fmt: skip
        row = st.container(horizontal=True)
        row.download_button(tr("Download the text"), text.encode("utf-8", "replace"), f"{run.name}.txt", "text/plain",
                            icon=":material/download:", on_click="ignore")  # fmt: skip
        if row.button(tr("Close"), icon=":material/close:"):
            state.select(long=None)
            st.rerun()
        if state.selection().writing:
            st.divider()
            st.caption(tr("Below is the text that this page wrote before."))


def _so_far(folder: Path) -> None:
    if text := _text(folder):
        st.code(text[-_SHOWN:], language=None, wrap_lines=True, height=320)


def _text(folder: Path) -> str:
    try:
        return (folder / _FILE).read_text(encoding="utf-8")
    except OSError:
        return ""
