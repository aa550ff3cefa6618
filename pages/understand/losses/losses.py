"""Last or every step: the same network trained with both losses, side by side."""

from typing import Any

import streamlit as st

from pages.common import charts, run_choice, view_panel, widgets
from pages.understand.losses import pair
from rnn_core import tasks
from rnn_core.config import METRIC_NAMES
from rnn_core.figures import lines, twins
from rnn_core.language import N_

st.title(N_("Loss at the last step, or at every step?"))
st.caption(N_("The same network, data and seed, trained twice. What changes when the loss is taken after every word?"))

run = run_choice.choose_run(in_training=True)  # where both have just been started
with widgets.saying_problems():
    task = tasks.of(run.config)
if not task.views["losses"]:
    st.info(f"{task.short.capitalize()} takes its loss at every token, because each token has its own answer. BPTT shows what "
            "each of these losses sends back. To compare the two losses, choose a run of classification.",
            icon=":material/label:")  # fmt: skip
    st.page_link("pages/understand/bptt/bptt.py", label=N_("Open this run on BPTT"), icon=":material/undo:")
    st.stop()
with widgets.saying_problems():
    runs = pair.twins(run)
    read = pair.read(runs)

view_panel.rows((("twins",), ("right-so-far",), ("decided", "loss-reach")), ("twins", *task.views["losses"]).__contains__, read)

st.markdown(N_("##### What did training end with?"))
rows = {N_("dev accuracy"): "{:.4f}", N_("test accuracy"): "{:.4f}", N_("dev macro F1"): "{:.4f}", N_("test macro F1"): "{:.4f}",
        N_("best epoch"): "{:,}", "epochs": "{:,}", N_("tokens per second"): "{:,.0f}"}  # fmt: skip


def figures_of(metrics: dict[str, Any]) -> list[str]:
    """A run's figures in the order of the rows, empty where it has none."""
    values = {name: metrics.get(name.lower().replace(" ", "_")) for name in rows}
    return ["" if value is None else rows[name].format(value) for name, value in values.items()]


st.dataframe({"figure": list(rows)} | {twins.NAMES[loss]: figures_of(one.metrics()) for loss, one in runs.items()},
             hide_index=True)  # fmt: skip
histories = {twins.NAMES[loss]: one.history() for loss, one in runs.items()}
charts.draw(lines.curves(histories, "accuracy"), "twin-curves", N_("How did training go with either loss?"))
st.caption(
    f"The {METRIC_NAMES['accuracy']} curves can be compared: both are of the same dev texts. The losses cannot: one is the "
    f"loss of a text's last step, the other the {runs['every'].config.train.reduce} over all its steps."
)
