"""Runs side by side: which settings differ, how good each is, and their curves."""

import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import streamlit as st

from pages.common import charts, widgets, wording
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.config import METRIC_NAMES, DataConfig, ModelConfig, Problem, TrainConfig, choices, options
from rnn_core.figures import lines
from rnn_core.figures.frame import LABEL
from rnn_core.language import N_, tr
from rnn_core.network import cells
from rnn_core.results import History
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run

_FIRST = ("cell", "loss", "hidden", "layers", "bidirectional", "learning_rate", "dropout")
"""Of the settings that differ, those that name a run before others."""

_TITLES = {"loss": N_("loss"), "hidden": "d", "layers": N_("layers"), "bidirectional": N_("both directions"),
           "learning_rate": "lr", "dropout": N_("dropout")}  # fmt: skip
"""How a legend calls a setting; the title of a cell says what it is."""

_LOSSES = {"last": N_("last"), "every": N_("every")}
"""How it calls where the loss is taken."""


_CHOSEN = {name for part in (ModelConfig, TrainConfig, DataConfig) for name, field in options(part).items() if choices(field)}
"""The options whose values are words of the app."""


class Setting(NamedTuple):
    """One setting of a run: what it is called, its value and its default."""

    title: str
    value: Any
    default: Any


def settings(run: Run) -> dict[str, Setting]:
    """All settings of a run by the names of the options, and the name of its data. Raises Problem when it is damaged."""
    config = run.config
    found = {}
    for part in (config.model, config.train, config.data):
        for name, field in options(type(part)).items():
            found[name] = Setting(tr(str(field.title)), getattr(part, name), field.default)
    task = tasks.of(config)
    found["loss"] = found["loss"]._replace(value=task.loss_of(config), default=task.losses[0])
    try:
        data = workspace().dataset(config.fingerprint).name
    except Problem:  # ready-made and imported runs come without their data
        data = tr("data {fingerprint}", fingerprint=config.fingerprint[:6])
    return found | {"data": Setting(tr("Data"), data, None)}


def words(name: str, value: Any) -> str:
    """The value of an option for people."""
    if name == "cell":
        return tr(cells.kind(value).title)
    if name == "task":
        return tr(tasks.task(value).short)
    if value is None:
        return tr("guessed")
    if isinstance(value, bool):
        return tr("yes") if value else tr("no")
    if isinstance(value, str):
        return str(wording.value(value)) if name in _CHOSEN else value
    return f"{value:g}" if value < 1e6 else f"{value:,}"


def differing(runs: Mapping[str, Run]) -> dict[str, list[Any]]:
    """A table of the settings in which these runs differ: a row a setting, a column a run, by the runs' labels."""
    each = {label: settings(run) for label, run in runs.items()}
    names = _differ(list(each.values()))
    first = next(iter(each.values()))
    return {tr("setting"): [first[name].title for name in names]} | {
        label: [words(name, found[name].value) for name in names] for label, found in each.items()
    }


def changed(run: Run) -> dict[str, list[str]]:
    """A table of a run's settings that differ from the defaults. Raises Problem when the run is damaged."""
    left_out = {"task", "text", "label", "target", "sentence", "split", "format", "encoding", "delimiter", "quoting", "data"}
    found = {name: one for name, one in settings(run).items() if name not in left_out and one.value != one.default}
    return {
        tr("setting"): [one.title for one in found.values()],
        tr("value"): [words(name, one.value) for name, one in found.items()],
        tr("default"): [words(name, one.default) for name, one in found.items()],
    }


def labels(runs: Sequence[Run]) -> dict[str, Run]:
    """The runs by what tells them apart in a legend: the first settings that differ, or their names where these are short."""
    names = [run.name for run in runs]
    if len(set(names)) == len(names) and all(len(name) <= LABEL for name in names):
        return dict(zip(names, runs, strict=True))
    each = []
    for run in runs:
        try:
            each.append(settings(run))
        except Problem:  # which the table says
            each.append({})
    differ = _differ([found for found in each if found])
    order = [name for name in _FIRST if name in differ]
    made = []
    for run, found in zip(runs, each, strict=True):
        label = ""
        for part in (_part(name, found[name].value) for name in order if name in found):
            if len(longer := f"{label} · {part}" if label else part) > LABEL:
                break
            label = longer
        made.append(label or run.name)
    twice = {label for label, times in Counter(label[: LABEL - 1] for label in made).items() if times > 1}
    return {f"{i} · {label}" if label[: LABEL - 1] in twice else label: run
            for i, (label, run) in enumerate(zip(made, runs, strict=True), 1)}  # fmt: skip


def _part(name: str, value: Any) -> str:
    said = tr(_LOSSES[value]) if name == "loss" else words(name, value)
    return f"{tr(_TITLES[name])} {said}" if name in _TITLES else said


def _differ(each: Sequence[Mapping[str, Setting]]) -> list[str]:
    names = dict.fromkeys(name for found in each for name in found)
    return [name for name in names if len({repr(found.get(name)) for found in each}) > 1]


def scores(runs: Mapping[str, Run]) -> dict[str, list[Any]]:
    """The best scores of each run: a row a run."""
    made: list[dict[str, Any]] = []
    for label, run in runs.items():
        metrics = run.metrics()
        metric = _headline(run)
        name = wording.metric(metric)
        row: dict[str, Any] = {tr("run"): label} | ({} if label == run.name else {tr("name"): run.name})
        row |= {wording.scored(split, name): metrics.get(f"{split}_{metric}") for split in ("dev", "test")}
        row |= {tr("dev loss"): metrics.get("dev_loss"), tr("best epoch"): metrics.get("best_epoch"),
                tr("parameters"): metrics.get("parameters"), tr("seconds"): metrics.get("train_seconds")}  # fmt: skip
        made.append(row)
    columns = dict.fromkeys(column for row in made for column, value in row.items() if value is not None)
    return {column: [row.get(column) for row in made] for column in columns}


def _headline(run: Run) -> str:
    scheme = run.speech.scheme if (run.path / "vocabulary.json").exists() else None
    return tasks.of(run.config).metric(scheme)


def compare(runs: Sequence[Run]) -> None:
    """Several runs that were ticked: their best scores, and the settings that differ."""
    whole = {}
    for label, run in labels(runs).items():
        try:
            settings(run), scores({label: run})
        except Problem:  # which the table says
            continue
        whole[label] = run
    if len(whole) < 2:
        return
    st.markdown(tr("##### Best scores"))
    number = st.column_config.NumberColumn
    found = scores(whole)
    others = {tr("run"), tr("name"), tr("best epoch")}
    shown: dict[str, Any] = {name: number(format="%.4f") for name in found if name not in others}
    shown |= {tr("seconds"): number(format="%.1f"), tr("parameters"): number(format="localized")}
    st.dataframe(found, hide_index=True, placeholder="", column_config=shown)
    st.markdown(tr("##### Settings that differ"))
    table = differing(whole)
    title = tr("setting")
    if table[title]:
        st.dataframe(table, hide_index=True, column_config={title: st.column_config.TextColumn(width=170)})
    else:
        st.caption(tr("None: these runs have the same data and settings."))


def show_curves(runs: Sequence[Run], newest: bool) -> None:
    """The curves of runs, those of one task and measure in one frame.

    Args:
        newest: whether these are the newest runs, and none was ticked.
    """
    groups: dict[tuple[str, str], dict[str, History]] = {}
    for label, run in labels(runs).items():
        try:
            history = run.history()
        except Problem as why:
            widgets.problem(why)
            continue
        with contextlib.suppress(Problem):  # its settings are damaged, which the table says
            if history.epochs:
                groups.setdefault((run.config.data.task, _headline(run)), {})[label] = history
    for (name, headline), histories in groups.items():
        task = tasks.task(name)
        told = {"task": literal(tr(task.short)), "metric": wording.metric(headline)}
        if len(histories) == 1 and len(groups) > 1:
            st.markdown(tr("##### Curves of {run}: {task}, {metric}", run=literal(next(iter(histories)), 60), **told))
        elif newest:
            st.markdown(tr("##### Curves of the newest runs: {task}, {metric}", **told))
        else:
            st.markdown(tr("##### Curves: {task}, {metric}", **told))
        scored = {name for history in histories.values() for name in history.epochs[-1]}
        listed = [m for m in dict.fromkeys((headline, *METRIC_NAMES)) if f"dev_{m}" in scored]
        metric = headline
        if len(listed) > 1:
            metric = st.segmented_control(tr("Score"), listed, default=listed[0], format_func=wording.metric, required=True,
                                          label_visibility="collapsed", key=f"curve-metric-{name}-{headline}")  # fmt: skip
        drawn = lines.curves(histories, metric, task.higher_is_better or metric != headline)
        charts.draw(drawn, f"compare-{name}-{headline}", tr("How did these trainings go?"))


def show_settings(run: Run) -> None:
    """What decided a run's weights: first what differs from the defaults."""
    with widgets.saying_problems():
        table, config = changed(run), run.config
    if table[tr("setting")]:
        st.dataframe(table, hide_index=True)
    else:
        st.caption(tr("Every setting has its default."))
    with st.expander(tr("Every setting as JSON")):
        st.json(asdict(config), expanded=1)
