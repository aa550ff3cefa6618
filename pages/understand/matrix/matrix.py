"""Words to matrix: from text to indices, one-hot and pads, every parameter, and one unit's sum term by term."""

from typing import Any

import streamlit as st

from pages.common import inputs, run_choice, state, text_choice, view_panel, widgets
from pages.understand.matrix import texts, two_texts
from pages.understand.matrix.table import LED_BY, OF_STEP, SOME, TABS, TABS_OF_TWO
from rnn_core import tasks
from rnn_core.language import tr
from rnn_core.results import OVERFLOW
from rnn_core.views import view

st.title(tr("Words to matrix"))
st.caption(tr("How do words become numbers, and what does the network do with them in one step?"))

where, said = st.columns(2, gap="medium")  # side by side, so that the first figure is seen without scrolling
with where:
    run = run_choice.choose_run("matrix")
with said, widgets.saying_problems():
    text_choice.choose_text(run)
if of_two := [name for name in tasks.of(run.config).views["matrix"] if name in TABS_OF_TWO]:
    two_texts.show(run, of_two)
    st.stop()
with widgets.saying_problems():
    read = inputs.of_text(run)

from pages.understand.matrix import dev  # noqa: E402 - after the first paint, because it loads torch

shown, trace, chosen = tasks.of(run.config).views["matrix"], read.trace, state.selection()
at = {"step": min(1 if chosen.step is None else chosen.step, len(trace.tokens) - 1)}  # at first the first word, in every tab
tabs = state.tabs("part", {name: tr(title) for name, (title, _) in TABS.items() if name in shown})


def fill(part: str) -> None:
    """One tab. It may raise Problem."""
    fixed: dict[str, Any] = {} if part == "texts" else at
    if part in ("pads", "alone") and trace.overflows:
        widgets.problem(tr(OVERFLOW))
        st.stop()
    head, given = st.container(horizontal=True, vertical_alignment="bottom"), read
    if part == "texts":
        more, labels = texts.choose(run, head)
        given = inputs.of_text(run, second_text=(more, more), labels=(labels, labels), dataset=texts.dataset(run))
    if part == "recipe":
        history = run.history()
        given = inputs.of_text(run, history=((str(run.path), len(history.steps), len(history.epochs)), history))
    if part == "unit":
        place = view("terms").chosen(chosen, **at).settled(read)
        fixed = {"step": place.step, "unit": place.unit, "quantity": "h"}
    with head:
        if part in LED_BY:
            led = view(LED_BY[part])
            view_panel.choose(led, given, led.chosen(chosen, **fixed).settled(given), fixed.keys() - {"unit"}, titled=True)
        if part in OF_STEP:
            steps, step = len(trace.tokens), at["step"]
            if part == "texts":  # a row below the text may be longer
                step = view("indices").chosen(chosen).settled(given).step
                steps = max(steps, *(len(tokens) + 2 for tokens in given.more), 0)
            st.number_input(tr("Step t"), 1, steps, width=160, help=tr(r"counted from 1, which is \<sos\>"),
                            **state.bound("step", step + 1, lambda t: t - 1))  # fmt: skip
    view_panel.rows(
        TABS[part][1], lambda name: name in shown or name not in SOME, given, led=LED_BY.get(part),
        others={"last-column": lambda: dev.show_last_column(run, read), "gain": lambda: dev.show_gain(run, read)}, **fixed,
    )  # fmt: skip


for part, tab in tabs.items():
    if tab.open:
        with tab, widgets.saying_problems():
            fill(part)
