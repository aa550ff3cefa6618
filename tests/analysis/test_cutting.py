"""A text that is cut, against steps by hand whose gradient autograd follows."""

import numpy as np
import pytest
import torch

from rnn_core.analysis.cutting import cutting
from rnn_core.analysis.trace import trace
from tests.analysis.gradients import KINDS, Copies, loaded, unrolled
from tests.tiny import CELLS


def lengths_of(copies: Copies, layer: int, at: int, label: int) -> list[float]:
    """‖∂L/∂h_i‖ at the uppermost layer's states, reading forwards."""
    states = [state[0] for state in copies.states[layer, 0]]
    loss = -copies.logits[at].log_softmax(0)[label]
    found = torch.autograd.grad(loss, states, allow_unused=True, materialize_grads=True, retain_graph=True)
    return [float(part.norm()) for part in found]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_each_way_to_read_is_the_steps_by_hand(name: str, task: str, layers: int, both: bool) -> None:
    one, size = loaded(name, task, layers=layers, bidirectional=both), 3
    indices = trace(one, "the film was not zzz good").indices
    classes = np.full(len(indices), 1)
    classes[-1] = -1
    at = len(indices) - 2
    found = cutting(one, indices, classes, size)
    assert (found.size, found.at) == (size, at)

    whole = unrolled(one, indices.tolist())
    np.testing.assert_allclose(found.whole.readouts, whole.logits.detach().softmax(1), atol=1e-12)
    np.testing.assert_allclose(found.whole.lengths, lengths_of(whole, layers - 1, at, 1), atol=1e-12)
    if both:
        assert found.carried is None
    else:
        assert found.carried is not None
        cut = unrolled(one, indices.tolist(), cut={*range(size, len(indices), size)})
        np.testing.assert_allclose(found.carried.readouts, whole.logits.detach().softmax(1), atol=1e-12)
        np.testing.assert_allclose(found.carried.states, found.whole.states, atol=1e-12)
        np.testing.assert_allclose(found.carried.lengths, lengths_of(cut, layers - 1, at, 1), atol=1e-12)
        assert not found.carried.lengths[: at // size * size].any()
    for first in range(0, len(indices), size):
        piece = slice(first, first + size)
        alone = unrolled(one, indices[piece].tolist())
        np.testing.assert_allclose(found.separate.readouts[piece], alone.logits.detach().softmax(1), atol=1e-12)
        wanted = lengths_of(alone, layers - 1, at - first, 1) if piece.start <= at < piece.stop else 0
        np.testing.assert_allclose(found.separate.lengths[piece], wanted, atol=1e-12)


def test_a_piece_as_long_as_the_text_cuts_nothing() -> None:
    one = loaded("lstm")
    indices = trace(one, "the film was good").indices
    found = cutting(one, indices, np.zeros(len(indices), int), 50)
    assert found.carried is not None
    for way in (found.carried, found.separate):
        np.testing.assert_array_equal(way.states, found.whole.states)
        np.testing.assert_array_equal(way.lengths, found.whole.lengths)
