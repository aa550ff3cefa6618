"""Pairs of texts that are not what they should be: the same text on both sides, swapped columns, empty targets."""

import csv
import json
import random
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from rnn_core.commands import main
from rnn_core.config import DataConfig
from rnn_core.data.datasets import Dataset, read_dataset
from rnn_core.data.file_examples import read_examples
from rnn_core.data.schema import PAIRS, TEXT
from rnn_core.data.sources import Plan, sources_of
from rnn_core.workspace import Workspace

ENGLISH = ("one", "two", "three", "four", "five", "six")
FRENCH = ("un", "deux", "trois", "quatre", "cinq", "six")

Rows = list[tuple[str, str]]


def pairs(count: int, seed: int = 0) -> Rows:
    rng = random.Random(seed)
    numbers = [[rng.randrange(6) for _ in range(rng.randint(2, 6))] for _ in range(count)]
    return [(" ".join(ENGLISH[i] for i in row), " ".join(FRENCH[i] for i in row)) for row in numbers]


def swapped(rows: Rows) -> Rows:
    return [(target, source) for source, target in rows]


def table(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str] = ("source", "target")) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(files: dict[str, Path], **options: str) -> Dataset:
    return read_dataset(Plan.of(sources_of(files, DataConfig(**options), PAIRS), PAIRS))


def told(found: Sequence[str], *words: str) -> list[str]:
    return [one for one in found if all(word in one for word in words)]


def test_the_same_texts_on_both_sides_are_warned_of(tmp_path: Path) -> None:
    rows = [(source, source) for source, _ in pairs(40)]
    found = read({"train": table(tmp_path / "t.csv", rows)})
    assert told(found.report.warnings, "'source' and 'target' hold the same text in every row", "copy")
    some = table(tmp_path / "some.csv", [*rows[:8], *pairs(32, 1)])
    same = sum(source == target for source, target in [*rows[:8], *pairs(32, 1)])
    said = f"In {same} of 40 rows the columns 'source' and 'target' hold the same text"
    assert told(read({"train": some}).report.warnings, said)
    few = [("six", "six"), *pairs(39, 2)]
    assert not told(read({"train": table(tmp_path / "few.csv", few)}).report.warnings, "same text:")
    evaluated = read_examples(some, DataConfig(), PAIRS)
    assert told(evaluated.warnings, f"In {same} of 40 rows")


@pytest.mark.parametrize("tokens", ["word", "char"])
def test_a_dev_file_with_swapped_columns_is_warned_of(tmp_path: Path, tokens: str) -> None:
    train = table(tmp_path / "train.csv", pairs(60))
    right, wrong = table(tmp_path / "right.csv", pairs(20, 1)), table(tmp_path / "wrong.csv", swapped(pairs(20, 1)))
    assert not told(read({"train": train, "dev": right}, tokens=tokens).report.warnings, "swapped")
    found = read({"train": train, "dev": wrong}, tokens=tokens)
    (said,) = told(found.report.warnings, "two texts of dev look swapped")
    vocabularies = {TEXT: found.vocabulary, **found.vocabularies}
    shares = []  # by hand, from the examples
    for of in ((TEXT, "target"), ("target", TEXT)):
        sides = [[list(e.tokens), list(e.further["target"].tokens)] for e in found.examples("dev")]
        numbers = [i for row in sides for side, name in zip(row, of, strict=True) for i in vocabularies[name].encode(side)]
        shares.append(numbers.count(1) / len(numbers))
    assert f"{shares[0]:.0%} of their tokens are unknown, and {shares[1]:.0%} if 'target' is read and 'source' is written" in said
    assert shares[0] > 0.1 and shares[1] == 0


def test_columns_against_their_names_are_noted(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", pairs(20))
    said = "'target' is read and 'source' is written, against their names: are they swapped?"
    assert told(read({"train": path}, text="target", target="source").report.notes, said)
    assert not told(read({"train": path}).report.notes, "swapped")
    other = table(tmp_path / "o.csv", pairs(20), ("en", "fr"))
    assert not told(read({"train": other}, text="fr", target="en").report.notes, "swapped"), "either way may be meant"


def test_an_evaluation_says_of_swapped_and_empty_targets(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = ["--workspace", str(workspace.root)]
    small = ["--hidden", "8", "--embedding", "8", "--threads", "1", "--epochs", "1", "--tokens", "word"]
    train = table(tmp_path / "train.csv", pairs(60))
    assert main(["train", "--train", str(train), "--task", "translate", *small, *root]) == 0
    run = workspace.runs()[0].id
    capsys.readouterr()
    wrong = table(tmp_path / "wrong.csv", swapped(pairs(20, 1)))
    assert main(["evaluate", run, str(wrong), *root]) == 0
    assert told(json.loads(capsys.readouterr().out.splitlines()[-1])["warnings"], "two texts of wrong.csv look swapped")
    holes = table(tmp_path / "holes.csv", [*pairs(20, 1), ("one two", ""), ("two", "  ")])
    assert main(["evaluate", run, str(holes), *root]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["left_out"] == {"no text in the column 'target'": 2} and found["texts"] == 20 and not found["warnings"]
    for rows, header, said in (
        ([(source, "") for source, _ in pairs(20)], ("source", "target"), "no text in the column 'target'|two columns of text"),
        ([(source,) for source, _ in pairs(20)], ("source",), "only the column 'source'.*or of a second text"),
    ):
        path = table(tmp_path / "bad.csv", rows, header)
        assert main(["evaluate", run, str(path), *root]) == 2
        assert re.search(said, capsys.readouterr().err)
