"""The terms of a unit's sums against the matrix products and the trace."""

import numpy as np
import pytest
from scipy.special import expit

from rnn_core.analysis.equations import logit, pre_activations, unit_step
from rnn_core.analysis.trace import trace
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS

PHI = {"gate": expit, "sigmoid": expit, "candidate": np.tanh, "tanh": np.tanh, "linear": float, "relu": lambda a: max(a, 0.0)}
TEXT = "the film was not zzz good"


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_the_terms_add_up_to_the_trace(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    seen, d = trace(one, TEXT), 4
    for layer in range(layers):
        for direction in range(1 + both):
            own = {key: p.numpy() for key, p in one.network.layer(layer, direction).items()}
            for step in (0, 3, 7):
                before = step + 1 if direction else step - 1
                h = seen.states[layer, direction, before] if 0 <= before < 8 else np.zeros(d)
                x = seen.embeddings[step] if layer == 0 else seen.states[layer - 1, :, step].ravel()
                for unit in (0, 3):
                    found = unit_step(one, seen, layer, direction, step, unit)
                    assert found.difference < 1e-12
                    assert found.values["h"] == pytest.approx(seen.states[layer, direction, step, unit], abs=1e-12)
                    assert found.before["h"] == h[unit]
                    for number, gate in enumerate(found.gates):
                        row = number * d + unit
                        assert gate.word == pytest.approx(own["weight_ih"][row] @ x, abs=1e-12)
                        inner = own["bias_inner"][unit] if "bias_inner" in own and gate.gate == "n" else 0
                        past = own["weight_hh"][row] @ h + inner if "weight_hh" in own else 0
                        assert gate.past == pytest.approx(past, abs=1e-12)
                        assert gate.bias + gate.others.get(f"b_{gate.gate}", 0) == own["bias"][row]
                        kinds = {kept.name: kept.kind for kept in one.network.cell.kept}
                        wanted = found.values["h"] if gate.gate == "a" else seen.gates[gate.gate][layer, direction, step, unit]
                        assert PHI[kinds.get(gate.gate, name)](gate.total) == pytest.approx(wanted, abs=1e-12)


def test_a_network_as_it_is_used_agrees_to_single_precision() -> None:
    one = loaded("lstm", layers=2)
    one = one._replace(network=one.network.float())
    found = unit_step(one, trace(one, TEXT), 1, 0, 4, 2)
    assert found.difference < 1e-6 and set(found.values) == {"h", "m", "i", "f", "g", "q"}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_the_pre_activations_are_the_sums_of_all_units(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    seen, kinds = trace(one, TEXT), {kept.name: kept.kind for kept in one.network.cell.kept}
    for layer, direction in one.network.cells.each():
        for step in (0, 3, 7):
            found = pre_activations(one, seen, layer, direction, step)
            for gate, a in found.items():
                wanted = (seen.states if gate == "a" else seen.gates[gate])[layer, direction, step]
                phi = np.vectorize(PHI[kinds.get(gate, name)])
                np.testing.assert_allclose(phi(a), wanted, atol=1e-12)
            units = [unit_step(one, seen, layer, direction, step, unit) for unit in range(4)]
            sums = {gate.gate: [unit.gates[row].total for unit in units] for row, gate in enumerate(units[0].gates)}
            assert {gate: pytest.approx(a, abs=1e-12) for gate, a in sums.items()} == found


@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_the_terms_of_a_logit_add_up_to_it(task: str, layers: int, both: bool) -> None:
    one = loaded("lstm", task, layers=layers, bidirectional=both)
    seen, v, c = trace(one, TEXT), one.network.weight_out.numpy(), one.network.bias_out.numpy()
    for step in (0, 4):
        h = seen.states[-1, :, step].ravel()
        for chosen in range(len(seen.labels)):
            found = logit(one, seen, step, chosen)
            np.testing.assert_allclose(found.terms, v[chosen] * h, atol=1e-15)
            assert found.bias == c[chosen] and (found.weights == v[chosen]).all()
            assert found.total == pytest.approx(seen.logits[step, chosen], abs=1e-12) and found.difference < 1e-12
