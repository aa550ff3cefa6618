"""Predictions in batches, against one text at a time."""

import math

import numpy as np
import pytest
import torch

from rnn_core.config import RunConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.network.models import Network
from rnn_core.network.prediction import probabilities
from tests.tiny import CELLS, LABELS, TAGS, config_of, model_of, network_of, predict, random_texts, vocabulary_of


def one_by_one(network: Network, config: RunConfig, texts: list[list[str]]) -> list[torch.Tensor]:
    """(T, k) probabilities of each text, read alone."""
    found = []
    for text in texts:
        tokens = torch.tensor([SOS, *vocabulary_of().encode(text), EOS])[:, None]
        found.append(network.readout(network.hidden(tokens, torch.tensor([len(tokens)])))[:, 0].softmax(1).detach())
    return found


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_classes_are_those_of_each_text_read_alone(name: str, reduce: str) -> None:
    config = config_of(model=model_of(name), reduce=reduce)
    texts = random_texts(16, 15, seed=2)
    wanted = [(*LABELS, "unseen")[i % 3] for i in range(16)]
    network = network_of(config.model, len(vocabulary_of()), 2)
    with torch.no_grad():  # lean no way, so that both answers occur
        last = torch.stack([rows[-1].log() for rows in one_by_one(network, config, texts)])
        network.bias_out -= last.median(0).values
    found = predict(network, config, Encoded.of(texts, wanted, vocabulary_of(), LABELS, False))
    p = [rows[-1] for rows in one_by_one(network, config, texts)]
    assert found.answers.tolist() == [int(row.argmax()) for row in p]
    assert len(set(found.answers.tolist())) == 2
    assert found.confidences == pytest.approx([float(row.max()) for row in p], abs=1e-6)
    losses = [-math.log(row[LABELS.index(label)]) for row, label in zip(p, wanted, strict=True) if label in LABELS]
    assert found.loss == pytest.approx(sum(losses) / len(losses), rel=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_the_probabilities_of_all_classes_are_those_of_each_text_read_alone(name: str) -> None:
    config = config_of(model=model_of(name, dropout=0.5, layers=2))
    texts = random_texts(40, 15, seed=3)
    network = network_of(config.model, len(vocabulary_of()), 2).train()
    encoded = Encoded.of(texts, [""] * 40, vocabulary_of(), LABELS, False)
    found = probabilities(network, encoded)
    assert network.training, "its mode is put back"
    wanted = [rows[-1].tolist() for rows in one_by_one(network.eval(), config, texts)]
    np.testing.assert_allclose(found, wanted, atol=1e-6)
    given = predict(network, config, encoded)
    assert found.argmax(1).tolist() == given.answers.tolist()
    np.testing.assert_allclose(found.max(1), given.confidences, atol=1e-6)
    assert not len(probabilities(network, Encoded.of([], [], vocabulary_of(), LABELS, False)))


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_tags_are_those_of_each_text_read_alone(both: bool, reduce: str) -> None:
    config = config_of("tag", model_of("gru", bidirectional=both), reduce=reduce)
    texts = random_texts(12, 15, seed=4)
    wanted = [[(*TAGS, "X-NEW")[(i + t) % 4] for t in range(len(text))] for i, text in enumerate(texts)]
    network = network_of(config.model, len(vocabulary_of()), 3)
    encoded = Encoded.of(texts, wanted, vocabulary_of(), TAGS, True)
    found = predict(network, config, encoded)
    losses = []
    for row, (p, tags) in enumerate(zip(one_by_one(network, config, texts), wanted, strict=True)):
        at = slice(encoded.starts[row], encoded.starts[row + 1])
        assert found.answers[at].tolist() == [-1, *p[1:-1].argmax(1).tolist(), -1]
        assert found.confidences[at].tolist() == pytest.approx([0, *p[1:-1].max(1).values.tolist(), 0], abs=1e-6)
        each = [-math.log(p[t + 1, TAGS.index(tag)]) for t, tag in enumerate(tags) if tag in TAGS]
        if each:
            losses.append(sum(each) / (len(tags) if reduce == "mean" else 1))
    assert found.loss == pytest.approx(sum(losses) / len(losses), rel=1e-12)


def test_nothing_to_predict_and_no_known_label_give_no_loss() -> None:
    config = config_of(model=model_of())
    network = network_of(config.model, len(vocabulary_of()), 2)
    empty = predict(network, config, Encoded.of([], [], vocabulary_of(), LABELS, False))
    assert len(empty.answers) == 0 and math.isnan(empty.loss)
    unseen = predict(network, config, Encoded.of([["good"]], ["unseen"], vocabulary_of(), LABELS, False))
    assert unseen.answers[0] in (0, 1) and math.isnan(unseen.loss)


@pytest.mark.parametrize("training", [False, True])
def test_dropout_is_off_and_the_mode_is_put_back(training: bool) -> None:
    config = config_of(model=model_of(dropout=0.5))
    network = network_of(config.model, len(vocabulary_of()), 2).train(training)
    encoded = Encoded.of(random_texts(8, 5), [LABELS[0]] * 8, vocabulary_of(), LABELS, False)
    first, second = predict(network, config, encoded), predict(network, config, encoded)
    assert np.array_equal(first.confidences, second.confidences) and first.loss == second.loss
    assert network.training is training
    assert all(p.grad is None for p in network.parameters())
