"""What reading a dataset found, shown before anybody trains on it."""

import streamlit as st

from pages.common import charts, state, widgets
from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.data.streams import joined
from rnn_core.figures import bars
from rnn_core.figures.text import visible
from rnn_core.language import tr
from rnn_core.language.retold import retold
from rnn_core.views.view import literal


def show_damaged() -> None:
    """Datasets that cannot be read, for deleting."""
    for dataset in workspace().damaged_datasets():
        words, button = st.columns([5, 1], vertical_alignment="center")
        with words:
            widgets.problem(retold(str(dataset.problem)))
        if button.button(tr("Delete"), key=f"delete-{dataset.id}", icon=":material/delete:"):
            with widgets.saying_problems():
                dataset.delete()
            st.rerun()


def show_report(chosen: str) -> None:
    """What reading found."""
    saved = workspace().dataset(chosen)
    report = saved.report
    st.subheader(literal(saved.name))
    ends = {tag[:2] for split in report.splits.values() for tag in split.label_counts} & {"E-", "S-"}
    parts = [tr(tasks.of(saved.config).title), literal(retold(report.cut), 300)]
    if report.scheme == "IOBES" and not ends:
        parts.insert(1, tr("entity tags, scheme {scheme} in the letters of BILOU", scheme=report.scheme))
    elif report.scheme:
        parts.insert(1, tr("entity tags, scheme {scheme}", scheme=report.scheme))
    st.caption(" · ".join(parts))
    dropped = report.rows_read - report.rows_kept
    row, labelled, characters = tasks.of(saved.config).schema.row, bool(saved.labels), saved.config.unit == "characters"
    lines = row == "line"
    figures = (
        (tr("Rows kept") if labelled else tr("Lines kept") if lines else tr("Texts kept"), f"{report.rows_kept:,}",
         tr("of {rows:,} read", rows=report.rows_read)),
        (tr("Left out"), f"{dropped:,}", tr("with the reasons below")),
        *[(tr("Classes"), f"{len(saved.labels):,}", tr("labels seen in training"))] * labelled,
        (tr("Vocabulary N"), f"{report.vocabulary_size:,}",
         tr("characters, with <pad> <unk> <sos> <eos>") if characters else tr("words, with <pad> <unk> <sos> <eos>")),
        (tr("Tokens"), f"{sum(s.tokens for s in report.splits.values()):,}", tr("in all splits")),
    )  # fmt: skip
    for column, (name, value, words) in zip(st.columns(len(figures)), figures, strict=True):
        column.metric(name, value, help=words)
    buttons = st.container(horizontal=True)
    if buttons.button(tr("Train a network on this"), type="primary", icon=":material/model_training:"):
        state.select(dataset=saved.id)
        st.switch_page("pages/train/train/train.py")
    with buttons.popover(tr("Delete"), icon=":material/delete:"):
        st.markdown(tr("Delete this dataset for everybody? Runs trained on it stay."))
        if st.button(tr("Yes, delete it"), key="delete-dataset"):
            with widgets.saying_problems():
                saved.delete()
            state.select(dataset=None)
            st.rerun()
    for note in report.notes:
        st.caption(f":material/info: {literal(retold(note), 600)}")
    for warning in report.warnings:
        st.warning(literal(retold(warning), 600), icon=":material/warning:")
    if report.left_out:
        st.markdown(tr("**Left out or cut**"))
        widgets.show_left_out(report.left_out)
    *left, right = st.columns(2, gap="medium") if labelled else [st.container()]
    if labelled:
        with left[0]:
            question = tr("How often does each label occur?")
            st.markdown(f"##### {question}")
            charts.draw(bars.label_counts(report), "labels", question)
    with right:
        question = tr("How long are the lines?") if lines else tr("How long are the texts?")
        st.markdown(f"##### {question}")
        charts.draw(bars.lengths(report, row), "lengths", question)
    unknown = tr("unknown characters (%)") if characters else tr("unknown words (%)")
    st.dataframe(
        {
            tr("split"): [tr(split) for split in report.splits],
            tr("lines") if lines else tr("texts"): [s.examples for s in report.splits.values()],
            tr("tokens"): [s.tokens for s in report.splits.values()],
            unknown: [100 * s.unknown_share for s in report.splits.values()],
        },
        hide_index=True,
        column_config={unknown: st.column_config.NumberColumn(format="%.2f")},
    )
    st.markdown(tr("##### Ten examples"))
    tags = any(not isinstance(target, str) for _, target in report.examples)
    if labelled:
        shown = {
            tr("tokens"): [" ".join(tokens) for tokens, _ in report.examples],
            tr("tags") if tags else tr("label"): [" ".join(t) if tags else t for _, t in report.examples],
        }
    else:
        title = tr("line") if lines else tr("text")
        shown = {title: [visible(joined(tokens, saved.config.tokens)) for tokens, _ in report.examples]}
    shown |= {tr(name): [saved.config.between.join(tokens) for tokens in side.examples]
              for name, side in report.sides.items() if side.examples}  # fmt: skip
    st.dataframe(shown, hide_index=True)
    with st.expander(tr("How the files were read")):
        st.dataframe([{tr(name): tr(str(value)) if name in ("delimiter", "layout", "split") else str(value)
                       for name, value in facts.items()} for facts in report.files], hide_index=True)  # fmt: skip
