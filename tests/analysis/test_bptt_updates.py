"""A step of gradient descent against torch.optim.SGD, and a mini-batch's direction against the padded batch's gradient."""

import copy

import numpy as np
import pytest
import torch

from rnn_core.analysis import bptt_updates
from rnn_core.analysis.bptt_pass import forward, target_of
from rnn_core.analysis.bptt_updates import RATES, batch_directions, clipped, mini_batch, rates_of, sgd_step
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.data.batches import Encoded
from rnn_core.data.examples import Example
from rnn_core.network.prediction import tensors
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS, LABELS, batch_loss, classified, tagged, vocabulary_of

TEXT = "the film was not good , the film was bad"


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("task", ["classify", "tag"])
@pytest.mark.parametrize("name", CELLS)
def test_the_loss_after_a_step_is_that_after_torchs(name: str, task: str) -> None:
    one = loaded(name, task)
    seen = trace(one, TEXT)
    target = target_of(one, seen)
    found = sgd_step(forward(one.network, seen.indices), target, (0.01, 0.3))
    before = copy.deepcopy(one.network.state_dict())
    for rate, after in zip(found.rates, found.after, strict=True):
        twin = copy.deepcopy(one.network).requires_grad_(True)
        with torch.enable_grad():
            aim = target.classes[:, None] if task == "tag" else target.classes[:1]

            def loss() -> torch.Tensor:
                tokens = torch.from_numpy(seen.indices)[:, None]
                return batch_loss(twin, one.config, tokens, torch.tensor([len(seen.tokens)]), aim)  # noqa: B023

            value = loss()
            value.backward()
            assert float(value.detach()) == pytest.approx(found.before, abs=1e-12)
            for parameter, p in twin.named_parameters():
                assert found.norms[parameter] == pytest.approx(float(p.grad.norm()), abs=1e-12)  # type: ignore[union-attr]
            torch.optim.SGD(twin.parameters(), lr=rate).step()
            assert float(loss().detach()) == pytest.approx(after, abs=1e-11)
    for parameter, p in one.network.state_dict().items():
        assert torch.equal(p, before[parameter])


def test_the_slope_is_what_a_tiny_step_gains_and_a_wild_one_is_no_number() -> None:
    one = loaded("relu")
    seen = trace(one, TEXT)
    done, target = forward(one.network, seen.indices), target_of(one, seen)
    found = sgd_step(done, target, (1e-6,))
    assert (found.after[0] - found.before) / 1e-6 == pytest.approx(found.slope, rel=1e-3)
    assert sgd_step(done, target, (1e300,)).after[0] == np.inf


def test_fewer_rates_are_tried_where_a_step_takes_long_and_the_runs_own_always(monkeypatch: pytest.MonkeyPatch) -> None:
    network = loaded("lstm").network
    assert rates_of(network, 7, 0.5) == sorted({*RATES, 0.5})
    for products, left in ((1e4, 5), (1, 1)):
        monkeypatch.setattr(bptt_updates, "MOST_PRODUCTS", products)
        some = rates_of(network, 7, 0.5)
        assert 0.5 in some and set(some) - {0.5} <= {*RATES} and len(some) <= left + 1 < len(RATES)


def test_clipping_shortens_what_is_too_long() -> None:
    assert clipped(10, 5) == 0.5 and clipped(4, 5) == 1 and clipped(0, 5) == 1


@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
@pytest.mark.parametrize("name", CELLS)
def test_the_mini_batch_is_the_padded_batch_of_training(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both, loss="every" if layers == 2 else None)
    batch = (tagged if task == "tag" else classified)(6, vocabulary=one.speech.vocabulary)
    assert len(set(batch.lengths.tolist())) > 1  # there are pads
    seen = trace(one, TEXT)
    target = target_of(one, seen)
    found = batch_directions(one, forward(one.network, seen.indices), target, batch)
    padded = batch.batch(np.arange(6))
    own = gradient(one, *tensors(padded))
    aim = target.classes[:, None] if task == "tag" else target.classes[:1]
    text = gradient(one, torch.from_numpy(seen.indices)[:, None], torch.tensor([len(seen.tokens)]), aim)
    for parameter, wanted in own.items():
        assert found.text.norms[parameter] / found.text.ratios[parameter] == pytest.approx(float(wanted.norm()), abs=1e-11)
        cosine = float((text[parameter] * wanted).sum() / text[parameter].norm() / wanted.norm())
        assert found.text.cosines[parameter] == pytest.approx(cosine, abs=1e-9)
        assert found.cosines[parameter].shape == (6,)
    first = gradient(one, *tensors(batch.batch(np.array([0]))))["weight_out"]
    cosine = float((first * own["weight_out"]).sum() / first.norm() / own["weight_out"].norm())
    assert found.cosines["weight_out"][0] == pytest.approx(cosine, abs=1e-9)


def gradient(one, tokens, lengths, targets) -> dict[str, torch.Tensor]:
    twin = copy.deepcopy(one.network).requires_grad_(True)
    with torch.enable_grad():
        batch_loss(twin, one.config, tokens, lengths, targets).backward()
    return {parameter: p.grad for parameter, p in twin.named_parameters()}


def test_a_batch_of_unknown_labels_is_refused_in_a_sentence() -> None:
    one = loaded("gru")
    batch = Encoded.of([["film"]], ["strange"], vocabulary_of(), LABELS, False)
    seen = trace(one, TEXT)
    with pytest.raises(Problem, match="No text of this batch has a label"):
        batch_directions(one, forward(one.network, seen.indices), target_of(one, seen), batch)


@pytest.mark.parametrize("task", ["classify", "tag"])
def test_a_mini_batch_is_taken_evenly_and_stays_small(task: str) -> None:
    one = loaded("gru", task)
    target = "good" if task == "classify" else ("O", "O")
    examples = [Example("", ("film", "good" if i == 99 else "bad"), target, i) for i in range(100)]
    batch = mini_batch(one, examples)
    good = one.speech.vocabulary.encode(["good"])[0]
    assert len(batch) == 32 and batch.indices[-2] == good and batch.per_token == (task == "tag")
    assert len(mini_batch(one, examples, tokens=10)) == 2 and len(mini_batch(one, examples, tokens=1)) == 1
    assert len(mini_batch(one, examples[:3])) == 3
