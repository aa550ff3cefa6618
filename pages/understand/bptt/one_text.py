"""BPTT of a run that reads one text."""

import streamlit as st

from pages.common import cache, inputs, run_choice, state, view_panel, widgets
from pages.common.unrolled import canvas
from pages.understand.bptt import beside, choice
from pages.understand.bptt.table import TABS
from rnn_core import tasks
from rnn_core.language import N_, tr
from rnn_core.views import view
from rnn_core.views.inputs import Inputs
from rnn_core.workspace.runs import Run

PICTURE = N_("The gradient walking back through the unrolled network")


def show(run: Run) -> None:
    """The page below the run and the text."""
    with widgets.saying_problems():
        choice.choose_target(run)
        way = choice.look_back(run)
        read, flow = inputs.of_text(run, target=way), way.value.flow
    choice.warn(way.value)
    loss, *_ = view("total").render(view("total").answer(read))
    choice.say_total(loss.content, flow)
    shown = tasks.of(run.config).views["bptt"]
    if not state.selection().logit:  # the picture is one of losses
        canvas.folded(tr(PICTURE), "unrolled-back", read, "backwards")
        if canvas.asked_for_page():
            st.switch_page("pages/read/inspect/inspect.py")
    view_panel.choose(view("pairs"), read)
    view_panel.show(view("pairs"), read, choices=False)
    view_panel.show(view("walk"), read, choices=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view_panel.choose(view("walk"), read, titled=True)
    view_panel.show(view("path"), read)
    others = {"batch": lambda: _show_batch(run, read, bool(way.value.examples)), "losses-page": _link_losses}
    tabs = state.tabs("section", {name: tr(title) for name, (title, _) in TABS.items() if name != "modes" or name in shown})
    for section, tab in tabs.items():
        if tab.open:
            with tab, widgets.saying_problems():
                found = beside.pinned(run) if section == "beside" else read
                view_panel.rows(TABS[section][1], lambda name: True, found, others=others)


def _show_batch(run: Run, read: Inputs, texts: bool) -> None:
    """This text's gradient against a mini-batch's, or why there is none. `texts`: whether there are texts for one."""
    if "directions" not in tasks.of(run.config).views["bptt"]:
        st.caption(tr("This run learns from parts of one stream, so there is no mini-batch of texts to compare this text with."))
    elif texts:
        view_panel.show(view("directions"), read)
        if cache.data_of(run) is None:
            st.caption(tr(run_choice.INSTEAD))
    else:
        run_choice.offer_data(tr(
            "The run's data are not in this workspace, so there is no mini-batch to compare this text's gradient with. Read the "
            "file again on the Data page.",
        ))


def _link_losses() -> None:
    """The way to the page on both losses."""
    st.page_link("pages/understand/losses/losses.py", label=tr("Train the same network with both losses and compare"),
                 icon=":material/compare_arrows:")  # fmt: skip
