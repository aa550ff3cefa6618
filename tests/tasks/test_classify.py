"""Classification: options, weights, loss, answers and scores."""

from typing import Any

import numpy as np
import pytest
import torch
from sklearn import metrics as sklearn

from rnn_core import tasks
from rnn_core.config import DataConfig, ModelConfig, Problem, RunConfig, plain
from rnn_core.data.examples import Example
from rnn_core.data.scoring import Predictions, unseen_labels
from rnn_core.workspace.runs import Speech
from tests.tiny import LABELS, batch_loss, classified, config_of, network_of, vocabulary_of

TASK = tasks.task("classify")


def test_both_directions_are_refused() -> None:
    values = plain(config_of()) | {"model": {"bidirectional": True}}
    with pytest.raises(Problem, match=r"^A classifier reads in one direction, because .*before it[.]$") as why:
        tasks.make(RunConfig, values)
    assert why.value.typed == "--no-bidirectional"
    assert "bidirectional" not in TASK.options(ModelConfig) and "sentence" not in TASK.options(DataConfig)


@pytest.mark.parametrize(("loss", "reduce"), [("last", "mean"), ("every", "mean"), ("every", "sum")])
def test_the_open_loss_is_the_batchs_loss_and_has_a_gradient(loss: Any, reduce: Any) -> None:
    config, data = config_of(loss=loss, reduce=reduce), classified(6)
    network = network_of(config.model, len(vocabulary_of()), 2).double()
    batch = data.batch(np.arange(6))
    tokens, lengths, targets = map(torch.from_numpy, (batch.tokens, batch.lengths, batch.targets))
    weights = TASK.weights(config, batch.lengths, len(tokens))
    assert weights.dtype == np.float64 and not weights[np.arange(len(tokens))[:, None] >= batch.lengths].any()
    counted = torch.from_numpy(weights) > 0
    h = network.hidden(tokens, lengths)
    outputs = {"logits": network.readout(h[counted])}
    labels = targets.expand(len(tokens), -1)[counted]
    wanted = {"labels": labels, "weights": torch.from_numpy(weights)[counted], "total": torch.tensor(6.0)}
    total, weight, each = TASK.loss(outputs, wanted)
    assert float(weight) == 6 and each.shape == (int(counted.sum()),)
    assert float(total.detach() / weight) == pytest.approx(
        float(batch_loss(network, config, tokens, lengths, targets).detach())
    )
    total.backward()
    assert network.weight_out.grad is not None and bool(network.weight_out.grad.any())


def test_labels_training_never_saw_count_as_scikit_learn_counts_them() -> None:
    truths, answers = ["a", "a", "b", "x", "y"], ["a", "a", "b", "a", "b"]
    words = [["film"]] * 5
    encoded = TASK.encode(words, truths, Speech(vocabulary_of(), ("a", "b")))
    examples = [Example("film", ("film",), truth, "") for truth in truths]
    found = Predictions(np.array(["ab".index(a) for a in answers]), np.ones(5, np.float32), 0.5)
    scorer = TASK.scorer(("a", "b"), None)
    for part in (slice(0, 2), slice(2, 5)):  # in pieces, as files are
        some = TASK.encode(words[part], truths[part], Speech(vocabulary_of(), ("a", "b")))
        scorer.add(some, Predictions(found.answers[part], found.confidences[part], 0.5), unseen_labels(some, [examples[part]]))
    scores = scorer.scores()
    assert scores.labels == ("a", "b", "x", "y") and scores.loss == 0.5
    assert scores.macro_f1 == pytest.approx(sklearn.f1_score(truths, answers, average="macro"))
    figures = TASK.figures_of(scores, "test", "a")
    assert figures["test_accuracy"] == 0.6 and figures["test_majority"] == 0.4 and figures["test_macro_f1"] == scores.macro_f1
    with pytest.raises(ValueError, match="must be named"):
        TASK.scorer(("a", "b"), None).add(encoded, found)


def test_answers_by_name_with_the_probability_of_every_class() -> None:
    config = config_of()
    network = network_of(config.model, len(vocabulary_of()), 2)
    encoded = TASK.encode([["good", "film"], ["bad"]], None, Speech(vocabulary_of(), LABELS))
    assert (encoded.targets == -1).all()
    found = list(TASK.decode(network, config, encoded, Speech(vocabulary_of(), LABELS)))
    assert list(TASK.answer_columns(LABELS)) == ["answer", "probability", *(f"p({label})" for label in LABELS)]
    for answer, sure, *p in found:
        assert sum(p) == pytest.approx(1, abs=1e-5) and answer == LABELS[int(np.argmax(p))] and sure == max(p)
    assert [LABELS.index(a) for a, *_ in found] == TASK.predict(network, config, encoded).answers.tolist()


def test_a_target_is_one_label() -> None:
    readouts = np.array([[0.4, 0.6], [0.7, 0.3], [0.2, 0.8]])
    assert TASK.aim(None, LABELS, readouts, np.arange(3)).tolist() == [1, 1, 1]
    assert TASK.aim("bad", LABELS, readouts, np.arange(3)).tolist() == [0, 0, 0]
    assert TASK.answered(5).tolist() == [4] and TASK.beginning("good", 9, 3) == "good"
    for target, said in ((["bad"], "one label"), ("gone", "no label 'gone'")):
        with pytest.raises(Problem, match=said):
            TASK.aim(target, LABELS, readouts, np.arange(3))
