"""Pieces that several pages are made of: problems in a sentence, views, a job's progress, forms from the configs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from pages.common import state
from pages.common.cache import workspace
from rnn_core.config import CHOICE_NAMES, TASKS, Problem, bounds, choices, number_type
from rnn_core.training import jobs
from rnn_core.views.view import View, literal
from rnn_core.workspace.runs import Run


def frame() -> None:
    """What stands beside every page."""
    with st.sidebar:
        st.caption("The workspace is shared by everybody who uses this server.")
    if workspace().trouble:
        st.error(f"Nothing can be saved: {literal(workspace().trouble or '', 400)}", icon=":material/save:")


@contextmanager
def saying_problems() -> Iterator[None]:
    """Shows a `Problem` as a sentence and ends the page's run there."""
    try:
        yield
    except Problem as why:
        problem(why)
        st.stop()


def problem(why: Problem | str) -> None:
    """One sentence on what is wrong, user text in it as written."""
    st.error(literal(str(why), 600), icon=":material/error:")


def ago(path: Path) -> str:
    """When a file or folder was last written, such as `21 Nov, 14:05`."""
    from datetime import datetime

    return datetime.fromtimestamp(path.stat().st_mtime).strftime("%d %b, %H:%M")


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


# ---- the run --------------------------------------------------------------------------------------------------------


def choose_run(trained: bool = True) -> Run:
    """The box that chooses the run looked at; ends the page with an invitation when there is none.

    Args:
        trained: offer only runs with weights to look into.
    """
    runs = {run.id: run for run in workspace().runs() if run.trained or not trained}
    if not runs:
        st.info("There is no trained run yet. Upload a file on the Data page and train one.", icon=":material/upload:")
        st.page_link("pages/train/data.py", label="Go to Data", icon=":material/arrow_forward:")
        st.stop()
    chosen = state.selection().run
    if chosen is not None and chosen not in runs:
        st.warning("The run of this link is not here (any more); another one is shown.", icon=":material/link_off:")
    if chosen not in runs:
        state.select(run=next(iter(runs)))
    st.session_state["pick-run"] = state.selection().run
    st.selectbox(
        "Run",
        list(runs),
        format_func=lambda name: run_label(runs[name]),
        key="pick-run",
        on_change=lambda: state.select(run=st.session_state["pick-run"]),
    )
    run = runs[st.session_state["pick-run"]]
    status = jobs.status(run.path)
    if trained and status and status.state != "done":
        st.info("This run has not been trained to its end: you see the best weights so far.", icon=":material/hourglass:")
    return run


def run_label(run: Run) -> str:
    """A run in one line of plain text."""
    try:
        config = run.config
    except Problem:
        return f"{run.id} (damaged)"
    model = config.model
    cell = CHOICE_NAMES[model.cell] + (f" ({model.activation})" if model.cell == "rnn" else "")
    both = ", both directions" if model.bidirectional else ""
    return f"{config.name} · {TASKS[config.data.task].title.split(':')[0].lower()} · {cell} {model.hidden}{both}"


# ---- views ----------------------------------------------------------------------------------------------------------


def show(
    view: View[Any],
    subject: Any,
    on_pick: Callable[..., None] | None = None,
    controls: Callable[[], None] | None = None,
) -> None:
    """A view: its question, its figure, and its explanation one click away.

    Args:
        controls: draws what chooses between forms of the view, above its figure.
        on_pick: called with what `view.pick` makes of a clicked point, before the page runs again.
    """
    found = view.compute(subject)
    key = f"view-{view.name}"
    head, why = st.columns([8, 1], vertical_alignment="center", gap="xsmall")
    head.markdown(f"##### {view.question}")
    with why.popover("", icon=":material/function:", type="tertiary", help="How this is computed, with these numbers"):
        st.markdown(view.explain(found))
    if controls:
        controls()
    figure = view.draw(found)
    pick = view.pick

    def picked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and pick and on_pick:
            data = points[0].get("customdata")
            if data is not None:
                values = [data[i] for i in sorted(data)] if isinstance(data, dict) else data
                on_pick(**pick(values if isinstance(values, list) else [values]))

    clickable = bool(pick and on_pick)
    st.plotly_chart(
        figure,
        key=key,
        on_select=picked if clickable else "ignore",
        selection_mode="points",
        config={"displayModeBar": False, "displaylogo": False},
        alt=view.question,
    )


# ---- jobs -----------------------------------------------------------------------------------------------------------


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

    @st.fragment(run_every="1s" if active else None)
    def progress() -> None:
        now = jobs.status(folder)
        if now is None:
            return
        if active and not now.active:
            st.rerun()
        if now.active:
            left = f" · about {duration(now.seconds_left)} left" if now.seconds_left else ""
            words = now.message or "Starting"
            stopping = (folder / "STOP").exists()
            bar, button = st.columns([5, 1], vertical_alignment="center")
            bar.progress(min(now.progress, 1.0), text="Stopping …" if stopping else f"{literal(words)}{left}")
            if button.button("Cancel", key=f"cancel-{key}", disabled=stopping, icon=":material/stop_circle:"):
                with saying_problems():
                    jobs.cancel(folder)
                st.rerun(scope="fragment")
        if live:
            live(now)

    progress()
    if status and status.state == "failed":
        problem(status.message)
    return status


# ---- forms from the configs -----------------------------------------------------------------------------------------


def option(name: str, field: FieldInfo, value: Any, key: str, **more: Any) -> Any:
    """The widget of one option: its title, help, choices and bounds are the config's own. Returns its value."""
    common: dict[str, Any] = {"label": field.title or name, "help": field.description, "key": key} | more
    kind, listed, (low, high) = number_type(field), choices(field), bounds(field)
    if listed:
        return st.selectbox(options=listed, index=listed.index(value) if value in listed else 0,
                            format_func=lambda value: CHOICE_NAMES.get(value, str(value)), **common)  # fmt: skip
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
