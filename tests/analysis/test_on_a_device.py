"""Answers, traces and gradients of a network on another device: torch's meta device, where numbers are read by `host` alone.

What `host` reads there is 1 throughout, so shapes and devices are tested, and no values.
"""

import numpy as np
import pytest
import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.analysis.bptt import gradients
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem, WriteConfig
from rnn_core.network.prediction import follow, fresh
from rnn_core.network.writing import write
from rnn_core.workspace import Workspace
from tests.one_device import OneDevice
from tests.tiny import CELLS, classified, config_of, model_of, saved_run, tagged

TEXT = "the film was not good"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, ...]]:
    """The shapes of all tensors that were read back."""
    found: list[tuple[int, ...]] = []
    plain = Tensor.cpu

    def ones(tensor: Tensor) -> Tensor:
        if tensor.device.type != "meta":
            return plain(tensor)
        found.append(tuple(tensor.shape))
        return torch.ones(tensor.shape, dtype=tensor.dtype)

    monkeypatch.setattr(Tensor, "cpu", ones)
    return found


def moved(workspace: Workspace, task: str, cell: str, layers: int = 2) -> Loaded:
    """A run whose network is on the meta device."""
    config = config_of(task, model_of(cell, layers=layers, bidirectional=task == "tag"))
    loaded = load(saved_run(workspace, config))
    return loaded._replace(network=loaded.network.to("meta"))


@pytest.mark.parametrize("task", ["classify", "tag"])
@pytest.mark.parametrize("cell", CELLS)
def test_a_trace_and_the_way_back(workspace: Workspace, read: list[tuple[int, ...]], cell: str, task: str) -> None:
    here = load(saved_run(workspace, config_of(task, model_of(cell, layers=2, bidirectional=task == "tag"))))
    there = moved(workspace, task, cell)
    ours = trace(here, TEXT)
    with OneDevice():
        theirs = trace(there, TEXT)
    for name in ("states", "cells", "logits", "readouts", "answers", "embeddings"):
        one, other = getattr(ours, name), getattr(theirs, name)
        assert (one is None and other is None) or (one.shape == other.shape and one.dtype == other.dtype), name
    assert {name: gate.shape for name, gate in ours.gates.items()} == {name: g.shape for name, g in theirs.gates.items()}
    wanted = gradients(here, ours)
    with OneDevice():
        found = gradients(there, theirs)
    assert [set(one) for one in wanted["copies"]] == [set(one) for one in found["copies"]]
    assert wanted["differences"].keys() == found["differences"].keys()
    for one, other in zip(wanted["copies"], found["copies"], strict=True):
        assert {n: np.shape(v) for n, v in one["by_pair"].items()} == {n: np.shape(v) for n, v in other["by_pair"].items()}
    assert read


@pytest.mark.parametrize("task", ["classify", "tag"])
def test_answers(workspace: Workspace, read: list[tuple[int, ...]], task: str) -> None:
    loaded, encoded = moved(workspace, task, "gru"), classified(9) if task == "classify" else tagged(9)
    task_of = tasks.of(loaded.config)
    with OneDevice():
        found = task_of.predict(loaded.network, loaded.config, encoded)
        decoded = list(task_of.decode(loaded.network, loaded.config, encoded, loaded.speech))
    assert found.answers.shape == encoded.targets.shape and found.loss is not None and len(decoded) == 9
    assert read


def test_a_stream_is_followed_and_written(workspace: Workspace, read: list[tuple[int, ...]]) -> None:
    network = moved(workspace, "classify", "lstm").network
    with OneDevice():
        found = follow(network, np.ones(40, np.int64))
        fresh(network, np.ones(40, np.int64), np.arange(8, 40), 8)
        written = list(write(network, [1], WriteConfig(length=5), (), ()))
    assert found.nats.all() and found.near.all() and len(written) == 5
    # the loss, the best probability, right and near answers of each chunk, the losses of one batch, the logits of each token
    assert len(read) == 2 * 4 + 1 + 5


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_run_trained_on_a_gpu_opens_without_one(workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(device="cuda"))
    for device in ("cpu", "auto"):
        assert {p.device.type for p in load(run, device).network.parameters()} == {"cpu"}
    with pytest.raises(Problem, match="no GPU"):
        load(run, "cuda")
