"""Train: choose the network, watch it learn, stop it, go on with it."""

import streamlit as st

from pages.common import cache, run_choice, training, widgets
from pages.train.train import form, progress, started
from rnn_core import tasks
from rnn_core.config import metric_name
from rnn_core.language import N_
from rnn_core.network import cells
from rnn_core.training import jobs

workspace = cache.workspace()
cache.compiled_ahead()
st.title("Train")
st.caption(N_("Choose a network, start it, and watch the loss fall. Training goes on when you leave this page."))

with widgets.saying_problems():
    data = form.choose_dataset()
    watched = started.watched()
    above = [run for run in watched if form.is_of(run, data)]
    if above:
        started.begin(above)
        for run in above:
            progress.show(run)
        if not any((status := jobs.status(run.path)) and status.active for run in above):
            st.button("Close", icon=":material/close:", type="tertiary", on_click=started.close)
        st.divider()
        st.subheader(N_("Train another network"))
    settings = form.form(data)
    if settings:
        model, train = settings
        task = tasks.of(data.config)
        both = len(task.losses) > 1
        left, right, *twice = st.columns([3.2, 1, 1.7] if both else [5, 1], vertical_alignment="bottom")
        name = f"{data.name} {cells.kind(model.cell).title} {model.hidden}"
        called = left.text_input(N_("Name of the run"), value=name, max_chars=200,
                                 key=f"train-{data.id}-name-{model.cell}-{model.hidden}")  # fmt: skip
        if right.button("Train", type="primary", icon=":material/play_arrow:", width="stretch"):
            training.start(data, model, (train, called.strip() or data.name))
            st.rerun()
        if both and twice[0].button(N_("Train with both losses"), icon=":material/compare_arrows:", width="stretch",
                                    help=N_(
                                        "Two runs, the same but for the loss: at the last step, and at every step. The "
                                        "page “Last or every step” compares them.",
                                    )):  # fmt: skip
            training.start_both(data, model, train, called.strip() or data.name)
            st.rerun()
        metric = metric_name(task.metric(data.scheme))
        best = "best" if task.higher_is_better else "lowest"
        ties = "" if metric == "perplexity" else N_("; ties are decided by the dev loss")  # perplexity is e to the loss
        kept = f"The epoch with the {best} dev {metric} is kept{ties}."
        if "dev" not in data.report.splits:
            kept = N_("There is no dev split, so the epoch with the lowest training loss is kept.")
        st.caption(f"**{form.parameter_count(model, data):,} parameters** will be learnt. {kept}")
        if slow := form.without_kernel(model, train):
            st.caption(slow)
    ended = {run.id: run for run in workspace.runs() if (status := jobs.status(run.path)) and status.state != "done"}
    below = {run.id: run for run in watched} | ended
    for run in above:
        below.pop(run.id, None)
    if below:
        st.divider()
        st.subheader(N_("Another training"))
        picked = next(iter(below))
        if len(below) > 1:
            labels = widgets.distinct({name: run_choice.run_label(run) for name, run in below.items()})
            picked = st.selectbox("Show", list(below), key="train-show", format_func=labels.__getitem__)
        progress.show(below[picked])
