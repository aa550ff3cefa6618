"""The tab of Words to matrix on one unit at one step: the cell's equations with its numbers, and the terms of its sum."""

import streamlit as st

from pages.common import inputs, state, view_panel
from pages.understand.matrix import choice
from rnn_core.analysis.equations import unit_step
from rnn_core.analysis.loading import Loaded
from rnn_core.results import Trace
from rnn_core.views import equations as views
from rnn_core.views import inspect as inspect_views
from rnn_core.views.inputs import given
from rnn_core.workspace.runs import Run


def show(run: Run, loaded: Loaded, trace: Trace) -> None:
    """The tab."""
    step, unit = choice.step_of(trace), state.selection().unit
    read, chosen = inputs.of_text(run), inspect_views.STATES.chosen(state.selection()).settled(given(run=loaded, text=trace))
    if unit is None or unit >= loaded.config.model.hidden:
        unit = int(abs(trace.states[chosen.layer, chosen.direction, step]).argmax())
    view_panel.show(inspect_views.STATES, read, step=step, unit=unit, quantity="h")
    gates, gate = loaded.cell.gates, state.selection().gate
    found = unit_step(loaded, trace, chosen.layer, chosen.direction, step, unit)
    unit_shown = views.Unit(loaded, trace, found, gate if gate in gates else gates[0])
    st.markdown(views.heading(unit_shown))
    st.latex(views.live(unit_shown))
    st.caption(f"{views.check(unit_shown)} The step and the unit are where the outlines cross; a click chooses others.")
    view_panel.earlier(views.TERMS, unit_shown, False, lambda: _choose_gate(unit_shown))
    with st.expander("Every term"):
        st.dataframe(views.all_terms(unit_shown), hide_index=True, height=300)


def _choose_gate(unit: views.Unit) -> None:
    """Whose sum is read, where the cell has several gates."""
    gates = unit.loaded.network.cell.gates
    if len(gates) > 1:
        choice.choose("Gate", "gate", gates, unit.gate, lambda name: f"gate {name}")
