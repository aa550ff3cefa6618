"""Evaluate: where a run goes wrong, from the figures down to the texts."""

import contextlib

import streamlit as st

from pages.common import cache, data_form, state, widgets
from rnn_core.config import DataConfig, Problem, plain
from rnn_core.training import jobs
from rnn_core.views import evaluate as views
from rnn_core.views.view import literal
from rnn_core.workspace import evaluations
from rnn_core.workspace.datasets import SavedDataset

MOST_LISTED = 200
READ_BY = ("text", "label", "sentence", "format", "encoding", "delimiter")
"""How a file is read, as far as the run does not decide it."""


st.title("Evaluate")
st.caption("How often is the network right, which classes does it mix up, and on which texts?")
run = widgets.choose_run()
with widgets.saying_problems():
    config, metrics = run.config, run.metrics()
workspace = cache.workspace()

dataset: SavedDataset | None = None
with contextlib.suppress(Problem):  # ready-made and imported runs come without their data
    dataset = workspace.dataset(config.fingerprint)

# ---- what to evaluate on --------------------------------------------------------------------------------------------

sources = {}
if dataset:
    sources = {split: f"{split}: {n.examples:,} texts" for split, n in dataset.report.splits.items() if n.examples}
saved = {split: f"{split}, as scored at the end of training" for split in metrics.get("scores", {}) if split not in sources}
wanted = st.radio(
    "Evaluate on",
    [*reversed(sources), *reversed(saved), "file"],
    format_func=lambda name: (sources | saved | {"file": "a file of your own"})[name],
    horizontal=True,
    key=f"evaluate-on-{run.id}",
)
evaluation = None
if wanted in sources:
    folder = evaluations.folder(run, config.fingerprint, wanted)
    arguments = ["evaluate", run.id, "--on", wanted]
elif wanted == "file":
    upload = st.file_uploader("A file with texts and labels", key="evaluate-file", help="Read the way the Data page does.")
    if upload is None:
        st.info("Upload a file with the same kind of texts and labels as the run was trained on.", icon=":material/upload:")
        st.stop()
    with widgets.saying_problems():
        path, fingerprint = data_form.keep_upload(upload)
        fixed = {name: getattr(config.data, name) for name in ("task", "tokens", "lowercase", "vocabulary", "max_tokens")}
        found = data_form.mapping(path, upload.name, DataConfig(**fixed), key=f"evaluate-{fingerprint}")
    if found is None:
        st.stop()
    read_by = {name: value for name, value in plain(found).items() if name in READ_BY}
    key = data_form.fingerprint_of(path, found)
    folder = evaluations.folder(run, key, "file")
    arguments = ["evaluate", run.id, str(path), f"--file-name={upload.name}", f"--key={key}", *data_form.flags(read_by)]

if wanted in saved:
    st.info(
        "Scores as saved when training ended. The texts themselves are not in this workspace: to list what is behind a "
        "cell, upload a file of texts and labels (choose \"a file of your own\").",
        icon=":material/inventory_2:",
    )
    scores = evaluations.scores_from_json(metrics["scores"][wanted])
else:
    status = jobs.status(folder)
    if st.button("Evaluate" if status is None else "Evaluate again", type="primary" if status is None else "secondary",
                 icon=":material/play_arrow:", disabled=bool(status and status.active)):  # fmt: skip
        with widgets.saying_problems():
            jobs.start(folder, [*arguments, "--workspace", str(workspace.root)])
        st.rerun()
    status = widgets.watch(folder, f"evaluate-{folder.name}")
    with widgets.saying_problems():
        scored = folder / "scores.json"
        evaluation = cache.evaluation(str(folder), scored.stat().st_mtime_ns if scored.exists() else 0)
    if evaluation is None:
        st.stop()
    st.caption(f"{literal(evaluation.data)} · {len(evaluation.tokens):,} texts · evaluated {widgets.ago(scored)}")
    scores = evaluation.scores

# ---- figures --------------------------------------------------------------------------------------------------------

unit = "tokens" if config.task.per_token else "texts"
figures = {
    "Accuracy": (scores.accuracy, f"the share of {unit} that were right; micro F1 is the same number here"),
    "Macro F1": (scores.macro_f1, "the mean F1 over the classes, each counted alike"),
    "Macro precision": (scores.macro_precision, "the mean over the classes"),
    "Macro recall": (scores.macro_recall, "the mean accuracy within a class"),
}
if scores.spans:
    figures = {"Span F1": (scores.spans.f1, "entities found whole, by the strict rule")} | figures
for column, (name, (value, words)) in zip(st.columns(len(figures)), figures.items(), strict=True):
    column.metric(name, f"{value:.4f}", help=words)

share = st.toggle("Shares of each row instead of counts", key="shares")
left, right = st.columns([3, 2], gap="medium")
with left:
    widgets.show(views.SHARES if share else views.CONFUSION, scores,
                 lambda row, column: st.session_state.update(cell=(run.id, str(wanted), row, column)))  # fmt: skip
with right:
    if scores.spans:
        widgets.show(views.SPANS, scores)
    else:
        widgets.show(views.PER_CLASS, scores)

with st.expander("Every class in numbers", expanded=len(scores.labels) <= 20):
    total = sum(c.support for c in scores.per_class)
    averages = [  # the two ways to average over classes; micro: every decision alike, which here is the accuracy
        ("(macro average)", scores.macro_recall, scores.macro_precision, scores.macro_f1, total),
        ("(micro average)", scores.accuracy, scores.accuracy, scores.micro_f1, total),
    ]
    lines = [(c.label, c.recall, c.precision, c.f1, c.support) for c in scores.per_class] + averages
    titles = ("class", "accuracy within it (recall)", "precision", "F1", "support")
    st.dataframe(
        dict(zip(titles, zip(*lines, strict=True), strict=True)),
        hide_index=True,
        column_config={
            name: st.column_config.NumberColumn(format="%.4f")
            for name in ("accuracy within it (recall)", "precision", "F1")
        },
    )
    if scores.spans:
        st.markdown("**Entity types, as whole spans**")
        st.dataframe(
            {
                "type": [c.label for c in scores.spans.per_type],
                "precision": [c.precision for c in scores.spans.per_type],
                "recall": [c.recall for c in scores.spans.per_type],
                "F1": [c.f1 for c in scores.spans.per_type],
                "support": [c.support for c in scores.spans.per_type],
            },
            hide_index=True,
            column_config={
                name: st.column_config.NumberColumn(format="%.4f") for name in ("precision", "recall", "F1")
            },
        )

# ---- the texts behind a cell ----------------------------------------------------------------------------------------

if evaluation is None:
    st.stop()
st.divider()
cell = st.session_state.get("cell")
if cell is None or cell[:2] != (run.id, str(wanted)) or max(cell[2:]) >= len(scores.labels):
    st.info("Click a cell of the matrix to see the texts in it.", icon=":material/ads_click:")
    st.stop()
truth, answer = scores.labels[cell[2]], scores.labels[cell[3]]
listed = views.behind(evaluation, truth, answer)
what = "right" if truth == answer else "wrong"
st.subheader(f"{len(listed):,} {unit} of {literal(truth, 40)} answered {literal(answer, 40)} ({what})")
if not listed:
    st.caption("Nothing here. Click another cell.")
    st.stop()
st.caption("The least sure first when right, the surest first when wrong. Click a row to open it in Inspect."
           + (f" The first {MOST_LISTED} are shown." if len(listed) > MOST_LISTED else ""))  # fmt: skip
listed = listed[:MOST_LISTED]
event = st.dataframe(
    {
        "text": [views.in_context(evaluation, where) for where in listed],
        "confidence": [where.confidence for where in listed],
    },
    hide_index=True,
    on_select="rerun",
    selection_mode="single-row",
    key=f"behind-{cell}",
    column_config={
        "text": st.column_config.TextColumn(width="large"),
        "confidence": st.column_config.ProgressColumn(format="%.3f", min_value=0, max_value=1),
    },
)
if event["selection"]["rows"]:
    where = listed[event["selection"]["rows"][0]]
    state.select(
        run=run.id, text=" ".join(evaluation.tokens[where.text]), spaced=True, label=truth,
        step=None if where.token is None else where.token + 1,
    )  # fmt: skip
    st.switch_page("pages/read/inspect.py")
