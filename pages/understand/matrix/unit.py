"""The tab of Words to matrix on one unit at one step: the cell's equations with its numbers, and the terms of its sum."""

import streamlit as st

from pages.common import state, view_panel
from pages.understand.matrix import choice
from rnn_core.analysis.equations import unit_step
from rnn_core.analysis.loading import Loaded
from rnn_core.results import Trace
from rnn_core.views import equations as views
from rnn_core.views import inspect as inspect_views
from rnn_core.workspace.runs import Run


def show(run: Run, loaded: Loaded, trace: Trace) -> None:
    """The tab."""
    reading = _choose_place(loaded, trace)
    view_panel.show(inspect_views.STATES, reading, state.select)
    unit = _unit_of(loaded, reading)
    st.markdown(views.heading(unit))
    st.latex(views.live(unit))
    st.caption(f"{views.check(unit)} The step and the unit are where the outlines cross; a click chooses others.")
    view_panel.show(views.TERMS, unit, None, lambda: _choose_gate(unit))
    with st.expander("Every term"):
        st.dataframe(views.all_terms(unit), hide_index=True, height=300)


def _choose_place(loaded: Loaded, trace: Trace) -> inspect_views.Reading:
    """Layer, direction, step and unit; at first the last word and the unit farthest from 0."""
    chosen, config = state.selection(), loaded.config.model
    layer, direction = min(chosen.layer, config.layers - 1), min(chosen.direction, loaded.network.directions - 1)
    row = st.container(horizontal=True)
    for name, value, values in (
        ("layer", layer, tuple(range(config.layers))), ("direction", direction, tuple(range(loaded.network.directions))),
    ):  # fmt: skip
        if len(values) > 1:
            choice.choose(name.capitalize(), name, values, value, inspect_views.name_of(loaded, name), row)
    step, unit = choice.step_of(trace), chosen.unit
    if unit is None or unit >= config.hidden:
        unit = int(abs(trace.states[layer, direction, step]).argmax())
    return inspect_views.Reading(loaded, trace, step, layer, direction, unit)


def _unit_of(loaded: Loaded, reading: inspect_views.Reading) -> views.Unit:
    """The chosen unit at the chosen step, and the gate whose sum is read."""
    gates, chosen = loaded.cell.gates, state.selection().gate
    assert reading.unit is not None
    place = (reading.layer, reading.direction, reading.step, reading.unit)
    found = unit_step(loaded, reading.trace, *place)
    return views.Unit(loaded, reading.trace, found, chosen if chosen in gates else gates[0])


def _choose_gate(unit: views.Unit) -> None:
    """Whose sum is read, where the cell has several gates."""
    gates = unit.loaded.network.cell.gates
    if len(gates) > 1:
        choice.choose("Gate", "gate", gates, unit.gate, lambda name: f"gate {name}")
