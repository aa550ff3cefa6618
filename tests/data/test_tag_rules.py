"""The rules of tag schemes against the strict spans, and the best sequence against all sequences."""

from itertools import product

import numpy as np
import pytest
import torch

from rnn_core import tasks
from rnn_core.analysis.evaluate import evaluate
from rnn_core.analysis.loading import load
from rnn_core.analysis.steps import targets_of
from rnn_core.analysis.trace import trace
from rnn_core.config import EvaluateConfig, Problem
from rnn_core.data.examples import Example
from rnn_core.data.tag_rules import TagRules
from rnn_core.metrics import spans
from rnn_core.views import view
from rnn_core.workspace import Workspace
from tests.tiny import TAGS, config_of, model_of, saved_run
from tests.views.looking import Looking

LABELS = {
    "IOB1": ("B-A", "I-A", "I-B", "O"), "IOB2": ("B-A", "B-B", "I-A", "I-B", "O"),
    "IOBES": ("B-A", "E-A", "I-A", "S-B", "O", "E-B"),
}  # fmt: skip


def sequences(labels: tuple[str, ...], steps: int) -> list[tuple[int, ...]]:
    return list(product(range(len(labels)), repeat=steps))


@pytest.mark.parametrize("scheme", LABELS)
@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4])
def test_tags_keep_to_the_rules_where_every_one_of_an_entity_is_in_a_strict_span(scheme: str, steps: int) -> None:
    labels = LABELS[scheme]
    rules = TagRules.of(labels, scheme)
    for tags in sequences(labels, steps):
        names = [labels[i] for i in tags]
        inside = {t for _, start, end in spans(names, scheme) for t in range(start, end)}
        assert rules.keep(np.array(tags, int)) == (inside == {t for t, name in enumerate(names) if name != "O"}), names


def test_the_letters_of_bilou_and_bmes_are_those_of_iobes() -> None:
    found = [TagRules.of(labels, "IOBES") for labels in (("B-A", "I-A", "E-A", "S-A"), ("B-A", "I-A", "L-A", "U-A"),
                                                        ("B-A", "M-A", "E-A", "S-A"))]  # fmt: skip
    assert all((one.follows == found[0].follows).all() and (one.end == found[0].end).all() for one in found)


@pytest.mark.parametrize("scheme", LABELS)
@pytest.mark.parametrize("seed", range(20))
def test_the_best_sequence_is_the_best_of_all_that_keep_to_the_rules(scheme: str, seed: int) -> None:
    labels = LABELS[scheme]
    rules = TagRules.of(labels, scheme)
    log_p = np.log(np.random.default_rng(seed).dirichlet(np.full(len(labels), 0.5), 4))
    allowed = [tags for tags in sequences(labels, 4) if rules.keep(np.array(tags))]
    found = rules.best(log_p)
    assert rules.keep(found)
    totals = [log_p[range(4), tags].sum() for tags in allowed]
    assert tuple(found.tolist()) == allowed[int(np.argmax(totals))]
    if rules.keep(own := log_p.argmax(1)):
        assert (found == own).all()


def test_where_no_sequence_can_keep_to_the_rules_the_most_probable_tags_stay() -> None:
    rules = TagRules.of(("B-A", "I-A"), "IOBES")
    assert rules.best(np.log([[0.3, 0.7], [0.6, 0.4]])).tolist() == [1, 0]
    assert TagRules.of(TAGS, "IOB2").best(np.zeros((0, 3))).tolist() == []


SENTENCES = ["the film was good", "not bad", "the poor film was not good", "fine", "was the bad film not fine"]


def test_prediction_evaluation_and_inspect_give_the_same_tags(workspace: Workspace) -> None:
    """Random networks, of whose most probable tags some break the rules."""
    broken = 0
    for seed in range(12):
        run = saved_run(workspace, config_of("tag", model_of("gru", bidirectional=True)), TAGS, "IOB2", seed=seed)
        one, task = load(run), tasks.task("tag")
        rules = TagRules.of(TAGS, "IOB2")
        texts = [text.split() for text in SENTENCES]
        examples = [Example(" ".join(text), tuple(text), tuple("O" for _ in text), "") for text in texts]
        encoded = task.encode_examples(examples, one.speech)
        predicted = [names for names, _ in task.decode(one.network, one.config, encoded, one.speech)]
        for text, names in zip(SENTENCES, predicted, strict=True):
            seen = trace(one, text)
            with torch.no_grad():
                fed = torch.from_numpy(seen.fed)[:, None]
                logits = one.network({"tokens": fed, "lengths": torch.tensor([len(fed)])})["logits"]
            log_p = logits[1:-1, 0].log_softmax(1).numpy()
            best = [TAGS[i] for i in rules.best(log_p)]
            broken += not rules.keep(log_p.argmax(1))
            assert names == best == [TAGS[i] for i in targets_of(one, seen)[1:-1]] == task.told(seen)["tags"]
            row = Looking(one, seen, step=1)(view("own-answers"))
            said = view("own-answers").explain(row)
            assert ("rules of IOB2" in said) == (not rules.keep(log_p.argmax(1)))
        scored = evaluate(one, [examples], len(examples), "a file")
        answered = [name for names in predicted for name in names]
        assert scored.scores.confusion.sum(0).tolist() == [answered.count(tag) for tag in TAGS]
        plain = evaluate(one, [examples], len(examples), "a file", how=EvaluateConfig(rules=False)).scores
        each = task.predict(one.network, one.config, encoded).answers
        assert plain.confusion.sum(0).tolist() == [int((each == i).sum()) for i in range(len(TAGS))]
    assert broken >= 5


def test_other_tasks_refuse_to_leave_the_rules_out() -> None:
    with pytest.raises(Problem, match="Only entity tags have rules"):
        tasks.task("classify").check_evaluation(EvaluateConfig(rules=False))
