"""The losses of a translation on their way back: against autograd with a copy of each parameter at each step, in float64."""

import numpy as np
import pytest
import torch

from rnn_core.analysis import pair_way_back
from rnn_core.analysis.translation_backward import translation_backward
from tests.analysis.test_translation_backward import MODELS, REFERENCE, SOURCE, by_hand
from tests.analysis.translations import KINDS, at_states, run_of

CLOSE = {"rtol": 1e-5, "atol": 1e-9}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cell", "model"), MODELS, ids=[cell for cell, _ in MODELS])
def test_every_number_is_autograds(kind: str, cell: str, model: dict) -> None:
    one = run_of(kind, cell, **model)
    way = translation_backward(one, SOURCE, REFERENCE)
    twin, losses, _ = by_hand(one)
    source, steps = len(SOURCE.split()) + 2, len(losses)
    assert [(found.loss, found.step) for found in way.ways] == [*(("one", source + t) for t in range(steps)), ("every", -1)]
    places = [(s, layer, d) for s in ("encoder", "decoder") for layer in reversed(range(one.config.model.layers))
              for d in range(one.network.encoder.directions if s == "encoder" else 1)]  # fmt: skip
    for found in way.ways:
        loss = losses.mean() if found.step < 0 else losses[found.step - source]
        weights = np.zeros(source + steps)
        weights[source:] = 1 / steps if found.step < 0 else np.eye(steps)[found.step - source]
        np.testing.assert_allclose(found.weights, weights, rtol=1e-6)
        assert found.total == pytest.approx(loss.item()) and np.isnan(found.falls).all()
        gradients = twin.gradients(loss)
        to, by = at_states(loss, twin.states), at_states(loss, twin.before)
        for s, place in enumerate(places):
            side, layer, direction = place
            own = slice(0, source) if side == "encoder" else slice(source, None)
            count, reached = len(twin.states[place]), [parts[0] for parts in to[place]]
            copies = gradients[*place, way.followed].flatten(1)
            whole = copies.sum(0)
            assert found.norms[s] == pytest.approx(float(whole.norm()), rel=1e-5, abs=1e-12)
            np.testing.assert_allclose(found.copies[s, own], copies.norm(dim=1), **CLOSE)
            shares = copies @ whole / (whole @ whole).clamp(min=1e-300)
            np.testing.assert_allclose(found.shares[s, own], shares, rtol=0, atol=1e-6)
            np.testing.assert_allclose(found.reached[s, own], [g.norm() for g in reached], **CLOSE)
            for p in range(len(one.cell.parts)):
                arriving = [torch.zeros(1).double()] * count
                for t in range(count):
                    after = t - 1 if direction else t + 1
                    if 0 <= after < count:
                        arriving[t] = by[place][after][p]
                if side == "encoder":  # the decoder starts from its last state
                    d = one.network.encoder.hidden
                    started = by["decoder", layer, 0][0][p]
                    arriving[0 if direction else -1] = started[direction * d : direction * d + d]
                np.testing.assert_allclose(found.arriving[s, p, own], [g.norm() for g in arriving], **CLOSE)
                if p == 0:
                    above = [(a - b).norm() for a, b in zip(reached, arriving, strict=True)]
                    np.testing.assert_allclose(found.above[s, own], above, rtol=1e-4, atol=1e-8)
            other = np.delete(np.arange(source + steps), np.arange(source + steps)[own])
            for array in (found.above, found.reached, found.copies, found.shares, found.arriving[:, 0]):
                assert (array[s, other] == 0).all()


def test_a_long_pair_has_its_mean_loss_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair_way_back, "MOST_NUMBERS", 10)
    found = translation_backward(run_of(), SOURCE, REFERENCE).ways
    assert [one.loss for one in found] == ["every"]
