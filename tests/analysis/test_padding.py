"""Pads against hand-padded batches of the network as it is trained, and autograd through it."""

import copy

import numpy as np
import pytest
import torch

from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.padding import OPERATIONS, audit, cost, part, read_masked, sample
from rnn_core.analysis.trace import trace
from rnn_core.data.vocabulary import PAD
from rnn_core.network.losses import step_weights, weighted_loss
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS, classified, tagged

TEXT = "the film was not good"


def by_hand(one: Loaded, side: str, masked: bool, pads: int, targets: list[int]):
    """States (R, D) and probabilities where the answer is read, loss and gradients, in a batch with a longer text."""
    twin = copy.deepcopy(one.network).requires_grad_(True)
    indices, per_token = trace(one, TEXT).indices.tolist(), one.config.task.per_token
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
        weights = step_weights(lengths, len(longer), per_token=False, loss=one.config.loss, reduce="mean")
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
    for read in found.reads:
        h, p, total, gradients = by_hand(one, read.side, read.masked, 3, targets)
        np.testing.assert_allclose(read.states[read.read], h, rtol=0, atol=1e-12)
        assert read.loss == pytest.approx(total, rel=1e-10)
        assert read.state == pytest.approx(np.abs(h - plain_h).max(), abs=1e-12)
        assert read.answer == pytest.approx(np.abs(p - plain_p).max(), abs=1e-12)
        apart = [a - b for a, b in zip(gradients, plain, strict=True)]
        assert read.gradient == pytest.approx(max(float(x.abs().max()) for x in apart), abs=1e-12)
        length = np.sqrt(sum(float((x**2).sum()) for x in apart)) / np.sqrt(sum(float((x**2).sum()) for x in plain))
        assert read.ratio == pytest.approx(length, abs=1e-10)
        at = int(np.flatnonzero(found.counts == 3)[0])
        assert found.curves[read.side, read.masked][at] == pytest.approx(p[np.arange(len(p)), targets].mean(), abs=1e-12)
        assert found.moved[read.side, read.masked][at] == pytest.approx(np.abs(h - plain_h).max(), abs=1e-12)
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
    with torch.no_grad():  # on both sides at once, and between
        true = torch.tensor([0, 1, 1, 0, 1, 0], dtype=torch.bool)
        x = torch.randn(6, 5, dtype=torch.float64)
        h = read_masked(one.network, x, true)
        torch.testing.assert_close(h[true], read_masked(one.network, x[true], true[true]), rtol=0, atol=1e-14)


def test_no_pads_change_nothing() -> None:
    one = loaded("lstm")
    assert all(read.state == read.gradient == 0 for read in audit(one, trace(one, TEXT), 0).reads if read.side == "right")


def test_the_last_column_is_read_text_by_text() -> None:
    one, data = loaded("lstm"), classified(40)
    found = cost(one.network, data, 40)
    right = {"true_end": 0, "last_column": 0, "left": 0}
    for row, length in enumerate(data.lengths):
        text = data.indices[data.starts[row] : data.starts[row + 1]].tolist()
        pads = [PAD] * (found.longest - length)
        for name, tokens in (("true_end", text), ("last_column", text + pads), ("left", pads + text)):
            h = one.network.hidden(torch.tensor(tokens)[:, None], torch.tensor([len(tokens)]))
            right[name] += int(one.network.readout(h[-1, 0]).argmax()) == data.targets[row]
    assert {name: getattr(found, name) * 40 for name in right} == pytest.approx(right)
    assert (found.texts, found.available, found.longest) == (40, 40, int(data.lengths.max()))


@pytest.mark.parametrize("data", [classified(30), tagged(30)])
def test_a_sample_is_spread_over_the_split_and_bounded(data) -> None:
    network = loaded("gru").network
    assert len(sample(network, data, OPERATIONS)) == 30
    weights = sum(p.numel() for p in network.cells.parameters())
    few = sample(network, data, weights * int(data.lengths.max()) * 4)
    assert len(few) == 4
    rows = np.array([0, 7, 29])
    some = part(data, rows)
    for new, old in enumerate(rows):
        one, other = some.batch(np.array([new])), data.batch(np.array([old]))
        np.testing.assert_array_equal(one.tokens, other.tokens)
        np.testing.assert_array_equal(one.targets, other.targets)


