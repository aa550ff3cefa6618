"""The experiment of the two losses: the same configuration trained with the loss at the last and at every step."""

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from pages.common import cache, inputs, run_choice, state, training, widgets, wording
from pages.common.bounded import kept
from rnn_core.config import SPLITS, Problem
from rnn_core.data.examples import Example
from rnn_core.language import N_, tr
from rnn_core.results import Along
from rnn_core.training import jobs
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import literal
from rnn_core.workspace import evaluations
from rnn_core.workspace import readings as saved_readings
from rnn_core.workspace.runs import Run

if TYPE_CHECKING:  # torch is not loaded before a run is
    from rnn_core.analysis.loading import Loaded

MOST_TEXTS = 1000
"""Dev texts that are read; more change little and take longer."""


def twins(run: Run) -> dict[str, Run]:
    """The run and its twin by their losses, both with weights; without, ends the page with the next step to take."""
    other = training.OTHER[training.loss_of(run)]
    twin = cache.workspace().twin(run)
    if twin is None:
        at = {loss: wording.value(loss) for loss in training.OTHER}
        st.info(tr(
            "This run takes its loss {here}. To compare, train the same network with the loss {there}: same data, settings and "
            "seed.",
            here=at[training.loss_of(run)], there=at[other],
        ), icon=":material/compare_arrows:")  # fmt: skip
        if cache.data_of(run) is None:
            run_choice.offer_data(tr(
                "The run's data are not in this workspace, so the same network cannot be trained on them again. Read the file "
                "again on the Data page.",
            ))  # fmt: skip
            _offer_twins()
        elif st.button(tr("Train the same network with the loss {there}", there=at[other]), type="primary",
                       icon=":material/play_arrow:"):  # fmt: skip
            with widgets.saying_problems():
                training.start_twin(run)
            st.switch_page("pages/train/train/train.py")
        return st.stop()
    found = {training.loss_of(run): run, training.loss_of(twin): twin}
    for one in found.values():
        status = jobs.status(one.path)
        if status and status.active:
            st.markdown(tr("**{name}** is being trained.", name=literal(one.name)))
            widgets.watch(one.path, f"twin-{one.id}")
        elif not one.trained:
            st.info(tr(
                "{name} has no weights yet, and nobody is training it. Go on with it on Train, or delete it on Runs.",
                name=literal(one.name),
            ), icon=":material/hourglass:")  # fmt: skip
    if any(not one.trained for one in found.values()):
        st.stop()
    return {loss: found[loss] for loss in ("last", "every")}


def _offer_twins() -> None:
    """A button for a run that can be compared at once, where there is one."""
    for other in cache.workspace().runs():
        with contextlib.suppress(Problem):
            if other.trained and (twin := cache.workspace().twin(other)) and twin.trained:
                st.button(tr("Compare both losses of {name}", name=literal(other.name)), on_click=state.select,
                          kwargs={"run": other.id}, icon=":material/compare_arrows:")  # fmt: skip
                return


def read(runs: dict[str, Run]) -> Inputs:
    """How each of the twins reads dev step by step, by its loss. Raises Problem where there are no texts to read."""
    run = runs["last"]
    key = tuple((loss, str(one.path), cache.version_of(one)) for loss, one in runs.items())
    if cache.data_of(run) is None:
        saved = {loss: found for loss, one in runs.items() if (found := saved_along(one))}
        if len(saved) == len(runs):
            st.caption(tr("All {count:,} dev texts.", count=saved["last"].texts) + " " + tr(run_choice.BEFORE))
            return inputs.of(along=((*key, "saved"), saved))
    texts = _dev_texts(run)
    return inputs.of(along=((*key, len(texts)), {loss: _along(one, texts) for loss, one in runs.items()}))


def saved_along(run: Run) -> Along | None:
    """How a run read all dev texts step by step, where that was saved beside it."""
    return saved_readings.load_along(saved_readings.folder(run, run.config.fingerprint, "dev"), evaluations.weights_of(run))


def _dev_texts(run: Run) -> Sequence[Example]:
    """The texts both are tried on: dev, else test, or a sample where the data are not here. Raises Problem without any."""
    dataset = cache.data_of(run)
    if dataset is None:
        sample = cache.sample_for(run)
        if sample is None:
            raise Problem(tr("The data of these runs are not in this workspace. Read the file again on the Data page."))
        all_of = tr("Read: all {count:,} texts of the sample {name}.", count=len(sample.examples), name=literal(sample.path.name))
        st.caption(all_of + " " + tr(run_choice.INSTEAD))
        return sample.examples
    for split in (*SPLITS[1:], SPLITS[0]):
        if split in dataset.report.splits and (found := dataset.examples(split)):
            if len(found) > MOST_TEXTS:
                st.caption(tr(
                    "Read: {some:,} of {all:,} {split} texts, spread evenly.",
                    some=MOST_TEXTS, all=len(found), split=tr(split),
                ))
                return [found[i * len(found) // MOST_TEXTS] for i in range(MOST_TEXTS)]
            st.caption(tr("Read: all {count:,} {split} texts.", count=len(found), split=tr(split)))
            return found
    raise Problem(tr("The data of these runs holds no texts. Upload it again on the Data page."))


def _along(run: Run, texts: Sequence[Example]) -> Along:
    """These texts as the classifier reads them, step by step. Raises Problem if it knows none of their labels."""
    return _kept_along(cache.loaded(run), texts, str(run.path), cache.version_of(run), run.config.fingerprint)


@kept(128 << 20, 6, N_("Reading dev word by word …"))
def _kept_along(_loaded: "Loaded", _texts: Sequence[Example], path: str, version: int, fingerprint: str) -> Along:
    from rnn_core.analysis.along import along

    return along(_loaded, _texts)
