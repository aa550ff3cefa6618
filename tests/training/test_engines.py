"""Autograd and the shortcut past it: the same losses, gradients and weights; and what autograd alone can train."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import network
from rnn_core.config import TrainConfig
from rnn_core.network.cells import cell_of
from rnn_core.network.dropout import Noise
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network
from rnn_core.training.engines import Autograd, Engine, Fused
from rnn_core.training.optimizer import Optimizer, by_rows
from tests.tiny import COMPILED, model_of, network_of

WORDS, CLASSES, STEPS, TEXTS = 40, 3, 9, 7


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def batch(seed: int, every: bool) -> dict[str, Tensor]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, STEPS + 1, TEXTS)
    lengths[0] = STEPS
    true = np.arange(STEPS)[:, None] < lengths
    at = np.flatnonzero(true if every else np.arange(STEPS)[:, None] == lengths - 1)
    given = {"tokens": np.where(true, rng.integers(1, WORDS // 2, true.shape), 0), "lengths": lengths, "at": at,
             "labels": rng.integers(0, CLASSES, len(at)), "weights": rng.random(len(at))}  # fmt: skip
    return {name: torch.from_numpy(a) for name, a in given.items()} | {"total": torch.tensor(float(TEXTS))}


def engine_of(kind: type, model: Network, **train: Any) -> Engine:
    optimizer = Optimizer(model, TrainConfig(**{"learning_rate": 0.01} | train))
    return Fused(model, optimizer) if kind is Fused else Autograd(model, cross_entropy, optimizer)


@pytest.mark.parametrize("size", [STEPS, 4])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, False), (2, True)])
@pytest.mark.parametrize("cell", COMPILED)
def test_both_engines_give_the_same_losses_and_weights(
    cell: str, layers: int, both: bool, optimizer: str, size: int
) -> None:
    """With dropout, clipping and averaging's catching up, over 20 updates; and which rows of the table moved."""
    if both and size < STEPS:
        size = STEPS  # truncation reads ahead only
    found = []
    for kind in (Fused, Autograd):
        model = network_of(model_of(cell, layers=layers, bidirectional=both, dropout=0.3), WORDS, CLASSES).train()
        engine = engine_of(kind, model, optimizer=optimizer, clip=0.5)
        losses = []
        for update in range(20):
            losses.append(engine.gradients(batch(update, both or update % 2 == 1), Noise(3, update), size))
            engine.optimizer.step(engine.read())  # type: ignore[attr-defined]
        engine.optimizer.catch_up()  # type: ignore[attr-defined]
        found.append((losses, {name: p.detach().clone() for name, p in model.named_parameters()}))
    (ours, weights), (theirs, others) = found
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)
    start = network_of(model_of(cell, layers=layers, bidirectional=both), WORDS, CLASSES).embedding.weight.detach()
    moved = [(one["embedding.weight"] != start).any(1) for one in (weights, others)]
    assert torch.equal(*moved) and moved[0].any() and not moved[0][WORDS // 2 :].any()
    for name, one in weights.items():
        torch.testing.assert_close(one, others[name], rtol=0, atol=1e-8)


class Tagger(nn.Module):
    """What the shortcut knows nothing of: torch's own dropout and normalisation around a recurrent layer, its output tied."""

    def __init__(self, tied: bool):
        super().__init__()
        torch.manual_seed(0)
        self.words = network.Embedding(WORDS, 6)
        self.read = network.Recurrent(cell_of(model_of("gru")), 6, 6)
        self.drop, self.norm = nn.Dropout(0.4), nn.BatchNorm1d(6)
        self.out = nn.Linear(6, WORDS)
        if tied:
            self.out.weight = self.words.weight

    def forward(self, given: dict[str, Tensor]) -> dict[str, Tensor]:
        states, _ = self.read(self.words.rows(given["tokens"]), given["lengths"])
        return {"logits": self.out(self.drop(self.norm(states.flatten(0, 1)[given["at"]])))}


@pytest.mark.parametrize("tied", [False, True])
def test_any_module_gets_the_weights_of_torchs_adam(tied: bool) -> None:
    """Tables updated by rows, and a tied one, whose gradient is the sum of both uses, updated whole."""
    ours, theirs = Tagger(tied).train(), Tagger(tied).train()
    engine = engine_of(Autograd, ours, clip=0)  # type: ignore[arg-type]
    assert set(by_rows(ours)) == (set() if tied else {"words"})
    wanted = torch.optim.Adam(theirs.parameters(), lr=0.01)
    for update in range(20):
        given = batch(update, True)
        loss = engine.gradients(given, Noise(5, update), STEPS)
        engine.optimizer.step(engine.read())  # type: ignore[attr-defined]
        torch.manual_seed(Noise(5, update).for_torch())
        wanted.zero_grad()
        each = nn.functional.cross_entropy(theirs(given)["logits"], given["labels"], reduction="none")
        expected = (each * given["weights"]).sum() / TEXTS
        expected.backward()
        wanted.step()
        assert loss == pytest.approx(expected.item(), rel=1e-6)
    engine.optimizer.catch_up()  # type: ignore[attr-defined]
    for (name, one), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5, msg=name)
    torch.testing.assert_close(ours.norm.running_mean, theirs.norm.running_mean, rtol=0, atol=1e-5)


def test_a_table_that_is_used_as_a_whole_without_being_shared_is_refused() -> None:
    model = Tagger(False).train()
    engine = engine_of(Autograd, model)  # type: ignore[arg-type]
    model.out.register_forward_hook(lambda module, given, out: out + given[0] @ model.words.weight.t())
    engine.gradients(batch(0, True), Noise(0, 0), STEPS)
    with pytest.raises(RuntimeError, match="as a whole"):
        engine.read()
