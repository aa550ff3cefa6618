"""A memory task made up on Data, and the accuracy by distance on Evaluate, of several runs on the same data."""

import csv
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.commands import main
from rnn_core.config import MakeConfig
from rnn_core.data.synthetic import csv_of
from rnn_core.training import jobs
from rnn_core.views.distance import BY_DISTANCE
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import Run
from tests.pages.driving import Open, chart, numbers, sound

SMALL = ["--hidden", "6", "--embedding", "4", "--threads", "1", "--epochs", "1", "--dev-share", "0.2", "--test-share", "0.4"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with three runs on the same made-up texts, of which the first is evaluated, and one on others."""
    root = tmp_path_factory.mktemp("distances") / "workspace"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / ".seeded").touch()
    for name, cell, seed in (("plain", "rnn", 0), ("long", "lstm", 0), ("again", "lstm", 0), ("other", "gru", 9)):
        path = root / f"first-{seed}.csv"
        path.write_bytes(csv_of(MakeConfig(make="first-word", length=16, examples=200, seed=seed)))
        assert main(["train", "--train", str(path), "--cell", cell, "--name", name, *SMALL, "--workspace", str(root)]) == 0
    assert main(["evaluate", run_of(root, "plain").id, "--on", "test", "--workspace", str(root)]) == 0
    return root


@pytest.fixture
def root(made: Path, tmp_path: Path) -> Path:
    return shutil.copytree(made, tmp_path / "workspace")


def run_of(root: Path, name: str) -> Run:
    return next(run for run in Workspace(root).runs() if run.name == name)


def counts(run: Run) -> dict[int, tuple[int, int]]:
    """The right answers and the texts of each distance, from the saved answers: the words after the first one."""
    found: dict[int, tuple[int, int]] = {}
    for some in evaluations.answers(evaluations.folder(run, run.config.fingerprint, "test")):
        for words, truth, answer in zip(some.tokens, some.truths, some.answers, strict=True):
            right, texts = found.get(len(words) - 1, (0, 0))
            found[len(words) - 1] = right + (truth == answer), texts + 1
    return found


def matches(line: dict, run: Run, ranges: list[str]) -> None:
    counted = counts(run)
    for value, name in zip(numbers(line["y"]), ranges, strict=True):
        first, last = (int(end) for end in (name.split("–") * 2)[:2])
        right, texts = np.sum([counted[d] for d in counted if first <= d <= last], axis=0)
        assert value == pytest.approx(right / texts)


def lines(app: AppTest) -> tuple[list[dict], list[str]]:
    figure = chart(app, "view-by-distance")
    return [line for line in figure["data"] if line.get("mode") == "lines+markers"], figure["layout"]["xaxis"]["ticktext"]


def test_runs_of_the_same_data_are_evaluated_from_here_and_drawn_together(
    root: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_of(root, "plain")
    app = open_page("evaluate", root, run=run.id, on="test")
    assert any(words.value == f"##### {BY_DISTANCE.question}" for words in app.markdown)
    (line,), ranges = lines(app)
    matches(line, run, ranges)
    assert line["name"] == "Elman RNN (tanh) 6"
    assert any("2 other runs of these data can stand beside" in info.value for info in app.info)
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    next(button for button in app.button if button.label == "Evaluate 2 other runs").click()
    app = sound(app.run())
    assert not any("can stand beside" in info.value for info in app.info)
    drawn, ranges = lines(app)
    named = {line["name"]: line for line in drawn}  # runs of one second come in any order
    assert drawn[0]["name"] == "Elman RNN (tanh) 6 (plain)"
    assert {*named} == {"Elman RNN (tanh) 6 (plain)", "LSTM 6 (again)", "LSTM 6 (long)"}
    for name, line in named.items():
        matches(line, run_of(root, name.rpartition("(")[2].rstrip(")")), ranges)
    majority = chart(app, "view-by-distance")["data"][-1]
    evaluation = evaluations.load(evaluations.folder(run, run.config.fingerprint, "test"))
    assert evaluation and run.majority and numbers(majority["y"])[0] == evaluation.scores.share_of(run.majority)


def test_scores_of_earlier_weights_are_not_drawn(root: Path, open_page: Open) -> None:
    run, other = run_of(root, "plain"), run_of(root, "long")
    assert main(["evaluate", other.id, "--on", "test", "--workspace", str(root)]) == 0
    assert len(lines(open_page("evaluate", root, run=run.id, on="test"))[0]) == 2
    shutil.copy(run_of(root, "plain").path / "weights.safetensors", other.path / "weights.safetensors")
    app = open_page("evaluate", root, run=run.id, on="test")
    assert len(lines(app)[0]) == 1 and any("2 other runs" in info.value for info in app.info)


def test_a_run_alone_says_how_others_come_here_and_texts_without_a_known_memory_have_no_chart(
    root: Path, filled: Path, named: dict[str, str], open_page: Open, tmp_path: Path
) -> None:
    other = run_of(root, "other")
    assert main(["evaluate", other.id, "--on", "test", "--workspace", str(root)]) == 0
    app = open_page("evaluate", root, run=other.id, on="test")
    assert any("train another cell to compare" in caption.value for caption in app.caption)
    reviews = shutil.copytree(filled, tmp_path / "reviews")
    assert main(["evaluate", named["reviews.csv"], "--on", "test", "--workspace", str(reviews)]) == 0
    app = open_page("evaluate", reviews, run=named["reviews.csv"], on="test")
    assert app.metric and not any(words.value == f"##### {BY_DISTANCE.question}" for words in app.markdown)


@pytest.mark.filterwarnings("ignore:subprocess:ResourceWarning")  # a worker outlives whoever started it
def test_a_memory_task_is_made_up_on_data(root: Path, open_page: Open) -> None:
    app = open_page("data", root)
    app.session_state["data-0-source"] = "make"
    sound(app.run())
    app.selectbox(key="data-0-make-make").set_value("brackets")
    app.number_input(key="data-0-make-length").set_value(12)
    app.number_input(key="data-0-make-examples").set_value(300)
    app.number_input(key="data-0-make-seed").set_value(4)
    sound(app.run())
    wanted = csv_of(MakeConfig(make="brackets", length=12, examples=300, seed=4))
    assert wanted in {path.read_bytes() for path in (root / "uploads").iterdir()}
    assert any("is this read correctly?" in words.value and "brackets\\-12\\.csv" in words.value for words in app.markdown)
    next(button for button in app.button if button.label == "Read and check all rows").click()
    sound(app.run())
    (folder,) = (root / "jobs").iterdir()
    while (now := jobs.status(folder)) and now.active:
        time.sleep(0.1)
    assert now and now.state == "done", now
    saved = Workspace(root).dataset(now.detail["dataset"])
    assert saved.name == "brackets-12" and saved.report.rows_kept == 300 and not saved.report.warnings
    texts = {row["text"] for row in csv.DictReader(wanted.decode().splitlines())}
    assert {" ".join(e.tokens) for split in saved.report.splits for e in saved.examples(split)} == texts


def test_what_does_not_go_together_is_said_on_data(root: Path, open_page: Open) -> None:
    app = open_page("data", root)
    app.session_state["data-0-source"] = "make"
    sound(app.run())
    app.selectbox(key="data-0-make-make").set_value("copy")
    app.number_input(key="data-0-make-length").set_value(8)
    app = sound(app.run())
    assert "different texts of copy" in app.error[0].value
    app.number_input(key="data-0-make-length").set_value(400)
    app.number_input(key="data-0-make-examples").set_value(50_000)
    app = sound(app.run())
    assert "1,000,000 words" in app.error[0].value.replace("\\", "")
