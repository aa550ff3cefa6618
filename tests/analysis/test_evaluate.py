"""Evaluations, against scikit-learn and seqeval on the same predictions."""

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from torch.nn.functional import cross_entropy

from rnn_core.analysis.evaluate import evaluate
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.data.batches import Encoded
from rnn_core.data.examples import Example
from rnn_core.data.tag_rules import TagRules
from rnn_core.results import Answers, Evaluation
from rnn_core.views.evaluate import loss_words
from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import Speech
from tests.tiny import LABELS, TAGS, config_of, model_of, network_of, predict, random_texts, saved_run, vocabulary_of


def loaded(task: str, scheme: str | None = None) -> Loaded:
    config, labels = config_of(task, model_of()), TAGS if task == "tag" else LABELS
    network = network_of(config.model, len(vocabulary_of()), len(labels), seed=3).eval().requires_grad_(False)
    network.embedding.weight *= 4
    texts = random_texts(50, 6)
    encoded = Encoded.of(texts, [LABELS[0]] * 50, vocabulary_of(), LABELS, False)
    batch = encoded.batch(np.arange(50))
    logits = network.readout(network.hidden(torch.from_numpy(batch.tokens), torch.from_numpy(batch.lengths)))
    network.bias_out -= logits.flatten(0, 1).median(0).values  # lean no way, so that every label is answered
    return Loaded("the-run", config, Speech(vocabulary_of(), labels, scheme), network)


def classified(count: int, labels: tuple[str, ...] = LABELS, seed: int = 0) -> list[Example]:
    texts = random_texts(count, 6, seed)
    return [Example(" ".join(t), tuple(t), labels[i % len(labels)], f"row {i}") for i, t in enumerate(texts)]


def tagged(count: int, tags: tuple[str, ...] = TAGS) -> list[Example]:
    rng = np.random.default_rng(1)
    texts = random_texts(count, 6)
    return [Example("", tuple(t), tuple(str(tag) for tag in rng.choice(tags, len(t))), "") for t in texts]


def evaluated(one: Loaded, examples: list[Example], piece: int = 2000, **more: Any) -> tuple[Evaluation, Answers]:
    """The evaluation of these examples, and all answers together."""
    kept: list[Answers] = []
    pieces = (examples[i : i + piece] for i in range(0, len(examples), piece))
    found = evaluate(one, pieces, len(examples), "a file", kept.append, **more)
    assert found.texts == len(examples)
    names = [field.name for field in fields(Answers)]
    return found, Answers(*[[row for some in kept for row in getattr(some, name)] for name in names])


@pytest.mark.parametrize("labels", [LABELS, ("good", "unseen", "bad", "Also unseen")])
def test_classes_are_scored_as_scikit_learn_does(labels: tuple[str, ...]) -> None:
    one, examples = loaded("classify"), classified(60, labels)
    evaluation, found = evaluated(one, examples, piece=25)
    assert (evaluation.run, evaluation.data) == ("the-run", "a file")
    assert found.tokens == [list(e.tokens) for e in examples] and found.truths == [e.target for e in examples]
    assert set(found.answers) == set(LABELS)
    encoded = Encoded.of(found.tokens, found.truths, vocabulary_of(), LABELS, False)
    predictions = predict(one.network, one.config, encoded)
    assert found.answers == [LABELS[i] for i in predictions.answers]
    assert found.confidences == pytest.approx(predictions.confidences, abs=1e-6)
    scores = evaluation.scores
    assert scores.loss == pytest.approx(predictions.loss)
    assert scores.labels == (*LABELS, *sorted(set(labels) - set(LABELS)))
    given = {"y_true": found.truths, "y_pred": found.answers, "labels": scores.labels}
    assert np.array_equal(scores.confusion, confusion_matrix(**given))
    each = np.transpose(precision_recall_fscore_support(**given, zero_division=0))
    assert [(c.precision, c.recall, c.f1, c.support) for c in scores.per_class] == [
        pytest.approx(tuple(r)) for r in each
    ]
    assert scores.accuracy == pytest.approx(np.mean([t == a for t, a in zip(found.truths, found.answers, strict=True)]))
    macro = precision_recall_fscore_support(found.truths, found.answers, average="macro", zero_division=0)[:3]
    assert (scores.macro_precision, scores.macro_recall, scores.macro_f1) == pytest.approx(macro)
    for unseen in set(labels) - set(LABELS):
        row = scores.labels.index(unseen)
        assert scores.confusion[row].sum() == found.truths.count(unseen) and not scores.confusion[:, row].any()
    assert scores.spans is None


@pytest.mark.parametrize("tags", [TAGS, (*TAGS, "B-LOC")])
def test_spans_are_scored_as_seqeval_does(tags: tuple[str, ...]) -> None:
    one, examples = loaded("tag", "IOB2"), tagged(80, tags)
    evaluation, found = evaluated(one, examples, piece=30)
    assert found.truths == [list(e.target) for e in examples]
    assert [len(a) for a in found.answers] == [len(c) for c in found.confidences] == [len(e.tokens) for e in examples]
    encoded = Encoded.of(found.tokens, found.truths, vocabulary_of(), TAGS, True)
    predictions = predict(one.network, one.config, encoded, rules=TagRules.of(TAGS, "IOB2"))
    assert [a for row in found.answers for a in row] == [TAGS[i] for i in predictions.answers if i >= 0]
    assert [c for row in found.confidences for c in row] == pytest.approx(
        predictions.confidences[predictions.answers >= 0], abs=1e-6
    )
    flat = [[t for row in rows for t in row] for rows in (found.truths, found.answers)]
    assert np.array_equal(evaluation.scores.confusion, confusion_matrix(*flat, labels=evaluation.scores.labels))
    spans = evaluation.scores.spans
    assert spans is not None and 0 < spans.f1 < 1
    wanted = classification_report(
        found.truths, found.answers, scheme=IOB2, mode="strict", output_dict=True, zero_division=0
    )
    for name, ours in (("micro avg", spans), *((c.label, c) for c in spans.per_type)):
        figures = (wanted[name]["precision"], wanted[name]["recall"], wanted[name]["f1-score"])
        assert (ours.precision, ours.recall, ours.f1) == pytest.approx(figures)
    assert spans.macro_f1 == pytest.approx(wanted["macro avg"]["f1-score"])


def test_plain_tags_have_no_spans() -> None:
    assert evaluated(loaded("tag"), tagged(5))[0].scores.spans is None


def test_nothing_to_evaluate_is_said() -> None:
    with pytest.raises(Problem, match="nothing to evaluate in dev of x"):
        evaluate(loaded("classify"), [], 0, "dev of x")


def test_labels_unseen_alone_give_no_loss_and_no_right_answer() -> None:
    scores = evaluated(loaded("classify"), classified(8, ("new",)))[0].scores
    assert scores.loss is None and scores.accuracy == 0


def test_many_texts_are_scored_in_pieces_with_the_share_told_and_the_same_loss() -> None:
    one = loaded("classify")
    examples = [*classified(2000), *classified(500, ("unseen",) * 249 + ("good",), seed=1)]
    shares: list[float] = []
    evaluation, found = evaluated(one, examples, tick=shares.append)
    encoded = Encoded.of([e.tokens for e in examples], found.truths, vocabulary_of(), LABELS, False)
    predictions = predict(one.network, one.config, encoded)
    assert shares == sorted(shares) and shares[0] == 0 and 0.7 < shares[-1] < 1 and len(found.answers) == 2500
    assert found.answers == [LABELS[i] for i in predictions.answers]
    assert evaluation.scores.loss == pytest.approx(predictions.loss, rel=1e-6)


def test_a_tick_that_raises_stops_the_work() -> None:
    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        evaluated(loaded("classify"), classified(3), tick=stop)


def test_a_saved_run_answers_alike_each_time_it_is_loaded(workspace: Workspace) -> None:
    run = saved_run(workspace)
    first, second = (evaluated(load(run), classified(20)) for _ in range(2))
    assert repr(first) == repr(second)


@pytest.mark.parametrize(
    ("task", "loss", "reduce"),
    [("classify", "last", "mean"), ("classify", "every", "mean"), ("classify", "every", "sum"), ("tag", "every", "mean"),
     ("tag", "every", "sum")],
)  # fmt: skip
def test_the_loss_of_a_split_is_the_mean_of_its_texts_read_one_by_one(task: str, loss: str, reduce: str) -> None:
    one = loaded(task)._replace(config=config_of(task, model_of(), loss=loss, reduce=reduce))
    one = one._replace(network=one.network.double())
    examples = classified(30, (*LABELS, "unseen")) if task == "classify" else tagged(30, (*TAGS, "unseen"))
    evaluation, _ = evaluated(one, examples, piece=7)
    losses = []
    for example in examples:
        logits = torch.from_numpy(trace(one, " ".join(example.tokens), example.tokens).logits)
        labels = one.speech.labels
        if task == "tag":
            known = [t for t, tag in enumerate(example.target, 1) if tag in labels]
            wanted = torch.tensor([labels.index(tag) for tag in example.target if tag in labels], dtype=torch.int64)
            each, count = cross_entropy(logits[known], wanted, reduction="none"), len(example.tokens)
        elif example.target not in labels:
            continue
        else:
            some = logits if loss == "every" else logits[-1:]
            wanted, count = torch.tensor([labels.index(example.target)] * len(some)), len(some)
            each = cross_entropy(some, wanted, reduction="none")
        if len(each):
            losses.append(float(each.sum()) / (count if reduce == "mean" else 1))
    assert evaluation.scores.loss == pytest.approx(np.mean(losses), rel=1e-12)
    said = loss_words(one.config)
    assert ("-\\log \\hat y_T" in said) == (loss == "last") and (r"\frac{1}{T_j}" in said) == (
        loss == "every" and reduce == "mean"
    )
    assert "over the T_j tokens" in said or "over the tokens" in said or task == "classify"
