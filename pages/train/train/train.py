"""Train: choose the network, watch it learn, stop it, go on with it."""

import streamlit as st

from pages.common import cache, run_choice, training, widgets, wording
from pages.train.train import form, progress, started
from rnn_core import tasks
from rnn_core.language import tr
from rnn_core.network import cells
from rnn_core.training import jobs

workspace = cache.workspace()
cache.compiled_ahead()
st.title(tr("Train"))
st.caption(tr("Choose a network, start it, and watch the loss fall. Training goes on when you leave this page."))

with widgets.saying_problems():
    data = form.choose_dataset()
    watched = started.watched()
    above = [run for run in watched if form.is_of(run, data)]
    if above:
        started.begin(above)
        for run in above:
            progress.show(run)
        if not any((status := jobs.status(run.path)) and status.active for run in above):
            st.button(tr("Close"), icon=":material/close:", type="tertiary", on_click=started.close)
        st.divider()
        st.subheader(tr("Train another network"))
    settings = form.form(data)
    if settings:
        model, train = settings
        task = tasks.of(data.config)
        both = len(task.losses) > 1
        left, many, right, *twice = st.columns([2.6, 0.8, 1, 1.7] if both else [4, 0.9, 1], vertical_alignment="bottom")
        name = f"{data.name} {cells.kind(model.cell).title} {model.hidden}"
        called = left.text_input(tr("Name of the run"), value=name, max_chars=200,
                                 key=f"train-{data.id}-name-{model.cell}-{model.hidden}")  # fmt: skip
        seeds = many.number_input(tr("Seeds"), 1, training.MOST_SEEDS, key=f"train-{data.id}-seeds",
                                  help=tr(
                                      "How many runs, which differ in their seed alone: the score of one seed is partly luck.",
                                  ))  # fmt: skip
        if right.button(tr("Train"), type="primary", icon=":material/play_arrow:", width="stretch"):
            training.start_seeds(data, model, train, called.strip() or data.name, seeds)
            st.rerun()
        if both and twice[0].button(tr("Train with both losses"), icon=":material/compare_arrows:", width="stretch",
                                    help=tr(
                                        "Two runs, the same but for the loss: at the last step, and at every step. The "
                                        "page “Last or every step” compares them.",
                                    )):  # fmt: skip
            training.start_both(data, model, train, called.strip() or data.name)
            st.rerun()
        headline = task.metric(data.scheme)
        metric = wording.metric(headline)
        if "dev" not in data.report.splits:
            kept = tr("There is no dev split, so the epoch with the lowest training loss is kept.")
        elif headline == "perplexity":  # which is e to the loss
            kept = tr("The epoch with the lowest dev {metric} is kept.", metric=metric)
        elif task.higher_is_better:
            kept = tr("The epoch with the best dev {metric} is kept; ties are decided by the dev loss.", metric=metric)
        else:
            kept = tr("The epoch with the lowest dev {metric} is kept; ties are decided by the dev loss.", metric=metric)
        st.caption(tr("**{count:,} parameters** will be learnt. {kept}", count=form.parameter_count(model, data), kept=kept))
        if slow := form.without_kernel(model, train):
            st.caption(slow)
    ended = {run.id: run for run in workspace.runs() if (status := jobs.status(run.path)) and status.state != "done"}
    below = {run.id: run for run in watched} | ended
    for run in above:
        below.pop(run.id, None)
    if below:
        st.divider()
        st.subheader(tr("Another training"))
        picked = next(iter(below))
        if len(below) > 1:
            labels = widgets.distinct({name: run_choice.run_label(run) for name, run in below.items()})
            picked = st.selectbox(tr("Show"), list(below), key="train-show", format_func=labels.__getitem__)
        progress.show(below[picked])
