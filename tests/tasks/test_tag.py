"""Sequence tagging: options, weights, answers and scores."""

import warnings
from typing import Any

import numpy as np
import pytest
from seqeval.metrics import classification_report
from seqeval.scheme import IOB2

from rnn_core import tasks
from rnn_core.config import DataConfig, Problem, RunConfig, plain
from rnn_core.data.examples import Example
from rnn_core.data.scoring import Predictions, unseen_labels
from rnn_core.results import DataReport
from rnn_core.workspace.runs import Speech
from tests.tiny import TAGS, config_of, model_of, network_of, vocabulary_of

TASK = tasks.task("tag")


@pytest.mark.parametrize(("values", "said", "typed"), [
    ({"data": {"task": "tag"}, "train": {"loss": "last"}}, "^The loss of this task is taken at every step, not last[.]$",
     "--loss every"),
    ({"data": {"task": "tag", "tokens": "elided"}}, "^The tokens of labelled data are given .*: set tokens to word[.]$",
     "--tokens word"),
    ({"data": {"task": "tag", "tokens": "char"}}, "^The tokens of labelled data are given .*: set tokens to word[.]$",
     "--tokens word"),
])  # fmt: skip
def test_options_that_mean_nothing_for_tags_are_refused(values: dict[str, Any], said: str, typed: str) -> None:
    with pytest.raises(Problem, match=said) as why:
        tasks.make(RunConfig, plain(config_of()) | values)
    assert why.value.typed == typed
    assert "tokens" not in TASK.options(DataConfig)


def test_characters_are_refused_when_files_are_read_too() -> None:
    with pytest.raises(Problem, match="given"):
        tasks.make(DataConfig, {"task": "tag", "tokens": "char"})


def test_both_directions_are_suggested_unless_truncated() -> None:
    report = DataReport((), 1, 1, (), (), None, 10, {}, "", ())
    assert TASK.suggest(report, {})["bidirectional"].value is True
    assert "bidirectional" not in TASK.suggest(report, {"truncate": 5})


def test_the_tokens_count_and_not_the_specials() -> None:
    config = config_of("tag")
    weights = TASK.weights(config, np.array([5, 3]), 5)
    np.testing.assert_allclose(weights.T, [[0, 1 / 3, 1 / 3, 1 / 3, 0], [0, 1, 0, 0, 0]])
    assert TASK.answered(5).tolist() == [1, 2, 3]


def test_entities_training_never_saw_count_as_seqeval_counts_them() -> None:
    tags = ("B-PER", "I-PER", "O")
    truths = [["B-PER", "I-PER", "O", "B-LOC", "I-LOC"], ["O", "B-ORG"], ["B-PER"]]
    answers = [["B-PER", "I-PER", "O", "B-PER", "O"], ["O", "O"], ["B-PER"]]
    scorer = TASK.scorer(tags, "IOB2")
    for some in ([0, 1], [2]):
        texts = [["film"] * len(truths[row]) for row in some]
        encoded = TASK.encode(texts, [truths[row] for row in some], Speech(vocabulary_of(), tags))
        given = np.array([i for row in some for i in (-1, *map(tags.index, answers[row]), -1)])
        examples = [Example("", tuple(text), tuple(truths[row]), "") for text, row in zip(texts, some, strict=True)]
        scorer.add(encoded, Predictions(given, np.ones(len(given), np.float32), 0.5), unseen_labels(encoded, [examples]))
    scores = scorer.scores()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = classification_report(truths, answers, scheme=IOB2, mode="strict", output_dict=True, zero_division=0)
    assert scores.spans is not None
    assert scores.spans.f1 == pytest.approx(wanted["micro avg"]["f1-score"]) and 0 < scores.spans.f1 < 1
    assert scores.spans.macro_f1 == pytest.approx(wanted["macro avg"]["f1-score"])
    assert TASK.figures_of(scores, "dev")["dev_f1"] == scores.spans.f1


def test_a_tag_and_its_probability_for_each_token() -> None:
    config = config_of("tag", model_of(bidirectional=True))
    network = network_of(config.model, len(vocabulary_of()), 3)
    texts, speech = [["not", "good", "film"], ["bad"]], Speech(vocabulary_of(), TAGS)
    found = list(TASK.decode(network, config, TASK.encode(texts, None, speech), speech))
    for text, (answer, p) in zip(texts, found, strict=True):
        assert len(answer) == len(p) == len(text) and set(answer) <= set(TAGS) and all(1 / 3 <= one <= 1 for one in p)


def test_a_target_is_one_tag_per_token() -> None:
    readouts = np.eye(3)[[2, 0, 1, 2]]
    assert TASK.aim(None, TAGS, readouts, np.arange(4)).tolist() == [-1, 0, 1, -1]
    assert TASK.aim("O B-PER", TAGS, readouts, np.arange(4)).tolist() == [-1, 2, 0, -1]
    assert TASK.beginning("O B-PER I-PER", 3, 2) == ["O", "B-PER"] and TASK.beginning(None, 3, 2) is None
    for target, said in (("O", "1 tags for 2 tokens"), ("O gone", "no label 'gone'")):
        with pytest.raises(Problem, match=said):
            TASK.aim(target, TAGS, readouts, np.arange(4))
