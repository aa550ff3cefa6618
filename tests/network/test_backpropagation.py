"""A batch through the network and back: the loss and every gradient are autograd's, of the same network."""

import numpy as np
import pytest
import torch

from rnn_core.network import memory
from rnn_core.network.backpropagation import Backpropagation
from rnn_core.network.dense import Dense
from rnn_core.network.dropout import Noise
from rnn_core.network.models import Network
from rnn_core.network.weighting import Counted, counted, step_weights
from tests.tiny import CELLS, COMPILED, model_of, network_of, weighted_loss

WORDS, CLASSES, STEPS = 30, 3, 9


def network(cell: str, layers: int, both: bool, dropout: float = 0.4) -> Network:
    return network_of(model_of(cell, layers=layers, bidirectional=both, dropout=dropout), WORDS, CLASSES).train()


def batch(texts: int, per_token: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which words stand where, lengths, and targets of which some are unknown."""
    rng = np.random.default_rng(texts)
    lengths = rng.integers(2, STEPS + 1, texts)
    lengths[0] = STEPS
    return rng.integers(WORDS, size=(STEPS, texts)), lengths, rng.integers(-1, CLASSES, (STEPS, texts) if per_token else texts)


def mean_of(weights: np.ndarray, targets: np.ndarray) -> Counted:
    """The mean over the texts."""
    of = counted(weights, targets)
    return of._replace(weights=of.weights / weights.shape[1])


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("texts", [1, 19])
@pytest.mark.parametrize(("per_token", "loss"), [(False, "last"), (False, "every"), (True, "every")])
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", COMPILED)
def test_loss_and_gradients_are_autograds(
    cell: str, layers: int, both: bool, per_token: bool, loss: str, texts: int, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With dropout, which the same keys decide; twice, because memory is used again, and is never taken for filled."""
    monkeypatch.setattr("rnn_core.threads._threads", threads)
    monkeypatch.setattr(memory, "fresh", lambda kind, *shape: np.full(shape, np.nan, kind))
    monkeypatch.setattr(memory, "_of_thread", memory._OfThread())
    ours = network(cell, layers, both)
    dense = Dense(ours, [ours.embedding])
    through = Backpropagation(ours, dense)
    for update in range(2):
        which, lengths, targets = batch(texts + 1 - update, per_token)
        weights = step_weights(lengths, STEPS, per_token=per_token, loss=loss, reduce="mean")
        table = torch.randn(WORDS, ours.config.embedding, requires_grad=True)
        ours.dropout.noise = ours.cells.dropout.noise = Noise(1, update)
        found, gradient = through(table.detach().numpy(), which, lengths, mean_of(weights, targets))
        ours.dropout.noise = ours.cells.dropout.noise = Noise(1, update)
        h = ours.advance(table, torch.from_numpy(which), torch.from_numpy(lengths))
        noted = torch.from_numpy(weights), torch.from_numpy(targets).expand(STEPS, -1)
        wanted = weighted_loss(ours, h, *noted)
        assert found == pytest.approx(wanted.item(), rel=1e-12, abs=1e-14)
        rest = [p for name, p in ours.named_parameters() if name != "embedding.weight"]
        expected = torch.autograd.grad(wanted, [table, *rest])
        for g, w in zip((gradient, *dense.parts(dense.gradients)), expected, strict=True):
            np.testing.assert_allclose(g.ravel(), w.numpy().ravel(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("cell", COMPILED)
def test_a_batch_of_which_nothing_counts_has_no_gradient(cell: str) -> None:
    ours = network(cell, 2, False)
    dense = Dense(ours, [ours.embedding])
    dense.gradients[:] = 1
    which, lengths, _ = batch(3, False)
    weights = step_weights(lengths, STEPS, per_token=False, loss="last", reduce="mean")
    loss, gradient = Backpropagation(ours, dense)(np.ones((WORDS, 5)), which, lengths, mean_of(weights, np.full(3, -1)))
    assert loss == 0 and not gradient.any() and gradient.shape == (WORDS, 5) and not dense.gradients.any()


@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize("cell", CELLS)
def test_the_row_holds_each_parameter_once_and_the_network_reads_it(cell: str, layers: int, both: bool) -> None:
    ours, same = (network(cell, layers, both) for _ in range(2))
    dense = Dense(ours, [ours.embedding])
    rest = [p for name, p in ours.named_parameters() if name != "embedding.weight"]
    assert np.count_nonzero(dense.weights) == sum(p.count_nonzero() for p in rest), "nothing stands between the parts"
    others = [p for name, p in same.named_parameters() if name != "embedding.weight"]
    for p, part, before in zip(rest, dense.parts(dense.weights), others, strict=True):
        assert torch.equal(p, before) and (part == p.detach().numpy().ravel()).all()
    dense.weights += 1
    for p, before in zip(rest, others, strict=True):
        assert torch.equal(p, before + 1)
    for layer, part in enumerate(dense.layers["cells"]):
        for name, array in zip(ours.cell.parameters(1, 1), part.weights, strict=True):
            for k in range(ours.directions):
                assert (array[k] == ours.layer(layer, k)[name].detach().numpy()).all()
                assert array.__array_interface__["data"][0] % 64 == 0


def test_parameters_that_were_moved_are_noticed() -> None:
    ours = network("tanh", 1, False)
    dense = Dense(ours, [ours.embedding])
    assert dense.attached
    ours.float()
    assert not dense.attached
    which, lengths, targets = batch(3, False)
    of = mean_of(step_weights(lengths, STEPS, per_token=False, loss="last", reduce="mean"), targets)
    with pytest.raises(AssertionError, match="moved"):
        Backpropagation(ours, dense)(np.ones((WORDS, 5)), which, lengths, of)
