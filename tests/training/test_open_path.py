"""A network that no shortcut knows, trained as a task's: resumed bit for bit, shared tensors saved once, buffers kept."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import network, tasks
from rnn_core.analysis.loading import load
from rnn_core.config import RunConfig
from rnn_core.network.cells import cell_of
from rnn_core.network.prediction import predict, probabilities
from rnn_core.network.tensors import put, tensors_of
from rnn_core.training.loop import Training
from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import Run, Speech, read_tensors, write_tensors
from tests.tiny import LABELS, classified, config_of, model_of, vocabulary_of


class Pooled(nn.Module):
    """Two readers over one table, torch's own dropout and normalisation, and shares over the steps."""

    def __init__(self, config: RunConfig, words: int, classes: int):
        super().__init__()
        d, n = config.model.hidden, config.model.embedding
        self.words = network.Embedding(words, n)
        self.read = network.Recurrent(cell_of(config.model), n, d, bidirectional=True)
        self.again = network.Recurrent(cell_of(config.model), n, d)
        self.first, self.second = nn.Linear(3 * d, 3 * d, bias=False), nn.Linear(3 * d, 3 * d)
        self.second.weight = self.first.weight
        self.norm, self.drop, self.out = nn.BatchNorm1d(3 * d), nn.Dropout(0.3), nn.Linear(3 * d, classes)

    def forward(self, batch: dict[str, Any]) -> dict[str, Any]:
        x = self.words.rows(batch["tokens"])
        states, ends = self.read(x, batch["lengths"])
        again, _ = self.again(self.words(batch["tokens"]), batch["lengths"], tuple(end[:1] for end in ends))
        both = torch.cat((states, again), 2)
        true = (torch.arange(len(both))[:, None] < batch["lengths"])[:, :, None]
        share = torch.where(true, both.sum(2, keepdim=True), -1e9)
        pooled = (share.softmax(0) * both).sum(0).expand(len(both), -1, -1)
        h = self.second(torch.tanh(self.first(both + pooled))).flatten(0, 1)
        at = batch.get("at")
        h = self.drop(self.norm(h if at is None else h[at]))
        o = self.out(h)
        return {"logits": o if at is not None else o.unflatten(0, both.shape[:2])}


@pytest.fixture(autouse=True)
def pooled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        type(tasks.task("classify")), "network",
        lambda self, config, speech: Pooled(config, len(speech.vocabulary), len(speech.labels)),
    )  # fmt: skip


def training_of(**train: Any) -> Training:
    config = config_of(model=model_of("gru", hidden=6), **{"epochs": 3, "patience": 0, "batch": 8, "learning_rate": 0.01} | train)
    return Training(config, classified(60), classified(20, seed=1), Speech(vocabulary_of(), LABELS))


class Stop:
    def __init__(self, at: int):
        self.at, self.now = at, 0

    def on_note(self, *_: Any) -> None: ...

    def on_epoch(self, *_: Any) -> None: ...

    def on_update(self, training: Training) -> None:
        self.now = training.step

    def should_stop(self) -> bool:
        return self.now == self.at


def held_by(training: Training) -> dict[str, Tensor]:
    training.optimizer.catch_up()
    return {name: tensor.clone() for name, tensor in tensors_of(training.network).items()}


def test_it_is_trained_by_autograd_and_resumed_bit_for_bit(tmp_path: Path) -> None:
    whole, half, again = (training_of() for _ in range(3))
    assert whole.engine.name == "autograd" and whole.run()
    assert not half.run([Stop(half.batches_an_epoch + 2)])  # type: ignore[list-item]
    held, rest = half.state()
    write_tensors(tmp_path / "state.safetensors", {name: value.numpy() for name, value in held.items()}, rest)
    arrays, rest = read_tensors(tmp_path / "state.safetensors", "x")
    again.restore({name: torch.from_numpy(a.copy()) for name, a in arrays.items()}, rest)
    assert again.run()
    for name, tensor in held_by(whole).items():
        assert torch.equal(tensor, held_by(again)[name]), name
    assert whole.best is not None and again.best is not None and whole.best["dev_loss"] == again.best["dev_loss"]


def test_it_learns() -> None:
    training = training_of(epochs=12)
    assert training.run() and training.best is not None and training.best["dev_accuracy"] > 0.9


def test_a_shared_tensor_is_saved_once_and_shared_again_and_buffers_are_kept() -> None:
    training = training_of()
    training.run()
    saved = training.best_weights
    assert "first.weight" in saved and "second.weight" not in saved
    assert {"norm.running_mean", "norm.running_var", "norm.num_batches_tracked"} <= saved.keys()
    assert saved["norm.num_batches_tracked"] > 0 and "norm.running_mean" not in training._averaged
    other = Pooled(training.config, len(vocabulary_of()), 2)
    put(other, saved)
    assert other.second.weight is other.first.weight and torch.equal(other.first.weight, saved["first.weight"])
    assert torch.equal(other.norm.running_mean, saved["norm.running_mean"])  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        put(other, {name: tensor for name, tensor in saved.items() if name != "norm.running_mean"})
    with pytest.raises(RuntimeError, match="shape"):
        put(other, saved | {"out.bias": torch.zeros(7)})


def test_a_saved_run_of_it_is_opened_and_answers_alike(workspace: Workspace) -> None:
    training, data = training_of(), classified(20, seed=1)
    training.run()
    put(training.network, training.best_weights)
    run = Run(workspace.fresh("runs"))
    run.write_config(training.config)
    run.write_speech(Speech(vocabulary_of(), LABELS, None))
    write_tensors(run.path / "weights.safetensors", {name: t.numpy() for name, t in training.best_weights.items()})
    loaded = load(run)
    ours, theirs = (
        predict(one, lambda lengths, steps: training.task.weights(training.config, lengths, steps), data)
        for one in (loaded.network, training.network)
    )
    assert np.array_equal(ours.answers, theirs.answers) and np.array_equal(ours.confidences, theirs.confidences)
    p = probabilities(loaded.network, data)
    assert np.array_equal(p.argmax(1), ours.answers) and np.allclose(p.max(1), ours.confidences, atol=1e-6)
