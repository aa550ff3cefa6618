"""The hunt over a whole corpus, as a job, below the hunt in one text."""

import streamlit as st

from pages.common import cache, inputs, state, view_panel, widgets
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.training import jobs
from rnn_core.views import view
from rnn_core.views.hunting import Hunted
from rnn_core.workspace import evaluations, hunts
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import SAMPLES


def show(run: Run, asked: Hunted) -> None:
    """What is hunted in, the button that starts the job, its progress, and what it found.

    Args:
        asked: the settled choices of the hunt above.
    """
    st.markdown("##### Does the same unit tell it in a whole corpus?")
    corpora = _corpora(run)
    chosen = state.selection().corpus
    name = chosen if chosen in corpora else next(iter(corpora))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.selectbox("Corpus", list(corpora), format_func=corpora.__getitem__, width=320, **state.bound("corpus", name))
    if asked.pattern == "expression" and not asked.expression:
        st.caption("Type a regular expression above first.")
        return
    with widgets.saying_problems():
        options, data = _read(run, name)
        asked_for = (asked.pattern, asked.expression, asked.quantity, asked.layer)
        folder = hunts.folder(run, data, *asked_for)
        found = hunts.load(folder, evaluations.weights_of(run))
        status = jobs.status(folder)
        if found is None and not (status and status.active) and row.button("Hunt in it", icon=":material/search:"):
            expression = f"--expression={asked.expression if asked.pattern == 'expression' else ''}"
            of = [f"--pattern={asked.pattern}", expression, f"--of={asked.quantity}", f"--layer={asked.layer + 1}"]
            jobs.start(folder, ["hunt", run.id, *options, *of, f"--workspace={workspace().root}"])
            st.rerun()
        status = widgets.watch(folder, f"hunt-{run.id}")
        if status and status.state in ("cut off", "cancelled"):
            st.info(f"This hunt was {status.state} before its end.", icon=":material/stop_circle:")
        if found is not None:
            read = inputs.of_text(run, hunt=((str(folder), cache.version_of(run), found.read), found))
            view_panel.show(view("corpus-hunt"), read, choices=False)


def _corpora(run: Run) -> dict[str, str]:
    """The splits of the run's data, where they are here, and the samples, by name and in words."""
    saved = cache.data_of(run)
    splits = saved.report.splits if saved else {}
    own = {split: f"{split} of {saved.name} ({one.tokens:,} tokens)" for split, one in splits.items() if saved}
    return own | {name: f"the sample {name}" for name in tasks.of(run.config).samples}


def _read(run: Run, name: str) -> tuple[list[str], str]:
    """The options that name a corpus on the command line, and by which its data are known."""
    if name in tasks.of(run.config).samples:
        path = SAMPLES / name
        return [str(path)], evaluations.key_of_file(path, run.config.data)
    return [f"--on={name}"], f"{run.config.fingerprint}-{name}"
