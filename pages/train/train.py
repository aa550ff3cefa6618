"""Train: choose the network, watch it learn, stop it, go on with it."""

import streamlit as st

from pages.common import cache, state, widgets
from rnn_core.config import METRIC_NAMES, TASKS, ModelConfig, Problem, RunConfig, TrainConfig, make, options, plain
from rnn_core.figures import lines
from rnn_core.training import jobs
from rnn_core.training.suggest import suggest
from rnn_core.views.view import literal
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.runs import Run

FIRST_OPTIONS = ("cell", "hidden", "loss", "epochs", "learning_rate")
"""What stands in the open; the rest is one click away."""

workspace = cache.workspace()
st.title("Train")
st.caption("Choose a network, start it, and watch the loss fall. Training goes on when you leave this page.")


def choose_dataset() -> SavedDataset:
    """The data to train on; ends the page with an invitation when there is none."""
    found = {dataset.id: dataset for dataset in workspace.datasets()}
    if not found:
        st.info("There is no data yet. Upload a file, or take a sample, on the Data page.", icon=":material/upload:")
        st.page_link("pages/train/data.py", label="Go to Data", icon=":material/arrow_forward:")
        return st.stop()
    current = state.selection().dataset
    st.session_state["train-dataset"] = current if current in found else next(iter(found))
    st.selectbox(
        "Data",
        list(found),
        format_func=lambda name: f"{found[name].name} · {TASKS[found[name].config.task].title.split(':')[0]}"
        f" · {found[name].report.rows_kept:,} texts",
        key="train-dataset",
        on_change=lambda: state.select(dataset=st.session_state["train-dataset"]),
    )
    return found[st.session_state["train-dataset"]]


def form(dataset: SavedDataset) -> tuple[ModelConfig, TrainConfig] | None:
    """The options, from the configs. None while they do not fit together, which is said."""
    task = TASKS[dataset.config.task]
    suggested = suggest(dataset.config, dataset.report)
    values: dict[type, dict[str, object]] = {type(config): plain(config) for config in suggested}
    values[TrainConfig]["loss"] = values[TrainConfig]["loss"] or task.losses[0]
    fields = [(config, name, field) for config in values for name, field in options(config).items()]

    def place(names: list[tuple[type, str, object]], wide: int) -> None:
        columns = st.columns(wide)
        for i, (config, name, field) in enumerate(names):
            key = f"train-{dataset.id}-{name}"
            more: dict[str, object] = {}
            if name == "bidirectional" and not task.per_token:
                more = {"disabled": True}
            if name == "loss":
                more = {"disabled": len(task.losses) == 1}
            if name == "activation":
                cell = st.session_state.get(f"train-{dataset.id}-cell", values[ModelConfig]["cell"])
                more = {"disabled": cell != "rnn"}
            with columns[i % wide]:
                values[config][name] = widgets.option(name, field, values[config][name], key, **more)  # type: ignore[arg-type]

    place([f for f in fields if f[1] in FIRST_OPTIONS], len(FIRST_OPTIONS))
    with st.expander("All options"):
        place([f for f in fields if f[1] not in FIRST_OPTIONS], 4)
    if not task.per_token:
        st.caption(
            "A classifier reads in one direction: its answer after each word may only know the words before it, and a "
            "backward reading would already know the end."
        )
    if len(task.losses) == 1:
        values[TrainConfig]["loss"] = task.losses[0]
    try:
        return make(ModelConfig, values[ModelConfig]), make(TrainConfig, values[TrainConfig])
    except Problem as why:
        widgets.problem(why)
        return None


def start(dataset: SavedDataset, model: ModelConfig, train: TrainConfig, name: str) -> None:
    """Saves a new run and starts its worker."""
    run = Run(workspace.fresh("runs"))
    run.write_config(make(RunConfig, {
        "data": dataset.config, "model": model, "train": train, "fingerprint": dataset.fingerprint, "name": name,
    }))  # fmt: skip
    resume(run)


def resume(run: Run) -> None:
    """Starts the worker of a run, from its checkpoint if it has one."""
    jobs.start(run.path, ["train", "--resume", run.id, "--workspace", str(workspace.root)])
    state.select(run=run.id)
    st.session_state["training"] = run.id


def parameter_count(model: ModelConfig, dataset: SavedDataset) -> int:
    """How many numbers this network would learn."""
    from rnn_core.network.models import count_parameters

    return count_parameters(model, dataset.report.vocabulary_size, len(dataset.labels))


def live(run: Run, status: jobs.Status) -> None:
    """The curves so far, drawn by a chart that keeps still while its data change."""
    history = run.history()
    if not len(history.steps):
        st.caption("The first losses appear in a moment.")
        return
    figures = st.columns(4)
    figures[0].metric("Epoch", f"{history.epoch_at[-1]:.1f} of {run.config.train.epochs}")
    figures[1].metric("Training loss", f"{history.losses[-1]:.4f}", help="mean over the last updates, in nats a text")
    speed = status.detail.get("tokens_per_second") or (history.epochs and history.epochs[-1]["tokens_per_second"])
    figures[2].metric("Tokens a second", f"{speed:,.0f}" if speed else "…")
    metric = headline(run)
    best = [e for e in history.epochs if e["best"]]
    if best and f"dev_{metric}" in best[-1]:
        figures[3].metric(f"Best dev {METRIC_NAMES[metric]}", f"{best[-1][f'dev_{metric}']:.4f}",
                          help=f"after epoch {best[-1]['epoch']}; its weights are kept")  # fmt: skip
    if not status.active:
        return
    left, right = st.columns(2, gap="medium")
    with left:
        st.markdown("##### Training and dev loss")
        dev = {e["epoch"]: e["dev_loss"] for e in history.epochs if "dev_loss" in e}
        loss = {"epoch": [*history.epoch_at, *dev], "nats a text": [*history.losses, *dev.values()],
                "split": ["train"] * len(history.losses) + ["dev"] * len(dev)}  # fmt: skip
        st.line_chart(loss, x="epoch", y="nats a text", color="split", height=280)
    with right:
        st.markdown(f"##### Dev {METRIC_NAMES[metric]}")
        scored = [e for e in history.epochs if f"dev_{metric}" in e]
        if scored:
            st.line_chart({"epoch": [e["epoch"] for e in scored], "score": [e[f"dev_{metric}"] for e in scored]},
                          x="epoch", y="score", height=280)  # fmt: skip
        else:
            st.caption("Scored at the end of each epoch.")


def headline(run: Run) -> str:
    """The metric that chooses the run's best epoch."""
    scheme = run.speech.scheme if (run.path / "vocabulary.json").exists() else None
    return "f1" if scheme else run.config.task.headline


def show(run: Run) -> None:
    """A run in training, or just trained: progress, curves, and what to do next."""
    st.subheader(literal(run.name))
    st.caption(literal(widgets.run_label(run), 200))
    status = widgets.watch(run.path, "train", lambda now: live(run, now))
    if status and status.active:
        return
    if status and status.state in ("cut off", "cancelled", "failed"):
        if status.state == "cut off":
            st.warning("This training was cut off: its process or the server ended.", icon=":material/power_off:")
        if status.state == "cancelled":
            st.info("This training was cancelled.", icon=":material/stop_circle:")
        where = "where it left off" if run.resumable else "from the start"
        if st.button(f"Resume {where}", type="primary", icon=":material/resume:"):
            with widgets.saying_problems():
                resume(run)
            st.rerun()
    history = run.history()
    if history.epochs:
        st.plotly_chart(lines.curves({run.name: history}, headline(run)), key=f"curves-{run.id}",
                        config={"displayModeBar": False})  # fmt: skip
    scores = {name: value for name, value in run.metrics().items() if name.startswith(("dev_", "test_"))}
    if scores:
        st.dataframe({"score": list(scores), "value": list(scores.values())}, hide_index=True)
    if run.trained:
        next_ = st.container(horizontal=True)
        for label, icon, page in (
            ("Inspect a sentence with it", ":material/search:", "pages/read/inspect.py"),
            ("Evaluate it", ":material/grid_on:", "pages/understand/evaluate.py"),
        ):
            if next_.button(label, icon=icon, type="primary" if "Inspect" in label else "secondary"):
                state.select(run=run.id)
                st.switch_page(page)


with widgets.saying_problems():
    data = choose_dataset()
    settings = form(data)
    if settings:
        model, train = settings
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        called = left.text_input("Name of the run", value=f"{data.name} {model.cell.upper()} {model.hidden}", max_chars=200,
                                 key=f"train-{data.id}-name-{model.cell}-{model.hidden}")  # fmt: skip
        if right.button("Train", type="primary", icon=":material/play_arrow:", width="stretch"):
            start(data, model, train, called.strip() or data.name)
            st.rerun()
        metric = METRIC_NAMES["f1" if data.scheme else TASKS[data.config.task].headline]
        st.caption(
            f"**{parameter_count(model, data):,} parameters** will be learnt. The epoch with the best dev {metric} is "
            "kept; ties are decided by the dev loss."
        )
    current = st.session_state.get("training")
    active = {run.id: run for run in workspace.runs() if (s := jobs.status(run.path)) and s.state != "done"}
    if current and current not in active and (workspace.root / "runs" / current).is_dir():
        active = {current: workspace.run(current)} | active
    if active:
        st.divider()
        ids = list(active)
        if len(ids) > 1:
            picked = st.selectbox("Show", ids, ids.index(current) if current in ids else 0, key="train-show",
                                  format_func=lambda name: widgets.run_label(active[name]))  # fmt: skip
        else:
            picked = ids[0]
        show(active[picked])
