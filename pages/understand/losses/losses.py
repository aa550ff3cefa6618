"""Last or every step: the same network trained with both losses, side by side."""

from typing import Any

import streamlit as st

from pages.common import charts, run_choice, view_panel, widgets, wording
from pages.understand.losses import pair
from rnn_core import tasks
from rnn_core.figures import lines, twins
from rnn_core.language import tr

st.title(tr("Loss at the last step, or at every step?"))
st.caption(tr("The same network, data and seed, trained twice. What changes when the loss is taken after every word?"))

run = run_choice.choose_run(in_training=True)  # where both have just been started
with widgets.saying_problems():
    task = tasks.of(run.config)
if not task.views["losses"]:
    st.info(tr(
        "{task} takes its loss at every token, because each token has its own answer. BPTT shows what each of these losses sends "
        "back. To compare the two losses, choose a run of classification.",
        task=wording.raised(tr(task.short)),
    ), icon=":material/label:")  # fmt: skip
    st.page_link("pages/understand/bptt/bptt.py", label=tr("Open this run on BPTT"), icon=":material/undo:")
    st.stop()
with widgets.saying_problems():
    runs = pair.twins(run)
    read = pair.read(runs)

view_panel.rows((("twins",), ("right-so-far",), ("decided", "loss-reach")), ("twins", *task.views["losses"]).__contains__, read)

st.markdown(tr("##### What did training end with?"))
rows = {
    "dev_accuracy": (wording.scored("dev", wording.metric("accuracy")), "{:.4f}"),
    "test_accuracy": (wording.scored("test", wording.metric("accuracy")), "{:.4f}"),
    "dev_macro_f1": (wording.scored("dev", wording.metric("macro_f1")), "{:.4f}"),
    "test_macro_f1": (wording.scored("test", wording.metric("macro_f1")), "{:.4f}"),
    "best_epoch": (tr("best epoch"), "{:,}"), "epochs": (tr("epochs"), "{:,}"),
    "tokens_per_second": (tr("tokens per second"), "{:,.0f}"),
}  # fmt: skip


def figures_of(metrics: dict[str, Any]) -> list[str]:
    """A run's figures in the order of the rows, empty where it has none."""
    return ["" if metrics.get(name) is None else how.format(metrics[name]) for name, (_, how) in rows.items()]


st.dataframe({tr("figure"): [title for title, _ in rows.values()]}
             | {tr(twins.NAMES[loss]): figures_of(one.metrics()) for loss, one in runs.items()},
             hide_index=True)  # fmt: skip
histories = {tr(twins.NAMES[loss]): one.history() for loss, one in runs.items()}
charts.draw(lines.curves(histories, "accuracy"), "twin-curves", tr("How did training go with either loss?"))
if runs["every"].config.train.reduce == "sum":
    st.caption(tr(
        "The accuracy curves can be compared: both are of the same dev texts. The losses cannot: one is the loss of a text's "
        "last step, the other the sum over all its steps.",
    ))  # fmt: skip
else:
    st.caption(tr(
        "The accuracy curves can be compared: both are of the same dev texts. The losses cannot: one is the loss of a text's "
        "last step, the other the mean over all its steps.",
    ))  # fmt: skip
