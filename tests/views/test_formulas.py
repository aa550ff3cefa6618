"""The formulas that Inspect shows, evaluated with the numbers of the trace: every cell, each layer and direction."""

import re

import numpy as np
import pytest
from scipy.special import softmax

from rnn_core.analysis.trace import trace
from rnn_core.views import inspect as views
from rnn_core.views.view import View
from tests.analysis.gradients import loaded
from tests.tiny import CELLS
from tests.views.formulas import evaluated, parameters
from tests.views.looking import Looking

TEXT = "the film was not good"


def shown(explanation: str) -> list[str]:
    """The equations of the first formula of an explanation."""
    formula = re.search(r"\$\$(.*?)\$\$", explanation, re.DOTALL)
    assert formula
    inside = re.sub(r"\\(begin|end)\{\w+\} ?", "", formula[1])
    return [line.strip() for line in re.split(r"\\\\|,? \\q?quad ", inside)]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layer", "direction"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_the_equations_shown_give_the_state_shown(cell: str, layer: int, direction: int) -> None:
    one, d = loaded(cell, "tag", layers=2, bidirectional=True), 4
    seen, declared = trace(one, TEXT), one.network.cell
    own = {name: p.numpy() for name, p in one.network.layer(layer, direction).items()}
    for step in (0, 3, 6):
        said = views.STATES.explain(Looking(one, seen, step=step, layer=layer, direction=direction)(views.STATES))
        x, *equations, start = shown(said)
        assert x == (r"x_t = E[\mathrm{token}_t]" if layer == 0 else
                     r"x_t = [\overrightarrow{h}^{(1)}_t; \overleftarrow{h}^{(1)}_t]")  # fmt: skip
        assert start == " = ".join(part + ("_{T+1}" if direction else "_0") for part in declared.parts) + " = 0"
        assert ("{t+1}" in said, "{t-1}" in said) == (bool(direction), not direction)
        assert f"layer {layer + 1} of 2" in said and ("from its end" in said) == bool(direction)
        numbers = {"h": seen.states, "m": seen.cells, **seen.gates}
        held = {name: array[layer, direction] for name, array in numbers.items() if array is not None}
        before = step + 1 if direction else step - 1
        read = seen.embeddings[step] if layer == 0 else seen.states[layer - 1, :, step].ravel()
        known = parameters(declared, own, d) | {"x_t": read}
        for part in declared.parts:
            known[f"{part}_before"] = held[part][before] if 0 <= before < len(seen.tokens) else np.zeros(d)
        found = evaluated(equations, known, declared.gates)
        for name, values in held.items():
            np.testing.assert_allclose(found[f"{name}_t"], values[step], atol=1e-12)


@pytest.mark.parametrize(("task", "layers", "both"), [("classify", 1, False), ("classify", 2, False), ("tag", 2, True)])
def test_the_readout_shown_is_of_the_top_layer(task: str, layers: int, both: bool) -> None:
    one = loaded("gru", task, layers=layers, bidirectional=both)
    seen = trace(one, TEXT)
    view: View = views.TAGS if task == "tag" else views.BELIEFS
    said = view.explain(Looking(one, seen, step=3, curve="readouts")(view))
    logits, p = shown(said)
    assert p == r"\hat y_t = \mathrm{softmax}(o_t)"
    state = {(1, False): "h_t", (2, False): "h^{(2)}_t",
             (2, True): r"[\overrightarrow{h}^{(2)}_t; \overleftarrow{h}^{(2)}_t]"}[layers, both]  # fmt: skip
    assert logits == f"o_t = c + V {state}"
    v, c = one.network.weight_out.numpy(), one.network.bias_out.numpy()
    np.testing.assert_allclose(softmax(c + v @ seen.states[-1, :, 3].ravel()), seen.readouts[3], atol=1e-12)
    assert ("top layer of 2" in said, "both directions" in said) == (layers > 1, both)


@pytest.mark.parametrize("loss", ["last", "every"])
def test_each_curve_has_its_own_decision_step_and_says_what_was_taught(loss: str) -> None:
    one = loaded("gru", "classify", loss)
    seen = trace(one, TEXT)
    for curve in ("answers", "readouts"):
        found = Looking(one, seen, step=2, curve=curve)(views.BELIEFS)
        assert found.decided == seen.decided(curve)
        said = views.BELIEFS.explain(found)
        assert f"**Decision step** of this curve: t = {seen.decided(curve) + 1} (" in said
        (drawn,) = [part.content for part in views.BELIEFS.render(found)]
        assert [note["text"] for note in drawn["layout"]["annotations"]] == [f"decided at t = {seen.decided(curve) + 1}"]
        if curve == "answers":
            assert ("alone, so this is what" in said) == (loss == "last") and ("counts every step" in said) == (loss == "every")
        else:
            assert ("never trained" in said) == (loss == "last") and ("this readout was trained" in said) == (loss == "every")
    last = views.BELIEFS.explain(Looking(one, seen, step=6, curve="readouts")(views.BELIEFS))
    assert "counts this step" in last, "the readout after <eos> is taught by either loss"
