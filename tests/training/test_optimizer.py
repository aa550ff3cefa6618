"""Updates of the batch's words alone are those of the dense optimizers."""

import math
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnn_core.config import TrainConfig
from rnn_core.network.dense import Dense
from rnn_core.network.embedding import different
from rnn_core.network.models import Network
from rnn_core.training.optimizer import Optimizer
from tests.tiny import model_of, network_of

WORDS, UPDATES = 40, 500


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    """Double precision, so that rounding is out of the way."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network() -> Network:
    return network_of(model_of("tanh"), WORDS, 3)


def batches(every_word: bool) -> list[tuple[Tensor, Tensor]]:
    """Rows and their gradients. Some words come often, some once at first and never again, some never."""
    random = torch.Generator().manual_seed(1)
    found = []
    for update in range(UPDATES):
        rows = torch.randperm(WORDS - 10, generator=random)[: 3 if update > 3 else 30].sort()[0]
        rows = torch.arange(WORDS) if every_word else rows[rows < 25] if update > 200 else rows
        found.append((rows, torch.randn(len(rows), 5, generator=random) * 10.0 ** -torch.randint(0, 5, (1,), generator=random)))
    return found


def step(optimizer: Optimizer, trained: Network, rows: np.ndarray, gradient: np.ndarray) -> float:
    return optimizer.step({id(trained.embedding): (rows, gradient)})


def ours(config: TrainConfig, given: list[tuple[Tensor, Tensor]]) -> tuple[Network, Optimizer]:
    trained = network()
    optimizer = Optimizer(trained, config)
    go_on(optimizer, trained, given)
    return trained, optimizer


def fill(dense: Dense) -> None:
    """Sets the gradient of every parameter to 1."""
    for part in dense.parts(dense.gradients):
        part[:] = 1


def go_on(optimizer: Optimizer, trained: Network, given: list[tuple[Tensor, Tensor]]) -> None:
    for rows, gradient in given:
        trained.embedding.look_up(rows.numpy())
        fill(optimizer.dense)
        step(optimizer, trained, rows.numpy(), gradient.numpy())


def dense(config: TrainConfig, given: list[tuple[Tensor, Tensor]]) -> Network:
    """torch's own optimizer over a gradient of every word, zero where a word is not in the batch."""
    trained = network()
    kind = torch.optim.Adam if config.optimizer == "adam" else torch.optim.SGD
    optimizer = kind(trained.parameters(), lr=config.learning_rate)
    for rows, gradient in given:
        for p in trained.parameters():
            p.grad = torch.ones_like(p)
        trained.embedding.weight.grad = torch.zeros_like(trained.embedding.weight).index_copy_(0, rows, gradient)
        if config.clip:
            torch.nn.utils.clip_grad_norm_(trained.parameters(), config.clip)
        optimizer.step()
    return trained


def furthest(a: Network, b: Network) -> float:
    return max(float((p - q).detach().abs().max()) for p, q in zip(a.parameters(), b.parameters(), strict=True))


@pytest.mark.parametrize("clip", [0.0, 2.0])
@pytest.mark.parametrize(("kind", "every_word", "within"), [("adam", True, 1e-12), ("sgd", True, 1e-12), ("sgd", False, 1e-12),
                                                            ("adam", False, 1e-4)])  # fmt: skip
def test_the_weights_are_those_of_the_dense_optimizer(kind: str, every_word: bool, within: float, clip: float) -> None:
    """Adam's words that skip batches differ by ε alone, felt here where gradients are 1e-4; words move by 1 and more."""
    config = TrainConfig(optimizer=kind, learning_rate=0.01, clip=clip)  # type: ignore[arg-type]
    given = batches(every_word)
    trained, optimizer = ours(config, given)
    optimizer.catch_up()
    wanted, start = dense(config, given), network()
    assert furthest(trained, wanted) <= within
    assert furthest(wanted, start) > 1 or clip


def test_words_lag_until_they_are_looked_up_and_no_longer() -> None:
    config = TrainConfig(learning_rate=0.01, clip=0)
    given = batches(False)
    trained, _ = ours(config, given)
    wanted = dense(config, given).embedding.weight
    away = (trained.embedding.weight - wanted).abs().amax(1).detach()
    assert (away > 1e-4).any()
    rows = torch.arange(0, WORDS, 3)
    found = torch.from_numpy(trained.embedding.look_up(rows.numpy()))
    torch.testing.assert_close(found, wanted[rows].detach(), rtol=0, atol=1e-4)
    assert torch.equal(trained.embedding.weight[35:], network().embedding.weight[35:]), "words never met stay where they were"


def test_the_norm_returned_is_that_of_the_whole_gradient() -> None:
    trained = network()
    optimizer = Optimizer(trained, TrainConfig(clip=0.5))
    fill(optimizer.dense)
    rest = sum(p.numel() for p in trained.parameters()) - trained.embedding.weight.numel()
    assert step(optimizer, trained, np.arange(3), np.full((3, 5), 2.0)) == pytest.approx(math.sqrt(rest + 4 * 15))


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_a_restored_optimizer_goes_on_to_the_same_bits(kind: str) -> None:
    config = TrainConfig(optimizer=kind, learning_rate=0.01)  # type: ignore[arg-type]
    given = batches(False)
    whole, _ = ours(config, given)
    half, before = ours(config, given[:200])
    held = {name: value.clone() for name, value in before.state().items()}
    again = network()
    again.load_state_dict(half.state_dict())
    after = Optimizer(again, config)
    after.restore(held)
    go_on(after, again, given[200:])
    assert furthest(again, whole) == 0


def test_a_checkpoint_with_the_moments_of_each_parameter_by_itself_is_understood() -> None:
    network, another = (network_of(model_of("lstm", bidirectional=True), 12, 2) for _ in range(2))
    optimizer, other = (Optimizer(n, TrainConfig()) for n in (network, another))
    held = {name: torch.rand_like(value) if value.is_floating_point() else value + 3 for name, value in optimizer.state().items()}
    sizes = [p.numel() for p in network.parameters() if p is not network.embedding.weight]
    held["halvings"] *= 0  # there were none
    old = {"updates": held["updates"], "last": held["last.embedding"]}  # as formats 1 and 2 name them
    for moment in ("mean", "square"):
        old[f"{moment}.words"] = held[f"{moment}.embedding"]
        for i, part in enumerate(held[f"{moment}:rest"][0].split(sizes)):
            old[f"{moment}.{i}"] = part[None]
    optimizer.restore(held)
    other.restore(old)
    for name, value in optimizer.state().items():
        assert torch.equal(other.state()[name], value) and torch.equal(value, held[name])


@given(st.lists(st.lists(st.integers(0, 9), min_size=3, max_size=3), max_size=9))
def test_the_different_words_of_a_batch_are_numbered(rows: list[list[int]]) -> None:
    tokens, numbers = np.array(rows, np.int64).reshape(-1, 3), np.full(10, -1)
    words, which = different(tokens, numbers)
    assert sorted(words) == sorted(set(tokens.flat))
    assert (words[which] == tokens).all()
    assert (numbers == -1).all()


@pytest.mark.parametrize("cell", ["tanh", "lstm", "gru"])
@pytest.mark.parametrize("schedule", ["constant", "cosine"])
def test_weight_decay_is_that_of_adamw_on_the_matrices_alone(cell: str, schedule: str) -> None:
    trained, expected = (network_of(model_of(cell, layers=2), WORDS, 3) for _ in range(2))
    config = TrainConfig(learning_rate=0.01, clip=0, weight_decay=0.7, schedule=schedule)  # type: ignore[arg-type]
    optimizer = Optimizer(trained, config, 30)
    embedding = id(expected.embedding.weight)
    dense = [p for p in expected.parameters() if id(p) != embedding]
    groups = {decay: [p for p in dense if (p.ndim > 1) == (decay > 0)] for decay in (0.7, 0.0)}
    theirs = torch.optim.AdamW([{"params": some, "weight_decay": decay} for decay, some in groups.items()], 0.01)
    random = torch.Generator().manual_seed(2)
    for update in range(1, 31):
        for p in expected.parameters():
            p.grad = torch.randn(p.shape, generator=random)
        for part, p in zip(optimizer.dense.parts(optimizer.dense.gradients), optimizer.dense.parameters, strict=True):
            own = dict(zip((id(q) for q in trained.parameters()), expected.parameters(), strict=True))[id(p)]
            assert own.grad is not None
            part[:] = own.grad.numpy().ravel()
        for group in theirs.param_groups:
            group["lr"] = optimizer.schedule.rate(update)
        step(optimizer, trained, np.empty(0, np.int64), np.empty((0, 5)))
        theirs.step()
    for (name, one), other in zip(trained.named_parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(one, other, msg=name)
    assert len(groups[0.7]) > 2 and len(groups[0.0]) > 1


def test_without_weight_decay_nothing_is_multiplied() -> None:
    assert not Optimizer(network(), TrainConfig())._matrices
    assert len(Optimizer(network(), TrainConfig(weight_decay=0.1))._matrices) == 3  # W, U, V
