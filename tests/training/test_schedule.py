"""Learning rates are those of torch's schedulers, and rows that lag behind get the rate of each update that they missed."""

import dataclasses
from typing import Any

import pytest
import torch

from rnn_core.config import Problem, RunConfig, TrainConfig, make, plain
from rnn_core.training.device_optimizer import DeviceOptimizer
from rnn_core.training.optimizer import Optimizer
from rnn_core.training.schedule import Schedule
from tests.tiny import config_of, model_of, network_of
from tests.training.test_loop import Watch, same, training_of

WORDS, UPDATES = 40, 300


def torchs(optimizer: torch.optim.Optimizer, config: TrainConfig) -> torch.optim.lr_scheduler.LRScheduler:
    """The same schedule, put together from torch's schedulers."""
    schedulers = torch.optim.lr_scheduler
    warm = config.warmup
    later: Any = (
        schedulers.CosineAnnealingLR(optimizer, T_max=UPDATES - warm) if config.schedule == "cosine"
        else schedulers.ConstantLR(optimizer, 1.0)
    )  # fmt: skip
    if not warm:
        return later
    first = schedulers.LinearLR(optimizer, 1 / warm, 1.0, total_iters=warm - 1)
    return schedulers.SequentialLR(optimizer, [first, later], [warm])


SCHEDULES = [("constant", 0), ("constant", 50), ("cosine", 0), ("cosine", 50)]


@pytest.mark.filterwarnings("ignore:The epoch parameter")  # torch's own SequentialLR gives it
@pytest.mark.parametrize(("schedule", "warmup"), SCHEDULES)
def test_the_rates_are_those_of_torch(schedule: Any, warmup: int) -> None:
    config = TrainConfig(learning_rate=0.3, schedule=schedule, warmup=warmup)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], config.learning_rate)
    scheduler, ours = torchs(optimizer, config), Schedule(config, UPDATES)
    for update in range(1, UPDATES + 1):
        assert ours.rate(update) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9, abs=1e-12), update
        optimizer.step()
        scheduler.step()
    assert ours.rate(UPDATES + 5) == (0 if schedule == "cosine" else 0.3)


@pytest.mark.filterwarnings("ignore:The epoch parameter")
@pytest.mark.parametrize("kind", ["adam", "sgd"])
@pytest.mark.parametrize(("schedule", "warmup"), SCHEDULES)
def test_words_that_skip_batches_get_the_rates_of_the_updates_they_missed(schedule: Any, warmup: int, kind: Any) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        config = TrainConfig(optimizer=kind, learning_rate=0.01, clip=0, schedule=schedule, warmup=warmup)
        ours, theirs = (network_of(model_of("tanh"), WORDS, 3) for _ in range(2))
        optimizer = Optimizer(ours, config, UPDATES)
        dense = (torch.optim.Adam if kind == "adam" else torch.optim.SGD)(theirs.parameters(), config.learning_rate)
        scheduler, random = torchs(dense, config), torch.Generator().manual_seed(1)
        for _ in range(UPDATES):
            rows = torch.randperm(WORDS - 10, generator=random)[:3].sort()[0]
            gradient = torch.randn(len(rows), 5, generator=random)
            ours.embedding.look_up(rows.numpy())
            for part in optimizer.dense.parts(optimizer.dense.gradients):
                part[:] = 1
            optimizer.step({id(ours.embedding): (rows.numpy(), gradient.numpy())})
            for p in theirs.parameters():
                p.grad = torch.ones_like(p)
            theirs.embedding.weight.grad = torch.zeros_like(theirs.embedding.weight).index_copy_(0, rows, gradient)
            dense.step()
            scheduler.step()
        optimizer.catch_up()
        for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=1e-6)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
def test_a_gpus_optimizer_has_the_same_rates(schedule: Any) -> None:
    config = TrainConfig(learning_rate=0.3, schedule=schedule, warmup=3)
    network = network_of(model_of("tanh"), WORDS, 3)
    optimizer = DeviceOptimizer(network, config, 10)
    optimizer.schedule.worse()
    for update in range(1, 11):
        optimizer.step({})
        assert optimizer._inner.param_groups[0]["lr"] == optimizer.schedule.rate(update)
    again = DeviceOptimizer(network, config, 10)
    again.restore(optimizer.state())
    assert again.schedule.rate(5) == optimizer.schedule.rate(5) and again.schedule.halvings == (schedule == "plateau")


JUMPY = config_of(epochs=12, patience=0, batch=8, learning_rate=1.0, seed=1, average=0, schedule="plateau")


def test_a_plateau_halves_the_rate_as_torch_does() -> None:
    training, watch = training_of(JUMPY), Watch()
    training.run([watch])
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], 1.0)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, "max", factor=0.5, patience=0, threshold=0, eps=0)
    best = 0
    for entry in watch.epochs:
        best += entry["best"]
        theirs.step(best if entry["best"] else best - 1)
    assert 0 < training.optimizer.schedule.halvings < 12
    assert training.optimizer.schedule.rate(training.step) == pytest.approx(optimizer.param_groups[0]["lr"])


@pytest.mark.parametrize("schedule", ["cosine", "plateau"])
def test_a_training_with_a_schedule_resumes_to_the_same_bits(schedule: Any) -> None:
    config = dataclasses.replace(JUMPY, train=dataclasses.replace(JUMPY.train, schedule=schedule, warmup=11))
    whole, cut, again = (training_of(config) for _ in range(3))
    whole.run()
    cut.run([Watch(until=whole.step - 13)])
    held, rest = cut.state()
    again.restore({name: value.clone() for name, value in held.items()}, rest)
    again.run()
    assert same(again.network.state_dict(), whole.network.state_dict())
    assert again.optimizer.schedule.rate(again.step) < 1


def test_a_cosine_ends_with_the_last_update() -> None:
    training = training_of(config_of(epochs=3, patience=0, batch=8, schedule="cosine"))
    training.run()
    n = training.batches_an_epoch
    assert training.optimizer.schedule.updates == training.step == 3 * n
    limited = training_of(config_of(epochs=3, patience=0, batch=8, schedule="cosine", updates=n + 1))
    assert limited.optimizer.schedule.updates == n + 1


def test_a_cosine_over_minutes_alone_is_refused() -> None:
    with pytest.raises(Problem, match="cosine schedule needs the number of updates"):
        make(RunConfig, plain(config_of()) | {"train": {"schedule": "cosine", "minutes": 1.0}})
