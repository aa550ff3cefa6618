"""What reading many texts otherwise gives, on Words to matrix: dev, at once or by a job, else a sample."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from pages.common import cache, run_choice, view_panel, widgets
from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.readings import readings, sample
from rnn_core.data.batches import Encoded
from rnn_core.language import tr
from rnn_core.results import Readings
from rnn_core.training import jobs
from rnn_core.views.feedforward import gain_words
from rnn_core.views.inputs import Inputs
from rnn_core.views.padding import cost_words
from rnn_core.workspace import evaluations
from rnn_core.workspace import readings as saved_readings
from rnn_core.workspace.runs import Run


def show_last_column(run: Run, read: Inputs) -> None:
    """What answers from the last column cost."""
    st.markdown(tr("##### What does the last column cost over many texts?"))
    if "last-column" in tasks.of(run.config).views["matrix"]:
        _show(run, read.network, lambda found, texts: cost_words(found.padding, texts) if found.padding else "")
    else:
        st.caption(tr("Each token has its own answer, read at its own step: no answer is read from the last column here."))


def show_gain(run: Run, read: Inputs) -> None:
    """What recurrence adds."""
    majority, labels = run.majority, run.speech.labels
    known = (labels.index(majority), majority) if majority in labels else None
    _show(run, read.network, lambda found, texts: gain_words(found.recurrence, texts, known))


def _kept(run: Run, name: str, compute: Callable[[], Any]) -> Any:
    return view_panel.keep((name, str(run.path), cache.version_of(run)), compute)


def _show(run: Run, loaded: Loaded, words: Callable[[Readings, str], str]) -> None:
    """The figures on many texts, and where they are of a part of dev, the button that reads all of it.

    Args:
        words: says in Markdown what was found, given what the texts are.
    """
    with widgets.saying_problems():
        dev = _dev(run, loaded)
        folder, found = saved_readings.folder(run, run.config.fingerprint, "dev"), None
        if dev is None or len(dev[0]) < dev[1]:
            weights = _kept(run, "weights", lambda: evaluations.weights_of(run))
            found = saved_readings.load(folder, weights)
        if dev is None:
            if cache.data_of(run):
                st.info(tr("The run's data have no dev split to read."), icon=":material/inventory_2:")
            elif found:
                st.markdown(words(found, tr("dev texts")))
                st.caption(tr(run_choice.BEFORE))
            else:
                _show_sample(run, loaded, words)
            return
        some, texts = dev
        if found is None:
            found = _kept(run, f"readings {run.config.fingerprint}", lambda: readings(loaded, some, texts))
    st.markdown(words(found, tr("dev texts")))
    if found.recurrence.texts < texts:
        _read_all(run, folder, texts)


def _show_sample(run: Run, loaded: Loaded, words: Callable[[Readings, str], str]) -> None:
    """The same of the sample that fits the run, or how to bring its data here."""
    texts = cache.sample_for(run)
    if texts is None:
        run_choice.offer_data(tr(
            "The run's data are not in this workspace, so dev cannot be read. Read the file again on the Data page.",
        ))
        return

    def read() -> Readings:
        encoded = tasks.of(run.config).encode_examples(texts.examples, loaded.speech)
        some = sample(loaded, encoded)
        return readings(loaded, some, len(encoded))

    found: Readings = _kept(run, f"readings {texts.key}", read)
    st.markdown(words(found, run_choice.texts_of(texts)))
    st.caption(tr(run_choice.INSTEAD))


def _dev(run: Run, loaded: Loaded) -> tuple[Encoded, int] | None:
    """Texts of dev, all or as many as can be read at once, and how many there are; None without the data or dev."""
    saved = cache.data_of(run)
    if saved is None or "dev" not in saved.report.splits:
        return None

    def read() -> tuple[Encoded, int] | None:
        if saved.vocabulary != loaded.speech.vocabulary or saved.labels != loaded.speech.labels:
            return None
        encoded = saved.encoded("dev")
        return sample(loaded, encoded), len(encoded)

    found: tuple[Encoded, int] | None = _kept(run, f"dev {saved.fingerprint}", read)
    return found


def _read_all(run: Run, folder: Path, texts: int) -> None:
    """The button that starts the job, its progress, and how the last one ended."""
    status = jobs.status(folder)
    read_all = tr("Read all {count:,} dev texts", count=texts)
    if not (status and status.active) and st.button(read_all, icon=":material/play_arrow:"):
        with widgets.saying_problems():
            jobs.start(folder, ["readings", run.id, "--on=dev", f"--workspace={cache.workspace().root}"])
        st.rerun()
    status = widgets.watch(folder, f"readings-{run.id}")
    if status and status.state in ("cut off", "cancelled"):
        ended = (tr("Reading all of dev was cut off before its end.") if status.state == "cut off" else
                 tr("Reading all of dev was cancelled before its end."))
        st.info(ended, icon=":material/stop_circle:")
