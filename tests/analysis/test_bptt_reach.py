"""Jacobians along the text against autograd, the bound that no measured norm breaks, and a path multiplied out."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import cross_entropy

from rnn_core.analysis import bptt_reach
from rnn_core.analysis.bptt import flow
from rnn_core.analysis.bptt_pass import Pass, Target, forward, target_of
from rnn_core.analysis.bptt_reach import horizon, path, reach, spectral_norm
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.network.cells import cell_of
from tests.analysis.gradients import KINDS, loaded, unrolled
from tests.tiny import CELLS, model_of

TEXT = "the film was not good , the bad film was fine"


def read(one: Loaded, text: str = TEXT) -> tuple[Pass, Target]:
    seen = trace(one, text)
    return forward(one.network, seen.indices), target_of(one, seen)


@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
@pytest.mark.parametrize("name", CELLS)
def test_norms_are_those_of_autograds_jacobians(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    done, _ = read(one)
    states = unrolled(one, done.fed.tolist()).states
    for (layer, direction), held in states.items():
        t = 2 if direction else done.steps - 2
        found = reach(done, layer, direction, t)
        assert found.steps[0] == t and found.norms[0] == 1 and found.left_out == 0
        assert found.steps.tolist() == (list(range(t, done.steps)) if direction else list(range(t, -1, -1)))
        for k, norm in list(zip(found.steps.tolist(), found.norms, strict=True))[1:]:
            rows = [
                torch.cat(torch.autograd.grad(part[0, u], held[k], retain_graph=True, allow_unused=True,
                                              materialize_grads=True), dim=1)
                for part in held[t] for u in range(part.shape[1])
            ]  # fmt: skip
            assert norm == pytest.approx(float(torch.linalg.matrix_norm(torch.cat(rows), 2)), rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "relu", "sigmoid"])
@settings(max_examples=25)
@given(st.floats(0.1, 3), st.integers(0, 12))
def test_the_bound_is_never_broken(activation: str, scale: float, t: int) -> None:
    one = loaded(activation)
    one.network.layer(0, 0)["weight_hh"].mul_(scale)
    found = reach(read(one)[0], 0, 0, t)
    assert found.bound is not None and found.weight_norm is not None and found.radius is not None
    assert (found.norms <= found.bound * (1 + 1e-9)).all() and found.bound[0] == 1
    assert found.radius <= found.weight_norm * (1 + 1e-9)


@pytest.mark.parametrize("name", ["lstm", "gru", "mingru", "peephole", "layernorm"])
def test_gated_cells_are_measured_only(name: str) -> None:
    found = reach(read(loaded(name))[0], 0, 0, 5)
    assert found.bound is found.weight_norm is found.radius is None
    four = {"i", "f", "g", "q"}
    gates = {"lstm": four | {"tanh m"}, "gru": {"r", "z", "n"}, "mingru": {"z"}, "peephole": four | {"tanh m"},
             "layernorm": four | {"s"}}[name]  # fmt: skip
    assert set(found.saturation) == gates and all(len(share) == 13 for share in found.saturation.values())


def test_relu_with_a_permutation_loses_nothing_while_every_unit_is_awake() -> None:
    one = loaded("relu")
    parameters = one.network.layer(0, 0)
    parameters["weight_hh"].copy_(torch.eye(4)[[2, 0, 3, 1]])
    parameters["weight_ih"].zero_()
    parameters["bias"].fill_(1)
    found = reach(read(one)[0], 0, 0, 12)
    np.testing.assert_allclose(found.norms, 1, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.bound, 1, rtol=0, atol=1e-12)
    assert found.radius == pytest.approx(1) and (found.saturation["φ"] == 0).all()


def test_without_w_nothing_is_left_one_step_away() -> None:
    one = loaded("tanh")
    one.network.layer(0, 0)["weight_hh"].zero_()
    found = reach(read(one)[0], 0, 0, 12)
    assert found.norms.tolist() == [1] + [0] * 12 == found.bound.tolist()  # type: ignore[union-attr]


def test_saturation_is_the_share_of_flat_units() -> None:
    one = loaded("sigmoid")
    one.network.layer(0, 0)["weight_hh"].zero_()
    one.network.layer(0, 0)["weight_ih"].zero_()
    one.network.layer(0, 0)["bias"].copy_(torch.tensor([0.0, 3.0, 4.0, -9.0]))  # slopes 0.25, 0.045, 0.018, 0.0001
    assert (reach(read(one)[0], 0, 0, 3).saturation["φ"] == 0.5).all()


def test_in_long_texts_steps_are_thinned_and_the_near_ones_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    one = loaded("tanh")
    whole = reach(read(one)[0], 0, 0, 12)
    monkeypatch.setattr(bptt_reach, "SINGULAR_WORK", 6 * 4**2)
    monkeypatch.setattr(bptt_reach, "NEAR", 3)
    some = reach(read(one)[0], 0, 0, 12)
    assert some.left_out == 13 - len(some.steps) > 0
    assert some.steps[0] == 12 and some.steps[1] == 11 and some.steps[-1] == 0
    np.testing.assert_array_equal(some.norms, whole.norms[12 - some.steps])
    np.testing.assert_array_equal(some.bound, whole.bound[12 - some.steps])  # type: ignore[index]


def test_the_largest_singular_value_of_tiny_huge_and_empty_matrices() -> None:
    matrix = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for scale in (1e-200, 1e-3, 1, 1e200):
        assert spectral_norm(matrix * scale) == pytest.approx(float(torch.linalg.matrix_norm(matrix, 2)) * scale, rel=1e-9)
    assert spectral_norm(torch.zeros(3, 3)) == 0


@pytest.mark.parametrize(
    ("name", "task", "layers", "both"),
    [(name, *kind) for name in CELLS for kind in (*KINDS, ("tag", 3, True), ("classify", 3, False))
     if kind[1] < 3 or cell_of(model_of(name)).by_unit],  # each step of the others has a derivative of its own, which takes time
)  # fmt: skip
def test_the_factors_of_a_path_multiply_to_the_gradient(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    seen = trace(one, TEXT)
    done, target = read(one)
    found = flow(done, target, seen.tokens, seen.labels)
    for held in found.layers:
        top = held.layer == layers - 1
        pairs = [(3, 7), (4, 4)] if held.direction else [(9, 4), (4, 4)]
        pairs += [(3, 7), (9, 4)] if both and not top else []
        for t, k in pairs:
            first = path(done, target, held.layer, held.direction, t, k)
            row = found.rows.tolist().index(t)
            assert first.whole_norm == pytest.approx(held.pairs[first.parameter][row, k], rel=1e-9, abs=1e-13)
            steps = range(k + 1) if held.direction else range(k, 13)
            assert sorted(first.ways) == ([t] if top else [s for s in steps if both or s <= t])
            assert first.shares.sum() == pytest.approx(1, abs=1e-9) or first.whole_norm == 0
            assert first.down == first.ways[first.shares.argmax()]
            ways = [path(done, target, held.layer, held.direction, t, k, s) for s in first.ways.tolist()]
            whole = np.sum([way.delta for way in ways], axis=0)
            assert np.linalg.norm(whole) * np.linalg.norm(first.factor) == pytest.approx(first.whole_norm, abs=1e-12)
            for way, share in zip(ways, first.shares, strict=True):
                np.testing.assert_allclose(way.at_loss @ way.between, way.at_copy, rtol=0, atol=1e-12)
                assert np.linalg.norm(way.at_copy) <= np.linalg.norm(way.at_loss) * way.between_norm * (1 + 1e-9)
                length = np.linalg.norm(way.delta) * np.linalg.norm(way.factor)
                assert length == pytest.approx(way.gradient_norm, rel=1e-9, abs=1e-15)
                assert way.delta @ whole == pytest.approx(share * (whole @ whole), rel=1e-7, abs=1e-13)
    own = path(done, target, layers - 1, 0, 5, 5)
    assert own.between_norm == 1 and np.array_equal(own.at_loss, own.at_copy)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_each_way_into_a_lower_layer_is_autograds(name: str, both: bool) -> None:
    """Every state of the layer is given to the layers above as a leaf of its own, which receives what comes down there."""
    one = loaded(name, "tag" if both else "classify", layers=2, bidirectional=both)
    done, target = read(one)
    t, twin = 6, unrolled(one, done.fed.tolist())
    above = unrolled(one, done.fed.tolist(), leaves=0)
    logits = above.logits[t : t + 1]
    value = cross_entropy(logits, target.classes[t : t + 1])
    for direction in range(1 + both):
        k = 8 if direction else 4
        held = twin.states[0, direction]
        parameter = "weight_hh" if one.network.cell.of_step else "weight_ih"
        copy = twin.parameters[0, direction, parameter][k]
        for s in path(done, target, 0, direction, t, k).ways.tolist():
            way = path(done, target, 0, direction, t, k, s)
            assert way.parameter == parameter
            (asked,) = torch.autograd.grad(value, above.leaves[direction][s], retain_graph=True, materialize_grads=True,
                                           allow_unused=True)  # fmt: skip
            np.testing.assert_allclose(way.at_loss[:4], asked[0], rtol=0, atol=1e-12)
            (there,) = torch.autograd.grad(held[s][0], copy, asked, retain_graph=True)
            assert way.gradient_norm == pytest.approx(float(there.norm()), rel=1e-9, abs=1e-14)
            arrived = torch.autograd.grad(held[s][0], held[k], asked, retain_graph=True, allow_unused=True,
                                          materialize_grads=True)  # fmt: skip
            np.testing.assert_allclose(way.at_copy, torch.cat(arrived, 1)[0], rtol=0, atol=1e-12)


def test_a_path_that_is_not_there_is_refused_in_a_sentence() -> None:
    done, target = read(loaded("gru", "tag", bidirectional=True))
    with pytest.raises(Problem, match="not read before t = 4"):
        path(done, target, 0, 0, 3, 5)
    with pytest.raises(Problem, match="not read after t = 4"):
        path(done, target, 0, 1, 3, 1)
    with pytest.raises(Problem, match="no target"):
        path(done, target, 0, 0, 12, 1)
    done, target = read(loaded("gru", layers=2))
    with pytest.raises(Problem, match="not read before t = 4"):
        path(done, target, 0, 0, 3, 5)
    assert path(done, target, 0, 0, 9, 4, 11).down == path(done, target, 0, 0, 9, 4).down  # 11 is no way


def test_the_horizon_is_where_nothing_comes_back() -> None:
    assert horizon(np.array([1, 0.5, 0.009, 0.02, 0.001])) == 4
    assert horizon(np.array([1, 0.5, 0.02])) is None
    assert horizon(np.array([2, 0.01, 0.0])) == 1
    assert horizon(np.array([0.0, 0.0])) is None and horizon(np.array([1.0])) is None


def test_a_largest_singular_value_is_found_where_the_eigenvalues_do_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    """LAPACK gives up in single precision on some states of long texts; which ones depends on the processor."""
    matrix = torch.randn(12, 12)
    wanted = float(torch.linalg.svdvals(matrix)[0])
    assert spectral_norm(matrix) == pytest.approx(wanted, rel=1e-5)

    def gives_up(square: torch.Tensor) -> torch.Tensor:
        raise torch.linalg.LinAlgError("failed to converge")

    monkeypatch.setattr(torch.linalg, "eigvalsh", gives_up)
    assert spectral_norm(matrix) == pytest.approx(wanted, rel=1e-5)
