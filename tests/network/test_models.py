"""The network against torch.nn, pads that touch nothing, the initialisations, and the number of parameters."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from rnn_core.config import CELLS as NAMES
from rnn_core.config import ModelConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.vocabulary import PAD
from rnn_core.network.models import Network, count_parameters, parameter_shapes
from rnn_core.network.prediction import tensors
from tests.tiny import (
    CELLS,
    LABELS,
    TAGS,
    batch_loss,
    config_of,
    model_of,
    network_of,
    predict,
    random_texts,
    vocabulary_of,
)

WORDS, CLASSES = 12, 3
LENGTHS = torch.tensor([3, 7, 1, 5])


def batch(seed: int = 0) -> Tensor:
    tokens = torch.randint(4, WORDS, (7, 4), generator=torch.Generator().manual_seed(seed))
    return tokens.masked_fill(torch.arange(7)[:, None] >= LENGTHS, PAD)


def twin(network: Network) -> nn.Module:
    """torch.nn's network with the same weights."""
    c = network.config
    shape = {
        "input_size": c.embedding,
        "hidden_size": c.hidden,
        "num_layers": c.layers,
        "bidirectional": c.bidirectional,
    }
    theirs: Any
    if c.cell == "rnn":
        theirs = nn.RNN(nonlinearity=c.activation, **shape)
    else:
        theirs = {"lstm": nn.LSTM, "gru": nn.GRU}[c.cell](**shape)
    with torch.no_grad():
        for layer in range(c.layers):
            for direction in range(network.directions):
                end = f"_l{layer}" + "_reverse" * direction
                p = network.layer(layer, direction)
                getattr(theirs, "weight_ih" + end).copy_(p["weight_ih"])
                getattr(theirs, "weight_hh" + end).copy_(p["weight_hh"])
                getattr(theirs, "bias_ih" + end).copy_(p["bias"])
                getattr(theirs, "bias_hh" + end).zero_()
                if c.cell == "gru":
                    getattr(theirs, "bias_hh" + end)[2 * c.hidden :] = p["bias_inner"]
    return theirs


@pytest.mark.parametrize("name", ["tanh", "relu", "lstm", "gru"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("both", [False, True])
def test_states_and_gradients_are_those_of_torch_nn(name: str, layers: int, both: bool) -> None:
    network = network_of(model_of(name, layers=layers, bidirectional=both), WORDS, CLASSES)
    theirs, table = twin(network), network.embedding.weight.detach().clone().requires_grad_()
    tokens = batch()
    ours = network.hidden(tokens, LENGTHS)
    packed = pack_padded_sequence(nn.functional.embedding(tokens, table), LENGTHS, enforce_sorted=False)
    wanted, _ = pad_packed_sequence(theirs(packed)[0], total_length=7)
    torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-10)
    weights = torch.randn_like(wanted)
    (ours * weights).sum().backward()
    (wanted * weights).sum().backward()
    torch.testing.assert_close(network.embedding.weight.grad, table.grad, rtol=0, atol=1e-10)
    assert network.embedding.weight.grad is not None and network.embedding.weight.grad.abs().sum() > 0.1
    for layer in range(layers):
        for direction in range(network.directions):
            end = f"_l{layer}" + "_reverse" * direction
            for parameter, p in network.layer(layer, direction).items():
                its = getattr(theirs, {"bias": "bias_ih", "bias_inner": "bias_hh"}.get(parameter, parameter) + end).grad
                its = its[2 * network.config.hidden :] if parameter == "bias_inner" else its
                torch.testing.assert_close(p.grad, its, rtol=0, atol=1e-10)


@pytest.mark.parametrize("both", [False, True])
def test_the_sigmoid_network_is_its_formula(both: bool) -> None:
    network = network_of(model_of("sigmoid", bidirectional=both), WORDS, CLASSES)
    tokens, weights = batch(), torch.randn(7, 4, 4 * (1 + both))
    leaves = [p for n, p in network.named_parameters() if "out" not in n]
    columns = []
    for b, length in enumerate(LENGTHS.tolist()):
        read = []
        for direction in range(1 + both):
            p, h, states = network.layer(0, direction), torch.zeros(4), []
            for t in reversed(range(length)) if direction else range(length):
                h = torch.sigmoid(p["bias"] + p["weight_hh"] @ h + p["weight_ih"] @ network.embedding.weight[tokens[t, b]])
                states.append(h)
            read.append(torch.stack(states[::-1] if direction else states))
        columns.append(nn.functional.pad(torch.cat(read, 1), (0, 0, 0, 7 - length)))
    wanted, ours = torch.stack(columns, 1), network.hidden(tokens, LENGTHS)
    torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-10)
    for g, w in zip(
        torch.autograd.grad((ours * weights).sum(), leaves), torch.autograd.grad((wanted * weights).sum(), leaves),
        strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(g, w, rtol=0, atol=1e-10)


def test_the_readout_is_c_plus_v_h() -> None:
    network = network_of(model_of(), WORDS, CLASSES)
    h = torch.randn(2, 3, 4)
    wanted = torch.einsum("kd,...d->...k", network.weight_out, h) + network.bias_out
    torch.testing.assert_close(network.readout(h), wanted, rtol=0, atol=1e-12)


# ---- pads -----------------------------------------------------------------------------------------------------------


def mixed(per_token: bool) -> Encoded:
    texts = random_texts(6, 9, seed=3)
    rng = np.random.default_rng(3)
    if per_token:
        return Encoded.of(
            texts, [[TAGS[i] for i in rng.integers(0, 3, len(t))] for t in texts], vocabulary_of(), TAGS, True
        )
    return Encoded.of(texts, [LABELS[i] for i in rng.integers(0, 2, 6)], vocabulary_of(), LABELS, False)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(
    ("task", "both", "loss"),
    [("classify", False, "last"), ("classify", False, "every"), ("tag", False, "every"), ("tag", True, "every")],
)
def test_a_text_alone_and_padded_beside_longer_ones_is_the_same(name: str, task: str, both: bool, loss: str) -> None:
    per_token = task == "tag"
    encoded = mixed(per_token)
    config = config_of(task, model_of(name, layers=2, bidirectional=both), loss=loss)
    network = network_of(config.model, len(vocabulary_of()), 3 if per_token else 2)
    whole = encoded.batch(np.arange(len(encoded)))
    tokens, lengths, targets = tensors(whole)
    assert lengths.min() < lengths.max()
    together = network.hidden(tokens, lengths)
    loss_together = batch_loss(network, config, tokens, lengths, targets)
    grads_together = torch.autograd.grad(loss_together, list(network.parameters()))
    answers = predict(network, config, encoded)
    losses, grads = [], [torch.zeros_like(p) for p in network.parameters()]
    for row in range(len(encoded)):
        one = tensors(encoded.batch(np.array([row])))
        torch.testing.assert_close(together[: lengths[row], row], network.hidden(*one[:2])[:, 0], rtol=0, atol=1e-12)
        assert not together[lengths[row] :, row].any()
        at = slice(encoded.starts[row] + 1, encoded.starts[row + 1] - 1) if per_token else slice(row, row + 1)
        steps = slice(1, -1) if per_token else slice(-1, None)
        o = network.readout(network.hidden(*one[:2]))[steps, 0]
        assert answers.answers[at].tolist() == o.argmax(1).tolist()
        assert answers.confidences[at] == pytest.approx(o.softmax(1).max(1).values.detach().numpy(), abs=1e-6)
        losses.append(batch_loss(network, config, *one))
        for total, g in zip(grads, torch.autograd.grad(losses[-1], list(network.parameters())), strict=True):
            total += g / len(encoded)
    torch.testing.assert_close(loss_together, torch.stack(losses).mean(), rtol=0, atol=1e-12)
    for g, total in zip(grads_together, grads, strict=True):
        torch.testing.assert_close(g, total, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("both", [False, True])
def test_the_pads_embedding_touches_nothing_and_gets_no_gradient(name: str, both: bool) -> None:
    config = config_of("tag", model_of(name, layers=2, bidirectional=both))
    network, encoded = network_of(config.model, len(vocabulary_of()), 3), mixed(True)
    given = tensors(encoded.batch(np.arange(len(encoded))))
    loss = batch_loss(network, config, *given)
    states, answers = network.hidden(*given[:2]), predict(network, config, encoded)
    loss.backward()
    assert network.embedding.weight.grad is not None
    assert not network.embedding.weight.grad[PAD].any()
    assert network.embedding.weight.grad[PAD + 2].any()
    with torch.no_grad():
        network.embedding.weight[PAD] = 1e3
    assert torch.equal(network.hidden(*given[:2]), states)
    assert torch.equal(batch_loss(network, config, *given), loss)
    again = predict(network, config, encoded)
    assert np.array_equal(again.answers, answers.answers) and again.loss == answers.loss


def test_a_word_lacks_the_same_numbers_wherever_it_stands_and_others_the_next_time() -> None:
    """Read without recurrence, a word gives the same state at each of its places."""
    network = network_of(model_of("tanh", dropout=0.5), 7, 2).train()
    network.layer(0, 0)["weight_hh"].data.zero_()
    which, lengths = torch.tensor([[0, 1, 2], [1, 0, 0], [2, 2, 1]]), torch.tensor([3, 3, 3])
    first, second = (network.advance(network.embedding.weight[1:4], which, lengths).detach() for _ in range(2))
    for word in range(3):
        states = first[which == word]
        assert torch.equal(states, states[:1].expand_as(states))
    assert not torch.equal(first, second)


def test_dropout_acts_in_training_only() -> None:
    network = network_of(model_of(dropout=0.5, layers=2), WORDS, CLASSES)
    network.train()
    assert not torch.equal(network.hidden(batch(), LENGTHS), network.hidden(batch(), LENGTHS))
    network.eval()
    assert torch.equal(network.hidden(batch(), LENGTHS), network.hidden(batch(), LENGTHS))


# ---- initialisation -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
def test_the_orthogonal_scheme(name: str) -> None:
    d, n = 40, 60
    network = Network(model_of(name, hidden=d, embedding=n, layers=2), 500, CLASSES)
    table = network.embedding.weight.detach()
    assert 0.0499 < table.abs().max() <= 0.05
    assert table.std() == pytest.approx(0.1 / math.sqrt(12), rel=0.02) and abs(table.mean()) < 0.001
    for layer in range(2):
        p, columns = network.layer(layer, 0), d if layer else n
        gates = network.cell.gates
        limit = math.sqrt(6 / (columns + d))
        for gate in range(len(gates)):
            rows = slice(gate * d, (gate + 1) * d)
            u = p["weight_ih"][rows]
            if "weight_hh" in p:
                w = p["weight_hh"][rows]
                torch.testing.assert_close(w @ w.t(), torch.eye(d), rtol=0, atol=1e-12)
            assert 0.95 * limit < u.abs().max() <= limit
            assert u.std().item() == pytest.approx(limit / math.sqrt(3), rel=0.06)
            assert p["bias"][rows].tolist() == [network.cell.biases.get(gates[gate], 0.0)] * d
        for other in set(p) - {"weight_ih", "weight_hh", "bias"}:
            assert (p[other] == (1 if other.startswith("gain") else 0)).all()
    limit = math.sqrt(6 / (d + CLASSES))
    assert 0.8 * limit < network.weight_out.abs().max() <= limit
    assert not network.bias_out.any()


def test_a_new_gru_still_knows_the_first_of_fifty_words() -> None:
    """At a bias of 0 the update gate halves what it keeps at each step."""
    torch.manual_seed(0)
    network = Network(model_of("gru", hidden=32, embedding=16), WORDS, CLASSES)
    tokens = torch.randint(4, WORDS, (50, 8))

    def reach() -> float:
        """The gradient at the first word's embedding over that at the last one's."""
        x = network.embedding.weight.detach()[tokens].flatten(0, 1).requires_grad_()
        which = torch.arange(len(x)).view(tokens.shape)
        last = network.advance(x, which, torch.full((8,), 50))[-1]
        (gradient,) = torch.autograd.grad(last.sum(), x)
        norms = gradient.view(50, -1).norm(dim=1)
        return float(norms[0] / norms[-1])

    started = reach()
    with torch.no_grad():
        network.layer(0, 0)["bias"][32:64] = 0
    assert started > 1e-3 and reach() < started / 1000


@pytest.mark.parametrize("name", CELLS)
def test_the_torch_scheme_has_the_ranges_of_torch_nn(name: str) -> None:
    d = 300
    network = Network(model_of(name, hidden=d, embedding=50, initialisation="torch"), 400, 20)
    table = network.embedding.weight.detach()
    assert abs(table.mean()) < 0.03 and table.std() == pytest.approx(1, rel=0.03)
    bound, p = 1 / math.sqrt(d), network.layer(0, 0)
    for weight in {"weight_ih", "weight_hh"} & set(p):
        assert 0.99 * bound < p[weight].abs().max() <= bound
        assert p[weight].std().item() == pytest.approx(bound / math.sqrt(3), rel=0.03)
    if "bias_inner" in p:
        assert 0.95 * bound < p["bias_inner"].abs().max() <= bound
    if "gain_ih" in p:  # torch's LayerNorm starts from gains of 1, and its biases do not count as those of a product
        assert (p["gain_ih"] == 1).all() and p["bias"].unique().tolist() == [0, 1]
        return
    for gate, bias in enumerate(p["bias"].detach().split(d)):
        # torch adds two biases, each uniform in ±bound; only GRU's n has its second one elsewhere
        summed = "weight_hh" in p and not (name == "gru" and network.cell.gates[gate] == "n")
        assert bias.std().item() == pytest.approx(bound * math.sqrt((1 + summed) / 3), rel=0.12), network.cell.gates[
            gate
        ]
        assert bias.abs().max() <= (1 + summed) * bound
    assert 0.99 * bound < network.weight_out.abs().max() <= bound
    assert 0 < network.bias_out.abs().max() <= bound


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    def made(seed: int) -> Tensor:
        torch.manual_seed(seed)
        return Network(model_of(), WORDS, CLASSES).layer(0, 0)["weight_hh"]

    assert torch.equal(made(1), made(1))
    assert not torch.equal(made(1), made(2))


# ---- counting -------------------------------------------------------------------------------------------------------


@settings(max_examples=40)
@given(
    st.builds(
        ModelConfig,
        cell=st.sampled_from(NAMES),
        embedding=st.integers(1, 9), hidden=st.integers(1, 9), layers=st.integers(1, 4), bidirectional=st.booleans(),
    ),
    st.integers(4, 20), st.integers(1, 5),
)  # fmt: skip
def test_shapes_and_count_are_those_of_the_module(model: ModelConfig, words: int, classes: int) -> None:
    network = Network(model, words, classes)
    assert parameter_shapes(model, words, classes) == {n: tuple(p.shape) for n, p in network.named_parameters()}
    assert count_parameters(model, words, classes) == sum(p.numel() for p in network.parameters())


def test_the_count_of_one_elman_layer_is_the_formula() -> None:
    N, n, d, k = 1000, 30, 20, 7
    assert count_parameters(model_of("tanh", embedding=n, hidden=d), N, k) == N * n + d * n + d * d + k * d + d + k
