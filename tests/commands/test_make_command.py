"""`data --make`: the file that is written, and bad values."""

from pathlib import Path

import pytest

from rnn_core.config import MakeConfig
from rnn_core.data.synthetic import TASKS, csv_of
from rnn_core.workspace import Workspace
from tests.commands.running import REVIEWS, SMALL, Run, figures, refused


@pytest.mark.parametrize("name", TASKS)
def test_a_file_is_written_that_data_reads(command: Run, workspace: Workspace, tmp_path: Path, name: str) -> None:
    out = tmp_path / "new" / "made.csv"
    answer = command("data", "--make", name, "--length", "16", "--examples", "300", "--seed", "5", "--out", str(out))
    assert figures(answer) == {"out": str(out), "make": name, "length": 16, "examples": 300, "seed": 5}
    assert f"train --train {out}" in answer[2][-1]
    assert out.read_bytes() == csv_of(MakeConfig(make=name, length=16, examples=300, seed=5))
    assert not workspace.datasets()
    found = figures(command("data", "--train", str(out)))
    assert found["rows_kept"] == 300 and not found["warnings"] and sum(found["splits"].values()) == 300


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--make", "parity"], ["--out FILE.csv"]), (["--make", "parity", "--out", "OUT.txt"], ["--out FILE.csv"]),
        (["--make", "parity", "--length", "7", "--out", "OUT.csv"], ["length", "8"]),
        (["--make", "parity", "--examples", "1000000", "--out", "OUT.csv"], ["examples", "50000"]),
        (["--make", "parity", "--length", "400", "--examples", "6000", "--out", "OUT.csv"], ["1,000,000", "--examples 2500"]),
        (["--make", "copy", "--length", "8", "--out", "OUT.csv"], ["different texts of copy", "--length"]),
        (["--make", "parity", "--train", REVIEWS, "--out", "OUT.csv"], ["made up or read"]),
        (["--make", "parity", "--out", "."], ["--out FILE.csv"]), (["--make", "parity", "--out", "DIR.csv"], ["is a folder"]),
        (["--train", REVIEWS, "--length", "30"], ["--length", "--make TASK"]),
        (["--train", REVIEWS, "--out", "OUT.csv"], ["--out", "--make TASK"]),
    ],
)  # fmt: skip
def test_bad_values_are_one_sentence(
    command: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "DIR.csv").mkdir()
    refused(command("data", *arguments), *said)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == []


def test_a_task_that_does_not_exist_is_said_by_name(command: Run) -> None:
    status, out, err = command("data", "--make", "sorting", "--out", "x.csv")
    assert status == 2 and out == [] and "invalid choice: 'sorting'" in err[-1]


def test_evaluate_prints_the_accuracy_by_distance(command: Run, workspace: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "made.csv"
    figures(command("data", "--make", "parity", "--length", "12", "--examples", "200", "--out", str(out)))
    run = figures(command("train", "--train", str(out), *SMALL, "--test-share", "0.5"))["run"]
    found = figures(command("evaluate", run, "--on", "test"))
    groups = found["by_distance"]
    assert sum(group["right"] for group in groups) == pytest.approx(found["test_accuracy"] * 100)
    texts = {e.tokens for e in workspace.dataset(workspace.run(run).config.fingerprint).examples("test")}
    assert len(texts) == 100
    for group in groups:
        assert group["texts"] == sum(group["first"] <= len(words) - 1 <= group["last"] for words in texts)
        assert 0 <= group["low"] <= group["right"] / group["texts"] <= group["high"] <= 1
    (tmp_path / "mine.csv").write_text("text,label\n" + "a film,odd\nno film,even\n" * 10)
    assert "by_distance" not in figures(command("evaluate", run, str(tmp_path / "mine.csv")))
