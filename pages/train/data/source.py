"""Where data come from and how they are to be read, up to the button that reads them all."""

import contextlib
import time
from dataclasses import asdict
from pathlib import Path

import streamlit as st

from pages.common import cache, data_files, data_form, state, widgets, wording
from pages.common.bounded import kept
from pages.common.cache import workspace
from pages.train.data.server_path import server_path
from rnn_core import tasks
from rnn_core.config import SPLITS, TRAINED_WITH, DataConfig, MakeConfig, Problem, make, options, plain
from rnn_core.data import synthetic
from rnn_core.data.guessing import guess_tokens
from rnn_core.data.preview import preview
from rnn_core.data.sources import sources_of, to_json
from rnn_core.language import N_, tr
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace.files import write_json
from rnn_core.workspace.store import SAMPLES

ENDED = {
    "cut off": N_(
        "The reading was cut off: its process or the server ended. Nothing was saved: choose the file and read it again.",
    ),
    "cancelled": N_("The reading was cancelled. Nothing was saved: choose the file and read it again."),
    None: N_("The reading that this link names is not here any more. Nothing was saved: choose the file and read it again."),
}
"""What is said of a reading that ended without a dataset."""

_LATELY_S = 3600

TITLES = {sample: title for name in tasks.names() for sample, title in tasks.task(name).samples.items()}
"""The samples and what they are for."""

TASK_OF = {sample: name for name in tasks.names() for sample in tasks.task(name).samples}

PASTED = "pasted.txt"
"""What a pasted text is called."""

PROSE = (".md", ".markdown")
"""Files that are one text, even where their commas could part columns."""

MOST_PASTED = 2_000_000
"""Characters of a pasted text; longer ones are uploaded as a file."""

SOURCES = {"upload": N_("Upload a file"), "paste": N_("Paste a text"), "sample": N_("Take a sample"),
           "make": N_("Make up a memory task"), "path": N_("Name a path on the server")}  # fmt: skip


def files_chosen() -> dict[str, tuple[Path, str]]:
    """By split, where the file lies and what it is called; empty until one is chosen."""
    # a new round of keys after each reading empties the form, so that what was found is what one sees
    key = f"data-{state.session().readings}"
    source = st.segmented_control(tr("Where from"), list(SOURCES), default="upload", format_func=lambda one: tr(SOURCES[one]),
                                  key=f"{key}-source", label_visibility="collapsed", required=True)  # fmt: skip
    if source == "sample":
        name = st.selectbox(tr("Sample"), list(TITLES), format_func=lambda n: f"{n} · {tr(TITLES[n])}", key=f"{key}-sample")
        return {"train": (SAMPLES / name, name)}
    if source == "make":
        return _made_up(key)
    found: dict[str, tuple[Path, str]] = {}
    if source == "paste":
        typed = st.text_area(tr("Text"), key=f"{key}-paste", height=200, max_chars=MOST_PASTED,
                             placeholder=tr(
                                 "A text that a network is to continue, or rows with labels, as in a file.",
                             ))  # fmt: skip
        return {"train": (data_files.keep_text(typed), PASTED)} if typed.strip() else {}
    if source == "path":
        help_ = tr("dev and test may be left out; they are then cut from the training file")
        for split, column in zip(SPLITS, st.columns(3), strict=True):
            named = column.text_input(tr("Path of {split}", split=tr(split)), key=f"{key}-path-{split}", help=help_)
            if named.strip():
                path = server_path(named)
                found[split] = (path, path.name)
        return found if "train" in found else {}
    if source == "upload":
        titles = {"train": tr("A file with texts"), "dev": tr("Dev file (if separate)"), "test": tr("Test file (if separate)")}
        train = st.file_uploader(titles["train"], key=f"{key}-upload-train",
                                 help=tr(
                                     "With labels: CSV, TSV, JSON lines, Parquet, CoNLL, CoNLL-U, or token, tab, tag. "
                                     "Without: plain text, or a table with a column of texts.",
                                 ))  # fmt: skip
        if train:
            found["train"] = (data_files.keep_upload(train)[0], train.name)
            with st.expander(tr("Separate files for dev and test")):
                for split in SPLITS[1:]:
                    if more := st.file_uploader(titles[split], key=f"{key}-upload-{split}"):
                        found[split] = (data_files.keep_upload(more)[0], more.name)
    return found


def _made_up(key: str) -> dict[str, tuple[Path, str]]:
    """A file of texts whose label needs a word a known distance before their end, as the options say.

    Raises:
        Problem: if the options do not go together.
    """
    st.caption(tr(
        "Made-up texts show how far back a network remembers: the label needs a word that stands a known number of words "
        "before the end. Train several cells on them; Evaluate shows their accuracy by that distance.",
    ))  # fmt: skip
    asked = {name: f"{name}: {tr(one.title)}" for name, one in synthetic.TASKS.items()}
    values: dict[str, object] = {}
    for column, (name, field) in zip(st.columns([3, 1, 1, 1]), options(MakeConfig).items(), strict=True):
        with column:
            values[name] = widgets.option(name, field, field.default, f"{key}-make-{name}", asked)
    how = make(MakeConfig, values)
    task = synthetic.TASKS[how.make]
    if read := task.read(task.example.split()):
        st.caption(tr(
            "Such as: {example}. The label is {label}, the distance {distance}.",
            example=literal(task.example), label=literal(read.label), distance=read.distance,
        ))
    return {"train": (data_files.keep_text(_content(how)), f"{how.make}-{how.length}.csv")}


@kept(64 << 20, 8, N_("Making up texts …"))
def _content(how: MakeConfig) -> str:
    return synthetic.csv_of(how).decode()


def task_of(path: Path, name: str) -> str:
    """A first guess from what the file holds: a file of text in which no labels are found may be one long text."""
    if name in TASK_OF and path == SAMPLES / name:
        return TASK_OF[name]
    suffix, found = Path(name).suffix.lower(), tasks.names()[0]
    with contextlib.suppress(Problem):  # said where it can be put right
        top = cache.top(path, DataConfig(), name)
        found = tasks.guess(top)
        weak = name == PASTED and top.format.kind == "label_text"  # prose whose lines begin with few different words
        if not weak and suffix not in PROSE and not preview(top, DataConfig(task=found), tasks.task(found).schema).problem:
            return found
    streams = [one for one in tasks.names() if tasks.task(one).schema.stream]
    return streams[0] if streams and suffix in (".txt", *PROSE) else found


def still_reading() -> bool:
    """Shows how the reading that the link names stands, or how it ended. Whether it goes on."""
    name, status = state.selection().job, None
    if not name:
        return False
    with contextlib.suppress(Problem):  # a link may name anything
        status = widgets.watch(workspace().folder("jobs", name), "data")
    if status and status.active:
        return True
    state.select(job=None)
    state.session().heard.add(name)
    if status and status.state == "done":
        state.select(dataset=status.detail.get("dataset"))
        state.session().readings += 1
        state.session().just_read = True
    elif ended := ENDED.get(status.state if status else None):
        st.warning(tr(ended), icon=":material/power_off:")
    return False


def show_readings() -> None:
    """Files that are being read here, to follow, and those that lately could not be; why not is for who chose the file."""
    for folder in workspace().jobs():
        status = jobs.status(folder)
        if status is None:
            continue
        named = str(status.detail.get("name") or tr("A file"))
        name = f"**{literal(named, 60)}**"
        if status.active:
            words, button = st.columns([5, 1], vertical_alignment="center")
            words.caption(":material/hourglass_top: " + tr("{name} is being read, {progress:.0%} done.", name=name,
                                                           progress=status.progress))  # fmt: skip
            if button.button(tr("Follow"), key=f"follow-{folder.name}", type="tertiary"):
                state.select(job=folder.name)
                st.rerun()
        elif status.state in ("failed", "cut off") and folder.name not in state.session().heard:
            ended = folder / "status.json"
            if time.time() - ended.stat().st_mtime < _LATELY_S:
                told = {"name": name, "when": widgets.ago(ended)}
                st.caption(":material/error: " + (
                    tr("{name} could not be read ({when}). Whoever chose it can read it again.", **told)
                    if status.state == "failed" else
                    tr("{name} was not read to its end ({when}). Whoever chose it can read it again.", **told)
                ))  # fmt: skip


def read_settings(files: dict[str, tuple[Path, str]]) -> None:
    """The settings of reading, and the button that starts it."""
    path, name = files["train"]
    key = f"data-{data_files.fingerprint_of(path, DataConfig())}"
    task = st.segmented_control(
        tr("Task"), list(tasks.names()), default=task_of(path, name), format_func=lambda t: tr(tasks.task(t).title),
        key=f"{key}-task", required=True,
    )  # fmt: skip
    fields = options(DataConfig)
    config = data_form.mapping(path, name, make(DataConfig, {"task": task}), f"{key}-{task}")
    if config is None:
        return
    values = asdict(config) | dict(tasks.of(config).reading)
    with contextlib.suppress(Problem):
        schema = tasks.of(config).schema
        values["tokens"] = guess_tokens(cache.top(path, config, name, schema.stream), config, schema)
    with st.expander(tr("Tokens, vocabulary and splits")):
        columns = st.columns(4)
        meant = tasks.of(config).options(DataConfig)
        shown: list[str] = [field for field in TRAINED_WITH if field in meant and field != "task"]
        if len(files) < len(SPLITS) and not config.split:
            shown += [f"{split}_share" for split in SPLITS[1:] if split not in files]
            shown += [name for name in ("split_seed",) if name in meant]
        for i, field in enumerate(shown):
            with columns[i % 4]:
                values[field] = widgets.option(field, fields[field], values[field], f"{key}-{task}-{field}")
    title = st.text_input(tr("Name of the data set"), value=Path(name).stem, key=f"{key}-name", max_chars=100)
    if st.button(tr("Read and check all rows"), type="primary", icon=":material/fact_check:"):
        with widgets.saying_problems():
            _read(files, title.strip() or name, tasks.make(DataConfig, values))
        st.rerun()


def _read(files: dict[str, tuple[Path, str]], title: str, config: DataConfig) -> None:
    """Starts the job that reads the files as they were looked into here, and makes it the one that is followed.

    Raises:
        Problem: when a file does not fit, or as jobs do.
    """
    paths = {split: path for split, (path, _) in files.items()}
    names = {split: name for split, (_, name) in files.items()}
    sources = sources_of(paths, config, tasks.of(config).schema, names, cache.top)
    workspace().forget_old("jobs")
    folder = workspace().fresh("jobs")
    write_json(folder / "plan.json", to_json(sources))
    # with an equals sign a value may begin with a dash
    jobs.start(folder, ["data", f"--workspace={workspace().root}", f"--name={title}", f"--plan={folder / 'plan.json'}"])
    state.select(job=folder.name)


def _as_it_stands(sample: str) -> DataConfig:
    """How a sample is read where nobody chooses."""
    config = tasks.make(DataConfig, {"task": TASK_OF[sample], **tasks.task(TASK_OF[sample]).reading})
    schema = tasks.of(config).schema
    how = guess_tokens(cache.top(SAMPLES / sample, config, sample, schema.stream), config, schema)
    return tasks.make(DataConfig, plain(config) | {"tokens": how})


def offer_samples() -> None:
    """A button a sample, for whoever has no file at hand: it is read as it stands, which the Data page shows."""
    st.caption(" · ".join(f"**{name}**: {wording.lowered(tr(title))}" for name, title in TITLES.items()))
    row = st.container(horizontal=True)
    for name, title in TITLES.items():
        if row.button(tr("Read the sample {name}", name=name), help=tr(title), icon=":material/table_view:"):
            with widgets.saying_problems():
                _read({"train": (SAMPLES / name, name)}, Path(name).stem, _as_it_stands(name))
            st.switch_page("pages/train/data/data.py")
