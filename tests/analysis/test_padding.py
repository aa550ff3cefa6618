"""Pads against hand-padded batches of the network as it is trained, and autograd through it."""

import copy

import numpy as np
import pytest
import torch

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.padding import audit
from rnn_core.analysis.trace import trace
from rnn_core.data.vocabulary import PAD
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS, weighted_loss

TEXT = "the film was not good"


def by_hand(one: Loaded, side: str, masked: bool, pads: int, targets: list[int]):
    """States (R, D) and probabilities where the answer is read, loss and gradients, in a batch with a longer text."""
    twin = copy.deepcopy(one.network).requires_grad_(True)
    indices, per_token = trace(one, TEXT).indices.tolist(), tasks.of(one.config).schema.per_token
    row = [PAD] * pads + indices if side == "left" and not masked else indices + [PAD] * pads
    first = pads if side == "left" and not masked else 0
    length = len(indices) if masked else len(indices) + pads
    longer = torch.tensor([row + [PAD] * 2, [4] * (len(row) + 2)]).t()
    lengths = torch.tensor([length, len(row) + 2])
    h = twin.hidden(longer, lengths)
    wanted = torch.full(longer.shape, -1)
    read = first + np.arange(1, len(indices) - 1) if per_token else np.array([length - 1])
    if per_token:
        wanted[read, 0] = torch.tensor(targets)
        weights = torch.zeros(longer.shape, dtype=torch.float64)
        weights[read, 0] = 1 / len(read)
    else:
        wanted[:, 0] = targets[0]
        weights = torch.from_numpy(
            tasks.of(one.config).weights(one.config, lengths.numpy(), len(longer))
        )
    total = 2 * weighted_loss(twin, h, weights, wanted)  # a batch's loss is the mean over its two texts
    gradients = torch.autograd.grad(total, list(twin.parameters()))
    return h[read, 0].detach().numpy(), twin.readout(h[read, 0]).softmax(1).detach().numpy(), float(total.detach()), gradients


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both", "loss"), [*((*k, None) for k in KINDS), ("classify", 1, False, "every")])
def test_each_way_to_pad_is_a_hand_padded_batch(name: str, task: str, layers: int, both: bool, loss: str | None) -> None:
    one = loaded(name, task, loss, layers=layers, bidirectional=both)
    seen = trace(one, TEXT)
    found = audit(one, seen, 3, "bad")
    targets = found.targets.tolist()
    assert targets == (seen.readouts[1:-1].argmax(1).tolist() if task == "tag" else [0])
    plain_h, plain_p, plain_loss, plain = by_hand(one, "right", True, 0, targets)
    assert found.loss == pytest.approx(plain_loss, rel=1e-12)
    assert found.counts.tolist() == [0, 1, 2, 3, 5, 10, 20, 50]
    for read in found.reads:
        way = read.side, read.masked
        for pads in (3, 10):
            h, p, total, gradients = by_hand(one, *way, pads, targets)
            apart = [a - b for a, b in zip(gradients, plain, strict=True)]
            length = np.sqrt(sum(float((x**2).sum()) for x in apart)) / np.sqrt(sum(float((x**2).sum()) for x in plain))
            at = found.counts.tolist().index(pads)
            assert found.curves[way][at] == pytest.approx(p[np.arange(len(p)), targets].mean(), abs=1e-12)
            assert found.moved[way][at] == pytest.approx(np.abs(h - plain_h).max(), abs=1e-12)
            assert found.drift[way][at] == pytest.approx(length, abs=1e-10)
            if pads == 3:
                np.testing.assert_allclose(read.states[read.read], h, rtol=0, atol=1e-12)
                assert read.loss == pytest.approx(total, rel=1e-10)
                assert read.state == pytest.approx(np.abs(h - plain_h).max(), abs=1e-12)
                assert read.answer == pytest.approx(np.abs(p - plain_p).max(), abs=1e-12)
                assert read.gradient == pytest.approx(max(float(x.abs().max()) for x in apart), abs=1e-12)
                assert read.ratio == found.drift[way][at]
        if read.masked:
            assert max(read.state, read.answer, read.gradient) < 1e-12
        elif name != "relu":  # whose state may be all zero
            assert (read.state > 1e-6) == (both or task == "classify" or read.side == "left")


def test_left_pads_that_are_passed_over_leave_the_state_at_zero() -> None:
    for name in CELLS:
        one = loaded(name)
        found = audit(one, trace(one, TEXT), 4)
        assert not found.of("left", True).states[:4].any()
        assert np.array_equal(found.of("left", True).true, [False] * 4 + [True] * 7)
        assert found.of("left", False).states[:4].any()
        assert not found.of("right", True).states[7:].any()


def test_no_pads_change_nothing() -> None:
    one = loaded("lstm")
    found = audit(one, trace(one, TEXT), 0)
    assert all(max(read.state, read.gradient) < 1e-15 for read in found.reads)
    assert all(max(curve[0] for curve in curves.values()) < 1e-15 for curves in (found.moved, found.drift))
