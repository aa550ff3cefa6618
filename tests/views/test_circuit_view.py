"""The quantities of a unit's cell against its step written out in NumPy, and the equations against each other."""

import json
import re
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from pages.common.unrolled import circuit as component
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.views.inspect.circuit import CIRCUIT, Circuit, quantities_of
from rnn_core.views.view import number
from rnn_core.workspace import Workspace
from tests.analysis import gradients
from tests.tiny import CELLS, config_of, model_of, saved_run
from tests.views.looking import Looking

TEXT, D = "the film was not zzz good", 4
PLACES = [(0, 0), (0, 1), (1, 0), (1, 1)]
Vectors = dict[str, np.ndarray]


def by_hand(name: str, own: Vectors, x: np.ndarray, h: np.ndarray, m: np.ndarray) -> Vectors:
    """Every quantity of one step of all units, (d,) each, by its LaTeX: the equations of the literature."""
    def block(key: str, row: int) -> np.ndarray:
        return own[key][row * D : row * D + D]

    found: Vectors = {"h_{t-1}": h, "m_{t-1}": m}

    def products(row: int, letter: str = "") -> np.ndarray:
        index = f"_{letter}" if letter else ""
        found[f"U{index} x_t"], found[f"b{index}"] = block("weight_ih", row) @ x, block("bias", row)
        if "weight_hh" in own:
            found[f"W{index} h_{{t-1}}"] = block("weight_hh", row) @ h
        return found[f"b{index}"] + found[f"U{index} x_t"] + found.get(f"W{index} h_{{t-1}}", 0)

    if name == "gru":
        r, z = expit(products(0, "r")), expit(products(1, "z"))
        products(2, "n")
        q = found["W_n h_{t-1}"] + own["bias_inner"]
        n = np.tanh(found["b_n"] + found["U_n x_t"] + r * q)
        return found | {
            "r_t": r, "z_t": z, "q_t": q, "n_t": n, "b_q": own["bias_inner"], r"r_t \odot q_t": r * q, "(1 - z_t)": 1 - z,
            r"(1 - z_t) \odot n_t": (1 - z) * n, r"z_t \odot h_{t-1}": z * h, "h_t": (1 - z) * n + z * h,
            r"b_r + W_r h_{t-1} + U_r x_t": found["b_r"] + found["W_r h_{t-1}"] + found["U_r x_t"],
            r"b_n + U_n x_t + r_t \odot q_t": found["b_n"] + found["U_n x_t"] + r * q,
        }  # fmt: skip
    if name == "mingru":
        z, n = expit(products(0, "z")), products(1, "n")
        return found | {"z_t": z, "n_t": n, "(1 - z_t)": 1 - z, r"z_t \odot n_t": z * n, "h_t": (1 - z) * h + z * n}
    if name in ("lstm", "peephole"):
        peeps = own["peephole"].reshape(3, D) if name == "peephole" else np.zeros((3, D))
        sums = [products(row, letter) for row, letter in enumerate("ifgq")]
        i, f, g = expit(sums[0] + peeps[0] * m), expit(sums[1] + peeps[1] * m), np.tanh(sums[2])
        new = f * m + i * g
        q = expit(sums[3] + peeps[2] * new)
        found |= {
            "i_t": i, "f_t": f, "g_t": g, "q_t": q, r"f_t \odot m_{t-1}": f * m, r"i_t \odot g_t": i * g, "m_t": new,
            r"\tanh(m_t)": np.tanh(new), "h_t": q * np.tanh(new), r"b_g + W_g h_{t-1} + U_g x_t": sums[2],
        }  # fmt: skip
        return found | ({r"p_f \odot m_{t-1}": peeps[1] * m, r"p_q \odot m_t": peeps[2] * new} if name == "peephole" else {})
    phi = {"tanh": np.tanh, "sigmoid": expit, "relu": lambda a: np.maximum(a, 0)}[name]
    a = products(0)
    return found | {"a_t": a, "h_t": phi(a)}


@pytest.mark.parametrize(("layer", "direction"), PLACES)
@pytest.mark.parametrize("name", [name for name in CELLS if name != "layernorm"])
def test_every_number_is_that_of_the_step_written_out(name: str, layer: int, direction: int) -> None:
    one = gradients.loaded(name, "tag", layers=2, bidirectional=True)
    seen, own = trace(one, TEXT), {key: p.numpy() for key, p in one.network.layer(layer, direction).items()}
    for unit in (0, 3):
        found = Looking(one, seen, step=4, layer=layer, direction=direction, unit=unit)(CIRCUIT)
        h = m = np.zeros(D)
        compared: set[str] = set()
        steps = range(len(seen.tokens))
        for t in reversed(steps) if direction else steps:
            x = seen.embeddings[t] if layer == 0 else seen.states[0, :, t].ravel()
            made = by_hand(name, own, x, h, m)
            for i, quantity in enumerate(found.quantities):
                if quantity.latex in made:
                    compared.add(quantity.latex)
                    assert found.values[t, i] == pytest.approx(made[quantity.latex][unit], rel=1e-6, abs=1e-7), quantity.latex
            h, m = made["h_t"], made.get("m_t", m)
            np.testing.assert_allclose(h, seen.states[layer, direction, t], atol=1e-12)
        sums = {one.latex for one in found.quantities if one.op == "+" and not one.defined}
        missed = {one.latex for one in found.quantities} - compared - sums - {r"p_i \odot m_{t-1}", r"(1 - z_t) \odot h_{t-1}"}
        assert not missed and found.difference < 1e-12


@pytest.mark.parametrize("name", CELLS)
def test_both_sides_of_each_equation_agree_as_they_are_sent(name: str) -> None:
    """From the float32 numbers of the blob, by the operations that it names."""
    one = gradients.loaded(name, "tag", layers=2, bidirectional=True)
    found = Looking(one, trace(one, TEXT), step=2, layer=1, direction=1, unit=1)(CIRCUIT)
    head, values = unpacked(component.blob(found))
    assert values.shape == found.values.shape and head["step"] == 2 and head["direction"] == 1
    made = {"+": lambda *v: sum(v), "⊙": lambda a, b: a * b, "1−": lambda a: 1 - a, "σ": expit, "tanh": np.tanh,
            "ReLU": lambda a: np.maximum(a, 0)}  # fmt: skip
    equations = [one.latex for one in found.quantities if one.defined]
    assert equations == [one.split(" = ")[0] for one in one.network.cell.equations]
    assert [head["quantities"][i]["latex"] for i in head["equations"]] == equations
    for i, quantity in enumerate(head["quantities"]):
        if quantity["op"]:
            np.testing.assert_allclose(
                made[quantity["op"]](*(values[:, part] for part in quantity["parts"])), values[:, i], rtol=2e-6, atol=2e-6
            )
        assert quantity["share"] <= (values[:, i].min() >= 0 and values[:, i].max() <= 1)


def unpacked(blob: bytes) -> tuple[dict[str, Any], np.ndarray]:
    size = 4 + int.from_bytes(blob[:4], "little")
    head = json.loads(blob[4:size])
    return head, np.frombuffer(blob[size:], "<f4").reshape(head["steps"], -1)


@pytest.mark.parametrize("name", ["tanh", "lstm", "gru"])
def test_a_network_as_it_is_used_agrees_with_its_trace_to_single_precision(workspace: Workspace, name: str) -> None:
    one = load(saved_run(workspace, config_of(model=model_of(name, layers=2))))
    seen = trace(one, TEXT)
    found: Circuit = Looking(one, seen, step=3, layer=1)(CIRCUIT)
    assert found.unit == int(np.abs(seen.states[1, 0, 3]).argmax()), "the unit farthest from 0 where none is chosen"
    assert 0 < found.difference < 1e-6 and f"{found.difference:.1e}" in CIRCUIT.explain(found)
    index = {quantity.latex: i for i, quantity in enumerate(found.quantities)}
    np.testing.assert_allclose(found.values[:, index["h_t"]], seen.states[1, 0, :, found.unit], atol=1e-6)
    if seen.cells is not None:
        np.testing.assert_allclose(found.values[1:, index["m_{t-1}"]], seen.cells[1, 0, :-1, found.unit], atol=1e-7)


def test_the_formula_has_the_numbers_of_the_step() -> None:
    one = gradients.loaded("lstm")
    seen = trace(one, TEXT)
    found = Looking(one, seen, step=3, unit=2)(CIRCUIT)
    f, i, g, m, new, q, h = (float(array[0, 0, t, 2]) for array, t in (
        (seen.gates["f"], 3), (seen.gates["i"], 3), (seen.gates["g"], 3), (seen.cells, 2), (seen.cells, 3),
        (seen.gates["q"], 3), (seen.states, 3),
    ))  # fmt: skip
    written = {value: f"({number(value)})" if value < 0 else number(value) for value in (f, i, g, m, new, q)}
    said = CIRCUIT.explain(found)
    assert rf"m_t &= {written[f]} \cdot {written[m]} + {written[i]} \cdot {written[g]} = {number(new)}" in said
    assert rf"h_t &= {written[q]} \cdot \tanh({written[new]}) = {number(h)}" in said


def test_words_and_what_cannot_be_read() -> None:
    one = gradients.loaded("gru")
    (part,) = CIRCUIT.render(Looking(one, trace(one, TEXT))(CIRCUIT))
    said = {quantity.latex: quantity.says for quantity in part.content.quantities}
    assert said["z_t"] == "update gate z" and said["(1 - z_t)"] == "1 minus update gate z"
    assert said[r"z_t \odot h_{t-1}"] == "update gate z times state h before"
    assert said["b_z + W_z h_{t-1} + U_z x_t"] == "pre-activation of update gate z"
    assert said["W_z h_{t-1}"] == "state before through W_z" and not any(re.search(r"\\", words) for words in said.values())

    with pytest.raises(ValueError, match=r"cannot be read from .*max"):
        quantities_of((r"h_t = \max(x_t)",), ("x_t",))
    with pytest.raises(ValueError, match=r"cannot be read from .* on"):
        quantities_of((r"h_t = x_t - x_t",), ("x_t",))
