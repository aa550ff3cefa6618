"""Training as on a GPU, without one: on the processor, where numbers can be compared, and on the meta device, where any read of
a number fails."""

from typing import Any

import pytest
import torch
from torch import Tensor

from rnn_core.config import RunConfig, TrainConfig
from rnn_core.network import recurrence
from rnn_core.network.dropout import Noise
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network
from rnn_core.training import engines, loop
from rnn_core.training.device_optimizer import DeviceOptimizer
from rnn_core.training.engines import Autograd
from rnn_core.training.loop import Training
from rnn_core.training.optimizer import Optimizer
from rnn_core.workspace.runs import Speech
from tests.one_device import OneDevice
from tests.tiny import CELLS, LABELS, TAGS, classified, config_of, model_of, network_of, tagged, vocabulary_of
from tests.training.test_engines import CLASSES, STEPS, WORDS, Tagger, batch

KINDS = (Optimizer, DeviceOptimizer)


@pytest.mark.parametrize(("clip", "decay"), [(0.0, 0.0), (0.5, 0.0), (0.5, 2.0)])
@pytest.mark.parametrize("kind", ["adam", "sgd"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_weights_are_those_of_the_processors_optimizer(cell: str, kind: str, clip: float, decay: float) -> None:
    """Without dropout, which each way to look words up does in an order of its own."""
    found = []
    for optimizer_of in KINDS:
        model = network_of(model_of(cell, layers=2), WORDS, CLASSES).train()
        optimizer = optimizer_of(model, TrainConfig(optimizer=kind, learning_rate=0.01, clip=clip, weight_decay=decay))  # type: ignore[arg-type]
        engine = Autograd(model, cross_entropy, optimizer)
        for update in range(20):
            engine.gradients(_single(batch(update, update % 2 == 1)), Noise(3, update), 4)
            optimizer.step(engine.read())
        optimizer.catch_up()
        found.append(model.state_dict())
    for name, one in found[0].items():
        torch.testing.assert_close(one, found[1][name], rtol=0, atol=1e-5)


def _single(given: dict[str, Tensor]) -> dict[str, Tensor]:
    return given | {"weights": given["weights"].float()}


# ---- a whole training -----------------------------------------------------------------------------------------------


def training_of(monkeypatch: pytest.MonkeyPatch, optimizer: type, config: RunConfig) -> Training:
    """A training by autograd on the processor, with either optimiser."""
    monkeypatch.setattr(loop, "Optimizer", optimizer)
    make, labels = (classified, LABELS) if config.data.task == "classify" else (tagged, TAGS)
    training = Training(config, make(60), make(20, seed=1), Speech(vocabulary_of(), labels))
    assert isinstance(training.optimizer, optimizer) and isinstance(training.engine, Autograd)
    return training


def config(task: str = "classify", dropout: float = 0.0, **train: Any) -> RunConfig:
    train = {"engine": "autograd", "epochs": 3, "patience": 0, "batch": 8, "learning_rate": 0.01} | train
    return config_of(task, model_of("lstm", dropout=dropout, bidirectional=task == "tag"), **train)


class Until(loop.Callback):
    def __init__(self, step: int):
        self.step = step

    def should_stop(self) -> bool:
        return self.training.step >= self.step

    def on_update(self, training: Training) -> None:
        self.training = training


def weights_of(training: Training) -> dict[str, Tensor]:
    training.optimizer.catch_up()
    return {name: value.clone() for name, value in training.network.state_dict().items()}


@pytest.mark.parametrize("truncate", [0, 3])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_training_is_that_of_the_processor(monkeypatch: pytest.MonkeyPatch, optimizer: str, truncate: int) -> None:
    both = [training_of(monkeypatch, kind, config(optimizer=optimizer, truncate=truncate, updates=20)) for kind in KINDS]
    for training in both:
        training.run()
        assert training.step == 20
    ours, theirs = map(weights_of, both)
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=1e-5)
        torch.testing.assert_close(both[0].best_weights[name], both[1].best_weights[name], rtol=0, atol=1e-5)


@pytest.mark.parametrize("task", ["classify", "tag"])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_training_resumes_to_equal_weights(monkeypatch: pytest.MonkeyPatch, optimizer: str, task: str) -> None:
    whole, cut, again = (training_of(monkeypatch, DeviceOptimizer, config(task, 0.3, optimizer=optimizer)) for _ in range(3))
    whole.run()
    cut.run([Until(11)])
    held, rest = cut.state()
    held = {name: value.clone() for name, value in held.items()}
    cut.run()  # what was given away does not move with it
    again.restore(held, rest)
    again.run()
    for name, value in whole.state()[0].items():
        assert torch.equal(again.state()[0][name], value), name


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("first", KINDS)
def test_a_checkpoint_goes_on_with_either_optimizer(
    monkeypatch: pytest.MonkeyPatch, first: type, optimizer: str
) -> None:
    """A run cut off on a GPU is resumed without one, and the other way round: rows that lag behind are brought up to date."""
    second = KINDS[1 - KINDS.index(first)]
    settings = config(optimizer=optimizer, updates=20, average=0)
    whole, cut, again = (training_of(monkeypatch, kind, settings) for kind in (first, first, second))
    whole.run()
    cut.run([Until(11)])
    again.restore(*cut.state())
    again.run()
    ours, theirs = weights_of(again), weights_of(whole)
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=0, atol=1e-5)


def test_a_checkpoint_before_the_first_update() -> None:
    model = network_of(model_of("gru"), WORDS, CLASSES)
    held = DeviceOptimizer(model, TrainConfig()).state()
    wanted = Optimizer(network_of(model_of("gru"), WORDS, CLASSES), TrainConfig()).state()
    assert held.keys() == wanted.keys() and all(torch.equal(held[name], wanted[name]) for name in held)


# ---- on a device whose numbers cannot be read -----------------------------------------------------------------------


@pytest.mark.parametrize("size", [STEPS, 4])
@pytest.mark.parametrize("kind", ["adam", "sgd"])
@pytest.mark.parametrize("cell", CELLS)
def test_an_update_reads_its_loss_alone(monkeypatch: pytest.MonkeyPatch, cell: str, kind: str, size: int) -> None:
    read: list[Tensor] = []
    monkeypatch.setattr(engines, "number", lambda tensor: read.append(tensor) or 1.0)  # type: ignore[func-returns-value]
    with torch.device("meta"):
        model = Network(model_of(cell, layers=2, dropout=0.3), WORDS, CLASSES).train()
    optimizer = DeviceOptimizer(model, TrainConfig(optimizer=kind))  # type: ignore[arg-type]
    engine = Autograd(model, cross_entropy, optimizer)
    start = None
    for update in range(2):
        with OneDevice():
            assert engine.gradients(batch(update, True), Noise(0, update), size, start) == 1
            optimizer.step(engine.read())
        start = engine.ends
    assert start is not None and all(part.device.type == "meta" for part in start)
    assert [(part.shape, part.device.type) for part in read] == [((), "meta")] * 2 and optimizer.updates == 2


@pytest.mark.parametrize("tied", [False, True])
def test_any_module_is_updated_there(monkeypatch: pytest.MonkeyPatch, tied: bool) -> None:
    monkeypatch.setattr(engines, "number", lambda tensor: 1.0)
    model = Tagger(tied).train().to("meta")
    engine = Autograd(model, cross_entropy, DeviceOptimizer(model, TrainConfig()))
    with OneDevice():
        engine.gradients(batch(0, True), Noise(0, 0), STEPS)
        engine.optimizer.step(engine.read())


@pytest.mark.parametrize("cell", ["tanh", "relu", "lstm", "gru"])
def test_an_update_by_torchs_kernels(monkeypatch: pytest.MonkeyPatch, cell: str) -> None:
    """Those that a GPU runs: nothing is read back but the loss."""
    monkeypatch.setattr(engines, "number", lambda tensor: 1.0)
    with torch.device("meta"):
        model = Network(model_of(cell, layers=2, bidirectional=True), WORDS, CLASSES).train()
    monkeypatch.setattr(recurrence, "path_of", lambda device, cell: recurrence.TORCH)
    optimizer = DeviceOptimizer(model, TrainConfig())
    engine = Autograd(model, cross_entropy, optimizer)
    with OneDevice():
        engine.gradients(batch(0, True), Noise(0, 0), STEPS)
        optimizer.step(engine.read())
    assert optimizer.updates == 1
