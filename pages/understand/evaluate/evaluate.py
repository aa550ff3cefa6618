"""Evaluate: where a run goes wrong, from the figures down to the texts."""

import streamlit as st

from pages.common import inputs, run_choice, state, view_panel, widgets
from pages.understand.evaluate import answering, evaluating, report
from rnn_core import tasks
from rnn_core.results import TokenScores
from rnn_core.views.view import literal

st.title("Evaluate")
question = st.empty()
question.caption("How often is the network right, and where does it go wrong?")
run = run_choice.choose_run()
with widgets.saying_problems():
    config = run.config
    question.caption(tasks.of(config).evaluation)
    if tasks.of(config).formats and answering.wanted():
        answering.show(run)
        st.stop()
    scores, folder, key = evaluating.scored(run)

if isinstance(scores, TokenScores):
    foreseen = {
        "Loss": (f"{scores.loss:.4f}", "the mean of −log p(token), in nats per token, with the state carried along the text"),
        "Perplexity": (f"{scores.perplexity:.3f}", "exp(loss): among as many equally probable tokens one would be as unsure"),
        "Accuracy": (f"{scores.accuracy:.4f}", "the share of tokens that were the most probable at their place"),
        "Tokens": (f"{scores.tokens:,}", "how many were foreseen"),
    }
    for column, (title, (shown, words)) in zip(st.columns(len(foreseen)), foreseen.items(), strict=True):
        column.metric(title, shown, help=words)
    st.stop()

unit = tasks.of(config).unit
figures = {
    "Accuracy": (scores.accuracy, f"the share of {unit} that were right; micro F1 is the same number here"),
    "Macro F1": (scores.macro_f1, "the mean F1 over the classes, each counted alike"),
    "Macro precision": (scores.macro_precision, "the mean over the classes"),
    "Macro recall": (scores.macro_recall, "the mean accuracy within a class"),
}
if scores.spans:
    figures = {"Span F1": (scores.spans.f1, "entities found whole, by the strict rule")} | figures
for column, (title, (value, words)) in zip(st.columns(len(figures)), figures.items(), strict=True):
    column.metric(title, f"{value:.4f}", help=words)
with widgets.saying_problems():
    if majority := run.majority:
        st.caption(f"Always answering {literal(majority, 40)}, the most frequent class of training, gives an accuracy of "
                   f"{scores.share_of(majority):.4f} here.")  # fmt: skip

scored = inputs.of(evaluation=(key, scores))
share = st.toggle("Shares of each row instead of counts", key="shares")
names = {"shares" if share else "confusion", "spans" if scores.spans else "per_class"}
left, right = st.columns([3, 2], gap="medium")
for column, row in ((left, ("confusion", "shares")), (right, ("spans", "per_class"))):
    with column:
        view_panel.rows((row,), names.__contains__, scored)

with st.expander("Every class in numbers", expanded=len(scores.labels) <= 20):
    report.tables(scores)

if folder:
    st.divider()
    truth, answer = report.cell_of(state.selection().cell, scores)
    report.choose_cell(scores, truth, answer)
    with widgets.saying_problems():
        if truth is None or answer is None:
            st.info("Click a cell of the matrix to see the texts in it.", icon=":material/ads_click:")
            report.all_mistakes(folder, scores, run, unit)
        else:
            if st.button("All mistakes", icon=":material/arrow_back:", type="tertiary"):
                state.select(cell=None)
                st.rerun()
            report.behind(folder, scores, run, truth, answer, unit)
