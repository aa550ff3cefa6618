"""Trainings that a lesson asks for: on a sample of the project, by the same command as on the command line."""

from pathlib import Path

import streamlit as st

from pages.common import cache, widgets
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons import Do
from rnn_core.training import jobs
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import SAMPLES

_JOBS = "lesson-trainings"


def offer(do: Do, key: str) -> None:
    """The button that starts the training, and its progress."""
    started = st.session_state.setdefault(_JOBS, {})
    if key not in started:
        if st.button(tr("Train it"), type="primary", icon=":material/play_arrow:", key=f"train-{key}"):
            with widgets.saying_problems():
                started[key] = _start(do)
            st.rerun()
        return
    folder, _ = started[key]
    status = widgets.watch(folder, f"lesson-{key}")
    if status and not status.active and status.state != "done":
        del started[key]


def trained(key: str) -> Run | None:
    """The run of this task, where it has been trained to its end."""
    if key not in st.session_state.get(_JOBS, {}):
        return None
    folder, name = st.session_state[_JOBS][key]
    status = jobs.status(folder)
    if status is None or status.state != "done":
        return None
    return next((run for run in cache.workspace().runs() if run.name == name), None)


def latest() -> Run:
    """The run that a lesson trained last in this session. Raises Problem where there is none."""
    found = [run for key in st.session_state.get(_JOBS, {}) if (run := trained(key))]
    if not found:
        raise Problem(tr("No lesson has trained a network in this session yet. Do that step first."))
    return found[-1]


def _start(do: Do) -> tuple[Path, str]:
    """The folder of the job, and the name of the run that it will make."""
    folder = cache.workspace().fresh("jobs")
    name = tr("Lesson {name}", name=folder.name[-6:])
    options = {key: value for key, value in do.controls.items() if key != "data"}
    typed = [part for key, value in options.items() for part in _flag(key, value)]
    data = SAMPLES / Path(str(do.controls.get("data", "reviews.csv"))).name  # of the samples, and of no other folder
    if not data.is_file():
        raise Problem(tr("There is no sample called {name!r}.", name=data.name))
    jobs.start(folder, ["train", "--train", str(data), "--name", name, *typed, "--workspace", str(cache.workspace().root)])
    return folder, name


def _flag(key: str, value: object) -> list[str]:
    flag = f"--{key.replace('_', '-')}"
    if isinstance(value, bool):
        return [flag] if value else []
    return [flag, str(value)]
