"""Datasets: splits and their cut, labels, the report, what is left out, refused and warned of, and real files."""

import csv
import gc
import json
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.config import DataConfig, Problem
from rnn_core.data import splits
from rnn_core.data.datasets import Dataset
from rnn_core.data.examples import Example
from tests.tiny import read_dataset, read_examples

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared" / "data"
TAG = DataConfig(task="tag")
WHOLE = DataConfig(dev_share=0, test_share=0)


def table(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = ("text", "label")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def texts(n: int, start: int = 0) -> list[tuple[str, str]]:
    return [(f"text number {i}", ("good", "bad")[i % 2]) for i in range(start, start + n)]


def read(path: Path, config: DataConfig = WHOLE, **more: Any) -> Dataset:
    return read_dataset({"train": path}, config, **more)


def refused(path: Path, *parts: str, config: DataConfig = WHOLE) -> None:
    with pytest.raises(Problem) as caught:
        read(path, config)
    for part in (*parts, path.name):
        assert part in str(caught.value)


def left_out(dataset: Dataset) -> dict[str, tuple[int, tuple[str, ...]]]:
    return {entry.reason: (entry.count, entry.rows) for entry in dataset.report.left_out}


def warned(dataset: Dataset, *parts: str) -> None:
    assert any(all(part in warning for part in parts) for warning in dataset.report.warnings), dataset.report.warnings


# ---- reading --------------------------------------------------------------------------------------------------------


def test_a_whole_dataset(tmp_path: Path) -> None:
    heard: list[float] = []
    path = table(tmp_path / "t.csv", [*texts(1000), ("Don't =1+1 <b>", "10"), ("NA", "2 "), ("null", " None")])
    dataset = read(path, progress=heard.append)
    train = dataset.splits["train"]
    assert train[1000] == Example(
        "Don't =1+1 <b>", ("Do", "n't", "=", "1", "+", "1", "<", "b", ">"), "10", "t.csv line 1002"
    )
    assert [e.target for e in train[-2:]] == ["2", "None"]
    assert dataset.labels == ("2", "10", "None", "bad", "good")
    assert (dataset.config.text, dataset.config.label) == ("text", "label")
    report = dataset.report
    assert (report.rows_read, report.rows_kept, report.left_out) == (1003, 1003, ())
    summary = report.splits["train"]
    assert summary.label_counts == {"2": 1, "10": 1, "None": 1, "bad": 500, "good": 500}
    assert sum(summary.lengths) == summary.examples == 1003
    assert sum(i * n for i, n in enumerate(summary.lengths)) == summary.tokens
    assert summary.unknown_share == 0
    assert len(report.examples) == 10
    assert report.files[0]["delimiter"] == "comma"
    assert heard == sorted(heard)
    assert heard[-1] == 1
    json.dumps([report.files, report.cut, report.warnings])


def test_splits_from_files_and_their_warnings(tmp_path: Path) -> None:
    train = table(tmp_path / "a.csv", [*texts(40), ("سلام", "good"), ("ok", "rare")])
    dev = tmp_path / "b.tsv"
    dev.write_text("label\ttext\n" + "new\ttext number 1\nnew\tunseen things\ngood\t😀 👍🏽\nbad\ttext\n")
    dataset = read_dataset({"train": train, "dev": dev}, DataConfig(test_share=0), {"dev": "<i>dev</i>.tsv"})
    assert {split: len(kept) for split, kept in dataset.splits.items()} == {"train": 42, "dev": 4}
    assert dataset.splits["dev"][0].row == "<i>dev</i>.tsv line 2"
    assert dataset.labels == ("bad", "good", "rare")
    warned(dataset, "'new' (2) in dev do not occur in train")
    warned(dataset, "same text", "train and dev: 1")
    warned(dataset, "Fewer than ten", "'rare' (1)")
    warned(dataset, "emoji alone: 1 in dev")
    warned(dataset, "without any word known", "2 in dev")
    warned(dataset, "right-to-left script: 1")
    assert dataset.report.splits["dev"].unknown_share == pytest.approx(4 / 8)


def test_texts_of_emoji_alone_are_counted_in_every_split(tmp_path: Path) -> None:
    train = table(tmp_path / "a.csv", [*texts(40), ("😀 👍🏽", "good"), ("😀!", "good"), ("so 😀", "good")])
    assert read(train).report.warnings[-1] == (
        "Texts of emoji alone: 2 in train; the network knows only the emoji that occur in train."
    )
    test = table(tmp_path / "b.csv", [("👍🏽", "good"), ("text", "bad")])
    warned(read_dataset({"train": train, "test": test}, WHOLE), "emoji alone: 2 in train, 1 in test;")


def test_splits_from_a_column(tmp_path: Path) -> None:
    names = ["training", "Valid", "test", "other"]
    path = table(
        tmp_path / "t.csv", [(*row, names[i % 4]) for i, row in enumerate(texts(80))], ("text", "label", "split")
    )
    path2 = table(tmp_path / "u.csv", [(*row, "test") for row in texts(8)], ("text", "label", "split"))
    config = DataConfig(split="split")
    with pytest.raises(Problem, match="Every label"):  # training has even rows only
        read(path, config)
    with pytest.raises(Problem, match=r"No row of u\.csv belongs to the training split"):
        read(path2, config)
    path = table(
        tmp_path / "t.csv", [(*row, names[i // 2 % 4]) for i, row in enumerate(texts(80))], ("text", "label", "split")
    )
    dataset = read(path, config)
    assert {split: len(kept) for split, kept in dataset.splits.items()} == {"train": 20, "dev": 20, "test": 20}
    assert left_out(dataset)["no known split in the column 'split' (train, dev or test)"][0] == 20
    with pytest.raises(Problem, match="not both"):
        read_dataset({"train": path, "dev": path}, config)


def test_fingerprints_follow_content_and_config(tmp_path: Path) -> None:
    a, b = table(tmp_path / "a.csv", texts(20)), table(tmp_path / "b.csv", texts(20))
    c = table(tmp_path / "c.csv", texts(22))
    assert read(a).fingerprint == read(b).fingerprint
    assert len({read(a).fingerprint, read(c).fingerprint, read(a, DataConfig(split_seed=1)).fingerprint}) == 3
    both = {read_dataset({"train": x, "dev": y}, WHOLE).fingerprint for x, y in ((a, c), (c, a))}
    assert len(both) == 2


def test_characters_and_the_longest_text(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", [("a b", "x"), ("one two  three four", "y")])
    assert read(path, DataConfig(tokens="char", dev_share=0, test_share=0)).splits["train"][0].tokens == ("a", " ", "b")
    dataset = read(path, DataConfig(max_tokens=3, dev_share=0, test_share=0))
    assert (dataset.splits["train"][1].text, len(dataset.splits["train"][1].tokens)) == ("one two  three", 3)
    assert left_out(dataset) == {"cut after 3 tokens, and kept": (1, ("t.csv line 3",))}
    assert dataset.report.rows_kept == 2


def test_the_vocabulary_is_that_of_training(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", [("A a a b c d e f g h i j k", "x"), ("a B", "y")])
    report = read(path, DataConfig(vocabulary=10, lowercase=True, dev_share=0, test_share=0)).report
    assert report.vocabulary_size == 14
    assert report.splits["train"].unknown_share == pytest.approx(1 / 15)


# ---- tags -----------------------------------------------------------------------------------------------------------

SENTENCES = [(["Ann", "lives", "in", "New York"], ["B-PER", "O", "O", "B-LOC"]), (["#", '"', "No"], ["O", "O", "O"])]


def tagged(dataset: Dataset) -> list[tuple[list[str], list[str]]]:
    return [(list(e.tokens), list(e.target)) for e in dataset.splits["train"]]


def test_every_layout_of_tags_reads_the_same(tmp_path: Path) -> None:
    whole = DataConfig(task="tag", dev_share=0, test_share=0)
    wanted = [([t.replace(" ", "\u00a0") for t in tokens], tags) for tokens, tags in SENTENCES]
    lists = [(json.dumps(tokens), json.dumps(tags)) for tokens, tags in SENTENCES]
    table(tmp_path / "lists.csv", lists, ("tokens", "tags"))
    rows = [
        (f"Sentence: {i}" if not j else "", *pair)
        for i, s in enumerate(SENTENCES)
        for j, pair in enumerate(zip(*s, strict=True))
    ]
    table(tmp_path / "rows.csv", rows, ("Sentence #", "Word", "Tag"))
    spaced = [(" ".join(tokens).replace("New ", "New\u00a0"), " ".join(tags)) for tokens, tags in SENTENCES]
    table(tmp_path / "spaced.csv", spaced, ("text", "tags"))
    lines = "\n".join("".join(f"{t}\t{g}\n" for t, g in zip(*s, strict=True)) for s in SENTENCES)
    (tmp_path / "lines.tsv").write_text(lines)
    (tmp_path / "lines.jsonl").write_text("".join(json.dumps({"tokens": t, "tags": g}) + "\n" for t, g in SENTENCES))
    pq.write_table(
        pa.table({"tokens": [s[0] for s in SENTENCES], "tags": [s[1] for s in SENTENCES]}), tmp_path / "p.parquet"
    )
    for name in ("lists.csv", "rows.csv", "spaced.csv", "lines.tsv", "lines.jsonl", "p.parquet"):
        dataset = read(tmp_path / name, whole)
        assert tagged(dataset) == wanted, name
        assert dataset.scheme == dataset.report.scheme == "IOB2"
        assert dataset.labels == ("B-LOC", "B-PER", "O")
        assert dataset.splits["train"][0].text == "Ann lives in New\u00a0York"


def test_sentences_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    rows = [("a b", "X Y"), ("a b c", "X Y"), ("", "X"), ("a", " "), ("a\0 b", "X Y"), *[("c d", "Y X")] * 9]
    dataset = read(table(tmp_path / "t.csv", rows), DataConfig(task="tag", dev_share=0, test_share=0))
    assert left_out(dataset) == {
        "different numbers of tokens and tags": (1, ("t.csv line 3",)), "no text": (1, ("t.csv line 4",)),
        "no tags": (1, ("t.csv line 5",)), "a NUL byte or half a character": (1, ("t.csv line 6",)),
    }  # fmt: skip
    (tmp_path / "t.tsv").write_text("a\tX\nb\n\nc\tX\n\tO\n\n" + "d\tX\ne\tY\n\n" * 9)
    dataset = read(tmp_path / "t.tsv", DataConfig(task="tag", format="token_tag", dev_share=0, test_share=0))
    assert left_out(dataset) == {
        "a line of 1 column where 2 were expected": (1, ("t.tsv line 2",)),
        "an empty token or tag": (1, ("t.tsv line 4",)),
    }


def test_rows_of_a_sentence_must_stand_together(tmp_path: Path) -> None:
    rows = [("1", "a", "X"), ("2", "b", "Y"), ("1", "c", "X"), ("3", "d", "Y"), ("3", "e")]
    dataset = read(
        table(tmp_path / "t.csv", rows, ("sentence_id", "token", "tag")),
        DataConfig(task="tag", dev_share=0, test_share=0),
    )
    assert [tokens for tokens, _ in tagged(dataset)] == [["a"], ["b"]]
    assert {reason[:12]: rows for reason, (_, rows) in left_out(dataset).items()} == {
        "a sentence w": ("t.csv line 4",), "too few fiel": ("t.csv line 6",),
    }  # fmt: skip


def test_mixed_schemes_are_warned_of(tmp_path: Path) -> None:
    sentence = "Ann\tI-PER\nEve\tB-PER\n\n" * 3 + "Bob\tB-PER\nJones\tI-PER\n\n" * 5
    (tmp_path / "t.tsv").write_text(sentence)
    warned(read(tmp_path / "t.tsv", DataConfig(task="tag", dev_share=0, test_share=0)), "IOB")


# ---- left out and refused -------------------------------------------------------------------------------------------


def test_rows_left_out_are_counted_with_their_place(tmp_path: Path) -> None:
    rows = [*texts(4), ("", "good"), ("  ", "bad"), ("x", " "), ("a\0b", "good"), ("x", "good", "y"), ("x",), *texts(20, 4)]
    dataset = read(table(tmp_path / "t.csv", rows))
    assert left_out(dataset) == {
        "no text": (2, ("t.csv line 6", "t.csv line 7")), "no label": (1, ("t.csv line 8",)),
        "a NUL byte or half a character": (1, ("t.csv line 9",)),
        "too many fields (2 were expected)": (1, ("t.csv line 10",)),
        "too few fields (2 were expected)": (1, ("t.csv line 11",)),
    }  # fmt: skip
    assert (dataset.report.rows_read, dataset.report.rows_kept) == (30, 24)
    (tmp_path / "t.jsonl").write_text(
        '{"text": "a", "label": "x"}\n{"text": "\\ud800", "label": "x"}\n{"text": "b", "label": true}\n'
    )
    dataset = read(tmp_path / "t.jsonl")
    assert (dataset.labels, dataset.report.left_out[0].rows) == (("true", "x"), ("t.jsonl line 2",))


def test_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    refused(table(path, []), "no rows below its header")
    refused(table(path, [("a", "x"), ("b", "x")]), "Every label in the column 'label'", "'x'", "two classes")
    refused(
        table(path, [("a", ""), ("b", "")]), "No row of t.csv can be used: no label (2 times, first at t.csv line 2)"
    )
    refused(table(path, [(f"t {i}", f"label {i}") for i in range(60)]), "looks like free text", "60 different values")
    refused(table(path, [(f"t {i}", f"n{i // 3}") for i in range(3003)]), "looks like free text", "1,001")
    refused(table(path, [(f"t {i}", str(i // 3)) for i in range(3003)]), "are numbers, 1,001 different", "regression")
    refused(table(path, [(f"t {i}", f"{i % 12}.5") for i in range(300)]), "are numbers, 12 different", "regression")
    refused(table(path, texts(4)), "no column 'stars'", "'text', 'label'", config=DataConfig(label="stars"))
    (tmp_path / "t.tsv").write_text("a\tX\n\nb\tY\n")
    refused(tmp_path / "t.tsv", "choose the task sequence tagging")
    with pytest.raises(Problem, match="needs a training file"):
        read_dataset({"dev": path}, WHOLE)
    with pytest.raises(Problem, match=r"no file none\.csv"):
        read(tmp_path / "none.csv")


def test_a_single_label_may_be_the_rest_of_rows_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("text,label\n" + "so, it was good,pos\n" * 30 + "it was bad,neg\n" * 35)
    refused(path, "is 'neg'", " 30 rows were left out (too many fields", "first at t.csv line 2), so look at them first.")
    path.write_text("text,label\n" + "it was bad,neg\n" * 5 + ",pos\n")
    refused(path, " 1 row was left out (no text, first at t.csv line 7), so look at it first.")
    path.write_text("text,label\n" + "it was bad,neg\n" * 5 + "so,\n" + ",pos\n" * 2)
    refused(path, " 3 rows were left out (most often no text, first at t.csv line 8), so look at them first.")
    path.write_text("text,label\n" + "it was bad,neg\n" * 5)
    with pytest.raises(Problem, match=r"another class\.$"):  # rows that were cut are used all the same
        read(path, DataConfig(max_tokens=2))


def test_examples_to_evaluate_on(tmp_path: Path) -> None:
    path = table(
        tmp_path / "t.csv",
        [(*row, "train") for row in [*texts(3), ("x", "new"), ("", "new")]],
        ("text", "label", "split"),
    )
    found = read_examples(path, DataConfig(split="gone"), labels=["good", "bad"], name="mine.csv")
    assert [e.target for some in found.pieces() for e in some] == ["good", "bad", "good", "new"]
    assert (found.count, found.rows_read, found.left_out[0].rows) == (4, 5, ("mine.csv line 6",))
    assert "'new'" in found.warnings[0]
    assert read_examples(path, DataConfig()).warnings == ()
    folder, pieces = found.folder, found.pieces()
    del found
    assert len(next(pieces)) == 4, "they are there for as long as they are read"
    del pieces
    gc.collect()
    assert not folder.exists()


def cut(examples: Sequence[Example], shares: dict[str, float], seed: int) -> dict[str, list[Example]]:
    """The examples of each split that `splits.cut` makes."""
    texts, classes = (sorted({one(e) for e in examples}) for one in (lambda e: e.text, lambda e: e.target))
    codes = splits.cut(
        np.array([texts.index(e.text) for e in examples]), np.array([classes.index(e.target) for e in examples]), shares, seed
    )
    made = {split: [e for e, c in zip(examples, codes, strict=True) if c == i] for i, split in enumerate(["train", *shares])}
    return {split: kept for split, kept in made.items() if kept}


# ---- the cut --------------------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from("aaaaaabbbc")), min_size=1, max_size=120),
    st.floats(0, 0.5), st.floats(0, 0.5), st.integers(0, 3),
)  # fmt: skip
def test_the_cut_keeps_its_promises(rows: list[tuple[int, str]], dev: float, test: float, seed: int) -> None:
    examples = [Example(f"t{i}", (f"t{i}",), label, f"line {n}") for n, (i, label) in enumerate(rows)]
    parts = cut(examples, {"dev": dev, "test": test}, seed)
    assert sorted(e.row for kept in parts.values() for e in kept) == sorted(e.row for e in examples)
    homes: dict[str, set[str]] = {}
    for split, kept in parts.items():
        assert kept == [e for e in examples if e in kept]
        for example in kept:
            homes.setdefault(example.text, set()).add(split)
    assert all(len(home) == 1 for home in homes.values())
    first = {e.text: e.target for e in reversed(examples)}
    assert {first[e.text] for e in parts["train"]} == set(first.values())
    assert parts == cut(examples, {"dev": dev, "test": test}, seed)


def test_the_cut_is_stratified_and_seeded() -> None:
    labels = ["a"] * 700 + ["b"] * 250 + ["c"] * 50
    random.Random(0).shuffle(labels)
    examples = [Example(f"t{i}", ("t",), label, "") for i, label in enumerate(labels)]
    parts = cut(examples, {"dev": 0.1, "test": 0.2}, 0)
    assert {split: Counter(e.target for e in kept) for split, kept in parts.items()} == {
        "train": {"a": 490, "b": 175, "c": 35}, "dev": {"a": 70, "b": 25, "c": 5}, "test": {"a": 140, "b": 50, "c": 10},
    }  # fmt: skip
    assert parts["dev"] != cut(examples, {"dev": 0.1, "test": 0.2}, 1)["dev"]
    many = [Example(f"t{i}", ("t",), f"label {i // 4}", "") for i in range(200)]  # classes too small for a tenth each
    assert len(cut(many, {"dev": 0.1, "test": 0.1}, 0)["dev"]) == 20


def test_a_class_whose_texts_are_all_equal_is_said_to_be_absent_from_dev_and_test(tmp_path: Path) -> None:
    rows = texts(100)[:50]
    dataset = read(table(tmp_path / "a.csv", [(text, "ham") for text, _ in rows] + [("buy now", "spam")] * 40), DataConfig())
    report = dataset.report
    assert [report.splits[split].label_counts.get("spam") for split in ("train", "dev", "test")] == [40, None, None]
    assert report.cut.endswith("Identical texts stay in one split, stratified by class as far as that allows.")
    (said,) = (one for one in report.warnings if "every split" in one)
    assert said == (
        "Some classes are not in every split: 'spam' is not in dev and test (40 rows in train, all with the same text). Rows "
        "with the same text stay in one split, so that no text of dev or test is one of training. A split without a class "
        "cannot show how well the network finds it: add different texts of the class."
    )
    assert not any("every split" in one for one in read(table(tmp_path / "b.csv", texts(100)), DataConfig()).report.warnings)


def test_a_cut_is_made_only_where_a_split_is_missing(tmp_path: Path) -> None:
    train, other = table(tmp_path / "a.csv", texts(100)), table(tmp_path / "b.csv", texts(30, 500))

    def sizes(dataset: Dataset) -> dict[str, int]:
        return {split: len(kept) for split, kept in dataset.splits.items()}

    alone = read(train, DataConfig())
    assert sizes(alone) == {"train": 80, "dev": 10, "test": 10}
    assert "seed 0" in alone.report.cut
    assert sizes(read_dataset({"train": train, "test": other}, DataConfig())) == {"train": 90, "dev": 10, "test": 30}
    assert sizes(read(train, WHOLE)) == {"train": 100}


# ---- real files -----------------------------------------------------------------------------------------------------

COUNTS = {
    "rt_polarity/{}.csv": (8530, 1066, 1066), "sst2/{}.csv": (6920, 872, 1821),
    "uci_sentences/{}.csv": (2381, 299, 300), "ud_ewt/{}.upos.tsv": (12544, 2001, 2077),
    "wnut17/{}.tsv": (3394, 1009, 1287),
}  # fmt: skip


@pytest.mark.parametrize("pattern", COUNTS)
def test_public_data_reads_whole(pattern: str) -> None:
    if not SHARED.exists():
        pytest.skip(f"the public data is not in {SHARED}")
    task: Any = "classify" if pattern.endswith(".csv") else "tag"
    files = {split: SHARED / pattern.format(split) for split in ("train", "dev", "test")}
    dataset = read_dataset(files, DataConfig(task=task))
    assert tuple(len(dataset.splits[split]) for split in files) == COUNTS[pattern]
    assert dataset.report.left_out == ()
    assert dataset.scheme == ("IOB2" if "wnut" in pattern else None)


@pytest.mark.parametrize(("column", "tags"), [("UPOS", 17), ("XPOS", 49)])
def test_public_conllu_reads_whole(column: str, tags: int) -> None:
    if not SHARED.exists():
        pytest.skip(f"the public data is not in {SHARED}")
    found = read_examples(SHARED / "ud_ewt" / "dev.conllu", DataConfig(task="tag", label=column))
    examples = [e for some in found.pieces() for e in some]
    assert (found.count, sum(len(e.tokens) for e in examples)) == (2001, 25147)
    assert len({tag for e in examples for tag in e.target}) == tags
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("name", "task"), [("reviews.csv", "classify"), ("tagged.tsv", "tag"), ("entities.tsv", "tag")]
)
def test_samples_read_whole(name: str, task: Any) -> None:
    dataset = read(ROOT / "samples" / name, DataConfig(task=task))
    assert dataset.report.left_out == ()
    assert set(dataset.splits) == {"train", "dev", "test"}
    assert dataset.report.rows_kept >= 150
    assert dataset.scheme == ("IOB2" if name == "entities.tsv" else None)
