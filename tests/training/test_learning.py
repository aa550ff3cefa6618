"""What speaks against a training's having learnt anything, from its figures alone."""

import math
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.metrics import log_loss

from rnn_core.data.batches import Encoded
from rnn_core.network.weighting import label_entropy, step_weights
from rnn_core.training.learning import AT_ENTROPY, MARGIN, NO_BETTER, ONE_ANSWER, ONE_CLASS, doubts, warning
from rnn_core.training.loop import Training
from rnn_core.workspace.runs import Speech
from tests.tiny import LABELS, WORDS, classified, config_of, model_of, vocabulary_of

H = math.log(2)
FAILED = {"train_loss": H, "dev_loss": H, "label_entropy": H, "dev_accuracy": 0.5, "dev_majority": 0.5, "dev_only_answer": 1,
          "majority_class": 1}  # fmt: skip
LEARNT = {"train_loss": 0.3, "dev_loss": 0.5, "label_entropy": H, "dev_accuracy": 0.8, "dev_majority": 0.5, "majority_class": 1}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ()),
        ({"dev_only_answer": 0}, (ONE_ANSWER,)),
        ({"dev_only_answer": 0, "dev_accuracy": 1.0}, ()),  # all of dev is that class
        ({"train_loss": H * (1 - MARGIN) + 1e-9, "dev_loss": H}, (AT_ENTROPY,)),
        ({"train_loss": H * (1 - MARGIN) - 1e-9, "dev_loss": H}, ()),
        ({"train_loss": 0.9 * H / 0.8}, ()),  # dropout: dev knows better
        ({"dev_accuracy": 0.5}, (NO_BETTER,)),
        ({"dev_accuracy": 0.5001}, ()),
        (FAILED, (ONE_ANSWER, AT_ENTROPY, NO_BETTER)),
        ({"dev_accuracy": 1.0, "dev_majority": 1.0}, ()),  # no accuracy is higher
    ],
)
def test_each_doubt_has_its_figures(change: dict[str, Any], found: tuple[str, ...]) -> None:
    assert doubts(LEARNT | change, "accuracy") == found
    assert doubts(LEARNT | change, "macro_f1") == tuple(doubt for doubt in found if doubt != NO_BETTER)


@pytest.mark.parametrize("figures", [{}, {"train_loss": 0.7}, {"dev_accuracy": 0.1}, {"epochs": 3, "dev_loss": 0.7},
                                     {"train_loss": H, "label_entropy": None}, {"label_entropy": 0.0, "train_loss": 0.1},
                                     {"dev_only_answer": None, "dev_majority": None, "dev_accuracy": 0.2}])  # fmt: skip
def test_figures_of_older_runs_and_of_data_with_one_label_raise_no_doubt(figures: dict[str, Any]) -> None:
    assert doubts(figures, "accuracy") == () and warning(figures, "accuracy", LABELS) is None


def test_without_dev_the_training_loss_alone_is_held_against_the_entropy() -> None:
    assert doubts({"train_loss": 0.69, "label_entropy": H}, "accuracy") == (AT_ENTROPY,)
    assert doubts({"train_loss": 0.5, "label_entropy": H}, "accuracy") == ()


def test_the_warning_has_the_numbers_the_classes_and_what_to_try() -> None:
    said = warning(FAILED | {"train_loss": 0.6929}, "accuracy", LABELS)
    assert said == (
        "This network has not learnt anything yet. All answers on dev are one class, “good”. The training loss, 0.6929, "
        "is still at the entropy of the training labels, 0.6931: an answer that ignores the text reaches that too. The dev "
        "accuracy, 0.5000, is not above that of always answering “good”, the most frequent class of training: 0.5000. Try more "
        "epochs, a higher learning rate or a larger network, and check on Data whether the labels can be told from the texts."
    )
    said = warning(LEARNT | {"dev_accuracy": 0.4}, "accuracy", LABELS)
    assert said is not None and said.startswith("This network does not generalise to dev. The dev accuracy, 0.4000,")
    assert "more dropout" in said and "more epochs" not in said
    for odd in (7, -1, 0.5, "x"):
        found = warning(FAILED | {"dev_only_answer": 5, "majority_class": odd}, "accuracy", LABELS)
        assert found is not None and "always answering the same one" in found


def test_where_dev_has_one_class_the_advice_is_on_dev_and_not_on_the_network() -> None:
    one = {"dev_only_class": 0, "dev_only_answer": 0, "dev_accuracy": 0.9, "dev_majority": 1.0}
    assert doubts(LEARNT | one, "accuracy") == (ONE_CLASS,)
    assert warning(LEARNT | one, "accuracy", LABELS) == (
        f"All of dev is one class, “{LABELS[0]}”, so the dev accuracy does not show whether the network tells the classes "
        "apart. Data says why: add different texts of the other classes, or give a dev file."
    )
    assert doubts(FAILED | one, "accuracy") == (AT_ENTROPY, ONE_CLASS)
    said = warning(FAILED | one, "accuracy", LABELS)
    assert said and said.startswith("This network has not learnt anything yet. The training loss")
    assert "All of dev is one class" in said


# ---- the entropy ----------------------------------------------------------------------------------------------------


def test_the_entropy_is_the_log_loss_of_scikit_learns_prior() -> None:
    labels = np.random.default_rng(0).choice(3, 200, p=[0.7, 0.2, 0.1])
    nothing = np.zeros((200, 1))
    wanted = log_loss(labels, DummyClassifier(strategy="prior").fit(nothing, labels).predict_proba(nothing))
    found = label_entropy(np.full(200, 5), labels, per_token=False, loss="last", reduce="mean")
    assert found == pytest.approx(wanted)


@pytest.mark.parametrize(("per_token", "loss"), [(False, "last"), (False, "every"), (True, "every")])
@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_no_constant_answer_has_a_lower_loss_whatever_the_loss_weighs(per_token: bool, loss: str, reduce: str) -> None:
    rng = np.random.default_rng(1)
    texts = [[str(w) for w in rng.choice(WORDS, n)] for n in (1, 4, 2, 7, 3)]
    tags = [["A" if rng.random() < 0.6 else str(rng.choice(["B", "C", "unseen"])) for _ in text] for text in texts]
    encoded = Encoded.of(texts, tags if per_token else ["A", "B", "A", "C", "A"], vocabulary_of(), "ABC", per_token)

    def loss_of(shares: np.ndarray) -> float:
        """The mean loss per text where every step is answered with these probabilities."""
        batch = encoded.batch(np.arange(5))
        weights = step_weights(batch.lengths, len(batch.tokens), per_token=per_token, loss=loss, reduce=reduce)
        targets = np.broadcast_to(batch.targets, weights.shape)
        return float(sum(-w * math.log(shares[t]) for w, t in zip(weights.flat, targets.flat, strict=True) if w and t >= 0)) / 5

    found = label_entropy(encoded.lengths, encoded.targets, per_token=per_token, loss=loss, reduce=reduce)
    grid = [(a, b, 100 - a - b) for a in range(1, 99) for b in range(1, 100 - a)]
    least = min(loss_of(np.array(shares) / 100) for shares in grid)
    assert found <= least + 1e-9 and found == pytest.approx(least, rel=2e-3)


def test_a_network_that_cannot_learn_is_doubted_and_one_that_can_is_not() -> None:
    def trained(**train: Any) -> dict[str, Any]:
        config = config_of(model=model_of("gru", embedding=12, hidden=16), patience=0, batch=8, **train)
        training = Training(config, classified(120), classified(60, seed=1), Speech(vocabulary_of(), LABELS))
        training.run()
        assert training.best is not None
        return training.best

    still = trained(epochs=2, learning_rate=1e-7)
    assert AT_ENTROPY in doubts(still, "accuracy")
    assert doubts(trained(epochs=16, learning_rate=0.03), "accuracy") == ()
