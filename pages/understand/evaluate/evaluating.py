"""What a run is evaluated on, and the job that does it."""

from collections.abc import Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.common import cache, data_files, data_form, run_choice, state, widgets, wording
from pages.understand.evaluate import saved, upload
from rnn_core import tasks
from rnn_core.commands.options import flags
from rnn_core.config import SPLITS, TRAINED_WITH, DataConfig, EvaluateConfig, bounds, options, plain, set_options
from rnn_core.language import tr
from rnn_core.language.retold import retold
from rnn_core.results import Evaluation, Scores, TokenScores, TranslationScores
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace import evaluations
from rnn_core.workspace.runs import Run

READ_BY = ("text", "label", "target", "sentence", "format", "encoding", "delimiter", "quoting", "header")
"""How a file is read, as far as the run does not decide it."""


_RATE = 0.1
"""The learning rate of dynamic evaluation that is offered first."""


class Scored(NamedTuple):
    """The scores that a user asks for.

    Attributes:
        scores: of a split, a sample or a file.
        folder: of the evaluation, where its texts are here.
        key: by which these scores are known again.
        static: the scores with fixed weights beside those of dynamic evaluation, with their key; None: there are none.
        arguments: of `evaluate`, after the run, by which these scores are made; None: they cannot be made again.
        options: those of `EvaluateConfig` that these scores were made with, besides the defaults.
    """

    scores: Scores | TokenScores | TranslationScores
    folder: Path | None
    key: Hashable
    static: tuple[Hashable, TokenScores] | None = None
    arguments: tuple[str, ...] | None = None
    options: Mapping[str, Any] = MappingProxyType({})


def scored(run: Run) -> Scored:
    """The scores that the user asks for; ends the page without any."""
    known = run.metrics().get("scores", {})
    data, sample = cache.data_of(run), None
    sources: dict[str, str] = {}
    row = tasks.of(run.config).schema.row
    if data:
        sources = {split: f"{tr(split)}: {wording.examples(row, n.examples)}"
                   for split, n in data.report.splits.items() if n.examples}  # fmt: skip
    elif sample := cache.sample_for(run):
        sources = {"sample": tr("sample {name}: {texts}", name=literal(sample.path.name),
                                texts=wording.examples(row, len(sample.examples)))}  # fmt: skip
    saved = {split: tr("{split}, as scored at the end of training", split=tr(split)) for split in known if split not in sources}
    listed = [*reversed(sources), *reversed(saved), "file"]
    chosen = state.selection().on
    places = {split: evaluations.folder(run, run.config.fingerprint, split) for split in reversed(saved)}
    kept = {split: place for split, place in places.items() if (place / "scores.json").exists()}
    first = next(iter(kept), listed[0])
    wanted = st.radio(
        tr("Evaluate on"),
        listed,
        format_func=(sources | saved | {"file": tr("a file of your own")}).__getitem__,
        horizontal=True,
        **state.bound("on", chosen if chosen in listed else first, cell=lambda on: None, passage=lambda on: 0),
    )
    if wanted in saved:
        evaluation, version = saved_in(places[wanted])
        if evaluation and evaluation.weights == evaluations.weights_of(run):
            st.caption(tr(
                "{data} · {texts} · evaluated while the data were in the workspace",
                data=_named(evaluation), texts=wording.examples(row, evaluation.texts),
            ))
            return Scored(evaluation.scores, places[wanted], (str(places[wanted]), version), options=evaluation.options)
        st.info(
            tr(
                "Scores as saved when training ended. The texts themselves are not in this workspace: to evaluate again, choose "
                "the sample or a file of your own.",
            ) if sample else tr(
                "Scores as saved when training ended. The texts themselves are not in this workspace: to evaluate again, choose "
                "a file of your own.",
            ),
            icon=":material/inventory_2:",
        )
        return Scored(evaluations.scores_from_json(known[wanted]), None, (str(run.path), cache.version_of(run), wanted))
    if wanted == "file":
        key, arguments = _file(run)
    elif sample and wanted == "sample":
        st.caption(tr(run_choice.INSTEAD) + " " + tr("It is much too small to judge a run by."))
        key, arguments = sample.key, [str(sample.path), f"--key={sample.key}"]
        wanted = "file"
    else:
        key, arguments = run.config.fingerprint, [f"--on={wanted}"]
    bar = st.container(horizontal=True)
    with bar:
        how = _options(run)
    folder, fixed = (evaluations.folder(run, key, wanted, one) for one in (how, replace(how, dynamic=None)))
    arguments += flags(set_options(how))
    evaluation, version = _evaluated(run, folder, arguments, bar)
    static = None
    if how.dynamic is not None and (beside := saved_in(fixed)[0]) and isinstance(beside.scores, TokenScores):
        static = (str(fixed), saved_in(fixed)[1]), beside.scores
    return Scored(evaluation.scores, folder, (str(folder), version), static, tuple(arguments), evaluation.options)


def _named(evaluation: Evaluation) -> str:
    """What an evaluation is on, as Markdown: a file by its name, or a split of a dataset, which is saved in English."""
    split, _, name = evaluation.data.partition(" of ")
    if split in SPLITS and name:
        return tr("{split} of {name}", split=tr(split), name=literal(name))
    return literal(evaluation.data)


def _options(run: Run) -> EvaluateConfig:
    """The options of the run's task, in a popover."""
    listed = tasks.of(run.config).options(EvaluateConfig)
    return EvaluateConfig(
        dynamic=_dynamic() if "dynamic" in listed else None,
        copy=_copying() if "copy" in listed and run.config.model.attention != "none" else False,
    )


def _copying() -> bool:
    """Whether unknown words are copied."""
    chosen = state.selection().copy
    with st.popover(tr("Options: unknown words are copied") if chosen else tr("Options"), icon=":material/tune:"):
        field = options(EvaluateConfig)["copy"]
        st.toggle(tr(str(field.title)), help=literal(wording.sentence(field), 300), **state.bound("copy", chosen))
    return chosen


def _dynamic() -> float | None:
    """The learning rate of dynamic evaluation; None: the weights are fixed."""
    chosen = state.selection().dynamic
    low, high = (float(bound or 0) for bound in bounds(options(EvaluateConfig)["dynamic"]))
    if chosen is not None and not low <= chosen <= high:  # a link may say anything
        chosen = None
    title = tr("Options") if chosen is None else tr("Options: dynamic evaluation, learning rate {chosen:g}", chosen=chosen)
    with st.popover(title, icon=":material/tune:"):
        st.toggle(tr(
            "Dynamic evaluation",
        ), help=tr(
            "The network goes on learning from the text, by plain SGD: each chunk of K tokens is scored, then the weights "
            "take one step on its mean loss. The saved run does not change.",
        ),
                  **state.bound("dynamic", chosen is not None, lambda on: _RATE if on else None))  # fmt: skip
        if chosen is not None:
            st.session_state["rate"] = chosen
            st.number_input(tr("Learning rate"), low, high, step=0.05, format="%.4g", key="rate",
                            on_change=lambda: state.select(dynamic=st.session_state["rate"]))  # fmt: skip
    return chosen


def saved_in(folder: Path) -> tuple[Evaluation | None, int]:
    """The evaluation in a folder, None without one, and when it was written."""
    written = folder / "scores.json"
    version = written.stat().st_mtime_ns if written.exists() else 0
    return saved.evaluation(str(folder), version), version


def in_detail(scores: Scores | TokenScores | TranslationScores) -> bool:
    """Whether scores have all the details that this version makes."""
    detail = scores.breakdown if isinstance(scores, TokenScores) else getattr(scores, "detail", ())
    return detail is not None


def _file(run: Run) -> tuple[str, list[str]]:
    """A file of the user's, as a key of its own and the arguments that read it; ends the page without one."""
    chosen = upload.kept_upload(tr("A file to evaluate on"), "evaluate-file", tr("Read the way the Data page does."))
    if chosen is None:
        st.info(tr("Upload a file like the data that the run was trained on."), icon=":material/upload:")
        return st.stop()
    path, digest, name = chosen
    fixed = DataConfig(**{name: getattr(run.config.data, name) for name in TRAINED_WITH})
    found = data_form.mapping(path, name, fixed, f"evaluate-{digest}", with_split=False)
    if found is None:
        if tasks.of(run.config).formats:
            st.button(tr("No labels? Get answers for this file"), icon=":material/question_answer:",
                      on_click=lambda: state.select(shown="answers"))  # fmt: skip
        return st.stop()
    key = data_files.fingerprint_of(path, found)
    read_by = {name: value for name, value in plain(found).items() if name in READ_BY}
    return key, [str(path), f"--file-name={name}", f"--key={key}", *flags(read_by)]


def _evaluated(run: Run, folder: Path, arguments: list[str], bar: DeltaGenerator) -> tuple[Evaluation, int]:
    """The saved evaluation and when it was written, and the button that makes or renews it; ends the page while there is none.

    Args:
        bar: where the button stands.
    """
    status = jobs.status(folder)
    evaluation, version = saved_in(folder)
    stale = evaluation is not None and evaluation.weights != evaluations.weights_of(run)
    short = evaluation is not None and not in_detail(evaluation.scores)
    if evaluation is None and not run.fixed and not (status and status.active):
        shows = (
            tr(
                "Not evaluated on this yet. Press **Evaluate**: the run answers every text, and the page shows the scores, which "
                "classes are confused, and the mistakes.",
            ) if tasks.of(run.config).schema.labels else
            tr(
                "Not evaluated on this yet. Press **Evaluate**: the run translates every source, and the page shows the scores, "
                "and each translation beside its target.",
            ) if tasks.of(run.config).translates else
            tr(
                "Not evaluated on this yet. Press **Evaluate**: the run predicts every token, and the page shows the scores, "
                "where the loss is large, and the worst passages.",
            )
        )  # fmt: skip
        st.info(shows, icon=":material/grid_on:")
    if bar.button(tr("Evaluate") if evaluation is None else tr("Evaluate again"), icon=":material/play_arrow:",
                  type="primary" if evaluation is None or stale or short else "secondary",
                  disabled=run.fixed or bool(status and status.active),
                  help=tr("Ready-made runs need a workspace that can be written.") if run.fixed else None):  # fmt: skip
        jobs.start(folder, ["evaluate", run.id, *arguments, f"--workspace={cache.workspace().root}"])
        st.rerun()
    status = widgets.watch(folder, f"evaluate-{folder.name}")
    if status and status.state in ("cut off", "cancelled"):
        ended = (tr("The last evaluation was cut off before its end. Evaluate again.") if status.state == "cut off" else
                 tr("The last evaluation was cancelled before its end. Evaluate again."))
        st.info(ended, icon=":material/stop_circle:")
    if evaluation is None:
        return st.stop()
    texts = wording.examples(tasks.of(run.config).schema.row, evaluation.texts)
    st.caption(tr("{data} · {texts} · evaluated {when}", data=_named(evaluation), texts=texts,
                  when=widgets.ago(folder / "scores.json")))  # fmt: skip
    if stale:
        st.warning(tr("This run has been trained further since: these scores are of its earlier weights. Evaluate again."),
                   icon=":material/history:")  # fmt: skip
    elif short:
        st.info(tr(
            "This evaluation was made by an older version of the app. Evaluate again to see more of it: where the run goes "
            "wrong, and its worst texts.",
        ), icon=":material/update:")  # fmt: skip
    for warning in evaluation.warnings:
        st.warning(literal(retold(warning), 600), icon=":material/warning:")
    if evaluation.left_out:
        with st.expander(tr("Left out or cut: {count:,} rows", count=sum(entry.count for entry in evaluation.left_out)),
                         expanded=True):  # fmt: skip
            widgets.show_left_out(evaluation.left_out)
    return evaluation, version
