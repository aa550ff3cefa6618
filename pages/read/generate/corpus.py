"""The hunt over a whole corpus, as a job, below the hunt in one text."""

from pathlib import Path
from typing import NamedTuple

import streamlit as st

from pages.common import cache, inputs, state, view_panel, widgets
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.language import tr
from rnn_core.results import CorpusHunt
from rnn_core.training import jobs
from rnn_core.views import view
from rnn_core.views.hunting import Hunted
from rnn_core.workspace import evaluations, hunts
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import SAMPLES


class Corpus(NamedTuple):
    """A corpus to hunt in, and the hunt that is asked for.

    Attributes:
        titles: of all corpora, by name.
        name: of the chosen one.
        folder: of the hunt and its job.
        options: that ask for it on the command line.
        found: the saved result; None if there is none.
    """

    titles: dict[str, str]
    name: str
    folder: Path
    options: tuple[str, ...]
    found: CorpusHunt | None


def chosen(run: Run, asked: Hunted) -> Corpus:
    """The chosen corpus. Raises Problem if a saved hunt is damaged.

    Args:
        asked: the settled choices of the hunt in one text.
    """
    titles, name = _corpora(run), state.selection().corpus
    name = name if name in titles else next(iter(titles)) if cache.data_of(run) else next(reversed(titles))
    of, data = _read(run, name)
    expression = asked.expression if asked.pattern == "expression" else ""
    folder = hunts.folder(run, data, asked.pattern, expression, asked.quantity, asked.layer)
    # the hash of the weights, computed once for each version of them
    weights = view_panel.keep(("weights", str(run.path), cache.version_of(run)), lambda: evaluations.weights_of(run))
    pattern = (f"--pattern={asked.pattern}", f"--expression={expression}")
    options = (of, *pattern, f"--of={asked.quantity}", f"--layer={asked.layer + 1}")
    return Corpus(titles, name, folder, options, hunts.load(folder, weights))


def show(run: Run, corpus: Corpus) -> None:
    """The choice of the corpus, the button that starts the job, its progress, and what it found."""
    st.markdown(tr("##### Does the same unit tell it in a whole corpus?"))
    row = st.container(horizontal=True, vertical_alignment="bottom")
    row.selectbox(tr("Corpus"), list(corpus.titles), format_func=corpus.titles.__getitem__, width=320,
                  **state.bound("corpus", corpus.name))  # fmt: skip
    status = jobs.status(corpus.folder)
    if corpus.found is None and not (status and status.active) and row.button(tr("Hunt in it"), icon=":material/search:"):
        jobs.start(corpus.folder, ["hunt", run.id, *corpus.options, f"--workspace={workspace().root}"])
        st.rerun()
    status = widgets.watch(corpus.folder, f"hunt-{run.id}")
    if status and status.state in ("cut off", "cancelled"):
        ended = (tr("This hunt was cut off before its end.") if status.state == "cut off" else
                 tr("This hunt was cancelled before its end."))
        st.info(ended, icon=":material/stop_circle:")
    if corpus.found is not None:
        read = inputs.of_text(run, hunt=((str(corpus.folder), cache.version_of(run)), corpus.found))
        view_panel.show(view("corpus-hunt"), read, choices=False)


def _corpora(run: Run) -> dict[str, str]:
    """The splits of the run's data, where they are here, and the samples, by name and in words."""
    saved = cache.data_of(run)
    splits = saved.report.splits if saved else {}
    own = {
        split: tr("{split} of {name} ({tokens:,} tokens)", split=tr(split), name=saved.name, tokens=one.tokens)
        for split, one in splits.items() if saved
    }  # fmt: skip
    return own | {name: tr("the sample {name}", name=name) for name in tasks.of(run.config).samples}


def _read(run: Run, name: str) -> tuple[str, str]:
    """The option that names a corpus on the command line, and by which its data are known."""
    if name in tasks.of(run.config).samples:
        path = SAMPLES / name
        return str(path), evaluations.key_of_file(path, run.config.data)
    return f"--on={name}", f"{run.config.fingerprint}-{name}"
