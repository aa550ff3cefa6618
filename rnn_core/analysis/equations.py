"""One unit at one step: the sums inside its gates, term by term, and what the cell makes of them."""

from dataclasses import replace

import numpy as np
import torch

from rnn_core.analysis.loading import Loaded
from rnn_core.network.recurrence import inner_bias
from rnn_core.results import GateTerms, Trace, UnitStep


def unit_step(loaded: Loaded, trace: Trace, layer: int, direction: int, step: int, unit: int) -> UnitStep:
    """How one unit of one layer and direction came to its state, from the trace's numbers before, in float64."""
    network, cell, d = loaded.network, loaded.network.cell, loaded.config.model.hidden
    parameters = {name: p.double() for name, p in network.layer(layer, direction).items()}
    inner = inner_bias(cell, parameters)
    previous = step + 1 if direction else step - 1
    inside = 0 <= previous < len(trace.tokens)
    x = trace.embeddings[step] if layer == 0 else np.concatenate(trace.states[layer - 1, :, step])
    after = {"h": trace.states, "c": trace.cells} | trace.gates
    held = {name: array[layer, direction] for name, array in after.items() if array is not None}
    states = {name: held[name][previous].astype(np.float64) if inside else np.zeros(d) for name in cell.parts}
    gates = []
    for number, gate in enumerate(cell.gates):
        row = number * d + unit
        u, w = parameters["weight_ih"][row].numpy(), parameters["weight_hh"][row].numpy()
        bias, inner_of = float(parameters["bias"][row]), 0.0 if inner is None else float(inner[row])
        gates.append(GateTerms(gate, bias, inner_of, w * states["h"], u * x, w, u))
    # A cell is elementwise, so its step is also that of one unit alone.
    a_input = torch.tensor([[gate.word + gate.bias for gate in gates]], dtype=torch.float64)
    a_hidden = torch.tensor([[gate.past for gate in gates]], dtype=torch.float64)
    before = {name: float(part[unit]) for name, part in states.items()}
    state, kept = cell.step(a_input, a_hidden, tuple(torch.tensor([[v]], dtype=torch.float64) for v in before.values()))
    made = dict(zip((*cell.parts, *cell.kept), (*state, *kept), strict=True))
    values = {name: float(value) for name, value in made.items()}
    if inner is not None:  # in the last block the reset gate comes between W h and the sum
        gates[-1] = replace(gates[-1], factor=values["r"])
    return UnitStep(
        unit, step, layer, direction, tuple(gates), before, values,
        max(abs(values[name] - float(held[name][step, unit])) for name in values),
    )  # fmt: skip
