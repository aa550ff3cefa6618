"""Variational dropout: one mask for all steps of a text, in both engines, and along a stream until its state is reset."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import tasks
from rnn_core.config import ModelConfig, RunConfig, TrainConfig, plain
from rnn_core.network.dropout import Dropout, Noise
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network
from rnn_core.training.engines import Autograd, Fused
from rnn_core.training.loop import Training
from rnn_core.training.optimizer import Optimizer
from rnn_core.workspace.runs import Speech
from tests.tasks.test_generate import VOCABULARY, encoded_of, weights_of
from tests.tasks.test_generate import config_of as language_model
from tests.tiny import COMPILED, model_of, network_of
from tests.training.test_engines import CLASSES, STEPS, TEXTS, WORDS, batch

P = 0.4


@pytest.fixture
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def small(cell: str, layers: int = 2, both: bool = False, **more: Any) -> Network:
    options = {"layers": layers, "bidirectional": both, "dropout": P, "variational": True} | more
    return network_of(model_of(cell, **options), WORDS, CLASSES).train()


def training_of(**options: Any) -> Training:
    config = language_model(layers=2, dropout=P, **options)
    values = plain(config) | {"model": plain(config.model) | {"variational": True}}
    return Training(tasks.make(RunConfig, values), encoded_of(), encoded_of(), Speech(VOCABULARY))


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("size", [STEPS, 4])
@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, False), (2, True)])
@pytest.mark.parametrize("cell", COMPILED)
def test_both_engines_train_with_the_same_masks(cell: str, layers: int, both: bool, size: int) -> None:
    found = []
    for kind in (Fused, Autograd):
        model = small(cell, layers, both)
        optimizer = Optimizer(model, TrainConfig(learning_rate=0.01))
        engine = Fused(model, optimizer) if kind is Fused else Autograd(model, cross_entropy, optimizer)
        losses = []
        for update in range(6):
            carried = update % 3
            losses.append(engine.gradients(batch(update, True), Noise(3, update, carried), STEPS if both else size))
            optimizer.step(engine.read())
        optimizer.catch_up()
        found.append((losses, {name: p.detach().clone() for name, p in model.named_parameters()}))
    np.testing.assert_allclose(found[0][0], found[1][0], rtol=1e-9)
    for name, one in found[0][1].items():
        torch.testing.assert_close(one, found[1][1][name], rtol=0, atol=1e-8)


@pytest.mark.usefixtures("double")
def test_the_loss_and_its_gradients_are_those_of_masks_that_multiply_the_states() -> None:
    """torch.nn.LSTM layer by layer, with the masks put between by hand."""
    model, given, noise = small("lstm"), batch(0, True), Noise(5, 2)
    optimizer = Optimizer(model, TrainConfig())
    engine = Fused(model, optimizer)
    loss = engine.gradients(given, noise, STEPS)
    drop = Dropout(P, variational=True).train()
    drop.noise = Noise(5, 2)
    d, seen = model.config.hidden, torch.ones(TEXTS, model.config.hidden)
    words, places = model.embedding.different(given["tokens"].numpy())
    table = drop(torch.ones(len(words), model.config.embedding))  # the mask of embeddings is by word
    masks = [drop.states(seen, layer) for layer in (1, 2)]
    h: Tensor = model.embedding.weight.detach()[given["tokens"]] * table[torch.from_numpy(places)]
    twins = nn.ModuleList(nn.LSTM(h.shape[2] if layer == 0 else d, d) for layer in range(2))
    for layer, twin in enumerate(twins):
        own = model.layer(layer, 0)
        with torch.no_grad():
            twin.weight_ih_l0.copy_(own["weight_ih"])
            twin.weight_hh_l0.copy_(own["weight_hh"])
            twin.bias_ih_l0.copy_(own["bias"])
            twin.bias_hh_l0.zero_()
        h = twin(h)[0] * masks[layer]
    o = nn.functional.linear(h.flatten(0, 1)[given["at"]], model.weight_out.detach(), model.bias_out.detach())
    total, divisor, _ = cross_entropy({"logits": o}, given)
    (total / divisor).backward()
    assert loss == pytest.approx(float((total / divisor).detach()), rel=1e-10)
    for layer, twin in enumerate(twins):
        own = model.layer(layer, 0)
        ours = optimizer.dense.part(own["weight_ih"], own["weight_hh"], own["bias"]).gradients
        for one, other in zip(ours, (twin.weight_ih_l0, twin.weight_hh_l0, twin.bias_ih_l0), strict=True):
            np.testing.assert_allclose(one, other.grad.numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_the_mask_lasts_until_the_state_is_reset(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.tasks.generate.CARRIED", 3)
    training, heard = training_of(engine=engine), []
    gradients = training.engine.gradients

    def hear(given: Any, noise: Noise, size: int, start: Any) -> float:
        heard.append((noise.lasting(1), noise.lasting(2), start is None))
        return gradients(given, noise, size, start)

    monkeypatch.setattr(training.engine, "gradients", hear)
    training.network.train()
    for which in training._plan():
        training._update(which)
    resets = [i for i, (_, _, reset) in enumerate(heard) if reset]
    assert len(resets) > 2 and resets[0] == 0
    for first, after in zip(resets, [*resets[1:], len(heard)], strict=True):
        assert after - first > 1 and len({keys[:2] for keys in heard[first:after]}) == 1
    assert len({keys[:2] for keys in heard}) == len(resets)


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_a_training_resumed_within_a_stretch_comes_to_the_same_weights_bit_for_bit(engine: str) -> None:
    whole, half, again = (training_of(engine=engine) for _ in range(3))
    assert whole.run() and whole.engine.name == ("fused" if engine == "auto" else "autograd")
    half.network.train()
    for which in half._plan()[:5]:
        half._update(which)
    again.restore(*half.state())
    assert again.run()
    for name, weights in weights_of(whole).items():
        assert torch.equal(weights, weights_of(again)[name]), name


def test_configs_of_before_keep_what_they_hold() -> None:
    assert "variational" not in plain(ModelConfig()) and plain(ModelConfig(variational=True))["variational"]
