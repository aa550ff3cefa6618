"""Data: from a file to a checked dataset, everything odd about it said before anybody trains."""

import json
from pathlib import Path

import streamlit as st

from pages.common import cache, data_form, state, widgets
from rnn_core.config import SPLITS, TASKS, DataConfig, Problem, make, options, plain
from rnn_core.figures import bars
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace.store import SAMPLES

workspace = cache.workspace()
st.title("Data")
st.caption("Upload texts with labels, see how they are read, and check them before you train.")

SOURCES = {"upload": "Upload a file", "sample": "Take a sample", "path": "Name a path on the server"}


def files_chosen() -> dict[str, tuple[Path, str]]:
    """By split, where the file lies and what it is called; empty until one is chosen."""
    source = st.segmented_control("Where from", list(SOURCES), default="upload", format_func=SOURCES.__getitem__,
                                  key="data-source", label_visibility="collapsed")  # fmt: skip
    if source == "sample":
        samples = {entry.sample: entry.title for entry in TASKS.values()} | {
            "entities.tsv": "Labelling: names of people, places and organisations"
        }
        name = st.selectbox("Sample", list(samples), format_func=lambda n: f"{n} · {samples[n]}", key="data-sample")
        return {"train": (SAMPLES / name, name)}
    found: dict[str, tuple[Path, str]] = {}
    if source == "path":
        help_ = "dev and test may be left out; they are then cut from the training file"
        for split, column in zip(SPLITS, st.columns(3), strict=True):
            named = column.text_input(f"Path of {split}", key=f"data-path-{split}", help=help_)
            if named.strip():
                path = data_form.server_path(named)
                found[split] = (path, path.name)
        return found if "train" in found else {}
    if source == "upload":
        titles = {"train": "A file with texts and labels", "dev": "Dev file (if separate)", "test": "Test file (if separate)"}
        train = st.file_uploader(titles["train"], key="data-upload-train",
                                 help="CSV, TSV, JSON lines, Parquet, CoNLL, CoNLL-U, or token, tab, tag.")  # fmt: skip
        if train:
            found["train"] = (data_form.keep_upload(train)[0], train.name)
            with st.expander("Separate files for dev and test"):
                for split in SPLITS[1:]:
                    if more := st.file_uploader(titles[split], key=f"data-upload-{split}"):
                        found[split] = (data_form.keep_upload(more)[0], more.name)
    return found


def task_of(path: Path, name: str) -> str:
    """A first guess: one tag a token for the formats made for it."""
    from rnn_core.data.tables import recognise

    kind = recognise(path, DataConfig(), name).kind
    return "tag" if kind in ("conll", "conllu", "token_tag") else "classify"


def read_settings(files: dict[str, tuple[Path, str]]) -> None:
    """The settings of reading, and the button that starts it."""
    path, name = files["train"]
    key = f"data-{data_form.fingerprint_of(path, DataConfig())}"
    task = st.segmented_control(
        "Task", list(TASKS), default=task_of(path, name), format_func=lambda t: TASKS[t].title, key=f"{key}-task"
    )
    if task is None:
        st.info("Choose what the network shall answer.", icon=":material/ads_click:")
        return
    fields = options(DataConfig)
    config = data_form.mapping(path, name, make(DataConfig, {"task": task}), f"{key}-{task}")
    if config is None:
        return
    values = plain(config)
    with st.expander("Tokens, vocabulary and splits"):
        columns = st.columns(4)
        shown = ["tokens", "lowercase", "vocabulary", "max_tokens"] if task == "classify" else [
            "lowercase", "vocabulary", "max_tokens"]  # fmt: skip
        if len(files) < len(SPLITS) and not config.split:
            shown += [f"{split}_share" for split in SPLITS[1:] if split not in files] + ["split_seed"]
        for i, field in enumerate(shown):
            with columns[i % 4]:
                values[field] = widgets.option(field, fields[field], values[field], f"{key}-{task}-{field}")
    title = st.text_input("Call it", value=Path(name).stem, key=f"{key}-name", max_chars=100)
    if st.button("Read and check all rows", type="primary", icon=":material/fact_check:"):
        with widgets.saying_problems():
            checked = plain(make(DataConfig, values))
            folder = workspace.fresh("jobs")
            called = {split: file_name for split, (_, file_name) in files.items()}
            # with an equals sign a value may begin with a dash
            arguments = ["data", f"--workspace={workspace.root}", f"--name={title.strip() or name}"]
            arguments += [f"--{split}={where}" for split, (where, _) in files.items()]
            arguments += [f"--file-names={json.dumps(called)}", *data_form.flags(checked)]
            jobs.start(folder, arguments)
        st.session_state["data-job"] = str(folder)
        st.rerun()


def show_report(chosen: str) -> None:
    """What reading found."""
    saved = workspace.dataset(chosen)
    report = saved.report
    st.subheader(literal(saved.name))
    scheme = f" · entity tags, scheme {report.scheme}" if report.scheme else ""
    st.caption(f"{TASKS[saved.config.task].title}{scheme} · {literal(report.cut, 300)}")
    dropped = report.rows_read - report.rows_kept
    for column, (name, value, words) in zip(
        st.columns(5),
        (
            ("Rows kept", f"{report.rows_kept:,}", f"of {report.rows_read:,} read"),
            ("Left out", f"{dropped:,}", "with the reasons below"),
            ("Classes", f"{len(saved.labels):,}", "labels seen in training"),
            ("Vocabulary N", f"{report.vocabulary_size:,}", "words, with <pad> <unk> <sos> <eos>"),
            ("Tokens", f"{sum(s.tokens for s in report.splits.values()):,}", "in all splits"),
        ),
        strict=True,
    ):
        column.metric(name, value, help=words)
    buttons = st.container(horizontal=True)
    if buttons.button("Train a network on this", type="primary", icon=":material/model_training:"):
        state.select(dataset=saved.id)
        st.switch_page("pages/train/train.py")
    with buttons.popover("Delete", icon=":material/delete:"):
        st.markdown("Delete this dataset for everybody? Runs trained on it stay.")
        if st.button("Yes, delete it", key="delete-dataset"):
            with widgets.saying_problems():
                saved.delete()
            state.select(dataset=None)
            st.rerun()
    for warning in report.warnings:
        st.warning(literal(warning, 600), icon=":material/warning:")
    if report.left_out:
        st.markdown("**Left out or cut**")
        st.dataframe(
            {
                "reason": [entry.reason for entry in report.left_out],
                "rows": [entry.count for entry in report.left_out],
                "the first of them": [", ".join(entry.rows) for entry in report.left_out],
            },
            hide_index=True,
        )
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("##### How often does each label stand there?")
        st.plotly_chart(bars.label_counts(report), key="labels", config={"displayModeBar": False})
    with right:
        st.markdown("##### How long are the texts?")
        st.plotly_chart(bars.lengths(report), key="lengths", config={"displayModeBar": False})
    st.dataframe(
        {
            "split": list(report.splits),
            "texts": [s.examples for s in report.splits.values()],
            "tokens": [s.tokens for s in report.splits.values()],
            "unknown words (%)": [100 * s.unknown_share for s in report.splits.values()],
        },
        hide_index=True,
        column_config={"unknown words (%)": st.column_config.NumberColumn(format="%.2f")},
    )
    st.markdown("##### Ten examples")
    tags = TASKS[saved.config.task].per_token
    st.dataframe(
        {
            "tokens": [" ".join(tokens) for tokens, _ in report.examples],
            "tags" if tags else "label": [" ".join(t) if tags else t for _, t in report.examples],
        },
        hide_index=True,
    )
    with st.expander("How the files were read"):
        st.dataframe([{k: str(v) for k, v in facts.items()} for facts in report.files], hide_index=True)


with widgets.saying_problems():
    job = st.session_state.get("data-job")
    if job:
        status = widgets.watch(Path(job), "data")
        if status and status.state == "done":
            state.select(dataset=status.detail.get("dataset"))
        if status is None or not status.active:
            del st.session_state["data-job"]
        else:
            st.stop()
    chosen_files = {}
    try:
        chosen_files = files_chosen()
        if chosen_files:
            read_settings(chosen_files)
    except Problem as why:
        widgets.problem(why)
    saved_sets = {dataset.id: dataset for dataset in workspace.datasets()}
    if not saved_sets:
        if not chosen_files:
            st.info(
                "Nothing here yet. Upload a file with one text and one label a row (a CSV of reviews, say) or one token "
                "and its tag a line, or take a sample to try it out.",
                icon=":material/upload_file:",
            )
        st.stop()
    st.divider()
    current = state.selection().dataset
    if current not in saved_sets:
        current = next(iter(saved_sets))
    st.session_state["pick-dataset"] = current
    st.selectbox(
        "Datasets in the workspace",
        list(saved_sets),
        format_func=lambda name: f"{saved_sets[name].name} · {TASKS[saved_sets[name].config.task].title.split(':')[0]}",
        key="pick-dataset",
        on_change=lambda: state.select(dataset=st.session_state["pick-dataset"]),
    )
    show_report(st.session_state["pick-dataset"])
