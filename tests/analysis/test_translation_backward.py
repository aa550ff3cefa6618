"""The gradients of a translation against autograd with a copy of each parameter at each step, in float64."""

import math

import numpy as np
import pytest
import torch

from rnn_core.analysis import translation_backward as module
from rnn_core.analysis.translation_backward import translation_backward
from rnn_core.config import Problem
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.results import ENCODER
from tests.analysis.translations import KINDS, at, at_states, run_of, unrolled

MODELS = [("lstm", {"bidirectional": True, "layers": 2}), ("gru", {}), ("tanh", {"tied": True, "bidirectional": True}),
          ("peephole", {"layers": 2}), ("mingru", {})]  # fmt: skip
SOURCE, REFERENCE = "two three one two", "THREE ONE nothing TWO"
CLOSE = {"rtol": 0, "atol": 1e-11}


def by_hand(one, reference: str = REFERENCE):
    """The network unrolled, and the loss of each step."""
    vocabulary = one.speech.vocabularies["target"]
    read = [SOS, *one.speech.vocabulary.encode(SOURCE.split()), EOS]
    written = vocabulary.encode(reference.split())
    twin = unrolled(one, read, [SOS, *written])
    wanted = torch.tensor([*written, EOS])
    return twin, torch.nn.functional.cross_entropy(twin.logits, wanted, reduction="none"), twin.logits.gather(1, wanted[:, None])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cell", "model"), MODELS, ids=[cell for cell, _ in MODELS])
def test_every_copy_is_autograds(kind: str, cell: str, model: dict) -> None:
    one = run_of(kind, cell, **model)
    found = translation_backward(one, SOURCE, REFERENCE)
    twin, losses, _ = by_hand(one)
    flow = found.flow
    assert flow.rows.tolist() == [0, 1, 2, 3, 4] and flow.wanted == ("THREE", "ONE", "<unk>", "TWO", "<eos>")
    np.testing.assert_allclose(flow.values, losses.detach(), **CLOSE)
    np.testing.assert_allclose(flow.total, losses.mean().item(), **CLOSE)
    assert {(side.side, side.layer, side.direction) for side in flow.sides} == {place[:3] for place in twin.copies}
    assert [side.side for side in flow.sides] == sorted((side.side for side in flow.sides), reverse=True)
    for r, loss in enumerate(losses):
        pairs, reached = twin.gradients(loss), at_states(loss, twin.states)
        for side in flow.sides:
            for name, norms in side.pairs.items():
                copies = pairs[side.side, side.layer, side.direction, name].flatten(1)
                whole = copies.sum(0)
                np.testing.assert_allclose(norms[r], copies.norm(dim=1), **CLOSE)
                np.testing.assert_allclose(side.norms[name][r], whole.norm(), **CLOSE)
                np.testing.assert_allclose(side.shares[name][r], copies @ whole / (whole @ whole), rtol=0, atol=1e-9)
            for p, part in enumerate(side.states):
                norms = [state[p].norm() for state in reached[side.side, side.layer, side.direction]]
                np.testing.assert_allclose(side.states[part][r], norms, **CLOSE)
    assert flow.max_abs_difference < 1e-12 and flow.precision == 64
    totals = twin.gradients(losses.mean())
    for (side, layer, direction, name), copies in totals.items():
        assert flow.norms[f"{side}.{layer}.{direction}.{name}"] == pytest.approx(float(copies.sum(0).norm()), abs=1e-11)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("cell", "model"), MODELS, ids=[cell for cell, _ in MODELS])
def test_one_loss_reaches_the_encoder_by_two_ways_that_add_up(kind: str, cell: str, model: dict) -> None:
    one = run_of(kind, cell, **model)
    found = translation_backward(one, SOURCE, REFERENCE)
    twin, losses, _ = by_hand(one)
    for t in (0, 3, 4):
        part = found.loss(t)
        assert max(part.differences.values()) < 1e-12 and part.copies.keys() == part.differences.keys()
        for name, norm in part.copies.items():
            assert norm == pytest.approx(part.norms[name], abs=1e-11)
        start = [one for parts in twin.start for one in parts]
        at_start, at_read = at(losses[t], start), at(losses[t], twin.read)
        assert part.start == pytest.approx(math.sqrt(sum(float(g.square().sum()) for g in at_start)), abs=1e-11)
        np.testing.assert_allclose(part.direct, [g.norm() for g in at_read], **CLOSE)
        leaves = [leaf for place, copies in twin.copies.items() if place[0] == "encoder" for leaf in copies]
        ways = []
        for ends, gradients in ((start, at_start), (twin.read, at_read)):
            by_copy = iter(torch.autograd.grad(ends, leaves, gradients, retain_graph=True, allow_unused=True,
                                               materialize_grads=True))
            ways.append({place: sum(next(by_copy) for _ in copies) for place, copies in twin.copies.items()
                         if place[0] == "encoder"})  # fmt: skip
        cells = {place: ways[0][place] + ways[1][place] for place in ways[0]}
        for (side, layer, direction, name), gradient in cells.items():
            assert part.norms[f"{side}.{layer}.{direction}.{name}"] == pytest.approx(float(gradient.norm()), abs=1e-11)
        attended = sum(float(g.square().sum()) for g in ways[1].values())
        assert (part.through_attention == 0) == (kind == "none") and part.through_attention**2 >= attended - 1e-12
        together = part.through_start**2 + part.through_attention**2
        inner = (part.encoder_norm**2 - together) / 2  # ‖a + b‖² = ‖a‖² + ‖b‖² + 2 ⟨a, b⟩
        assert part.share_of_start == pytest.approx((part.through_start**2 + inner) / part.encoder_norm**2, abs=1e-9)
        assert kind != "none" or part.share_of_start == pytest.approx(1)
        encoder = sum(v * v for name, v in part.norms.items() if name.startswith(ENCODER))
        assert part.encoder_share == pytest.approx(encoder / sum(v * v for v in part.norms.values()))


def test_the_own_translation_and_a_logit() -> None:
    for seed in range(4):
        one = run_of("dot", "gru", seed)
        found = translation_backward(one, SOURCE, logit=True)
        seen = found.translation
        assert found.flow.target == seen.target.tokens and found.flow.logit
        twin, losses, logits = by_hand(one, " ".join(seen.target.tokens[1:]))
        m = len(found.flow.rows)
        assert m == len(losses) - (not seen.ended)
        np.testing.assert_allclose(found.flow.values[:m], logits[:m, 0].detach(), **CLOSE)
        pairs = twin.gradients(logits[m - 1, 0])
        np.testing.assert_allclose(found.flow.sides[0].pairs["weight_hh"][m - 1],
                                   pairs["encoder", 0, 0, "weight_hh"].flatten(1).norm(dim=1), **CLOSE)  # fmt: skip


def test_a_target_that_never_ended_has_no_loss_at_its_last_step() -> None:
    one = run_of("none", "gru")
    one.network.bias_out[EOS] = -1e3
    found = translation_backward(one, SOURCE)
    assert not found.translation.ended and len(found.flow.rows) == len(found.flow.target) - 1
    assert found.flow.wanted[-1] == "" and np.isnan(found.flow.values[-1])
    assert all(not side.pairs["weight_hh"][:, -1].any() for side in found.flow.sides if side.side == "decoder")
    with pytest.raises(ValueError, match="no target"):
        found.loss(len(found.flow.target) - 1)


def test_every_nth_loss_is_followed_where_all_would_take_long(monkeypatch: pytest.MonkeyPatch) -> None:
    one = run_of("dot", "gru")
    whole = translation_backward(one, SOURCE, REFERENCE).flow
    monkeypatch.setattr(module, "MOST_WORK", 1e5)
    some = translation_backward(one, SOURCE, REFERENCE).flow
    assert some.rows[-1] == 4 and 0 < len(some.rows) < 5 and some.norm == whole.norm
    np.testing.assert_allclose(some.sides[0].pairs["weight_hh"], whole.sides[0].pairs["weight_hh"][some.rows], **CLOSE)


def test_precise_is_float64() -> None:
    one = run_of("dot", "gru")
    one.network.float()
    rough, exact = (translation_backward(one, SOURCE, REFERENCE, precise=precise).flow for precise in (False, True))
    assert (rough.precision, exact.precision) == (32, 64)
    assert exact.max_abs_difference < 1e-12 and rough.max_abs_difference < 1e-5
    assert rough.norm == pytest.approx(exact.norm, rel=1e-4)


def test_what_cannot_be_followed_is_said() -> None:
    one = run_of("dot", "gru")
    with pytest.raises(Problem, match="up to 300"):
        translation_backward(one, "one " * 301, REFERENCE)
    with pytest.raises(Problem, match="up to 300"):
        translation_backward(one, SOURCE, "ONE " * 301)
    with pytest.raises(Problem, match="nothing to translate"):
        translation_backward(one, " ")
    one.network.bias_out[0] = torch.inf
    with pytest.raises(Problem, match="overflow"):
        _ = translation_backward(one, SOURCE, REFERENCE).flow
