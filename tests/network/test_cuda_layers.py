"""Layers and networks on a GPU against the processor, in float64."""

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from rnn_core.config import ModelConfig, WriteConfig
from rnn_core.network.cells import cell_of
from rnn_core.network.device import array
from rnn_core.network.dynamic import adapting
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network
from rnn_core.network.prediction import follow, fresh
from rnn_core.network.recurrence import run
from rnn_core.network.search import beam
from rnn_core.network.translator import Translator
from rnn_core.network.writing import write
from tests import gpu
from tests.tiny import CELLS, model_of, network_of

pytestmark = gpu.needed

T, N, D = 7, 4, 5
RAGGED = [T, 1, 3, -2, 2, T, 4, 0, 6]
LENGTHS = {"ragged": RAGGED, "whole": [T] * len(RAGGED), "over": [T + 3] * len(RAGGED), "short": [3] * len(RAGGED)}


@pytest.fixture(autouse=True)
def no_warning() -> Iterator[None]:
    """torch warns once in a process, so that only the first test would fail, if weights are not in one block."""
    torch.set_warn_always(True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
    torch.set_warn_always(False)


def there(tensors: Any) -> Any:
    """Leaves on the GPU with the same numbers."""
    if isinstance(tensors, Tensor):
        return tensors.detach().cuda().requires_grad_(tensors.requires_grad)
    if isinstance(tensors, dict):
        return {name: there(one) for name, one in tensors.items()}
    return type(tensors)(map(there, tensors))


@pytest.mark.parametrize("words_once", [True, False])
@pytest.mark.parametrize("lengths", LENGTHS)
@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_states_ends_and_gradients_are_those_of_the_processor(name: str, both: bool, lengths: str, words_once: bool) -> None:
    if both and lengths == "over":
        lengths = "whole"  # no chunk of a text is read backwards
    cell, given = cell_of(model_of(name)), torch.tensor(LENGTHS[lengths])
    directions = [
        {n: torch.randn(p.shape).mul(0.5).requires_grad_() for n, p in cell.parameters(N, D).items()} for _ in range(1 + both)
    ]
    start = tuple(torch.randn(1 + both, len(given), D, requires_grad=True) for _ in cell.parts)
    words, which = torch.randn(11, N, requires_grad=True), torch.randint(11, (T, len(given)))
    x = words if words_once else torch.randn(T, len(given), N, requires_grad=True)
    found = []
    for move in (lambda one: one, there):
        leaves = move([x, *start, *(p for own in directions for p in own.values())])
        own = iter(leaves)
        inputs, begins = next(own), tuple(next(own) for _ in start)
        layers = [dict(zip(one, own, strict=False)) for one in directions]
        h, ends = run(cell, inputs, move(given), layers, begins, move(which) if words_once else None)
        weights = torch.linspace(-1, 1, h.numel()).view(h.shape).to(h.device)
        loss = (h * weights).sum() + sum(((end * (2 + i)) ** 2).sum() for i, end in enumerate(ends))
        found.append([h, *ends, *torch.autograd.grad(loss, leaves)])
    assert all(one.is_cuda for one in found[1])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(theirs.cpu(), ours, rtol=0, atol=1e-10)


@pytest.mark.parametrize("options", [{}, {"layers": 2, "bidirectional": True}, {"layers": 3}])
@pytest.mark.parametrize("name", CELLS)
def test_a_network_has_the_loss_and_the_gradients_of_the_processor(name: str, options: dict[str, Any]) -> None:
    here = network_of(model_of(name, **options), 20, 3)
    batch = {"tokens": torch.randint(20, (T, 5)), "lengths": torch.tensor([7, 3, 5, 1, 2]),
             "at": torch.tensor([30, 11, 22, 3, 9]), "labels": torch.tensor([0, 1, 2, 1, 0]), "weights": torch.rand(5),
             "total": torch.tensor(5.0)}  # fmt: skip
    found = []
    for network, given in ((here, batch), (network_of(model_of(name, **options), 20, 3).cuda(), there(batch))):
        total, _, each = cross_entropy(network(given), given)
        total.backward()
        found.append([total, each, *(p.grad for p in network.parameters())])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(theirs.cpu(), ours, rtol=0, atol=1e-10)


@pytest.mark.parametrize("options", [{"variational": True}, {"tied": True, "embedding": 4}])
def test_variational_dropout_and_a_tied_embedding(options: dict[str, Any]) -> None:
    torch.manual_seed(0)
    network = Network(model_of("lstm", layers=2, dropout=0.3, **options), 20, 20 if "tied" in options else 3).cuda().train()
    given = there({"tokens": torch.randint(20, (T, 4)), "lengths": torch.tensor([7, 3, 5, 1])})
    losses = []
    for _ in range(2):
        torch.manual_seed(3)
        loss = network(given)["logits"].square().sum()
        loss.backward()
        losses.append(loss)
    assert torch.equal(*losses) and all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


ATTENTION = [{"attention": "none"}, {"attention": "dot"}, {"attention": "dot", "feeding": True}, {"attention": "additive"}]


def translator(cell: str, bidirectional: bool, **options: Any) -> Translator:
    torch.manual_seed(0)
    network = Translator(model_of(cell, bidirectional=bidirectional, layers=2), 20, 15, **options)
    with torch.no_grad():
        for p in network.parameters():
            p.normal_(0, 0.5)
    return network


SOURCE = {"source": torch.randint(4, 20, (6, 3), generator=torch.Generator().manual_seed(0)),
          "source_lengths": torch.tensor([6, 2, 4])}  # fmt: skip


@pytest.mark.parametrize("options", ATTENTION)
@pytest.mark.parametrize(("cell", "bidirectional"), [("gru", True), ("lstm", False), ("lstm", True), ("peephole", True)])
def test_a_translator_has_the_logits_and_the_gradients_of_the_processor(
    cell: str, bidirectional: bool, options: dict[str, Any]
) -> None:
    batch = SOURCE | {"tokens": torch.randint(4, 15, (5, 3)), "lengths": torch.tensor([3, 5, 1])}
    found = []
    for network, given in ((translator(cell, bidirectional, **options), batch),
                           (translator(cell, bidirectional, **options).cuda(), there(batch))):  # fmt: skip
        logits = network(given)["logits"]
        true = torch.arange(5, device=logits.device)[:, None] < given["lengths"]
        logits.mul(true[:, :, None]).square().sum().backward()
        found.append([logits * true[:, :, None], *(p.grad for p in network.parameters())])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(theirs.cpu(), ours, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("width", [1, 4])
@pytest.mark.parametrize("options", ATTENTION)
def test_a_search_finds_the_targets_of_the_processor(options: dict[str, Any], width: int, linked: bool) -> None:
    """Also where links are forced, and with the attention that copying goes by."""
    batch = SOURCE | ({"links": torch.tensor([[1, -1, 2], [0, 1, -1]])} if linked else {})
    networks = (translator("gru", True, **options).eval(), translator("gru", True, **options).eval().cuda())
    ours, theirs = (beam(network, given, width, 6) for network, given in zip(networks, (batch, there(batch)), strict=True))
    for one, other in zip(ours, theirs, strict=True):
        assert [(h.tokens, h.ended, h.sources) for h in one] == [(h.tokens, h.ended, h.sources) for h in other]
        np.testing.assert_allclose([h.score for h in one], [h.score for h in other], rtol=0, atol=1e-10)
        for h, g in zip(one, other, strict=True):
            assert (h.received is None) == (g.received is None) == (options["attention"] == "none")
            if h.received is not None:
                np.testing.assert_allclose(h.received, g.received, rtol=0, atol=1e-10)


@pytest.mark.parametrize("cell", ["lstm", "mingru"])
def test_a_stream_is_followed_adapted_to_and_written_as_on_the_processor(cell: str) -> None:
    config, tokens = model_of(cell, layers=2), np.random.default_rng(0).integers(4, 20, 90)
    found = []
    for network in (network_of(config, 20, 20).eval(), network_of(config, 20, 20).eval().cuda()):
        before = [array(p).copy() for p in network.parameters()]
        plain = follow(network, tokens)
        with adapting(network, 0.1) as learn:
            learnt = follow(network, tokens, learn=learn, size=8)
        assert all(np.array_equal(array(p), was) for p, was in zip(network.parameters(), before, strict=True))
        anew = fresh(network, tokens, np.arange(8, 90), 8)
        written = [token.number for token in write(network, [1], WriteConfig(length=30), (), ())]
        found.append((plain.nats, plain.best, learnt.nats, anew, written))
    assert not np.allclose(found[0][0], found[0][2])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(theirs, ours, rtol=0, atol=1e-6)  # kept in float32


def test_a_large_vocabulary_in_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.network.losses.MOST_LOGITS", 40)
    batch = {"tokens": torch.randint(20, (T, 5)), "lengths": torch.full((5,), T), "at": torch.arange(T * 5),
             "labels": torch.randint(20, (T * 5,)), "weights": torch.rand(T * 5), "total": torch.tensor(5.0)}  # fmt: skip
    config: ModelConfig = model_of("lstm")
    found = []
    for network, given in ((network_of(config, 20, 20), batch), (network_of(config, 20, 20).cuda(), there(batch))):
        outputs = network(given)
        assert "loss" in outputs
        total, _, each = cross_entropy(outputs, given)
        total.backward()
        found.append([total, each, *(p.grad for p in network.parameters())])
    for ours, theirs in zip(*found, strict=True):
        torch.testing.assert_close(theirs.cpu(), ours, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("texts", "width"), [(3, 8), (32, 128), (64, 1024)])
def test_an_lstm_holds_its_memory_at_pads_exactly(texts: int, width: int) -> None:
    """In single precision, for which cuDNN has kernels with functions of their own."""
    cell = cell_of(model_of("lstm"))
    own = {n: torch.randn(p.shape, dtype=torch.float32, device="cuda") * 3 for n, p in cell.parameters(16, width).items()}
    x = torch.randn(60, texts, 16, dtype=torch.float32, device="cuda")
    lengths = torch.randint(1, 9, (texts,), device="cuda")
    ended = [run(cell, x[:steps], lengths, [own])[1] for steps in (40, 60)]
    for one, other in zip(*ended, strict=True):
        assert one.abs().max() > 0.5 and torch.equal(one, other)
