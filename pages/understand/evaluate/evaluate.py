"""Evaluate: where a run goes wrong, from the figures down to the texts."""

import streamlit as st

from pages.common import baselines, inputs, run_choice, seeds, state, view_panel, widgets
from pages.understand.evaluate import answering, distance, evaluating, report, rows, stream, translations
from rnn_core import tasks
from rnn_core.language import tr
from rnn_core.results import TokenScores, TranslationScores
from rnn_core.views.evaluate import loss_words
from rnn_core.views.view import literal

view_panel.COMPONENTS["rows"] = rows.texts

st.title(tr("Evaluate"))
question = st.empty()
question.caption(tr("How often is the network right, and where does it go wrong?"))
run = run_choice.choose_run()
with widgets.saying_problems():
    config = run.config
    question.caption(tr(tasks.of(config).evaluation))
    if tasks.of(config).formats and answering.wanted():
        answering.show(run)
        st.stop()
    found = evaluating.scored(run)
    scores, folder, key, static, *_ = found

if isinstance(scores, TranslationScores) or tasks.of(config).translates:
    assert isinstance(scores, TokenScores | TranslationScores)
    with widgets.saying_problems():
        translations.show(run, scores, found)
    st.stop()
if isinstance(scores, TokenScores):
    with widgets.saying_problems():
        stream.show(run, scores, key, static)
    st.stop()

unit = tasks.of(config).unit
loss = {} if scores.loss is None else {tr("Loss"): (scores.loss, loss_words(config))}  # texts of unseen labels alone have none
figures = {
    tr("Accuracy"): (scores.accuracy, tr("the share of {unit} that were right; micro F1 is the same number here", unit=tr(unit))),
    **loss,
    tr("Macro F1"): (scores.macro_f1, tr("the mean F1 over the classes, each counted alike")),
    tr("Macro precision"): (scores.macro_precision, tr("the mean over the classes")),
    tr("Macro recall"): (scores.macro_recall, tr("the mean accuracy within a class")),
}
if scores.spans:
    figures = {tr("Span F1"): (scores.spans.f1, tr("entities found whole, by the strict rule"))} | figures
for column, (title, (value, words)) in zip(st.columns(len(figures)), figures.items(), strict=True):
    column.metric(title, f"{value:.4f}", help=words)
with widgets.saying_problems():
    if majority := run.majority:
        st.caption(tr(
            "Always answering {majority}, the most frequent class of training, gives an accuracy of {accuracy:.4f} here.",
            majority=literal(majority, 40), accuracy=scores.share_of(majority),
        ))  # fmt: skip
    baselines.show(run)
    seeds.say(run)

scored = inputs.of(evaluation=(key, scores))
share = st.toggle(tr("Shares of each row instead of counts"), key="shares")
names = {"shares" if share else "confusion", "spans" if scores.spans else "per_class"}
left, right = st.columns([3, 2], gap="medium")
for column, row in ((left, ("confusion", "shares")), (right, ("spans", "per_class"))):
    with column:
        view_panel.rows((row,), names.__contains__, scored)
has = tasks.of(config).views["evaluate"].__contains__
view_panel.rows((("classes",),), has, scored)
if has("by-distance"):
    with widgets.saying_problems():
        distance.show(run, found)

if folder:
    st.divider()
    cell, between = report.cell_of(state.selection().cell, scores), config.data.between
    report.choose_cell(scores, *(cell or (None, None)))
    with widgets.saying_problems():
        answers = report.listed(folder, scores, unit, between, cell)
    if cell is None:
        st.info(tr("Click a cell of the matrix to see the texts in it."), icon=":material/ads_click:")
    elif st.button(tr("All mistakes"), icon=":material/arrow_back:", type="tertiary"):
        state.select(cell=None)
        st.rerun()
    view_panel.rows((("behind" if cell else "mistakes",),), has, inputs.of(answers=((key, cell), answers)))
    if cell is None and answers.count:
        report.offer_mistakes(folder, answers.count, between)
