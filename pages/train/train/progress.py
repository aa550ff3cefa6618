"""A training seen from the page: its curves, its end, and what to do next."""

import contextlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from pages.common import baselines, cache, charts, run_choice, seeds, state, training, widgets, wording
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.config import METRIC_NAMES, Problem
from rnn_core.figures import lines
from rnn_core.language import N_, tr
from rnn_core.results import History
from rnn_core.training import jobs, learning
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run


def live(run: Run, status: jobs.Status) -> None:
    """How far the training has come, and its curves so far."""
    history = run.history()
    if not len(history.steps):
        if status.state == "running":
            st.caption(
                tr(
                    "The first losses appear in a moment; on a machine where Unrolled is new, up to 15 seconds later, "
                    "because its loops are compiled first.",
                )
            )
        return
    figures = st.columns(4)
    train = run.config.train
    at, limited = history.epoch_at[-1], not (train.minutes or train.updates)  # those end it before its epochs do
    if status.active:
        figures[0].metric(tr("Epoch"), tr("{epoch:.1f} of {epochs}", epoch=at, epochs=train.epochs) if limited else f"{at:.1f}")
    else:
        figures[0].metric(tr("Epochs trained"), f"{round(at, 1):g}",
                          help=tr("at most {epochs}", epochs=train.epochs) if limited else None)  # fmt: skip
    figures[1].metric(tr("Training loss"), f"{history.losses[-1]:.4f}",
                      help=tr("mean over the last updates, in nats per token") if per_token(run) else
                      tr("mean over the last updates, in nats per text"))  # fmt: skip
    speed = status.detail.get("tokens_per_second") if status.active else None  # later, that of the whole training is known
    speed = speed or (history.epochs and history.epochs[-1].get("tokens_per_second"))
    counted = tr("words or characters of the data, no specials and no pads")
    if history.epochs and "pad_share" in history.epochs[-1]:
        counted = tr("words or characters of the data, no specials and no pads; {share:.1%} of all steps were padding",
                     share=history.epochs[-1]["pad_share"])  # fmt: skip
    figures[2].metric(tr("Tokens per second"), f"{speed:,.0f}" if speed else "…", help=counted)
    metric = headline(run)
    best = [e for e in history.epochs if e.get("best")]
    if best and f"dev_{metric}" in best[-1]:
        figures[3].metric(tr("Best dev {metric}", metric=wording.metric(metric)), f"{best[-1][f'dev_{metric}']:.4f}",
                          help=tr("after epoch {epoch}; its weights are kept", epoch=best[-1]["epoch"]))  # fmt: skip
        if majority := run.class_of(best[-1].get("majority_class")):
            st.caption(tr(
                "Always answering {majority}, the most frequent class of training, gives a dev accuracy of {accuracy:.4f}.",
                majority=literal(majority, 40), accuracy=best[-1]["dev_majority"],
            ))  # fmt: skip
    if not status.active:
        return
    if 2 * history.epoch_at[-1] >= run.config.train.epochs:
        _say_doubts(run, history.epochs[-1] if history.epochs else {})
    # Streamlit replaces a chart whose data change, which is seen: so a new one comes with every twentieth more of the points.
    count = len(history.steps)
    kept = count - count % max(1, count // 20)
    cut = {name: getattr(history, name)[:kept] for name in ("steps", "losses", "epoch_at")}
    _draw_curves(run, replace(history, **cut))
    _show_written(run, history)


def _show_written(run: Run, history: History) -> None:
    """The texts that a language model wrote after its epochs, one of them at a time."""
    texts = {entry["epoch"]: entry["written"] for entry in history.epochs if isinstance(entry.get("written"), str)}
    if not texts:
        return
    epochs = list(texts)
    st.markdown(tr("**The text that it writes after an epoch**, with the same seed, from no prompt"))
    chosen = epochs[-1]
    if len(epochs) > 1:
        chosen = st.select_slider(tr("Epoch"), epochs, epochs[-1], key=f"written-{run.id}-{epochs[-1]}")
    st.code(texts[chosen], language=None, wrap_lines=True)


def _draw_curves(run: Run, history: History) -> None:
    """The same curves while the run trains and when it has ended."""
    drawn = lines.curves({run.name: history}, headline(run), tasks.of(run.config).higher_is_better)
    charts.draw(drawn, f"curves-{run.id}", tr("How does the training go?"))


def per_token(run: Run) -> bool:
    """Whether the run's loss is a mean over tokens, and not over texts."""
    task = tasks.of(run.config)
    return task.schema.stream or task.translates


def headline(run: Run) -> str:
    """The metric that chooses the run's best epoch."""
    scheme = run.speech.scheme if (run.path / "vocabulary.json").exists() else None
    return tasks.of(run.config).metric(scheme)


def show(run: Run) -> None:
    """A run in training, or just trained: progress, curves, and what to do next."""
    st.subheader(literal(run.name))
    with contextlib.suppress(Problem):
        saved = cache.data_of(run)
        named = literal(run_choice.network_label(run), 200)
        st.caption(tr("{network} · data: {name}", network=named, name=literal(saved.name)) if saved else named)
    status = widgets.watch(run.path, f"train-{run.id}", lambda now: live(run, now))
    if status and status.active:
        return
    if status and status.state in ("cut off", "cancelled", "failed"):
        if status.state == "cut off":
            st.warning(tr("This training was cut off: its process or the server ended."), icon=":material/power_off:")
        if status.state == "cancelled":
            st.info(tr("This training was cancelled."), icon=":material/stop_circle:")
        resume = tr("Resume where it left off") if run.resumable else tr("Resume from the start")
        if st.button(resume, key=f"resume-{run.id}", icon=":material/resume:"):
            with widgets.saying_problems():
                training.resume(run)
            st.rerun()
    history, metrics = run.history(), run.metrics()
    if metrics:
        st.success(_trained(metrics), icon=":material/check_circle:")
    late = history.epochs and 2 * history.epochs[-1]["epoch"] >= run.config.train.epochs
    _say_doubts(run, metrics or (history.epochs[-1] if late else {}))
    if run.trained:
        baselines.say(run)
        seeds.say(run)
        _offer_next(run)  # above the curves: a chart that loads late must not move a button away from under the mouse
    if len(history.steps):
        _draw_curves(run, history)
    _show_written(run, history)
    names = {name: wording.metric(name) for name in dict.fromkeys(("accuracy", "majority", *METRIC_NAMES, headline(run)))}
    names |= {"majority": tr("majority's accuracy"),
              "loss": tr("loss (nats per token)") if per_token(run) else tr("loss (nats per text)")}  # fmt: skip
    scores = {names[m]: [metrics.get(f"{split}_{m}") for split in ("dev", "test")] for m in names if f"test_{m}" in metrics
              or f"dev_{m}" in metrics}  # fmt: skip
    if scores:
        number = st.column_config.NumberColumn
        shown = dict.fromkeys(scores, number(format="%.4f"))
        if majority := run.majority:
            words = tr("always answering {majority}, the most frequent class of training", majority=literal(majority, 40))
            shown[names["majority"]] = number(format="%.4f", help=words)
        st.dataframe({tr("split"): [tr("dev"), tr("test")]} | scores, hide_index=True, placeholder="", column_config=shown)


def _trained(metrics: Mapping[str, Any]) -> str:
    """How long a training took, and which of its epochs was the best."""
    told = {"epochs": metrics.get("epochs"), "best": metrics.get("best_epoch")}
    if "train_seconds" in metrics:
        took = {"duration": widgets.duration(metrics["train_seconds"])}
        if "epochs" not in metrics:
            return tr("Trained in {duration}.", **took)
        if "best_epoch" not in metrics:
            return tr("Trained in {duration}: {epochs} epochs.", **told | took)
        return tr("Trained in {duration}: {epochs} epochs, the best was epoch {best}, and its weights are kept.", **told | took)
    if "epochs" not in metrics:
        return tr("Trained.")
    if "best_epoch" not in metrics:
        return tr("Trained: {epochs} epochs.", **told)
    return tr("Trained: {epochs} epochs, the best was epoch {best}, and its weights are kept.", **told)


def _say_doubts(run: Run, figures: Mapping[str, Any]) -> None:
    """That a training has learnt nothing, where its figures say so."""
    if figures and (said := learning.warning(figures, tasks.of(run.config).metric(None), run.speech.labels)):
        st.warning(literal(said, 1000), icon=":material/help:")


_LOOK = {
    "generate": (N_("Write with it"), ":material/edit:", "pages/read/generate/generate.py"),
    "translate": (N_("Translate with it"), ":material/translate:", "pages/read/translate/translate.py"),
    "inspect": (N_("Inspect a sentence with it"), ":material/search:", "pages/read/inspect/inspect.py"),
}
"""The pages that look into a run by a text, by their names in `Task.views`."""


def _offer_next(run: Run) -> None:
    """Where to go with a trained run."""
    buttons = st.container(horizontal=True)
    for label, icon, page in (
        *(page for name, page in _LOOK.items() if tasks.of(run.config).views.get(name)),
        (N_("Evaluate it"), ":material/grid_on:", "pages/understand/evaluate/evaluate.py"),
    ):
        if buttons.button(tr(label), icon=icon, key=f"{label}-{run.id}"):
            state.select(run=run.id)
            st.switch_page(page)
    with contextlib.suppress(Problem):
        if workspace().twin(run) and buttons.button(tr("Compare both losses"), key=f"compare-{run.id}",
                                                    icon=":material/compare_arrows:"):  # fmt: skip
            state.select(run=run.id)
            st.switch_page("pages/understand/losses/losses.py")
