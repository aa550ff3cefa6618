"""The scores of a language model on a text: figures, where it loses, and its worst passages."""

from collections.abc import Hashable

import streamlit as st

from pages.common import baselines, inputs, running, state, view_panel
from rnn_core import tasks
from rnn_core.config import RunConfig
from rnn_core.language import tr
from rnn_core.results import UNKNOWN, Breakdown, TokenScores
from rnn_core.views import view
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams import opened
from rnn_core.workspace.runs import Run

TABLE = (("dynamic",), ("positions", "frequency"), ("context", "calibration"))
"""The views of the page, those of one row side by side; the worst passages follow."""

view_panel.COMPONENTS["running"] = running.text


def show(run: Run, scores: TokenScores, key: Hashable, static: tuple[Hashable, TokenScores] | None) -> None:
    """The whole report.

    Args:
        key: by which the scores are known again.
        static: those with fixed weights beside those of dynamic evaluation, with their key.
    """
    config = run.config
    _figures(config, scores, static[1] if static else None)
    baselines.show(run)
    detail = scores.breakdown
    if detail is None:
        return
    unknown = next((one for one in detail.frequency if one.first == UNKNOWN), None)
    if unknown:
        st.caption(tr(
            r"{unknown:,} of {all:,} tokens are not in the vocabulary. They are scored as \<unk\>, with a mean loss of "
            "{loss:.4f} nats.",
            unknown=unknown.tokens, all=scores.tokens, loss=unknown.loss,
        ))  # fmt: skip
    scored = inputs.of(evaluation=(key, scores), **({"static": static} if static else {}))
    there = {"dynamic": static is not None, "context": bool(detail.context)}
    listed = tasks.of(config).views["evaluate"]
    view_panel.rows(TABLE, lambda name: name in listed and there.get(name, True), scored)
    if "worst" in listed:
        view_panel.show(view("worst"), scored)
        _open(detail, scored)


def _figures(config: RunConfig, scores: TokenScores, static: TokenScores | None) -> None:
    """The figures; with those of fixed weights, the change against these."""
    character = config.data.tokens == "char"
    shown = {
        tr("Loss"): ("loss", "{:.4f}", tr("the mean of −log p(token), in nats per token, with the state carried along the text")),
        **({tr("Bits per character"): ("bits", "{:.4f}", tr("the loss divided by log 2"))} if character else {}),
        tr("Perplexity"): ("perplexity", "{:.3f}", tr("exp(loss): among as many equally probable tokens one would be as unsure")),
        tr("Accuracy"): ("accuracy", "{:.4f}", tr("the share of tokens that were the most probable at their place")),
        **({tr("Among the first five"): ("near", "{:.4f}", tr("the share of tokens among the five most probable"))}
           if scores.near is not None else {}),
        tr("Tokens"): ("tokens", "{:,}", tr("how many were foreseen")),
    }  # fmt: skip
    better_low = ("loss", "bits", "perplexity")
    row = st.container(horizontal=True, gap="medium")
    for title, (name, how, words) in shown.items():
        value, change = getattr(scores, name), None
        if static and name != "tokens" and (fixed := getattr(static, name)) is not None:
            change = how.format(value - fixed)
        row.metric(title, how.format(value), change, help=words, width="content",
                   delta_color="inverse" if name in better_low else "normal")  # fmt: skip
    if static:
        st.caption(tr(
            "Dynamic evaluation; below each figure, the change against fixed weights, whose loss is {loss:.4f}.",
            loss=static.loss,
        ))


def _open(detail: Breakdown, scored: Inputs) -> None:
    """The buttons that open the chosen passage on other pages, at the chosen token."""
    chosen = view("worst").chosen(state.selection()).settled(scored)
    wanted = opened(detail.worst[chosen.passage], detail.cut, chosen.step)
    row = st.container(horizontal=True)
    if row.button(tr("Read it on Inspect"), icon=":material/search:"):
        state.select(**wanted)
        st.switch_page("pages/read/inspect/inspect.py")
    if row.button(tr("See its surprises on Generate"), icon=":material/edit:"):
        state.select(**wanted, reading="surprise")
        st.switch_page("pages/read/generate/generate.py")
