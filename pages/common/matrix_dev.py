"""What reading dev otherwise gives, on Words to matrix: at once where that is quick, else a sample and a job for all of it."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from pages.common import cache, matrix_choice, widgets
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.readings import readings, sample
from rnn_core.data.batches import Encoded
from rnn_core.results import Readings
from rnn_core.training import jobs
from rnn_core.workspace import evaluations
from rnn_core.workspace import readings as saved_readings
from rnn_core.workspace.runs import Run


def show(run: Run, loaded: Loaded, words: Callable[[Readings], str]) -> None:
    """The figures on dev in words, and where they are of a sample, the button that reads all of it."""
    with widgets.saying_problems():
        dev = _dev(run, loaded)
        if dev is None:
            st.info("The run's data are not in this workspace, so dev cannot be read. Upload the file again on the Data page.",
                    icon=":material/inventory_2:")  # fmt: skip
            return
        some, texts = dev
        folder = saved_readings.folder(run, run.config.fingerprint, "dev")
        found = None
        if len(some) < texts:
            weights = matrix_choice.kept(("weights",), (loaded,), lambda: evaluations.weights_of(run))
            found = saved_readings.load(folder, weights)
        if found is None:
            found = matrix_choice.kept(("readings",), (loaded, some), lambda: readings(loaded, some, texts))
    st.markdown(words(found))
    if found.recurrence.texts < texts:
        _read_all(run, folder, texts)


def _dev(run: Run, loaded: Loaded) -> tuple[Encoded, int] | None:
    """Texts of dev, all or as many as can be read at once, and how many there are; None without the data or dev."""
    saved = matrix_choice.data_of(run)
    if saved is None or "dev" not in saved.report.splits:
        return None

    def read() -> tuple[Encoded, int] | None:
        if saved.vocabulary != loaded.speech.vocabulary or saved.labels != loaded.speech.labels:
            return None
        encoded = saved.encoded("dev")
        return sample(loaded.network, encoded), len(encoded)

    return matrix_choice.kept(("dev", saved.fingerprint), (loaded,), read)


def _read_all(run: Run, folder: Path, texts: int) -> None:
    """The button that starts the job, its progress, and how the last one ended."""
    status = jobs.status(folder)
    if not (status and status.active) and st.button(f"Read all {texts:,} dev texts", icon=":material/play_arrow:"):
        with widgets.saying_problems():
            jobs.start(folder, ["readings", run.id, "--on=dev", f"--workspace={cache.workspace().root}"])
        st.rerun()
    status = widgets.watch(folder, f"readings-{run.id}")
    if status and status.state in ("cut off", "cancelled"):
        st.info(f"Reading all of dev was {status.state} before its end.", icon=":material/stop_circle:")
