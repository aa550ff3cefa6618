"""The answers of the lesson on tagging, found again by counting and with NumPy from the weights of its taggers."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import load_file

from rnn_core.lessons.expressions import Table
from rnn_core.lessons.quantities import held
from tests.lessons.asked import asked, lesson, looked, task

LESSON = lesson("08-tagging")
RAM = "Ram went to Delhi yesterday"
HOSPITAL = "A new designer joined Green Valley Hospital in Buenos Aires last year ."
TRUTH = ["O", "O", "O", "O", "B-ORG", "I-ORG", "I-ORG", "O", "B-LOC", "I-LOC", "O", "O", "O"]


def answered(step: int) -> list[tuple[list[str], list[str]]]:
    """The true tags and the answers of each sentence of the saved evaluation, as they were written."""
    (file,) = Path(looked(LESSON, step).run.path / "evaluations").glob("*/predictions.parquet")
    table = pq.read_table(file).to_pydict()
    return list(zip(table["truths"], table["answers"], strict=True))


def pairs(step: int) -> Counter[tuple[str, str]]:
    return Counter(pair for truths, answers in answered(step) for pair in zip(truths, answers, strict=True))


def spans(tags: list[str]) -> set[tuple[int, int, str]]:
    """Spans of B- and I- tags of one type."""
    found, start = set(), None
    for at, tag in enumerate([*tags, "O"]):
        if start is not None and tag != f"I-{tags[start][2:]}":
            found.add((start, at, tags[start][2:]))
            start = None
        if tag.startswith("B-"):
            start = at
    return found


def f1(sentences: list[tuple[list[str], list[str]]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of whole spans."""
    right = sum(len(spans(truth) & spans(answer)) for truth, answer in sentences)
    given, true = sum(len(spans(answer)) for _, answer in sentences), sum(len(spans(truth)) for truth, _ in sentences)
    precision, recall = right / given, right / true
    return precision, recall, 2 * precision * recall / (precision + recall)


def tagger(text: str) -> tuple[list[str], np.ndarray, list[str]]:
    """The tokens, (T, k) the probabilities of the tags, and the tags, from the weights of the tagger of names."""
    run = looked(LESSON, 1).run.path
    weights = {name: array.astype(np.float64) for name, array in load_file(run / "weights.safetensors").items()}
    known = json.loads((run / "vocabulary.json").read_text(encoding="utf-8"))
    tokens = ["<sos>", *text.lower().split(), "<eos>"]
    x = [weights["embedding"][known["words"].index(token) if token in known["words"] else 1] for token in tokens]

    def read(direction: int) -> list[np.ndarray]:
        u, w, b = (weights[f"cells.0.{direction}.{name}"] for name in ("weight_ih", "weight_hh", "bias"))
        h, m, found = np.zeros(w.shape[1]), np.zeros(w.shape[1]), []
        for one in x[::-1] if direction else x:
            i, f, g, q = np.split(u @ one + w @ h + b, 4)
            m = m / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            h = np.tanh(m) / (1 + np.exp(-q))
            found.append(h)
        return found[::-1] if direction else found

    states = np.concatenate([read(0), read(1)], axis=1)
    o = np.exp(states @ weights["weight_out"].T + weights["bias_out"])
    return tokens, o / o.sum(1, keepdims=True), known["labels"]


def test_a_tag_for_every_token() -> None:
    _, p, labels = tagger(RAM)
    best = [labels[i] for i in p.argmax(1)]
    question = asked(LESSON, 1)
    question.is_right(float(best.index("B-LOC") + 1))
    question.misses(float(best.index("B-PER") + 1), float(len(best)), float(best.index("O", 1) + 1))
    assert list(np.asarray(question.of("readout.best"))) == best
    assert question.of("network.classes") == len(labels) == 7


def test_the_example_has_an_unknown_name_and_the_first_text_none() -> None:
    do = task(LESSON, 1)
    assert do.until is not None and not do.until.holds(held(looked(LESSON, 1).resolve))
    assert do.until.holds(held(looked(LESSON, 1, text=do.example).resolve))
    tokens, p, labels = tagger(do.example)
    tags = dict(zip(tokens, (labels[i] for i in p.argmax(1)), strict=True))
    assert tags["zubin"] == "B-PER" and tags["jhansi"] == "B-LOC"


def test_is_a_high_accuracy_good() -> None:
    counted = pairs(2)
    total, outside = counted.total(), sum(n for (truth, _), n in counted.items() if truth == "O")
    right = sum(n for (truth, answer), n in counted.items() if truth == answer)
    question = asked(LESSON, 2)
    question.is_right(outside / total)
    question.misses(0.0, 1 - outside / total, right / total, 1.0)
    of = question.of
    assert (of("score.items"), of("score.majority.label")) == (total, "O")
    truths = of("score.truths")
    assert isinstance(truths, Table) and truths.values.sum() == total
    assert not any(spans(["O"] * len(tags)) for tags, _ in answered(2)), "it finds not a single name"


def test_five_pronouns() -> None:
    """Five pronouns, of which two are found, and two words that are none."""
    truth, answer = ["PRON"] * 5 + ["NOUN"] * 2, ["PRON"] * 2 + ["DET"] * 3 + ["PRON"] * 2
    right = sum(a == b == "PRON" for a, b in zip(truth, answer, strict=True))
    question = asked(LESSON, 3)
    question.is_right(right / truth.count("PRON"))
    question.misses(right / answer.count("PRON"), 1 - right / truth.count("PRON"), answer.count("PRON") / truth.count("PRON"))


def test_a_cell() -> None:
    counted = pairs(4)
    question = asked(LESSON, 4)
    question.is_right("missed")
    question.misses("taken", "both")
    confusion = question.of("score.confusion")
    assert isinstance(confusion, Table)
    labels = confusion.axes[0]
    assert isinstance(labels, tuple)
    assert {(a, b): n for i, a in enumerate(labels) for j, b in enumerate(labels) if (n := confusion.values[i, j])} == counted
    assert counted["PROPN", "NOUN"] > counted["NOUN", "PROPN"], "a wrong answer is told from the right one"


def test_the_cell_that_is_to_be_clicked() -> None:
    do = task(LESSON, 4)
    confusion = held(looked(LESSON, 4).resolve)("score.confusion")
    assert do.until is not None and isinstance(confusion, Table) and isinstance(confusion.axes[0], tuple)
    row, column = (confusion.axes[0].index(label) for label in ("PROPN", "NOUN"))
    for cell, done in ((f"{row},{column}", True), (f"{column},{row}", False), ("", False)):
        assert do.until.holds(held(looked(LESSON, 4, cell=cell).resolve)) is done
    listed = looked(LESSON, 4, cell=f"{row},{column}").resolve(("answers",)).answers
    assert listed.count == pairs(4)["PROPN", "NOUN"] == len(listed.found)


def test_down_a_column() -> None:
    counted = pairs(5)
    given = sum(n for (_, answer), n in counted.items() if answer == "PROPN")
    true = sum(n for (truth, _), n in counted.items() if truth == "PROPN")
    precision, recall = counted["PROPN", "PROPN"] / given, counted["PROPN", "PROPN"] / true
    accuracy = sum(n for (truth, answer), n in counted.items() if truth == answer) / counted.total()
    question = asked(LESSON, 5)
    question.is_right(precision)
    question.misses(recall, 1 - precision, accuracy, 2 * precision * recall / (precision + recall))
    answers = question.of("score.answers")
    assert isinstance(answers, Table) and answers.values.sum() == counted.total()


def test_a_loss_at_every_token() -> None:
    _, p, labels = tagger(HOSPITAL)
    losses = np.zeros(len(p))
    for at, tag in enumerate(TRUTH, 1):
        losses[at] = -np.log(p[at, labels.index(tag)])
    question = asked(LESSON, 6)
    np.testing.assert_allclose(np.asarray(question.of("tagged.loss")), losses, atol=1e-5)
    question.is_right(losses / losses.max())
    whole = np.zeros(len(p))
    whole[5:8] = 1
    question.misses(np.ones(len(p)), whole)
    assert losses.argmax() == 7 and losses[[5, 6]].min() > 10 * losses[[0, 1, 2, 3, 4, 8, 9, 10, 11, 12, 13, 14]].max()


def test_a_wrong_end() -> None:
    _, p, labels = tagger(HOSPITAL)
    answer = [labels[i] for i in p.argmax(1)][1:-1]
    assert spans(TRUTH) == {(4, 7, "ORG"), (8, 10, "LOC")} and spans(answer) == {(4, 6, "ORG"), (8, 10, "LOC")}
    accuracy = sum(a == b for a, b in zip(TRUTH, answer, strict=True)) / len(TRUTH)
    question = asked(LESSON, 7)
    question.is_right(f1([(TRUTH, answer)])[2])
    question.misses(1.5 / 2, (1 + 2 / 3) / 2, accuracy, 1.0, 0.0)
    assert [question.of(f"tagged.{name}") for name in ("spans", "answered", "right")] == [2, 2, 1]


def test_the_scores_of_all_spans() -> None:
    of = held(looked(LESSON, 7).resolve)
    precision, recall, both = f1(answered(7))
    assert [of("spans.precision"), of("spans.recall"), of("spans.f1")] == pytest.approx([precision, recall, both])
