"""The table of accuracy along the text holds, at its end, the accuracy that training wrote down."""

import json
from pathlib import Path

import pytest

from benchmarks.results import print_along
from rnn_core.commands import main

REVIEWS = str(Path(__file__).parents[1] / "samples" / "reviews.csv")


def test_all_of_the_text_read_gives_the_test_accuracy(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--hidden", "8", "--embedding", "8", "--epochs", "2", "--threads", "1", "--workspace", str(tmp_path)]
    found = []
    for seed in ("0", "1"):
        assert main(["train", "--train", REVIEWS, "--loss", "every", "--seed", seed, *small]) == 0
        found.append(json.loads(capsys.readouterr().out.splitlines()[-1]))
    print_along(str(tmp_path), {"sst2, LSTM, sentences, loss at every step": [run["run"] for run in found], "another": ["x"]})
    lines = capsys.readouterr().out.strip().splitlines()
    assert len({line.count("|") for line in lines}) == 1 and len(lines) == 4
    assert lines[3].startswith("| sst2 | every step | the answer if the text stopped there |")
    scores = [run["test_accuracy"] for run in found]
    assert lines[3].endswith(f"| {sum(scores) / 2:.4f} ({scores[0]:.4f} {scores[1]:.4f}) |")
    print_along(str(tmp_path), {"another": ["x"]})
    assert capsys.readouterr().out == ""
