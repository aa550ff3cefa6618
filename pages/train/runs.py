"""Runs: every run with its settings and scores, side by side."""

import re

import streamlit as st

from pages.common import cache, state, widgets
from rnn_core.config import CHOICE_NAMES, METRIC_NAMES, Problem, plain
from rnn_core.figures import lines
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace import archive
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE

SCORES = {
    "dev accuracy": "dev_accuracy", "dev macro F1": "dev_macro_f1", "dev span F1": "dev_f1",
    "test accuracy": "test_accuracy", "test macro F1": "test_macro_f1", "test span F1": "test_f1",
    "parameters": "parameters", "epochs": "epochs", "seconds": "train_seconds", "tokens/s": "tokens_per_second",
}  # fmt: skip

workspace = cache.workspace()
ready = {path.name for path in READY_MADE.iterdir()} if READY_MADE.is_dir() else set()
st.title("Runs")
st.caption("Every network trained here: its settings, its scores, its curves. Click a column to sort, tick runs to compare.")


def row_of(run: Run) -> dict[str, object]:
    """A run as a row of the table."""
    status = jobs.status(run.path)
    try:
        config, metrics = run.config, run.metrics()
    except Problem:
        return {"name": run.id, "state": "damaged"}
    cell = config.model.activation + " RNN" if config.model.cell == "rnn" else CHOICE_NAMES[config.model.cell]
    known = {
        "name": config.name,
        "state": status.state if status else "ready-made" if run.id in ready else "imported",
        "task": "labelling" if config.task.per_token else "classification",
        "cell": cell + (" both ways" if config.model.bidirectional else ""),
        "hidden d": config.model.hidden,
        "embedding n": config.model.embedding,
        "layers": config.model.layers,
        "loss": config.loss,
    }
    rest = {name: metrics.get(key) for name, key in SCORES.items()}
    return known | rest | {"seed": config.train.seed, "when": widgets.ago(run.path / "config.json")}


@st.dialog("Delete this for everybody?")
def ask_to_delete(runs: list[Run]) -> None:
    """The workspace is shared, so deleting asks first."""
    for run in runs:
        st.markdown(f"- {literal(run.name)} ({literal(run.id)})")
    st.markdown("The weights, curves and evaluations are gone for everybody who uses this server.")
    yes, no = st.columns(2)
    if yes.button("Delete", type="primary", width="stretch", key="really-delete"):
        with widgets.saying_problems():
            for run in runs:
                status = jobs.status(run.path)
                if status and status.active:
                    raise Problem(f"{run.name} is being trained. Cancel it first, on the Train page.")
                run.delete()
        if state.selection().run in {run.id for run in runs}:
            state.select(run=None)
        st.rerun()
    if no.button("Keep", width="stretch", key="keep"):
        st.rerun()


def show_settings(run: Run) -> None:
    """Everything that decided a run's weights."""
    with widgets.saying_problems():
        config = plain(run.config)
    st.json(config, expanded=1)


def file_name_of(run: Run) -> str:
    """A file name made of the run's name."""
    return re.sub(r"[^\w-]+", "-", run.name).strip("-")[:60] + f"-{run.id[-6:]}.zip"


def import_one() -> None:
    """A run from a zip that this page made."""
    with st.expander("Import a run from a zip", icon=":material/upload:"):
        upload = st.file_uploader("A zip that this page made", type="zip", key="import-run")
        if upload and st.button("Import", key="import-now"):
            with widgets.saying_problems():
                run = archive.unpack(workspace, upload.getvalue())
            state.select(run=run.id)
            st.session_state["imported"] = run.name
            st.rerun()


def compare(runs: list[Run]) -> None:
    """The curves of several runs in one chart."""
    histories = {}
    for run in runs:
        history = run.history()
        if history.epochs:
            twice = sum(other.name == run.name for other in runs) > 1
            histories[f"{run.name} ({run.id[-6:]})" if twice else run.name] = history
    if not histories:
        return
    st.markdown("##### Curves" + ("" if ticked else " of the newest runs"))
    metrics = {m for m in METRIC_NAMES for h in histories.values() if f"dev_{m}" in h.epochs[-1]}
    listed = [m for m in METRIC_NAMES if m in metrics]
    metric = st.segmented_control("Score", listed, default=listed[0], format_func=METRIC_NAMES.__getitem__, key="curve-metric",
                                  label_visibility="collapsed") if len(listed) > 1 else None  # fmt: skip
    st.plotly_chart(lines.curves(histories, metric or (listed or ["accuracy"])[0]), key="compare",
                    config={"displayModeBar": False})  # fmt: skip


if name := st.session_state.pop("imported", None):
    st.success(f"{literal(name)} is here, and chosen in Inspect and Evaluate.", icon=":material/check:")
found = workspace.runs()
if not found:
    st.info("There is no run yet. Train one on the Train page, or import one below.", icon=":material/stacks:")
    import_one()
    st.stop()
table = [row_of(run) for run in found]
columns = [name for name in table[0] | {k: 0 for row in table for k in row} if any(r.get(name) is not None for r in table)]
four = st.column_config.NumberColumn(format="%.4f")
event = st.dataframe(
    {name: [row.get(name) for row in table] for name in columns},
    hide_index=True,
    placeholder="",
    key="runs-table",
    on_select="rerun",
    selection_mode="multi-row",
    column_config={name: four for name in columns if name.startswith(("dev", "test"))}
    | {"name": st.column_config.TextColumn(pinned=True, width="medium")}
    | {"seconds": st.column_config.NumberColumn(format="%.1f"), "tokens/s": st.column_config.NumberColumn(format="%.0f")},
)
ticked = [found[i] for i in event["selection"]["rows"] if i < len(found)]
if not ticked:
    st.caption("Tick a run at its left edge to open, rename, download or delete it.")
else:
    actions = st.container(horizontal=True, vertical_alignment="bottom")
    if len(ticked) == 1:
        one = ticked[0]
        for label, icon, page in (
            ("Inspect", ":material/search:", "pages/read/inspect.py"),
            ("Evaluate", ":material/grid_on:", "pages/understand/evaluate.py"),
            ("Training", ":material/model_training:", "pages/train/train.py"),
        ):
            if actions.button(label, icon=icon):
                state.select(run=one.id)
                st.session_state["training"] = one.id
                st.switch_page(page)
        with actions.popover("Rename", icon=":material/edit:"):
            name = st.text_input("New name", value=one.name, key=f"rename-{one.id}", max_chars=200)
            if st.button("Rename", key="rename-now"):
                with widgets.saying_problems():
                    one.rename(name)
                st.rerun()
        actions.download_button("Download", lambda: archive.pack(one), file_name_of(one), "application/zip",
                                icon=":material/download:")  # fmt: skip
        with actions.popover("Settings", icon=":material/tune:"):
            show_settings(one)
    if actions.button("Delete", icon=":material/delete:"):
        ask_to_delete(ticked)
compare(ticked or found[:5])
import_one()
