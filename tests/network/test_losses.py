"""The loss of a batch, against plain loops and a hand-computed cross-entropy."""

import math
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core.data.batches import Encoded
from rnn_core.network import losses, weighting
from rnn_core.network.models import Network
from rnn_core.network.prediction import tensors
from rnn_core.network.weighting import step_weights
from tests.tiny import LABELS, batch_loss, config_of, model_of, network_of, random_texts, vocabulary_of, weighted_loss

EVERY_WAY = [
    ("classify", "last", "mean"), ("classify", "last", "sum"), ("classify", "every", "mean"),
    ("classify", "every", "sum"), ("tag", "every", "mean"), ("tag", "every", "sum"),
]  # fmt: skip


def plain_weights(length: int, steps: int, per_token: bool, loss: str, reduce: str) -> list[float]:
    counted = []
    for t in range(steps):
        if per_token:
            counted.append(0 < t < length - 1)
        elif loss == "last":
            counted.append(t == length - 1)
        else:
            counted.append(t < length)
    each = 1 / max(1, sum(counted)) if reduce == "mean" else 1.0
    return [each if c else 0.0 for c in counted]


@pytest.mark.parametrize("loss", ["last", "every"])
@pytest.mark.parametrize("reduce", ["mean", "sum"])
@pytest.mark.parametrize("per_token", [False, True])
def test_the_weights_of_the_steps(loss: str, reduce: str, per_token: bool) -> None:
    lengths, steps = [2, 3, 7, 5], 7
    given: dict[str, Any] = {"per_token": per_token, "loss": loss, "reduce": reduce}
    weights = step_weights(np.array(lengths), steps, **given)
    assert weights.shape == (steps, 4)
    for b, length in enumerate(lengths):
        assert weights[:, b].tolist() == pytest.approx(plain_weights(length, steps, **given), abs=1e-15)


@pytest.mark.parametrize(("task", "loss", "reduce"), EVERY_WAY)
@pytest.mark.parametrize("unknown", [False, True])
def test_the_batch_loss_is_the_cross_entropy_computed_by_hand(task: str, loss: str, reduce: str, unknown: bool) -> None:
    per_token = task == "tag"
    config = config_of(task, model_of("tanh"), loss=loss, reduce=reduce)
    vocabulary, texts = vocabulary_of(), random_texts(5, 6, seed=1)
    labels = (*LABELS, "maybe") if unknown else LABELS
    wanted: list[Any] = [[labels[(i + t) % len(labels)] for t in range(len(text))] for i, text in enumerate(texts)]
    wanted = wanted if per_token else [row[0] for row in wanted]
    encoded = Encoded.of(texts, wanted, vocabulary, LABELS, per_token)
    assert (encoded.targets == -1).sum() > (2 * len(texts) if per_token else 0) or not unknown
    network = network_of(config.model, len(vocabulary), 2)
    p = {name: value.detach().numpy() for name, value in network.named_parameters()}
    total = 0.0
    for text, target in zip(texts, wanted, strict=True):
        h = np.zeros(4)
        indices = [2, *vocabulary.encode(text), 3]
        weights = plain_weights(len(indices), len(indices), per_token, loss, reduce)
        for t, (index, w) in enumerate(zip(indices, weights, strict=True)):
            h = np.tanh(
                p["cells.0.0.bias"] + p["cells.0.0.weight_hh"] @ h + p["cells.0.0.weight_ih"] @ p["embedding.weight"][index]
            )
            o = p["bias_out"] + p["weight_out"] @ h
            label = target[t - 1] if per_token and w else target
            if w and label in LABELS:
                total += w * (math.log(sum(math.exp(v) for v in o)) - o[LABELS.index(label)])
    given = tensors(encoded.batch(np.arange(len(texts))))
    assert batch_loss(network, config, *given).item() == pytest.approx(total / len(texts), rel=1e-13)


def test_a_text_of_unknown_label_adds_neither_loss_nor_gradient() -> None:
    config = config_of(model=model_of())
    encoded = Encoded.of([["good"], ["bad", "film"]], ["good", "never seen"], vocabulary_of(), LABELS, False)
    network = network_of(config.model, len(vocabulary_of()), 2)

    def gradients(rows: list[int]) -> list[torch.Tensor]:
        loss = batch_loss(network, config, *tensors(encoded.batch(np.array(rows))))
        return [*torch.autograd.grad(loss * len(rows), list(network.parameters())), loss.detach() * len(rows)]

    for both, alone in zip(gradients([0, 1]), gradients([0]), strict=True):
        torch.testing.assert_close(both, alone, rtol=0, atol=1e-14)
    assert not any(g.any() for g in gradients([1]))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("classes", [1, 2, 17])
def test_many_answers_have_torchs_loss_and_gradients(
    classes: int, threads: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than a thread takes at a time, and logits so far apart that a softmax in two steps would overflow."""
    monkeypatch.setattr("rnn_core.threads._threads", threads)
    monkeypatch.setattr(losses, "_SMALL", 0)
    network = network_of(model_of(hidden=11), 8, classes).to(dtype)
    h = (torch.randn(30, 23, 11) * 60).to(dtype).requires_grad_()
    weights, targets = torch.rand(30, 23).double(), torch.randint(-1, classes, (30, 23))
    weights[::7] = 0
    of = weighting.counted(weights.numpy(), targets.numpy())
    of = of._replace(weights=of.weights / 23)  # the mean over the texts
    assert (of.places == ((weights > 0) & (targets >= 0)).flatten().nonzero()[:, 0].numpy()).all()
    wanted, leaves = weighted_loss(network, h, weights, targets), [network.weight_out, network.bias_out]
    expected = torch.autograd.grad(wanted, [*leaves, h])
    found = loss_and_gradients(network, h.detach().flatten(0, 1)[of.places], of)
    assert found[0] == pytest.approx(wanted.item(), rel=1e-12 if dtype is torch.float64 else 1e-5)
    for ours, value in zip(found[1:], (*expected[:2], expected[2].flatten(0, 1)[of.places]), strict=True):
        within = 1e-11 if dtype is torch.float64 else 1e-5 * max(1.0, value.abs().max().item())
        torch.testing.assert_close(torch.from_numpy(ours), value, rtol=0, atol=within)


def loss_and_gradients(network: Network, states: torch.Tensor, of: weighting.Counted) -> tuple[Any, ...]:
    """The loss, and its gradients for V, c and the states."""
    weights = [p.detach().numpy() for p in (network.weight_out, network.bias_out)]
    into = [np.full_like(w, np.nan) for w in weights]
    loss, grad = losses.loss_and_gradients(states.numpy(), of, weights, into)
    return loss, *into, grad


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("most", [1, 70, 10_000])
def test_blocks_of_steps_give_the_numbers_of_all_at_once(tied: bool, most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Losses and all gradients of a language model of 20 words over 7 steps of 5 texts, in blocks of 1, 3 and all steps."""
    model = model_of("lstm", tied=tied, embedding=4, hidden=4)
    rng, found = np.random.default_rng(0), []
    at = torch.arange(0, 35, 2)
    given = {"tokens": torch.from_numpy(rng.integers(20, size=(7, 5))), "lengths": torch.full((5,), 7), "at": at,
             "labels": torch.from_numpy(rng.integers(20, size=len(at))), "weights": torch.from_numpy(rng.random(len(at))),
             "total": torch.tensor(5.0)}  # fmt: skip
    for limit in (most, 2**23):
        monkeypatch.setattr(losses, "MOST_LOGITS", limit)
        network = network_of(model, 20, 20).double()
        outputs = network(given)
        assert ("losses" in outputs) == (limit < 20 * len(at)) and ("logits" in outputs) != ("losses" in outputs)
        total, divisor, each = losses.cross_entropy(outputs, given)
        (total / divisor).backward()
        found.append([each.detach(), *(p.grad for p in network.parameters())])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-12)


def test_the_gradients_in_blocks_are_those_of_differences(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(losses, "MOST_LOGITS", 15)
    torch.manual_seed(0)
    h, v, c = (torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((7, 3), (6, 3), (6,)))
    labels, weights = torch.tensor([0, 5, 2, 2, 1, 4, 3]), torch.rand(7, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda *a: losses.LossesInBlocks.apply(*a, labels, weights)[0], (h, v, c))


@pytest.mark.parametrize("by_text", [True, False])
def test_what_a_chunk_counts_is_its_part_of_all(by_text: bool) -> None:
    rng = np.random.default_rng(0)
    weights, targets = rng.integers(0, 2, (7, 4)) / 3, rng.integers(-1, 3, 4 if by_text else (7, 4))
    whole = weighting.counted(weights, targets)
    for start in range(0, 7, 3):
        now = slice(start, start + 3)
        alone = weighting.counted(weights[now], targets if by_text else targets[now])
        for part, wanted in zip(whole.between(start * 4, (start + 3) * 4), alone, strict=True):
            assert (part == wanted).all() and len(part) == len(wanted)


def test_a_sure_answers_small_loss_is_not_lost() -> None:
    network = network_of(model_of(hidden=1), 8, 2).float()
    with torch.no_grad():
        network.weight_out.copy_(torch.tensor([[20.0], [6.0]]))
        network.bias_out.zero_()
    of = weighting.counted(np.ones((1, 1)), np.zeros(1, np.int64))
    loss, *_ = loss_and_gradients(network, torch.ones(1, 1), of)
    assert loss == pytest.approx(math.log1p(math.exp(-14)), rel=0.1)


def test_a_label_without_a_row_is_refused() -> None:
    network = network_of(model_of(), 8, 2)
    with pytest.raises(IndexError, match="label"):
        loss_and_gradients(network, torch.ones(1, 4), weighting.counted(np.ones((1, 1)), np.full(1, 2)))
