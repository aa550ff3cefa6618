"""Answers for a file: which file, how it is read and written, the job, and its download."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import streamlit as st

from pages.common import cache, data_form, state, widgets
from pages.understand.evaluate import upload
from rnn_core import tasks
from rnn_core.commands.options import flags
from rnn_core.config import TRAINED_WITH, DataConfig, Problem, plain
from rnn_core.data.columns import with_columns
from rnn_core.data.formats import FORMAT_TITLES
from rnn_core.data.unlabelled import LINES, Unlabelled, look_into
from rnn_core.data.values import as_list, as_text
from rnn_core.data.written import FORMATS
from rnn_core.language import N_, tr
from rnn_core.language.retold import retold
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import KEPT_DAYS, SAMPLES

_SHOWN = {"scores": N_("Scores"), "answers": N_("Answers for a file")}
_ROWS = 20
_MOST_BYTES = 500_000_000
"""A larger file is not handed out by the page, which would hold it in memory."""


def wanted() -> bool:
    """The choice between scores and answers; whether answers are wanted."""
    chosen = state.selection().shown
    shown = st.segmented_control(
        tr("Scores or answers"), list(_SHOWN), format_func=lambda one: tr(_SHOWN[one]), required=True,
        label_visibility="collapsed", **state.bound("shown", chosen if chosen in _SHOWN else "scores"),
    )  # fmt: skip
    return shown == "answers"


def show(run: Run) -> None:
    """The file and its form, and below the answers that were asked for last."""
    st.markdown(tr(
        "The run answers every row of your file, with or without labels: each row comes out in its order, with its own "
        "columns, the answer and its probability.",
    ))  # fmt: skip
    chosen = upload.kept_upload(
        tr("A file with texts"), "answers-file",
        tr("A table (CSV, TSV, JSON lines, Parquet), sentences with one token per line, or one text per line."),
    )  # fmt: skip
    if chosen is None:
        sample = tasks.of(run.config).sample(entities=run.speech.scheme is not None)
        st.info(tr("Upload a file of texts: a table with a column of texts, or one text per line."), icon=":material/upload:")
        st.button(tr("Or try it on a sample, {sample}", sample=sample), icon=":material/science:",
                  on_click=lambda: upload.keep_for_evaluate(SAMPLES / sample, sample, sample))  # fmt: skip
    else:
        _form(run, *chosen)
    _answers(run)


def _form(run: Run, path: Path, digest: str, name: str) -> None:
    """How the file is read and written, and the button that starts the job."""
    data, task = run.config.data, tasks.of(run.config)
    key = f"answers-{run.id}-{digest}"
    st.markdown(tr("**{name}**: is this read correctly?", name=literal(name)))
    config = DataConfig(**{name: getattr(data, name) for name in TRAINED_WITH})

    read_by = data_form.read_as(lambda stated: look_into(path, stated, task.schema, name, None, data.text).format, config, key,
                                {LINES: tr("one text per line")} | FORMAT_TITLES)  # fmt: skip
    if read_by is None:
        return
    by_line = read_by["format"] == LINES if "format" in read_by else None
    if by_line:
        del read_by["format"]
    config = tasks.make(DataConfig, plain(config) | read_by)
    try:
        source = look_into(path, config, task.schema, name, by_line, data.text)
        config = _columns(source, config, key)
        source = look_into(path, config, task.schema, name, by_line, data.text)
        _first_rows(source)
    except Problem as why:
        widgets.problem(why)
        return
    st.caption(tr("Read as: {layout}.", layout=literal(retold(source.words))))
    for note in source.format.notes:
        st.caption(f":material/info: {literal(retold(note), 400)}")
    left, right = st.columns([3, 2], vertical_alignment="bottom")
    suffix = left.segmented_control(tr("Write the answers as"), task.formats, default=task.formats[0],
                                    format_func=lambda suffix: tr(FORMATS[suffix]), key=f"{key}-suffix", required=True,
                                    help=tr(
                                        "CSV opens in spreadsheets: there a cell that would be taken for a formula gets a "
                                        "' in front. The other formats keep every text as it is.",
                                    ))  # fmt: skip
    more = []
    every = task.answer_columns(run.speech.labels) != task.answer_columns(())
    if every and not right.toggle(tr("The probability of every class"), value=True, key=f"{key}-all"):
        more.append("--no-probabilities")
    if source.layout == "text" and data.between and right.toggle(
        tr("The texts are tokenised already"), key=f"{key}-spaced", help=tr("Split them at spaces only.")
    ):  # fmt: skip
        more.append("--spaced")
    last = _folder(run)
    status = jobs.status(last) if last else None
    if st.button(tr("Answer every row"), type="primary", icon=":material/play_arrow:",
                 disabled=run.fixed or bool(status and status.active),
                 help=tr("Files can be answered where the workspace can be written.") if run.fixed else None):  # fmt: skip
        workspace = cache.workspace()
        workspace.forget_old("answers")
        folder = workspace.fresh("answers")
        read = {name: value for name, value in plain(config).items() if name in (*read_by, "text", "sentence")}
        jobs.start(folder, [
            "predict", run.id, str(path), f"--out={folder / ('answers' + suffix)}", f"--workspace={workspace.root}",
            f"--file-name={name}", "--lines" if source.format.kind == LINES else "--no-lines", *more, *flags(read),
        ])  # fmt: skip
        state.select(answers=folder.name)
        st.rerun()


def _columns(source: Unlabelled, config: DataConfig, key: str) -> DataConfig:
    """The boxes for the columns, with the guesses chosen; none where a line is a text."""
    if source.format.kind == LINES:
        return config
    tagging, header = "sentence" in tasks.of(config).columns, source.format.header
    boxes = st.columns(2 if tagging else 1)
    title = tr("Token or text column") if tagging else tr("Text column")
    found = {"text": boxes[0].selectbox(title, header, header.index(source.text), key=f"{key}-{source.format.kind}-text")}
    if tagging and not source.format.by_sentence:
        none = tr("(none: a row is a text)")
        listed = [none, *header]
        at = listed.index(source.sentence) if source.sentence else 0
        picked = boxes[1].selectbox(tr("Sentence column (if a row is one token)"), listed, at, key=f"{key}-sentence")
        found["sentence"] = "" if picked == none else picked
    return with_columns(config, **found)


def _first_rows(source: Unlabelled, foremost: Sequence[str] = ()) -> None:
    """The first rows of a file, its texts and the columns `foremost` on the left."""
    rows = [[_short(value) for value in row.values] for row in islice(source.rows(), _ROWS)]
    shown = {name: [row[i] if row else "" for row in rows] for i, name in enumerate(source.format.header)}
    order = [*foremost] if foremost and foremost[0] in shown else []
    if order and not order[0].startswith("text"):  # which is the text put together from its tokens
        order.insert(0, source.text)
    st.dataframe(shown, hide_index=True, height=220, column_order=[*dict.fromkeys([*order, *shown])])


def _short(value: object) -> str:
    parts = as_list(value)
    text = as_text(value) if parts is None else " ".join(parts[:100])
    return text if len(text) <= 200 else text[:199] + "…"


# ---- the job and its answers ----------------------------------------------------------------------------------------


def _folder(run: Run) -> Path | None:
    """Where the answers that the link names lie, or are being made; None where they are of another run or gone."""
    named = state.selection().answers
    if not named:
        return None
    try:
        folder = cache.workspace().folder("answers", named)
    except Problem:  # a link may name anything
        return None
    status = jobs.status(folder)
    return folder if status and status.detail.get("run", run.id) == run.id else None


def _answers(run: Run) -> None:
    """How the job stands, and what it wrote."""
    if not state.selection().answers:
        return
    folder = _folder(run)
    if folder is None:
        st.info(tr("The answers of this link are not here any more: choose the file again."), icon=":material/link_off:")
        return
    st.divider()
    status = widgets.watch(folder, f"answers-{folder.name}")
    if status is None or status.state in ("queued", "running", "failed"):
        return
    if status.state != "done":
        ended = (tr("The answers were cut off before their end, so nothing was written.") if status.state == "cut off" else
                 tr("The answers were cancelled before their end, so nothing was written."))
        st.info(ended, icon=":material/stop_circle:")
        return
    detail = status.detail
    written = folder / str(detail["out"])
    rows, unanswered = int(detail["rows"]), dict(detail["unanswered"])
    st.subheader(tr("Answers for {file}", file=literal(str(detail['name']), 60)))
    reasons = ", ".join(f"{literal(retold(str(reason)), 100)}: {count:,}" for reason, count in unanswered.items())
    told = {"rows": rows, "answered": int(detail["answered"])}
    if reasons:
        st.caption(tr("{rows:,} rows · {answered:,} answered · {without:,} without an answer ({reasons})",
                      without=sum(unanswered.values()), reasons=reasons, **told))  # fmt: skip
    else:
        st.caption(tr("{rows:,} rows · {answered:,} answered", **told))
    for note, count in dict(detail["notes"]).items():
        st.caption(f":material/info: {literal(retold(str(note)), 200)}: {count:,}")
    _download(written, Path(str(detail["name"])).stem)
    try:
        config, schema = DataConfig(task=run.config.data.task), tasks.of(run.config).schema
        added = detail["columns"][int(detail["own"]) :]
        _first_rows(look_into(written, config, schema, written.name), added)
    except Problem:  # such as sentences that all lack an answer, in CoNLL
        return
    st.caption(tr(
        "The first {rows} rows. Kept for {days} days, for everybody who has this link.",
        rows=min(rows, _ROWS), days=KEPT_DAYS["answers"],
    ))


def _download(written: Path, stem: str) -> None:
    if not written.exists():
        st.info(tr("The file is not here any more: have it made again."), icon=":material/link_off:")
    elif written.stat().st_size > _MOST_BYTES:
        st.info(tr(
            "The file has {size:.1f} GB, too much for a browser. It lies on the server: {path}",
            size=written.stat().st_size / 1e9, path=literal(str(written), 400),
        ), icon=":material/save:")  # fmt: skip
    else:
        st.download_button(tr("Download the answers"), written.read_bytes, f"{stem}-answers{written.suffix}", on_click="ignore",
                           type="primary", icon=":material/download:")  # fmt: skip
