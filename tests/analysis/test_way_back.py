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
from tests.analysis.gradients import KINDS, Copies, alternating, loaded, unrolled
from tests.tiny import CELLS, LABELS, TAGS

TEXT = "the film was not good but poor"


@pytest.mark.parametrize(("cell", "task", "layers", "both", "reduce"), alternating("mean", "sum"))
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
    next_steps = {(*place, t): Next(one, *place, copies, t) for place in strips for t in range(steps)
                  if t != (0 if place[1] else steps - 1)}  # fmt: skip
    own_losses = [copies.reached(loss) for loss in each]
    for found in way.ways:
        weights = every if found.step < 0 else torch.eye(steps)[found.step].double()
        loss = (weights * each).sum()
        assert found.total == pytest.approx(loss.item())
        np.testing.assert_allclose(found.weights, weights, rtol=1e-6)
        gradients, reached = copies.gradient(loss), copies.reached(loss)
        for s, (layer, direction) in enumerate(strips):
            own = torch.stack(gradients[layer, direction, way.followed]).flatten(1)
            whole = own.sum(0)
            assert found.norms[s] == pytest.approx(float(whole.norm()), rel=1e-5)
            np.testing.assert_allclose(found.shares[s], own @ whole / whole.square().sum().clamp(min=1e-300), atol=1e-6)
            assert float(found.shares[s].sum(dtype=np.float64)) == pytest.approx(float(whole.norm() > 0), abs=1e-5)
            np.testing.assert_allclose(found.copies[s], own.norm(dim=1), rtol=1e-5, atol=1e-9)
            at_state = reached[layer, direction]
            np.testing.assert_allclose(found.reached[s], [parts[0].norm() for parts in at_state], rtol=1e-5, atol=1e-9)
            if layer == layers - 1:  # with everything after this state held fixed, its own loss alone reads it
                above = [weights[t] * own_losses[t][layer, direction][t][0].norm() for t in range(steps)]
                np.testing.assert_allclose(found.above[s], above, rtol=1e-5, atol=1e-9)
            for t in range(steps):
                if t == (0 if direction else steps - 1):
                    assert (found.arriving[s, :, t] == 0).all()
                    assert found.above[s, t] == pytest.approx(float(at_state[t][0].norm()), rel=1e-5, abs=1e-9)
                    continue
                # from above: with everything after this state held fixed, the state is read by the layer above at t alone
                arriving = next_steps[layer, direction, t].back(at_state[t - 1 if direction else t + 1])
                np.testing.assert_allclose(found.arriving[s, :, t], [part.norm() for part in arriving], rtol=1e-5, atol=1e-9)
                above = float((at_state[t][0] - arriving[0]).norm())
                assert found.above[s, t] == pytest.approx(above, rel=1e-4, abs=1e-9), (s, t)


class Next:
    """The step of a layer and direction that reads the state t, by itself."""

    def __init__(self, one: Loaded, layer: int, direction: int, copies: Copies, t: int):
        own, step = dict(one.network.layer(layer, direction)), t - 1 if direction else t + 1
        below = [copies.words[step]]
        if layer:
            below = [copies.states[layer - 1, j][step][0][0] for j in range(one.network.directions)]
        self.before = tuple(part.detach().requires_grad_() for part in copies.states[layer, direction][t])
        self.after, _ = by_hand.step(one.network.cell, own, torch.cat(below).detach()[None], self.before)

    def back(self, later: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """The gradient at each part of the state t, from those at the parts of the state after the step."""
        return torch.autograd.grad(self.after, self.before, later, retain_graph=True, allow_unused=True, materialize_grads=True)


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


@pytest.mark.parametrize(
    ("cell", "layers", "reduce"),
    [(cell, 1 + (i + j) % 2, reduce) for i, cell in enumerate(CELLS) for j, reduce in enumerate(("mean", "sum"))],
)
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
        gradients, reached = copies.gradient(value), copies.reached(value)
        for s, layer in enumerate(reversed(range(layers))):
            whole_gradient = torch.stack(uncut[layer, 0, way.followed]).sum(0).flatten()
            own = torch.stack(gradients[layer, 0, way.followed]).flatten(1)
            shares = own @ whole_gradient / whole_gradient.square().sum()
            np.testing.assert_allclose(found.shares[b - 1, s, :b], shares[:b], atol=1e-6)
            np.testing.assert_allclose(whole_way.shares[s, b:], shares[b:], atol=1e-6)
            assert (found.shares[b - 1, s, b:] == 0).all() and (found.arriving[b - 1, s, :, b - 1 :] == 0).all()
            assert (found.above[b - 1, s, b:] == 0).all()
            at_state = reached[layer, 0]
            for k in range(b):
                arriving = (torch.zeros(1),) * len(at_state[k])
                if k < b - 1:
                    arriving = Next(one, layer, 0, copies, k).back(at_state[k + 1])
                norms = [part.norm() for part in arriving]
                np.testing.assert_allclose(found.arriving[b - 1, s, :, k], norms, rtol=1e-5, atol=1e-8)
                above = float((at_state[k][0] - arriving[0]).norm())
                assert found.above[b - 1, s, k] == pytest.approx(above, rel=1e-4, abs=1e-8), (b, k)


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
