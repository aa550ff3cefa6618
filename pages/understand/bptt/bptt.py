"""BPTT: what each step's loss sends back to each step's copy of the parameters."""

import streamlit as st

from pages.common import cache, inputs, run_choice, state, text_choice, view_panel, widgets
from pages.understand.bptt import beside, choice
from pages.understand.bptt.table import TABS
from rnn_core import tasks
from rnn_core.views import view

st.title("Backpropagation through time")
st.caption("Is the loss taken at every word or only at the last, and how much of its gradient reaches each earlier word?")

where, said = st.columns(2, gap="medium")  # side by side, so that the first figure is seen without scrolling
with where:
    run = run_choice.choose_run("bptt")
with said, widgets.saying_problems():
    text_choice.choose_text(run)
with widgets.saying_problems():
    choice.choose_target(run)
    way = choice.look_back(run)
    read, flow = inputs.of_text(run, target=way), way.value.flow

choice.warn(way.value)
formula, *_ = view("total").render(view("total").answer(read))
st.markdown(
    f"The loss of this text is ${formula.content}$; its gradient has length **{flow.norm:.4g}**. Checked against torch's "
    f"autograd: the largest difference of any number is **{flow.max_abs_difference:.1e}** ({flow.precision} bits)."
)
shown = tasks.of(run.config).views["bptt"]
view_panel.choose(view("pairs"), read)
view_panel.show(view("pairs"), read, choices=False)
view_panel.show(view("walk"), read, choices=False)
with st.container(horizontal=True, vertical_alignment="bottom"):
    view_panel.choose(view("walk"), read, titled=True)
view_panel.show(view("path"), read)


def show_batch() -> None:
    """This text's gradient against a mini-batch's, or why there is none."""
    if "directions" not in shown:
        st.caption("This run learns from parts of one stream, so there is no mini-batch of texts to compare this text with.")
    elif way.value.examples:
        view_panel.show(view("directions"), read)
        if cache.data_of(run) is None:
            st.caption(run_choice.INSTEAD)
    else:
        run_choice.offer_data("so there is no mini-batch to compare this text's gradient with")


def link_losses() -> None:
    """The way to the page on both losses."""
    st.page_link("pages/understand/losses/losses.py", label="Train the same network with both losses and compare",
                 icon=":material/compare_arrows:")  # fmt: skip


tabs = state.tabs("section", {name: title for name, (title, _) in TABS.items() if name != "modes" or name in shown})
for section, tab in tabs.items():
    if tab.open:
        with tab, widgets.saying_problems():
            found = beside.pinned(run) if section == "beside" else read
            view_panel.rows(TABS[section][1], lambda name: True, found, others={"batch": show_batch, "losses-page": link_losses})
