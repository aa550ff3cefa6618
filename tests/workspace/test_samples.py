"""Which sample takes the place of a run's own data."""

from dataclasses import replace

import pytest

from rnn_core.workspace import Workspace
from rnn_core.workspace.samples import sample_for
from tests.tiny import config_of, saved_run

UPOS = ("ADJ", "ADP", "ADV", "AUX", "CCONJ", "DET", "INTJ", "NOUN", "NUM", "PART", "PRON", "PROPN", "PUNCT", "SCONJ", "SYM",
        "VERB", "X")  # fmt: skip
ENTITIES = ("O", *(f"{part}-{kind}" for part in "BI" for kind in ("LOC", "ORG", "PER")))


@pytest.mark.parametrize(
    ("task", "labels", "name", "texts"),
    [
        ("classify", ("negative", "positive"), "reviews.csv", 240),
        ("classify", ("negative", "neutral", "positive"), "reviews.csv", 240),
        ("tag", UPOS, "tagged.tsv", 175), ("tag", ENTITIES, "entities.tsv", 160),
        ("classify", ("bad", "good"), None, 0), ("tag", ("B-person", "I-person", "O"), None, 0), ("classify", ENTITIES, None, 0),
    ],
)  # fmt: skip
def test_it_has_the_task_and_no_label_that_the_run_cannot_answer(
    workspace: Workspace, task: str, labels: tuple[str, ...], name: str | None, texts: int
) -> None:
    found = sample_for(saved_run(workspace, config_of(task), labels))
    assert (found and found.path.name) == name
    assert found is None or (len(found.examples) == texts and len(found.key) == 64)


def test_it_is_cut_as_the_run_cuts(workspace: Workspace) -> None:
    config = config_of()
    run = saved_run(workspace, replace(config, data=replace(config.data, tokens="char", max_tokens=5)), ("negative", "positive"))
    found = sample_for(run)
    assert found and all(len(e.tokens) <= 5 and all(len(token) == 1 for token in e.tokens) for e in found.examples)
