"""Both losses on their way back along the top layer: against autograd with a copy of each parameter at each step."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from rnn_core.analysis.backward import backward
from rnn_core.analysis.trace import trace
from tests.analysis.gradients import loaded, unrolled
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
