"""The network without recurrence, against a loop of the cell's own steps from a zero state."""

import numpy as np
import pytest
import torch

from rnn_core.analysis.feedforward import gain, without_recurrence
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace
from rnn_core.data.batches import Encoded
from rnn_core.network.recurrence import zero_state
from tests import by_hand
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS, classified, tagged


def by_steps(one: Loaded, indices: list[int]) -> np.ndarray:
    """(T, k) logits, word by word."""
    network, cell, found = one.network, one.network.cell, []
    for index in indices:
        x = network.embedding.weight[index][None]
        for layer in range(network.config.layers):
            states = []
            for direction in range(network.directions):
                own = network.layer(layer, direction)
                state, _ = by_hand.step(cell, own, x, zero_state(cell, 1, 4, x))
                states.append(state[0])
            x = torch.cat(states, dim=1)
        found.append(network.readout(x)[0].numpy())
    return np.array(found)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_each_token_is_read_from_a_zero_state(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    seen = trace(one, "the film was not zzz good")
    found = without_recurrence(one, seen)
    logits = torch.from_numpy(by_steps(one, seen.indices.tolist()))
    np.testing.assert_allclose(found.readouts, logits.softmax(1).numpy(), rtol=0, atol=1e-12)
    first = seen.states[0, 0, 0]
    if layers == 1:
        np.testing.assert_allclose(found.states[0, :4], first, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["lstm", "gru", "tanh"])
@pytest.mark.parametrize(("task", "data"), [("classify", classified(30)), ("tag", tagged(30))])
def test_accuracies_are_those_of_text_by_text(name: str, task: str, data: Encoded) -> None:
    one = loaded(name, task)
    found = gain(one, data, 99)
    right = {"recurrent": 0, "feed_forward": 0, "mean": 0}
    decisions = 0
    for row in range(len(data)):
        text = data.indices[data.starts[row] : data.starts[row + 1]].tolist()
        logits = by_steps(one, text)
        h = one.network.hidden(torch.tensor(text)[:, None], torch.tensor([len(text)]))[:, 0]
        own = one.network.readout(h).argmax(1).numpy()
        if task == "tag":
            wanted = data.targets[data.starts[row] : data.starts[row + 1]][1:-1]
            right["recurrent"] += int((own[1:-1] == wanted).sum())
            right["feed_forward"] += int((logits.argmax(1)[1:-1] == wanted).sum())
            decisions += len(wanted)
        else:
            wanted = data.targets[row]
            right["recurrent"] += int(own[-1] == wanted)
            right["feed_forward"] += int(logits[-1].argmax() == wanted)
            p = torch.from_numpy(logits).softmax(1).numpy()
            right["mean"] += int(p.mean(0).argmax() == wanted)
            decisions += 1
    assert (found.texts, found.available, found.decisions) == (30, 99, decisions)
    assert found.recurrent * decisions == pytest.approx(right["recurrent"])
    assert found.feed_forward * decisions == pytest.approx(right["feed_forward"])
    assert found.mean is None if task == "tag" else found.mean * decisions == pytest.approx(right["mean"])
    truths = data.targets[data.targets >= 0]
    assert found.shares == pytest.approx([(truths == label).sum() / decisions for label in range(len(one.outcomes))])
