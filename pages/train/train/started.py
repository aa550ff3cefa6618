"""The runs that were started last, which stand above the form."""

import contextlib
from collections.abc import Sequence

import streamlit as st

from pages.common import state
from pages.common.cache import workspace
from rnn_core.config import Problem
from rnn_core.training import jobs
from rnn_core.workspace.runs import Run

_TO_TOP = st.components.v2.component(
    "unrolled_to_top",
    html='<span class="top"></span>',
    css=".top { scroll-margin-top: 5rem; }",
    js="""
export default function ({ data, parentElement }) {
  const mark = parentElement.querySelector(".top")
  if (mark.shown === data) return
  mark.shown = data
  if (mark.getBoundingClientRect().top < 0) mark.scrollIntoView({ block: "start" })
}
""",
)
"""Scrolls up to where it stands, once for each value of its data."""


def begin(runs: Sequence[Run]) -> None:
    """Goes before the runs that were started last. They stand above the form, which may be long: the page is scrolled to them."""
    _TO_TOP(key="to-top", data=" ".join(run.id for run in runs))


def close() -> None:
    """Puts the runs above the form away."""
    state.session().training = ()
    state.session().closed = state.selection().run


def watched() -> list[Run]:
    """The runs that this session started last, or turned to; after a reload the link still names one of them."""
    ids = state.session().training
    chosen = state.selection().run
    if not ids and chosen and chosen != state.session().closed and jobs.status(workspace().folder("runs", chosen)):
        ids = (chosen,)
        with contextlib.suppress(Problem):
            twin = workspace().twin(workspace().run(chosen))
            if twin and (status := jobs.status(twin.path)) and status.active:  # both losses
                ids = (twin.id, chosen)
    return [workspace().run(one) for one in ids if (workspace().root / "runs" / one).is_dir()]
