"""The form on Train: which data, which network, and how many numbers it would learn."""

import contextlib
import dataclasses
from typing import Any

import streamlit as st
from pydantic.fields import FieldInfo

from pages.common import state, widgets, wording
from pages.common.cache import workspace
from pages.train.data import source
from rnn_core import tasks
from rnn_core.config import CELLS, ModelConfig, Problem, RunConfig, TrainConfig, make, options
from rnn_core.data.schema import TEXT
from rnn_core.language import N_, tr
from rnn_core.network import cells
from rnn_core.training.suggest import suggest, suggestions
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.runs import Run

FIRST_OPTIONS = ("cell", "hidden", "loss", "epochs", "learning_rate")
"""What stands in the open; the rest is one click away."""

OF_SOME_CELLS = {option for name in CELLS for option in cells.kind(name).options}
"""Options that mean something for some cells alone."""

ONE_STEP = N_("The loss is taken at the last step alone, so there is no mean or sum over steps. Take it at every step to choose.")
NO_DEV = N_("Stop after this number of epochs without a lower training loss; 0: never. With a dev split its score would decide.")


def choose_dataset() -> SavedDataset:
    """The data to train on; ends the page with an invitation when there is none."""
    found = {dataset.id: dataset for dataset in workspace().datasets()}
    if not found:
        st.info(tr("There is no data yet. Upload a file on the Data page, or take a sample."), icon=":material/upload:")
        st.page_link("pages/train/data/data.py", label=tr("Go to Data"), icon=":material/arrow_forward:")
        source.offer_samples()
        return st.stop()
    current = state.selection().dataset
    if current not in found:
        named = state.selection().run
        run = next((run for run in workspace().runs() if run.id == named), None)
        current = next((one for one in found if is_of(run, found[one])), next(iter(found)))

    def label(one: SavedDataset) -> str:
        task = tasks.of(one.config)
        return f"{one.name} · {wording.raised(tr(task.short))} · {wording.examples(task.schema.row, one.report.rows_kept)}"

    labels = widgets.distinct({name: label(one) for name, one in found.items()})
    st.selectbox(
        tr("Data"),
        list(found),
        format_func=labels.__getitem__,
        **state.bound("dataset", current),
    )
    return found[current]


def is_of(run: Run | None, dataset: SavedDataset) -> bool:
    """Whether a run was trained on this data; not where it is damaged."""
    with contextlib.suppress(Problem):
        return run is not None and run.config.fingerprint == dataset.fingerprint
    return False


def form(dataset: SavedDataset) -> tuple[ModelConfig, TrainConfig] | None:
    """The options, from the configs. None while they do not fit together, which is said."""
    task = tasks.of(dataset.config)
    meant = {name for config in (ModelConfig, TrainConfig) for name in task.options(config)}
    chosen = state.session().options
    widths = ("tied", "hidden", "embedding") if chosen.get("tied") and "tied" in meant else ()  # a width follows from the other
    decisive = ("minutes", "updates", *widths)  # the epochs follow from the first two
    stated = {name: chosen[name] for name in decisive if chosen.get(name)}
    suggested = suggestions(dataset.config, dataset.report, stated)
    values: dict[type, dict[str, object]] = {
        type(config): dataclasses.asdict(config) for config in suggest(dataset.config, dataset.report, stated)
    }
    for config in values:
        values[config] |= {name: value for name, value in chosen.items() if name in values[config]}
    for config, fields_of in ((config, options(config)) for config in values):
        values[config] |= {name: field.default for name, field in fields_of.items() if name not in meant}
    if values[TrainConfig]["loss"] not in task.losses:
        values[TrainConfig]["loss"] = task.losses[0]
    fields = [(config, name, field) for config in values for name, field in options(config).items()
              if name in meant or name == "bidirectional"]  # which is shown with the reason against it

    def place(names: list[tuple[type, str, FieldInfo]], wide: int) -> None:
        columns = st.columns(wide)
        for i, (config, name, field) in enumerate(names):
            key, at_first = f"train-{dataset.id}-{name}", suggested.get(name)
            if stated and at_first:
                key += f"-{at_first.value}"  # another suggestion is another box
            more: dict[str, Any] = {
                "on_change": lambda name=name, key=key: chosen.update({name: st.session_state[key]})
            }
            if at_first:
                more["help"] = tr(
                    "{description}. Suggested: {value} ({why}).",
                    description=wording.described(field), value=at_first.value, why=at_first.why,
                )
            if name not in meant:
                more["disabled"] = True
            if name == "loss":
                more["disabled"] = len(task.losses) == 1
            if name == "cell":
                more["names"] = {one: cells.kind(one).title for one in CELLS}
            if name in OF_SOME_CELLS:
                more["disabled"] = name not in cells.kind(str(values[ModelConfig]["cell"])).options
            if name == "reduce" and values[TrainConfig]["loss"] == "last":  # chosen above, among the first options
                more |= {"disabled": True, "help": tr(ONE_STEP)}
            if name == "patience" and "dev" not in dataset.report.splits:
                more["help"] = tr(NO_DEV)
            with columns[i % wide]:
                values[config][name] = widgets.option(name, field, values[config][name], key, **more)

    first = [f for f in fields if f[1] in FIRST_OPTIONS]
    place(first, len(first))
    with st.expander(tr("All options")):
        place([f for f in fields if f[1] not in FIRST_OPTIONS], 4)
    if "bidirectional" not in meant:
        st.caption(
            tr(
                "This network reads in one direction: its answer at a step may only know the tokens up to there, and a "
                "backward reading would already know the end.",
            )
        )
    if len(task.losses) == 1:
        values[TrainConfig]["loss"] = task.losses[0]
    try:
        model, train = make(ModelConfig, values[ModelConfig]), make(TrainConfig, values[TrainConfig])
        run = tasks.make(RunConfig, {"data": dataset.config, "model": model, "train": train, "fingerprint": dataset.fingerprint,
                                     "name": dataset.name})  # fmt: skip
        task.read_by(run, dataset.vocabularies)
        if train.device == "cuda":
            from rnn_core.network.device import device_of

            device_of("cuda")
        return model, train
    except Problem as why:
        widgets.problem(why)
        return None


def without_kernel(model: ModelConfig, train: TrainConfig) -> str:
    """That this network trains step by step, as a sentence; else empty."""
    from rnn_core.network.device import device_of
    from rnn_core.training import engines

    return engines.without_kernel(model, device_of(train.device).type)


def parameter_count(model: ModelConfig, dataset: SavedDataset) -> int:
    """How many numbers this network would learn."""
    task = tasks.of(dataset.config)
    sizes = {TEXT: dataset.report.vocabulary_size} | {name: len(vocabulary) for name, vocabulary in dataset.vocabularies.items()}
    return task.parameters(model, sizes, len(dataset.labels))
