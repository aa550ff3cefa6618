"""What runs on any device: torch's meta device has shapes and no numbers, so a read back to the host fails there."""

import numpy as np
import pytest
import torch

from rnn_core.config import Problem
from rnn_core.network.device import device_of, host
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network
from tests.one_device import OneDevice
from tests.tiny import CELLS, model_of


@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, True)])
@pytest.mark.parametrize("cell", CELLS)
def test_forward_loss_and_backward_read_nothing_back(cell: str, layers: int, both: bool) -> None:
    with torch.device("meta"):
        network = Network(model_of(cell, layers=layers, bidirectional=both, dropout=0.3), 20, 3).train()
        batch = {"tokens": torch.zeros(6, 4, dtype=torch.int64), "lengths": torch.ones(4, dtype=torch.int64),
                 "at": torch.zeros(5, dtype=torch.int64), "labels": torch.zeros(5, dtype=torch.int64),
                 "weights": torch.ones(5), "total": torch.tensor(4.0)}  # fmt: skip
    with OneDevice():
        outputs = network(batch)
    assert outputs["states"].shape == (6, 4, 4 * (2 if both else 1)) and outputs["logits"].shape == (5, 3)
    assert all(part.shape == (layers * (2 if both else 1), 4, 4) for part in outputs["ends"])
    with OneDevice():
        total, weight, each = cross_entropy(outputs, batch)
        (total / weight).backward()
    assert total.device.type == weight.device.type == "meta" and each.shape == (5,)
    assert all(p.grad is not None and p.grad.shape == p.shape for p in network.parameters())


@pytest.mark.parametrize("tied", [False, True])
def test_variational_dropout_and_blocks_of_steps_read_nothing_back(tied: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.network.losses.MOST_LOGITS", 40)
    with torch.device("meta"):
        network = Network(model_of("lstm", layers=2, embedding=4, dropout=0.3, variational=True, tied=tied), 20, 20).train()
        batch = {"tokens": torch.zeros(6, 4, dtype=torch.int64), "lengths": torch.ones(4, dtype=torch.int64),
                 "at": torch.zeros(5, dtype=torch.int64), "labels": torch.zeros(5, dtype=torch.int64),
                 "weights": torch.ones(5), "total": torch.tensor(4.0)}  # fmt: skip
    with OneDevice():
        total, weight, each = cross_entropy(network(batch), batch)
        (total / weight).backward()
    assert total.device.type == "meta" and each.shape == (5,) and (network.embedding.weight is network.weight_out) == tied
    assert all(p.grad is not None and p.grad.shape == p.shape for p in network.parameters())


def test_a_device_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_of("cpu").type == device_of("auto").type == "cpu"
    with pytest.raises(Problem, match="no GPU") as why:
        device_of("cuda")
    assert why.value.typed == "--device cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of("auto").type == device_of("cuda").type == "cuda"


def test_what_is_read_back_has_no_graph() -> None:
    found = host(torch.ones(2, requires_grad=True) * 2)
    assert not found.requires_grad and np.array_equal(found.numpy(), [2, 2])


def test_the_tests_refuse_what_meta_lets_through() -> None:
    meta, here = torch.ones(3, 4, device="meta"), torch.ones(3, 4)
    with OneDevice():
        assert (meta @ meta.t() * torch.tensor(2.0)).shape == (3, 3) and here.to("meta").device == meta.device
        for mixed in (lambda: meta @ here.t(), lambda: meta.index_select(0, torch.arange(2))):
            with pytest.raises(AssertionError, match="mixes"):
                mixed()
