"""Training on a GPU: it follows the processor, and a checkpoint goes on with either."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from rnn_core.config import RunConfig
from rnn_core.training.device_optimizer import DeviceOptimizer
from rnn_core.training.loop import Callback, Training
from rnn_core.training.optimizer import Optimizer
from rnn_core.workspace.runs import Speech, read_tensors, write_tensors
from tests import gpu
from tests.tiny import CELLS, LABELS, TAGS, classified, config_of, model_of, tagged, vocabulary_of

pytestmark = gpu.needed

DEVICES = ("cpu", "cuda")


@pytest.fixture(autouse=True)
def without_tf32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)


class Until(Callback):
    def __init__(self, step: int):
        self.step, self.now = step, 0

    def on_update(self, training: Training) -> None:
        self.now = training.step

    def should_stop(self) -> bool:
        return self.now >= self.step


def training_of(device: str, task: str = "classify", cell: str = "lstm", dropout: float = 0.0, **train: Any) -> Training:
    model = model_of(cell, layers=2, dropout=dropout, bidirectional=task == "tag")
    train = {"epochs": 4, "patience": 0, "batch": 8, "learning_rate": 0.01, "engine": "autograd"} | train
    config: RunConfig = config_of(task, model, device=device, **train)
    make, labels = (classified, LABELS) if task == "classify" else (tagged, TAGS)
    return Training(config, make(60), make(20, seed=1), Speech(vocabulary_of(), labels))


def near(one: dict[str, Tensor], other: dict[str, Tensor], within: float = 1e-4) -> None:
    assert one.keys() == other.keys()
    for name, value in one.items():
        torch.testing.assert_close(other[name].cpu(), value.cpu(), rtol=0, atol=within, msg=lambda m, n=name: f"{n}: {m}")


def finished(training: Training) -> dict[str, Tensor]:
    training.run()
    return training.state()[0]


@pytest.mark.parametrize(("task", "train"), [
    ("classify", {"truncate": 3}), ("classify", {"optimizer": "sgd", "average": 0}), ("tag", {}),
    ("tag", {"schedule": "plateau", "warmup": 5}),
])  # fmt: skip
def test_a_training_is_that_of_the_processor(task: str, train: dict[str, Any]) -> None:
    here, there = (training_of(device, task, **train) for device in DEVICES)
    assert isinstance(here.optimizer, Optimizer) and isinstance(there.optimizer, DeviceOptimizer)
    assert all(p.is_cuda for p in there.network.parameters())
    near(finished(here), finished(there))
    assert here.best is not None and there.best is not None and here.best["dev_accuracy"] == there.best["dev_accuracy"]


@pytest.mark.parametrize("cell", CELLS)
def test_each_cell_trains_as_on_the_processor(cell: str) -> None:
    """In float64, because layer normalisation of four units makes rounding large, and by SGD, which has no ε."""
    torch.set_default_dtype(torch.float64)
    try:
        both = [training_of(device, cell=cell, updates=20, optimizer="sgd", learning_rate=0.1) for device in DEVICES]
        near(*map(finished, both), 1e-9)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("task", ["classify", "tag"])
def test_a_cut_training_ends_as_the_whole_one(tmp_path: Path, task: str) -> None:
    """With dropout, whose masks the seed and the number of the update decide."""
    whole, cut, again = (training_of("cuda", task, dropout=0.3, truncate=3 if task == "classify" else 0) for _ in range(3))
    assert not cut.run([Until(11)])
    held, rest = cut.state()
    assert all(value.device.type == "cpu" for value in held.values())
    write_tensors(tmp_path / "one", {name: value.numpy() for name, value in held.items()}, rest)
    arrays, rest = read_tensors(tmp_path / "one", "run")
    again.restore({name: torch.from_numpy(a.copy()) for name, a in arrays.items()}, rest)
    assert all(p.is_cuda for p in again.network.parameters())
    near(finished(whole), finished(again))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
@pytest.mark.parametrize("first", DEVICES)
def test_a_checkpoint_goes_on_with_the_other_device(first: str, optimizer: str) -> None:
    second = DEVICES[1 - DEVICES.index(first)]
    whole, cut, again = (training_of(device, optimizer=optimizer) for device in (first, first, second))
    cut.run([Until(11)])
    again.restore(*cut.state())
    near(finished(whole), finished(again))


def test_it_learns_with_dropout_and_two_runs_of_a_seed_are_near() -> None:
    first, second = (
        training_of("cuda", dropout=0.2, epochs=30, learning_rate=0.03) for _ in range(2)
    )
    near(finished(first), finished(second), 1e-3)
    assert first.best is not None and first.best["dev_accuracy"] >= 0.9
