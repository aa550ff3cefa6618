"""The tables of the README's results hold the figures that training and evaluation wrote down."""

import json
from pathlib import Path

import pytest

from benchmarks.results import print_along
from benchmarks.results_long import TRANSLATION, figures, print_rows, train
from rnn_core.commands import main
from rnn_core.workspace import Workspace

SAMPLES = Path(__file__).parents[1] / "samples"
REVIEWS = str(SAMPLES / "reviews.csv")


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


def test_a_long_row_is_trained_then_evaluated_then_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that is trained but not evaluated is not done, and is not trained again."""
    options = ["--train", str(SAMPLES / "dates.csv"), "--task", "translate", "--hidden", "8", "--embedding", "8", "--epochs", "1"]
    table, workspace = TRANSLATION._replace(rows={"dates": options}), Workspace(tmp_path)
    assert main(["train", *options, "--name", "dates", "--workspace", str(tmp_path)]) == 0
    (run,) = (run for run in workspace.runs() if run.name == "dates")
    print_rows(table, [run])
    assert figures(run, table) == {} and run.metrics() and "|" not in capsys.readouterr().out
    train(workspace, "dates", table)
    assert [one.id for one in workspace.runs() if one.name == "dates"] == [run.id]
    found = figures(run, table)
    print_rows(table, [run])
    heads, _, line, _, below = capsys.readouterr().out.splitlines()
    assert heads.count("|") == line.count("|") == len(table.columns) + 2
    assert line.startswith(f"| dates | {found['parameters']:,} | {found['test_bleu']:.2f} | {found['test_chrf']:.2f} |")
    assert "tok:13a" in below and below.startswith(f"{found['test_sources']:,} different sources")
