"""One step of a layer: the sums inside its gates, of one unit term by term, and what the cell and the readout make of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.loading import Loaded
from rnn_core.network.cells import Cell, Given, State, Sum
from rnn_core.network.recording import Recorder
from rnn_core.network.recurrence import Applied
from rnn_core.results import GateTerms, Logit, Trace, UnitStep


class _Taken(NamedTuple):
    """S steps of a layer and direction, each taken anew from the trace's numbers before it, in float64.

    Attributes:
        applied: its parameters.
        held: what the trace holds of this layer and direction, by name, (T, d) each.
        before: the states before the steps, each part (S, d).
        factors, products: by product what it is multiplied with, (S, columns), and what it gives with its bias, (S, rows).
        after, kept: the states after the steps, and what the cell kept.
    """

    applied: Applied
    held: dict[str, np.ndarray]
    before: State
    factors: dict[str, Tensor]
    products: dict[str, Tensor]
    after: State
    kept: tuple[Tensor, ...]

    @property
    def sums(self) -> dict[str, Sum]:
        """By gate how its sum is made."""
        cell = self.applied.cell
        return dict.fromkeys(cell.gates, Sum()) | dict(cell.sums(Given(self.products), self.before, self.after, self.kept))


def _take(loaded: Loaded, trace: Trace, layer: int, direction: int, steps: Sequence[int], recurrence: bool = True) -> _Taken:
    network, cell = loaded.network, loaded.network.cell
    applied = Applied(cell, {name: p.double() for name, p in network.layer(layer, direction).items()})
    at = np.asarray(steps)
    previous = at + 1 if direction else at - 1
    inside = (recurrence & (previous >= 0) & (previous < len(trace.tokens)))[:, None]
    x = trace.embeddings[at] if layer == 0 else np.concatenate(trace.states[layer - 1][:, at], axis=-1)
    numbers = {"h": trace.states, "m": trace.cells} | trace.gates
    held = {name: array[layer, direction] for name, array in numbers.items() if array is not None}
    before = (np.where(inside, held[name].take(previous, 0, mode="clip"), 0).astype(np.float64) for name in cell.parts)
    p = Recorder(applied)
    p.begin(len(at))
    inputs = {name: p.times(name, torch.from_numpy(x).double()) for name in cell.of_inputs}
    states = tuple(map(torch.from_numpy, before))
    after, kept = cell.step(p, inputs, states)
    factors = {name: v[0] for name, v in p.inputs.items()}
    return _Taken(applied, held, states, factors, {name: one[0] for name, one in p.outputs.items()}, after, kept)


def products_along(loaded: Loaded, trace: Trace) -> dict[str, Tensor]:
    """By the parameter's name, the products of the top layer from the start at all steps, with the bias that the cell adds to
    them, (T, rows) float64."""
    return _take(loaded, trace, loaded.network.config.layers - 1, 0, range(len(trace.tokens))).products


@torch.no_grad()
def unit_step(
    loaded: Loaded, trace: Trace, layer: int, direction: int, step: int, unit: int, *, recurrence: bool = True
) -> UnitStep:
    """How one unit of one layer and direction came to its state, from the trace's numbers before, in float64.

    Args:
        recurrence: False: the state before the step is zero, in a trace that was read so (`feedforward.alone_trace`).
    """
    taken, cell, d = _take(loaded, trace, layer, direction, [step], recurrence), loaded.network.cell, loaded.config.model.hidden
    after, kept, sums = taken.after, taken.kept, taken.sums
    factors = {name: one[0] for name, one in taken.factors.items()}
    gates = tuple(
        _terms(taken.applied, gate, row * d + unit, unit, factors, sums[gate]) for row, gate in enumerate(cell.gates)
    )
    if cell.by_unit:  # then the step of one unit alone, from these terms
        after, kept = _alone(cell, gates, taken.products, taken.before, unit)
        unit_in_step = 0
    else:
        unit_in_step = unit
    made = dict(zip((*cell.parts, *cell.kept_names), (*after, *kept), strict=True))
    values = {name: float(value[0, unit_in_step]) for name, value in made.items()}
    apart = [values[name] - float(taken.held[name][step, unit]) for name in values]
    kinds = {one.name: one.kind for one in cell.kept}
    apart += [_squashed(kinds[one.gate], one.total) - values[one.gate] for one in gates if one.gate in kinds]
    named = {name: _of_unit(value, unit) for one in sums.values() for name, value in {**one.others, **one.named}.items()}
    before = {name: float(part[0, unit]) for name, part in zip(cell.parts, taken.before, strict=True)}
    return UnitStep(unit, step, layer, direction, gates, before, values, named, max(map(abs, apart)))


@torch.no_grad()
def unit_along(loaded: Loaded, trace: Trace, layer: int, direction: int, unit: int) -> dict[str, np.ndarray]:
    """What the cell's equations name, by its LaTeX there, of one unit at every step, from the trace's numbers before each step:
    products, biases, the state before, what the step keeps, and the state after. (T,) float64 each."""
    steps, cell, d = range(len(trace.tokens)), loaded.network.cell, loaded.config.model.hidden
    taken = _take(loaded, trace, layer, direction, steps)
    found: dict[str, Tensor] = {}
    vectors = {cell.of_inputs[0]: "x_t"} | dict.fromkeys(cell.of_step[:1], "h_{t-1}")
    for row, gate in enumerate(cell.gates):
        at, index = row * d + unit, f"_{gate}" if cell.gates[1:] else ""
        for name, vector in vectors.items():
            found[f"{cell.declared[name].letter}{index} {vector}"] = taken.factors[name] @ taken.applied.own[name][at]
            for one in cell.biases_of(name):
                letter = cell.declared[one].letter + (index if name in cell.of_inputs else "")  # else it is the last gate's
                found[letter] = torch.full((len(steps),), _bias(taken.applied, name, at), dtype=torch.float64)
    for of in taken.sums.values():
        found |= {name: value[:, unit] for name, value in {**of.others, **of.named}.items()}
    found |= {f"{name}_{{t-1}}": part[:, unit] for name, part in zip(cell.parts, taken.before, strict=True)}
    made = zip((*cell.parts, *cell.kept_names), (*taken.after, *taken.kept), strict=True)
    found |= {f"{name}_t": value[:, unit] for name, value in made}
    return {name: value.numpy() for name, value in found.items()}


@torch.no_grad()
def pre_activations(loaded: Loaded, trace: Trace, layer: int, direction: int, step: int) -> dict[str, np.ndarray]:
    """The sum of each gate before its non-linearity, of all units of a layer and direction at a step, (d,) float64 each."""
    taken, cell, d = _take(loaded, trace, layer, direction, [step]), loaded.network.cell, loaded.config.model.hidden
    matrix, bias = cell.of_inputs[0], taken.applied.biases[cell.of_inputs[0]]
    found = {}
    for row, (gate, made) in enumerate(taken.sums.items()):
        rows = slice(row * d, row * d + d)
        b = 0.0 if bias is None else bias[rows]  # the product holds it already, but a factor is of U x alone
        total = made.word * (taken.products[matrix][:, rows] - b) + b
        for name in cell.of_step[:1]:
            total = total + made.past * taken.products[name][:, rows]
        found[gate] = sum(made.others.values(), total)[0].numpy()
    return found


@torch.no_grad()
def logit(loaded: Loaded, trace: Trace, step: int, chosen: int) -> Logit:
    """The logit of one class at a step, term by term, in float64."""
    v, c = (p[chosen].double() for p in (loaded.network.weight_out, loaded.network.bias_out))
    h = np.concatenate(trace.states[-1, :, step]).astype(np.float64)
    found = Logit(step, chosen, float(c), v.numpy(), h, 0.0)
    return replace(found, difference=abs(found.total - float(trace.logits[step, chosen])))


def _terms(applied: Applied, gate: str, row: int, unit: int, factors: dict[str, Tensor], made: Sum) -> GateTerms:
    """The terms of a gate's sum.

    Args:
        row: of the matrices.
        factors: by product, (columns,) what it is multiplied with.
    """
    cell, (matrix, *_) = applied.cell, applied.cell.of_inputs
    u = applied.own[matrix][row]
    w, inner, hidden, inner_name = np.zeros(0), 0.0, np.zeros(0), ""
    for name in cell.of_step[:1]:
        inner_name = " + ".join(cell.declared[bias].letter for bias in cell.biases_of(name))
        w = applied.own[name][row].numpy()
        inner, hidden = _bias(applied, name, row), w * factors[name].numpy()
    return GateTerms(
        gate, _bias(applied, matrix, row), inner, hidden, (u * factors[matrix]).numpy(), w, u.numpy(),
        _of_unit(made.past, unit), _of_unit(made.word, unit), made.past_name, made.word_name, inner_name,
        {name: _of_unit(value, unit) for name, value in made.others.items()},
    )  # fmt: skip


def _bias(applied: Applied, product: str, row: int) -> float:
    bias = applied.biases[product]
    return 0.0 if bias is None else float(bias[row])


def _squashed(kind: str, total: float) -> float:
    """What a gate or candidate makes of its sum."""
    a = torch.tensor(total, dtype=torch.float64)
    return float(a.sigmoid() if kind == "gate" else a.tanh() if kind == "candidate" else a)


def _of_unit(value: Tensor | float, unit: int) -> float:
    return float(value[0, unit]) if isinstance(value, Tensor) else value


def _alone(
    cell: Cell, gates: tuple[GateTerms, ...], products: dict[str, Tensor], states: tuple[Tensor, ...], unit: int
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The step of one unit, whose products are the sums of their terms; (1, 1) each."""
    d = states[0].shape[1]
    own = {name: value.unflatten(1, (-1, d))[:, :, unit] for name, value in products.items()}
    own[cell.of_inputs[0]] = torch.tensor([[one.word + one.bias for one in gates]], dtype=torch.float64)
    for name in cell.of_step[:1]:
        own[name] = torch.tensor([[one.past for one in gates]], dtype=torch.float64)
    return cell.step(Given(own), own, tuple(part[:, unit : unit + 1] for part in states))
