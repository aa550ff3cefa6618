"""Pieces that several pages are made of: problems in a sentence, a job's progress, options from the configs."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from pages.common import browser, state, visitor, wording
from pages.common.cache import workspace
from rnn_core.config import CHOICE_NAMES, Problem, bounds, choices, number_type
from rnn_core.language import LANGUAGES, N_, SETS, reader, tr
from rnn_core.language.retold import retold
from rnn_core.results import LeftOut
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace import faults


def frame() -> None:
    """What stands beside every page. Ends the run where another server's page opened the connection."""
    if visitor.comes_from_another_local_page():
        problem(tr("This page was opened by another program's page on this machine. Open it by its own address."))
        st.stop()
    with st.sidebar:
        st.caption(tr("The workspace is shared by everybody who uses this server."))
        _how_it_is_said()
    browser.complete()
    with saying_problems():
        workspace()
    if workspace().trouble:
        st.error(tr("Nothing can be saved: {value}", value=literal(workspace().trouble or '', 400)), icon=":material/save:")


def _how_it_is_said() -> None:
    """The choice of the language, and of the letters of formulas."""
    now = reader()
    with st.popover(f"{LANGUAGES[now.language]} · {SETS[now.letters]}", icon=":material/translate:", type="tertiary"):
        st.radio(tr("Language"), list(LANGUAGES), format_func=LANGUAGES.__getitem__, **state.bound("language", now.language))
        st.radio(tr("Letters as in your course"), list(SETS), format_func=SETS.__getitem__,
                 help=tr("The state; the matrices from the input and from the state before; the matrix to the answer."),
                 **state.bound("letters", now.letters))  # fmt: skip


@contextmanager
def saying_problems() -> Iterator[None]:
    """Shows a `Problem` as a sentence and ends the page's run there."""
    try:
        yield
    except Problem as why:
        problem(why)
        st.stop()


@contextmanager
def saying_faults() -> Iterator[None]:
    """The last resort of a page: whatever nobody foresaw is a sentence that names the log with its traceback."""
    try:
        yield
    except Exception as error:  # what Streamlit itself ends a run by is none
        problem(retold(str(faults.record(error, workspace().root))))


def problem(why: Problem | str) -> None:
    """One sentence on what is wrong, user text in it as written."""
    st.error(literal(str(why), 600), icon=":material/error:")


_MONTHS = (
    N_("Jan"), N_("Feb"), N_("Mar"), N_("Apr"), N_("May"), N_("Jun"), N_("Jul"), N_("Aug"), N_("Sep"), N_("Oct"), N_("Nov"),
    N_("Dec"),
)  # fmt: skip


def ago(path: Path) -> str:
    """When a file or folder was last written, such as `21 Nov, 14:05`."""
    from datetime import datetime

    then = datetime.fromtimestamp(path.stat().st_mtime)
    return tr("{day:02} {month}, {time}", day=then.day, month=tr(_MONTHS[then.month - 1]), time=f"{then:%H:%M}")


# ---- jobs -----------------------------------------------------------------------------------------------------------


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def watch(folder: Path, key: str, live: Callable[[jobs.Status], None] | None = None) -> jobs.Status | None:
    """A job's progress, time left and Cancel, renewed each second while it is at work; then the page runs again.

    Args:
        folder: the job's.
        live: draws what can be seen of it already.

    Returns:
        How it stands as the page began.
    """
    status = jobs.status(folder)
    active = bool(status and status.active)
    # Drawn first as part of the page, it shows how the page began: were it to run the page again from there, a click
    # on a button further down would be lost.
    at_first = [status]

    @st.fragment(run_every="1s" if active else None)
    def progress() -> None:
        with saying_faults():
            show()

    def show() -> None:
        now = at_first.pop() if at_first else jobs.status(folder)
        if now is None:
            return
        if active and not now.active:
            st.rerun()
        if now.active:
            words = literal(retold(now.message) if now.message else tr("Starting"))
            if now.seconds_left:
                words = tr("{doing} · about {duration} left", doing=words, duration=duration(now.seconds_left))
            stopping = (folder / "STOP").exists()
            bar, button = st.columns([5, 1], vertical_alignment="center")
            bar.progress(min(now.progress, 1.0), text=tr("Stopping …") if stopping else words)
            if button.button(tr("Cancel"), key=f"cancel-{key}", disabled=stopping, icon=":material/stop_circle:"):
                with saying_problems():
                    jobs.cancel(folder)
                st.rerun(scope="fragment")
        if live:
            live(now)

    progress()
    if status and status.state == "failed":
        problem(retold(status.message))
    return status


# ---- forms from the configs -----------------------------------------------------------------------------------------


def show_left_out(left_out: Sequence[LeftOut]) -> None:
    """Which rows were not used, or cut, and why."""
    st.dataframe(
        {
            tr("reason"): [retold(entry.reason) for entry in left_out],
            tr("rows"): [entry.count for entry in left_out],
            tr("the first of them"): [", ".join(entry.rows) for entry in left_out],
        },
        hide_index=True,
    )


def distinct(names: Mapping[str, str]) -> dict[str, str]:
    """The names of things by their ids, with the end of the id where two are called the same: a box knows its choices by name."""
    twice = {name for name, times in Counter(names.values()).items() if times > 1}
    return {one: f"{name} ({one[-6:]})" if name in twice else name for one, name in names.items()}


def option(name: str, field: FieldInfo, value: Any, key: str, names: Mapping[str, str] = CHOICE_NAMES, **more: Any) -> Any:
    """The widget of one option: its title, help, choices and bounds are the config's own. Returns its value.

    Args:
        names: how its choices are written, where that is not the value itself.
    """
    common: dict[str, Any] = {"label": tr(field.title or name), "help": wording.described(field) or None, "key": key} | more
    kind, listed, (low, high) = number_type(field), choices(field), bounds(field)
    if listed:
        return st.selectbox(options=listed, index=listed.index(value) if value in listed else 0,
                            format_func=lambda value: tr(names.get(value, str(value))), **common)  # fmt: skip
    if kind is bool:
        return st.toggle(value=bool(value), **common)
    if kind is int:
        return st.number_input(min_value=_whole(low), max_value=_whole(high), value=int(value), step=1, **common)
    if kind is float:
        small = 0 < value < 0.1
        return st.number_input(
            min_value=_real(low), max_value=_real(high), value=float(value), step=0.0005 if small else 0.05,
            format="%.4f" if small else "%.2f", **common,
        )  # fmt: skip
    return st.text_input(value=value or "", **common) or None


def _real(bound: float | None) -> float | None:
    return None if bound is None else float(bound)


def _whole(bound: float | None) -> int | None:
    return None if bound is None else int(bound)
