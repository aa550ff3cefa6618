"""Whether a network has learnt anything stands where its scores stand: the majority's accuracy, and a warning."""

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pandas
import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from rnn_core import tasks
from rnn_core.commands import main
from rnn_core.training import learning
from rnn_core.workspace import Workspace, files
from rnn_core.workspace.runs import Run
from tests.pages.driving import Open

FAILED = {"train_loss": 0.6929, "dev_loss": 0.7, "label_entropy": 0.6931, "majority_class": 0, "dev_only_answer": 1,
          "dev_accuracy": 0.5, "dev_majority": 0.5}  # fmt: skip


@pytest.fixture
def own(filled: Path, tmp_path: Path) -> Workspace:
    """A workspace that may be changed."""
    return Workspace(shutil.copytree(filled, tmp_path / "workspace"))


def reviews(workspace: Workspace) -> Run:
    return next(run for run in workspace.runs() if run.name == "reviews.csv")


def failed(run: Run, epoch: int, **more: Any) -> None:
    """Makes it a run whose last epoch was this one and learnt nothing."""
    (run.path / "metrics.json").unlink()
    entry = {"epoch": epoch, "step": 9, "best": True} | FAILED | more
    (run.path / "history.jsonl").write_text(f'{{"step": 9, "epoch": {epoch}, "loss": 0.69}}\n{json.dumps(entry)}\n')


def learnt(app: AppTest) -> list[str]:
    return [warning.value for warning in app.warning if "learnt" in warning.value]


def test_a_trained_run_is_shown_beside_the_majority(filled: Path, open_page: Open) -> None:
    for run in Workspace(filled).runs():
        metrics, name = run.metrics(), run.majority
        assert name is not None
        app = open_page("train", filled, run=run.id)
        table = app.dataframe[-1].value.set_index("split")
        assert list(table)[:2] == ["accuracy", "majority's accuracy"]
        for split in ("dev", "test"):
            assert table.loc[split, "majority's accuracy"] == metrics[f"{split}_majority"]
        columns = json.loads(app.dataframe[-1].proto.columns)
        assert columns["majority's accuracy"]["help"] == f"always answering {name}, the most frequent class of training"
        best = run.history().epochs[metrics["best_epoch"] - 1]
        assert f"Always answering {name}, the most frequent class of training, gives a dev accuracy of " \
               f"{metrics['dev_majority']:.4f}." in [c.value for c in app.caption]  # fmt: skip
        assert best["dev_majority"] == metrics["dev_majority"]
        said = learning.warning(metrics, tasks.of(run.config).metric(None), run.speech.labels)
        assert len(learnt(app)) == (said is not None)


def test_a_run_that_has_learnt_nothing_is_warned_of_on_train_and_named_on_runs(own: Workspace, open_page: Open) -> None:
    run = reviews(own)
    run.write("metrics.json", {k: v for k, v in run.metrics().items() if "dev" not in k} | FAILED)
    (said,) = learnt(open_page("train", own.root, run=run.id))
    assert "All answers on dev are one class, “positive”" in said and "0\\.6929" in said and "“negative”" in said
    table = open_page("runs", own.root).dataframe[0].value.set_index("name")
    assert table.loc["reviews.csv", "nothing learnt?"] == "one answer, loss at label entropy, not above the majority"
    assert table.loc["reviews.csv", "dev majority"] == 0.5
    for other in own.runs():
        found = ", ".join(learning.doubts(other.metrics(), tasks.of(other.config).metric(None)))
        assert found == ("" if pandas.isna(told := table.loc[other.name, "nothing learnt?"]) else told)


@pytest.mark.parametrize(("epoch", "warned"), [(1, 0), (5, 1)])
def test_it_is_said_while_the_network_trains_once_half_of_the_epochs_are_behind_it(
    own: Workspace, open_page: Open, epoch: int, warned: int
) -> None:
    run = reviews(own)
    config = json.loads((run.path / "config.json").read_text())
    config["train"]["epochs"] = 10
    files.write_json(run.path / "config.json", config)
    failed(run, epoch)
    files.write_json(run.path / "status.json", {"state": "running", "time": time.time(), "progress": epoch / 10})
    with FileLock(run.path / "lock"):  # as its worker holds it
        app = open_page("train", own.root, run=run.id)
    assert len(learnt(app)) == warned
    assert "Always answering negative, the most frequent class of training, gives a dev accuracy of 0.5000." in [
        caption.value for caption in app.caption
    ]


def test_the_accuracy_of_an_evaluation_stands_beside_the_majoritys(own: Workspace, open_page: Open) -> None:
    run = reviews(own)
    assert main(["evaluate", run.id, "--on", "test", "--workspace", str(own.root)]) == 0
    share = run.metrics()["test_majority"]
    wanted = f"Always answering {run.majority}, the most frequent class of training, gives an accuracy of {share:.4f} here."
    assert wanted in [c.value for c in open_page("evaluate", own.root, run=run.id, on="test").caption]


def test_a_run_of_before_has_no_majority_and_no_warning(own: Workspace, open_page: Open) -> None:
    run = reviews(own)
    assert main(["evaluate", run.id, "--on", "test", "--workspace", str(own.root)]) == 0
    new = {"train_loss", "label_entropy", "majority_class", "dev_only_answer", "dev_majority", "test_majority"}
    run.write("metrics.json", {name: value for name, value in run.metrics().items() if name not in new})
    lines = [{k: v for k, v in line.items() if k not in new - {"train_loss"}}
             for line in files.read_lines(run.path / "history.jsonl")]  # fmt: skip
    (run.path / "history.jsonl").write_text("".join(map(files.as_line, lines)))
    for page in ("train", "evaluate"):
        app = open_page(page, own.root, run=run.id, on="test")
        assert not learnt(app) and not any("most frequent class" in caption.value for caption in app.caption)
