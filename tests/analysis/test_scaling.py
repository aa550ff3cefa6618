"""The way back with W scaled, against steps by hand that autograd follows, and against the recursion of the formula."""

import copy

import numpy as np
import pytest
import torch

from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.scaling import scaled
from rnn_core.analysis.trace import trace
from tests.analysis.gradients import KINDS, loaded, unrolled
from tests.analysis.test_cutting import lengths_of
from tests.tiny import CELLS

TEXT = "the film was not zzz good"


def with_w_times(one: Loaded, scale: float) -> Loaded:
    network = copy.deepcopy(one.network)
    for name, p in network.named_parameters():
        if name.endswith("weight_hh"):
            p.data = p.data * scale
    return one._replace(network=network)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_gradients_are_those_of_a_network_with_that_w(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    before = copy.deepcopy(one.network.state_dict())
    indices = trace(one, TEXT).indices
    classes = np.full(len(indices), 1)
    for scale in (0.25, 3.0):
        found = scaled(one, indices, classes, scale)
        for lengths, state, network in (
            (found.trained, found.trained_state, one), (found.lengths, found.state, with_w_times(one, scale))
        ):  # fmt: skip
            copies = unrolled(network, indices.tolist())
            np.testing.assert_allclose(lengths, lengths_of(copies, layers - 1, len(indices) - 1, 1), rtol=1e-9, atol=1e-15)
            states = [float(after[0].detach().norm()) for after in copies.states[layers - 1, 0]]
            assert state == pytest.approx(max(states), rel=1e-9)
    assert all(torch.equal(before[key], value) for key, value in one.network.state_dict().items()), "the run stays as it is"
    if one.cell.of_step:
        w = one.network.layer(layers - 1, 0)["weight_hh"].numpy()
        for row, gate in enumerate(one.cell.gates):
            values = np.roots(np.poly(w[4 * row : 4 * row + 4]))  # of the characteristic polynomial
            assert found.radii[gate] == pytest.approx(np.abs(values).max(), rel=1e-6)
    else:
        assert found.radii == {}
    assert (found.norm is not None) == (name in ("tanh", "relu", "sigmoid"))


@pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid"])
@pytest.mark.parametrize("scale", [0.1, 1.0, 4.0])
def test_the_elman_networks_gradient_obeys_formula_and_bound(name: str, scale: float) -> None:
    one = loaded(name)
    indices = trace(one, TEXT).indices
    found = scaled(one, indices, np.full(len(indices), 0), scale)
    assert found.norm is not None and found.steepest is not None
    network = with_w_times(one, scale).network
    w = network.layer(0, 0)["weight_hh"].numpy()
    again = trace(one._replace(network=network), TEXT)
    h, cell = again.states[0, 0], network.cell
    slopes = cell.slope((torch.from_numpy(h),)).numpy()
    delta = (again.readouts[-1] - np.eye(2)[0]) @ network.weight_out.numpy()
    for i in reversed(range(len(indices))):
        assert found.lengths[i] == pytest.approx(np.linalg.norm(delta), rel=1e-6, abs=1e-15)
        away = len(indices) - 1 - i
        assert found.lengths[i] <= found.lengths[-1] * (scale * found.norm * found.steepest) ** away * (1 + 1e-9)
        delta = w.T @ (slopes[i] * delta)
    assert np.linalg.norm(w, 2) == pytest.approx(scale * found.norm)
