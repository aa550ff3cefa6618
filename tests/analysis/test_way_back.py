"""Losses on their way back through all layers and directions: against autograd with a copy of each parameter at each step."""

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
from tests.analysis.gradients import KINDS, Copies, loaded, unrolled
from tests.tiny import CELLS, LABELS, TAGS

TEXT = "the film was not good but poor"


def gradient(value: torch.Tensor, of: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(value, of, retain_graph=True, allow_unused=True, materialize_grads=True)[0]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_every_number_is_autograds(cell: str, task: str, layers: int, both: bool, reduce: str) -> None:
    one = loaded(cell, task, loss="every", reduce=reduce, layers=layers, bidirectional=both)
    seen = trace(one, TEXT)
    way = backward(one, seen, LABELS[1] if task == "classify" else [TAGS[i % 2] for i in range(len(seen.tokens) - 2)])
    steps, classes = len(seen.tokens), way.target.classes
    copies = unrolled(one, seen.indices.tolist())
    each = cross_entropy(copies.logits, classes.clamp(min=0), reduction="none")
    counted = torch.ones(steps).double()
    if task == "tag":
        counted[[0, -1]] = 0
    every = counted / (counted.sum() if reduce == "mean" else 1)
    alone = [steps - 1] if task == "classify" else list(range(1, steps - 1))
    assert [(found.loss, found.step) for found in way.ways] == [
        *(("last" if task == "classify" else "one", t) for t in alone), ("every", -1)
    ]  # fmt: skip
    strips = [(layer, direction) for layer in reversed(range(layers)) for direction in range(1 + both)]
    for found in way.ways:
        weights = every if found.step < 0 else torch.eye(steps)[found.step].double()
        loss = (weights * each).sum()
        assert found.total == pytest.approx(loss.item())
        np.testing.assert_allclose(found.weights, weights, rtol=1e-6)
        gradients = copies.gradient(loss)
        for s, (layer, direction) in enumerate(strips):
            own = gradients[layer, direction, way.followed]
            whole = torch.stack(own).sum(0)
            assert found.norms[s] == pytest.approx(float(whole.norm()), rel=1e-5)
            shares = [float((copy * whole).sum() / whole.square().sum().clamp(min=1e-300)) for copy in own]
            np.testing.assert_allclose(found.shares[s], shares, atol=1e-6)
            assert float(found.shares[s].sum(dtype=np.float64)) == pytest.approx(float(whole.norm() > 0), abs=1e-5)
            np.testing.assert_allclose(found.copies[s], [float(copy.norm()) for copy in own], rtol=1e-5, atol=1e-9)
            last = 0 if direction else steps - 1
            for t, state in enumerate(copies.states[layer, direction]):
                # from above: with everything after this state held fixed, the state is read by the layer above at t alone
                at_h = gradient(loss, state[0])
                assert found.reached[s, t] == pytest.approx(float(at_h.norm()), rel=1e-5, abs=1e-9)
                if layer == layers - 1:
                    above = float(weights[t]) * gradient(each[t], state[0])
                    assert found.above[s, t] == pytest.approx(float(above.norm()), rel=1e-5, abs=1e-9)
                if t == last:
                    assert (found.arriving[s, :, t] == 0).all()
                    assert found.above[s, t] == pytest.approx(float(at_h.norm()), rel=1e-5, abs=1e-9)
                    continue
                after = copies.states[layer, direction][t - 1 if direction else t + 1]
                later = [torch.autograd.grad(loss, after, retain_graph=True, allow_unused=True, materialize_grads=True)]
                arriving = through(one, layer, direction, copies, t, later[0])
                for part, there in enumerate(arriving):
                    assert found.arriving[s, part, t] == pytest.approx(float(there.norm()), rel=1e-5, abs=1e-9), (s, part, t)
                assert found.above[s, t] == pytest.approx(float((at_h - arriving[0]).norm()), rel=1e-4, abs=1e-9)


def through(
    one: Loaded, layer: int, direction: int, copies: Copies, t: int, later: tuple[torch.Tensor, ...]
) -> list[torch.Tensor]:
    """The gradient at each part of the state t, by the next step that is read, from the gradients at the state after that."""
    own, step = dict(one.network.layer(layer, direction)), t - 1 if direction else t + 1
    below = [copies.states[layer - 1, j][step][0][0] for j in range(one.network.directions)] if layer else [copies.words[step]]
    before = tuple(part.detach().requires_grad_() for part in copies.states[layer, direction][t])
    after, _ = by_hand.step(one.network.cell, own, torch.cat(below).detach()[None], before)
    found = torch.autograd.grad(after, before, later, allow_unused=True, materialize_grads=True)
    return list(found)


def test_the_first_copy_of_a_recurrent_matrix_receives_nothing() -> None:
    for cell, options in CELLS.items():
        one = loaded(cell, loss="every")
        way = backward(one, trace(one, TEXT))
        recurrent = way.followed in one.cell.of_step
        assert recurrent == (options["cell"] != "mingru")
        for found in way.ways:
            assert (found.shares[0, 0] == 0 and found.copies[0, 0] == 0) == recurrent


def test_both_are_the_flows_of_the_page_on_backpropagation() -> None:
    one = loaded("lstm", loss="last")
    seen = trace(one, TEXT)
    for found, loss in zip(backward(one, seen).ways, ("last", "every"), strict=True):
        flow = backward(one, seen, loss=loss).flow
        held = flow.layers[0]
        np.testing.assert_allclose(found.shares[0], held.copy_shares["weight_hh"], atol=1e-6)
        np.testing.assert_allclose(found.copies[0], held.copies["weight_hh"], rtol=1e-5, atol=1e-9)
        np.testing.assert_allclose(found.reached[0], held.reached, rtol=1e-5)
        assert found.total == pytest.approx(flow.total)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_a_cut_leaves_what_autograd_leaves(cell: str, layers: int, reduce: str) -> None:
    one = loaded(cell, loss="every", reduce=reduce, layers=layers)
    seen = trace(one, TEXT)
    way = backward(one, seen, LABELS[1])
    steps, indices = len(seen.tokens), seen.indices.tolist()
    found, whole_way = way.cut_ways, way.ways[-1]
    assert found is not None and found.shares.shape == (steps - 1, layers, steps)
    weights, target = torch.from_numpy(whole_way.weights).double(), torch.full((steps,), 1)

    def losses(cut: set[int]) -> tuple[torch.Tensor, Copies]:
        copies = unrolled(one, indices, cut)
        return (weights * cross_entropy(copies.logits, target, reduction="none")).sum(), copies

    whole, copies = losses(set())
    uncut = copies.gradient(whole)
    for b in range(1, steps):
        value, copies = losses({b})
        gradients = copies.gradient(value)
        for s, layer in enumerate(reversed(range(layers))):
            own, all_of_it = gradients[layer, 0, way.followed], torch.stack(uncut[layer, 0, way.followed]).sum(0)
            shares = [float((copy * all_of_it).sum() / all_of_it.square().sum()) for copy in own]
            np.testing.assert_allclose(found.shares[b - 1, s, :b], shares[:b], atol=1e-6)
            np.testing.assert_allclose(whole_way.shares[s, b:], shares[b:], atol=1e-6)
            assert (found.shares[b - 1, s, b:] == 0).all() and (found.arriving[b - 1, s, :, b - 1 :] == 0).all()
            assert (found.above[b - 1, s, b:] == 0).all()
            for k in range(b):
                state = copies.states[layer, 0]
                at_h, arriving = gradient(value, state[k][0]), [torch.zeros(1)]
                if k < b - 1:
                    later = torch.autograd.grad(value, state[k + 1], retain_graph=True, allow_unused=True, materialize_grads=True)
                    arriving = through(one, layer, 0, copies, k, later)
                for part, there in enumerate(arriving):
                    assert found.arriving[b - 1, s, part, k] == pytest.approx(float(there.norm()), rel=1e-5, abs=1e-8), (b, k)
                assert found.above[b - 1, s, k] == pytest.approx(float((at_h - arriving[0]).norm()), rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_a_nudged_copy_lowers_the_loss_as_measured_by_hand(cell: str, task: str, layers: int, both: bool) -> None:
    """Each copy moved alone, in a network unrolled by hand; then the one matrix, in the network itself."""
    one = loaded(cell, task, loss="every", layers=layers, bidirectional=both)
    seen = trace(one, TEXT)
    way = backward(one, seen, LABELS[1] if task == "classify" else None)
    steps, indices = len(seen.tokens), seen.indices.tolist()
    target = way.target.classes.clamp(min=0)
    strips = [(layer, direction) for layer in reversed(range(layers)) for direction in range(1 + both)]
    for found in way.ways:
        if found.loss == "one":
            assert np.isnan(found.falls).all() and (found.rates == 0).all() and not found.nudged
            continue
        weights = torch.from_numpy(found.weights).double()
        copies = unrolled(one, indices)
        before = (weights * cross_entropy(copies.logits, target, reduction="none")).sum()
        gradients = copies.gradient(before)
        for s, place in enumerate(strips):
            own = gradients[*place, way.followed]
            whole = torch.stack(own).sum(0)
            assert found.rates[s] == pytest.approx(0.1 * float(before.detach()) / float(whole.square().sum()), rel=1e-5)
            how = one, indices, place, way.followed
            for i in range(steps):
                after = by_moved_copy(*how, {i: own[i]}, found.rates[s], weights, target)
                assert found.falls[s, i] == pytest.approx(float(before.detach()) - after, rel=1e-4, abs=1e-7), i
            after = by_moved_copy(*how, dict.fromkeys(range(steps), whole), found.rates[s], weights, target)
            assert found.fall[s] == pytest.approx(float(before.detach()) - after, rel=1e-4, abs=1e-7)


def by_moved_copy(
    one: Loaded, indices: list[int], place: tuple[int, int], name: str, moves: dict[int, torch.Tensor], rate: float,
    weights: torch.Tensor, target: torch.Tensor,
) -> float:  # fmt: skip
    """The loss with some copies of a matrix of one layer and direction moved by −η times a gradient, each step by hand."""
    network, x = one.network, [one.network.embedding.weight[i] for i in indices]
    for layer in range(network.config.layers):
        sides: list[list[torch.Tensor]] = []
        for direction in range(network.directions):
            state = zero_state(network.cell, 1, network.config.hidden, network.bias_out)
            found: dict[int, torch.Tensor] = {}
            for i in reversed(range(len(x))) if direction else range(len(x)):
                own = dict(network.layer(layer, direction))
                if (layer, direction) == place and i in moves:
                    own[name] = own[name] - rate * moves[i].detach()
                state, _ = by_hand.step(network.cell, own, x[i][None], state)
                found[i] = state[0][0]
            sides.append([found[i] for i in range(len(x))])
        x = [torch.cat(each) for each in zip(*sides, strict=True)]
    logits = torch.stack(x) @ network.weight_out.t() + network.bias_out
    return float((weights * cross_entropy(logits, target, reduction="none")).sum())


def test_small_moves_lower_the_loss_as_the_gradient_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back, "FALL", 1e-4)
    one = loaded("lstm", loss="every")
    for found in backward(one, trace(one, TEXT)).ways:
        np.testing.assert_allclose(found.falls[0], found.rates[0] * found.copies[0] ** 2, rtol=1e-2, atol=1e-12)
        assert found.fall[0] == pytest.approx(found.rates[0] * float(found.norms[0]) ** 2, rel=1e-2)
        assert found.fall[0] == pytest.approx(1e-4 * found.total, rel=1e-2)


def test_a_text_that_is_too_long_is_neither_nudged_nor_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(way_back, "MOST_PRODUCTS", 10)
    monkeypatch.setattr(way_back, "MOST_CUT", 3)
    one = loaded("gru", loss="every")
    assert backward(one, trace(one, TEXT)).cut_ways is None
    for found in backward(one, trace(one, TEXT)).ways:
        assert np.isnan(found.falls).all() and np.isnan(found.fall).all() and not found.rates.any()
