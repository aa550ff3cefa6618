"""Readouts at the prefixes that are phrases: the trees against all spans, the scores against one text at a time."""

import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import prefixes as bench
from benchmarks.prefixes import Prefixes, interval, phrases_from_start, print_table, right, seen
from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.paired import paired
from rnn_core.analysis.trace import trace
from rnn_core.commands import main
from rnn_core.workspace.runs import Speech
from tests.tiny import WORDS, config_of, model_of, network_of, vocabulary_of

LABELS = ("negative", "positive")
HAND = [
    "(4 (3 (2 The) (3 film)) (4 (2 -LRB-) (4 good)))",
    "(1 (3 (3 (3 good) (2 film)) (2 ,)) (1 (1 not-poor) (2 2001)))",
    "(2 (4 fine) (2 film))",
]
"""Of the project's own making; the last one is neutral as a whole."""

Spans = dict[tuple[int, int], int]


def random_tree(rng: random.Random, words: int, first: int = 0) -> tuple[str, list[str], Spans]:
    """A tree as text, its words, and the label of every span that is one of its phrases."""
    label = rng.randrange(5)
    if words == 1:
        word = rng.choice([*WORDS, "good.", "2", "not-good"])
        return f"({label} {word})", [word], {(first, first + 1): label}
    left = rng.randrange(1, words)
    (one, some, spans), (other, more, others) = random_tree(rng, left, first), random_tree(rng, words - left, first + left)
    return f"({label} {one} {other})", some + more, spans | others | {(first, first + words): label}


def random_trees(count: int, seed: int = 0) -> list[tuple[str, list[str], Spans]]:
    rng = random.Random(seed)
    return [random_tree(rng, rng.randrange(1, 12)) for _ in range(count)]


def test_the_prefixes_that_are_phrases_are_found_among_all_spans() -> None:
    for tree, words, spans in random_trees(200):
        every = [(i, j) for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
        wanted = [(j, spans[i, j]) for i, j in every if (i, j) in spans and not words[:i]]
        assert phrases_from_start(tree) == (words, wanted)


def test_neutral_prefixes_and_sentences_are_left_out_and_brackets_spelled_out() -> None:
    found = Prefixes.of(HAND)
    assert found.texts == ["The film ( good", "good film , not-poor 2001"]
    parts = zip(found.sentence, found.words, found.ends, found.positive, strict=True)
    assert [(found.texts[s][:end], count, up) for s, count, end, up in parts] == [
        ("The film", 2, True), ("The film ( good", 4, True),
        ("good", 1, True), ("good film", 2, True), ("good film ,", 3, True), ("good film , not-poor 2001", 5, False),
    ]  # fmt: skip
    assert found.whole.tolist() == [False, True, False, False, False, True]
    columns = found.columns()
    assert columns["1–3 words"].tolist() == columns["all prefixes"].tolist() == (~found.whole).tolist()
    assert columns["prefixes whose label is not their sentence's"].tolist() == [False, False, True, True, True, False]
    assert seen(found, ["good film", "The", "The film ( good"]).tolist() == [False, True, False, True, False, False]


def test_a_prefix_is_in_one_column_of_its_length() -> None:
    found = Prefixes.of(tree for tree, _, _ in random_trees(200))
    by_length = np.array([found.columns()[name] for name in bench.LENGTHS])
    assert (by_length.sum(0) == ~found.whole).all() and by_length[:3].any(1).all()


def test_a_readout_is_right_where_the_trace_of_its_sentence_is() -> None:
    """The answers are held against those to the prefixes as texts of their own as well."""
    config = config_of(model=model_of("tanh"))
    speech = Speech(vocabulary_of(), LABELS, None)
    network = network_of(config.model, len(speech.vocabulary), 2, seed=5).eval().requires_grad_(False)
    loaded = Loaded("it", config, speech, network)
    found = Prefixes.of(tree for tree, _, _ in random_trees(60))
    got, task = right(loaded, found), tasks.of(config)
    assert got.shape == (2, len(found.ends)) and (got[0] != got[1]).any()
    assert all(0 < (one == found.positive).mean() < 1 for one in got)  # both classes are answered
    for p, (sentence, end, positive) in enumerate(zip(found.sentence, found.ends, found.positive, strict=True)):
        read = trace(loaded, found.texts[sentence])
        alone = trace(loaded, found.texts[sentence][:end])
        at = len(alone.tokens) - 2  # without <sos> and <eos>; step 0 is <sos>
        assert read.answers is not None
        assert got[0, p] == (read.readouts[at].argmax() == positive)
        assert got[1, p] == (read.answers[at].argmax() == positive)
        (answer,) = task.decode(network, config, task.encode([alone.tokens[1:-1]], None, speech), speech)
        assert got[1, p] == (answer[0] == LABELS[int(positive)])


def test_the_interval_is_that_of_paired_texts_where_each_sentence_has_one_prefix() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 2000)) < [[0.8], [0.7]]
    difference = first.astype(float) - second
    low, high = interval(difference, np.arange(2000))
    wanted = paired(first, second)
    assert (low, high) == pytest.approx((wanted.low, wanted.high), abs=0.003)
    assert low < difference.mean() < high


def test_prefixes_of_one_sentence_are_drawn_together() -> None:
    difference = np.random.default_rng(2).choice([-1.0, 0.0, 1.0], 300)
    alone = interval(difference, np.arange(300))
    assert interval(np.repeat(difference, 3), np.repeat(np.arange(300), 3)) == pytest.approx(alone)
    low, high = interval(np.repeat(difference, 3), np.arange(900))  # as if they were independent
    assert high - low < 0.7 * (alone[1] - alone[0])


def table_of(out: str) -> dict[str, list[str]]:
    """The cells of a printed table by the name of their row."""
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in out.splitlines() if line.startswith("|")]
    assert len({len(row) for row in rows}) == 1
    return {name: cells for name, *cells in rows}


def test_the_table_counts_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    """Against plain loops over the prefixes."""
    found, rng = Prefixes.of(tree for tree, _, _ in random_trees(300)), np.random.default_rng(3)
    given = {name: rng.random((2, 2, len(found.ends))) < 0.7 for name in bench.RUNS}
    known = {text for text in found.texts if len(text.split()) < 5}
    print_table(found, known, given)
    table = table_of(capsys.readouterr().out)
    heads = table["test accuracy"]
    assert "16 or more" not in heads and heads[-1] == "whole sentences"  # each tree here has fewer than 16 words
    whole = [end == len(found.texts[s]) for s, end in zip(found.sentence, found.ends, strict=True)]
    truth = {s: up for s, up, all_of_it in zip(found.sentence, found.positive, whole, strict=True) if all_of_it}
    middle = [p for p in range(len(whole)) if not whole[p] and 4 <= found.words[p] <= 7]
    assert table["number"][heads.index("4–7")] == str(len(middle))
    without = sum(len(found.texts[found.sentence[p]].split()) == found.words[p] + 1 for p in middle)
    assert table["of these, all but the last word"][heads.index("4–7")] == str(without)
    among = table["of these, word for word among the phrases of training"]
    assert among[-1] == str(sum(text in known for text in found.texts))
    wanted = [p for p in range(len(whole)) if not whole[p] and found.texts[found.sentence[p]][: found.ends[p]] in known]
    assert among[heads.index("all prefixes")] == str(len(wanted))
    ups = sum(bool(found.positive[p]) for p in middle)
    assert table["the more frequent label"][heads.index("4–7")] == f"{max(ups, len(middle) - ups) / len(middle):.3f}"
    same = sum(truth[found.sentence[p]] == found.positive[p] for p in middle)
    assert table["the true label of the sentence"][heads.index("4–7")] == f"{same / len(middle):.3f}"
    assert table["the true label of the sentence"][-2:] == ["0.000", "1.000"]
    means = {}
    for loss in ("last step", "every step"):
        each = [sum(bool(given[loss][seed, 1, p]) for p in middle) / len(middle) for seed in range(2)]
        means[loss] = sum(each) / 2
        cell = table[f"{loss}: the answer if the text stopped there"][heads.index("4–7")]
        assert cell == f"{means[loss]:.3f} ({each[0]:.3f} {each[1]:.3f})"
    cell = table["every less last: the answer if the text stopped there"][heads.index("4–7")].replace("−", "-")
    difference, low, high = (float(number) for number in cell.replace("(", "").replace(")", "").replace(" to", "").split())
    assert difference == pytest.approx(means["every step"] - means["last step"], abs=6e-4) and low <= difference <= high


def test_runs_are_trained_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """On trees of the tests' own: the answer to whole sentences is right as often as test says."""
    for name in ("sst_trees", "sst2"):
        (tmp_path / name).mkdir()
    made = {"train": random_trees(200, 1), "dev": random_trees(40, 2), "test": random_trees(80, 3)}
    for split, drawn in made.items():
        trees = [f"({4 if 'good' in words else 0}{tree[2:]}" for tree, words, _ in drawn]  # the whole can be learnt
        (tmp_path / "sst_trees" / f"{split}.txt").write_text("".join(f"{tree}\n" for tree in trees))
        known = Prefixes.of(trees)
        lines = [f"{text},{LABELS[int(up)]}\n" for text, up in zip(known.texts, known.positive[known.whole], strict=True)]
        (tmp_path / "sst2" / f"{split}.csv").write_text("".join(["text,label\n", *lines]))
    (tmp_path / "sst2" / "train_phrases.csv").write_text("text,label\nthe film,positive\n")
    small = ["--hidden", "8", "--embedding", "8", "--epochs", "4", "--learning-rate", "0.02", "--threads", "1"]
    options = [part for split in made for part in (f"--{split}", str(tmp_path / "sst2" / f"{split}.csv"))] + small
    trained = []

    def train(options: list[str], seed: int, workspace: str) -> dict[str, Any]:
        assert main(["train", *options, "--seed", str(seed), "--workspace", workspace]) == 0
        trained.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
        assert trained[-1]["test_accuracy"] > trained[-1]["test_majority"]
        return trained[-1]

    monkeypatch.setattr(bench, "DATA", tmp_path)
    monkeypatch.setattr(bench, "train", train)
    monkeypatch.setattr(bench, "RUNS", {"last step": "one", "every step": "other"})
    monkeypatch.setattr(bench, "RESULTS", {"one": (options, 3, ""), "other": ([*options, "--loss", "every"], 3, "")})
    monkeypatch.setattr(sys, "argv", ["prefixes", "--seeds", "2"])
    assert bench.main() == 0
    table = table_of(capsys.readouterr().out)
    for loss, runs in (("last step", trained[:2]), ("every step", trained[2:])):
        cell = table[f"{loss}: the answer if the text stopped there"][-1]
        each = " ".join(f"{run['test_accuracy']:.3f}" for run in runs)
        assert cell.split(" ", 1)[1] == f"({each})"


def test_absent_data_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sst2").mkdir()
    monkeypatch.setattr(bench, "DATA", tmp_path)
    monkeypatch.setattr(sys, "argv", ["prefixes"])
    assert bench.main() == 2
    assert capsys.readouterr().err == f"The public data is not here: {tmp_path / 'sst_trees'}\n"
