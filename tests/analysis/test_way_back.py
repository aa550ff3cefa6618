"""Both losses on their way back along the top layer: against autograd with a copy of each parameter at each step."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from rnn_core.analysis import way_back
from rnn_core.analysis.backward import backward
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace
from rnn_core.network.recurrence import zero_state
from tests import by_hand
from tests.analysis.gradients import Copies, loaded, unrolled
from tests.tiny import CELLS, LABELS

TEXT = "the film was not good but poor"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_every_number_is_autograds(cell: str, layers: int, reduce: str) -> None:
    one = loaded(cell, loss="every", reduce=reduce, layers=layers)
    seen = trace(one, TEXT)
    way = backward(one, seen, LABELS[1])
    steps, top = len(seen.tokens), layers - 1
    copies = unrolled(one, seen.indices.tolist())
    each = cross_entropy(copies.logits, torch.full((steps,), 1), reduction="none")
    states = copies.states[top, 0]
    for found, loss in zip(way.both_ways, ("last", "every"), strict=True):
        weights = torch.ones(steps).double() / (steps if reduce == "mean" else 1)
        if loss == "last":
            weights = torch.eye(steps)[-1].double()
        assert found.loss == loss and found.total == pytest.approx((weights * each).sum().item())
        np.testing.assert_allclose(found.weights, weights, rtol=1e-6)
        own = copies.gradient((weights * each).sum())[top, 0, way.followed]
        whole = torch.stack(own).sum(0)
        assert found.norm == pytest.approx(float(whole.norm()), rel=1e-6)
        shares = [float((copy * whole).sum() / whole.square().sum()) for copy in own]
        np.testing.assert_allclose(found.shares, shares, atol=1e-6)
        assert float(found.shares.sum(dtype=np.float64)) == pytest.approx(1, abs=1e-5)
        np.testing.assert_allclose(found.copies, [float(copy.norm()) for copy in own], rtol=1e-5, atol=1e-9)
        for t in range(steps):
            h = states[t][0]

            def at(value: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
                return torch.autograd.grad(value, of, retain_graph=True, allow_unused=True, materialize_grads=True)[0]

            assert found.reached[t] == pytest.approx(float(at((weights * each).sum(), h).norm()), rel=1e-5, abs=1e-9)
            assert found.own[t] == pytest.approx(float(weights[t] * at(each[t], h).norm()), rel=1e-5, abs=1e-9)
            later = (weights * each)[t + 1 :].sum()
            for part, of in enumerate(states[t]):
                expected = float(at(later, of).norm()) if t + 1 < steps else 0.0
                assert found.arriving[part, t] == pytest.approx(expected, rel=1e-5, abs=1e-9), (t, part)


def test_the_first_copy_of_a_recurrent_matrix_receives_nothing() -> None:
    for cell, options in CELLS.items():
        one = loaded(cell, loss="every")
        way = backward(one, trace(one, TEXT))
        recurrent = way.followed in one.cell.of_step
        assert recurrent == (options["cell"] != "mingru")
        for found in way.both_ways:
            assert (found.shares[0] == 0 and found.copies[0] == 0) == recurrent


def test_both_are_the_flows_of_the_page_on_backpropagation() -> None:
    one = loaded("lstm", loss="last")
    seen = trace(one, TEXT)
    for found, loss in zip(backward(one, seen).both_ways, ("last", "every"), strict=True):
        flow = backward(one, seen, loss=loss).flow
        held = flow.layers[0]
        np.testing.assert_allclose(found.shares, held.copy_shares["weight_hh"], atol=1e-6)
        np.testing.assert_allclose(found.copies, held.copies["weight_hh"], rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(found.reached, held.reached, rtol=1e-5)
        assert found.total == pytest.approx(flow.total)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_cut_leaves_what_autograd_leaves(cell: str, layers: int, reduce: str) -> None:
    one = loaded(cell, loss="every", reduce=reduce, layers=layers)
    seen = trace(one, TEXT)
    way = backward(one, seen, LABELS[1])
    steps, top, indices = len(seen.tokens), layers - 1, seen.indices.tolist()
    found, whole_way = way.cut_ways, way.both_ways[1]
    assert found is not None and found.shares.shape == (steps - 1, steps)
    weights, target = torch.from_numpy(whole_way.weights).double(), torch.full((steps,), 1)

    def losses(cut: set[int]) -> tuple[torch.Tensor, Copies]:
        copies = unrolled(one, indices, cut)
        return weights * cross_entropy(copies.logits, target, reduction="none"), copies

    each, copies = losses(set())
    whole = torch.stack(copies.gradient(each.sum())[top, 0, way.followed]).sum(0)
    for b in range(1, steps):
        each, copies = losses({b})
        own = copies.gradient(each.sum())[top, 0, way.followed]
        shares = [float((copy * whole).sum() / whole.square().sum()) for copy in own]
        np.testing.assert_allclose(found.shares[b - 1, :b], shares[:b], atol=1e-6)
        np.testing.assert_allclose(whole_way.shares[b:], shares[b:], atol=1e-6)
        assert (found.shares[b - 1, b:] == 0).all() and (found.arriving[b - 1, :, b - 1 :] == 0).all()
        for k in range(b - 1):
            later = each[k + 1 :].sum()
            for part, of in enumerate(copies.states[top, 0][k]):
                at = torch.autograd.grad(later, of, retain_graph=True, allow_unused=True, materialize_grads=True)[0]
                assert found.arriving[b - 1, part, k] == pytest.approx(float(at.norm()), rel=1e-5, abs=1e-8), (b, k, part)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_nudged_copy_lowers_the_loss_as_measured_by_hand(cell: str, layers: int) -> None:
    """Each copy moved alone, in a network unrolled by hand; then the one matrix, in the network itself."""
    one = loaded(cell, loss="every", layers=layers)
    seen = trace(one, TEXT)
    way = backward(one, seen, LABELS[1])
    steps, top, indices = len(seen.tokens), layers - 1, seen.indices.tolist()
    target = torch.full((steps,), 1)
    for found in way.both_ways:
        weights = torch.from_numpy(found.weights).double()
        copies = unrolled(one, indices)
        before = (weights * cross_entropy(copies.logits, target, reduction="none")).sum()
        gradients = copies.gradient(before)[top, 0, way.followed]
        whole = torch.stack(gradients).sum(0)
        assert found.rate == pytest.approx(0.1 * float(before.detach()) / float(whole.square().sum()), rel=1e-5)
        assert len(found.falls) == steps
        for i in range(steps):
            after = by_moved_copy(one, indices, top, way.followed, {i: gradients[i]}, found.rate, weights)
            assert found.falls[i] == pytest.approx(float(before.detach()) - after, rel=1e-4, abs=1e-7), i
        after = by_moved_copy(one, indices, top, way.followed, dict.fromkeys(range(steps), whole), found.rate, weights)
        assert found.fall == pytest.approx(float(before.detach()) - after, rel=1e-4, abs=1e-7)


def by_moved_copy(
    one: Loaded, indices: list[int], layer: int, name: str, moves: dict[int, torch.Tensor], rate: float, weights: torch.Tensor
) -> float:
    """The loss with some copies of a matrix moved by −η times a gradient, each step by hand."""
    network, x = one.network, [one.network.embedding.weight[i] for i in indices]
    for at in range(network.config.layers):
        state, found = zero_state(network.cell, 1, network.config.hidden, network.bias_out), []
        for i, x_i in enumerate(x):
            own = dict(network.layer(at, 0))
            if at == layer and i in moves:
                own[name] = own[name] - rate * moves[i].detach()
            state, _ = by_hand.step(network.cell, own, x_i[None], state)
            found.append(state[0][0])
        x = found
    logits = torch.stack(x) @ network.weight_out.t() + network.bias_out
    return float((weights * cross_entropy(logits, torch.full((len(x),), 1), reduction="none")).sum())


def test_small_moves_lower_the_loss_as_the_gradient_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back, "FALL", 1e-4)
    one = loaded("lstm", loss="every")
    for found in backward(one, trace(one, TEXT)).both_ways:
        np.testing.assert_allclose(found.falls, found.rate * found.copies**2, rtol=1e-2, atol=1e-12)
        assert found.fall == pytest.approx(found.rate * found.norm**2, rel=1e-2)
        assert found.fall == pytest.approx(1e-4 * found.total, rel=1e-2)


def test_a_text_that_is_too_long_is_neither_nudged_nor_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back, "MOST_PRODUCTS", 10)
    monkeypatch.setattr(way_back, "MOST_CUT", 3)
    one = loaded("gru", loss="every")
    assert backward(one, trace(one, TEXT)).cut_ways is None
    for found in backward(one, trace(one, TEXT)).both_ways:
        assert len(found.falls) == 0 and np.isnan(found.fall) and found.rate == 0
