"""Evaluate says what its figures are of: which weights, which rows."""

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.commands import main
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, evaluations, files
from rnn_core.workspace.runs import Run, write_tensors
from tests.pages.driving import Open


@pytest.fixture
def evaluated(filled: Path, tmp_path: Path) -> Workspace:
    """A workspace of its own whose classifier has been evaluated on its test split."""
    workspace = Workspace(shutil.copytree(filled, tmp_path / "workspace"))
    run = next(run for run in workspace.runs() if run.name == "reviews.csv")
    assert main(["evaluate", run.id, "--on", "test", "--workspace", str(workspace.root)]) == 0
    return workspace


def classifier(workspace: Workspace) -> Run:
    return next(run for run in workspace.runs() if run.name == "reviews.csv")


def warned(app: AppTest) -> list[str]:
    return [warning.value for warning in app.warning]


def test_scores_of_earlier_weights_are_said_to_be(evaluated: Workspace, open_page: Open) -> None:
    run = classifier(evaluated)
    assert not warned(open_page("evaluate", evaluated.root, run=run.id, on="test"))
    weights = run.weights()
    weights["bias_out"] += 1
    write_tensors(run.path / "weights.safetensors", weights)
    said = warned(open_page("evaluate", evaluated.root, run=run.id, on="test"))
    assert len(said) == 1 and "earlier weights" in said[0]


def test_what_was_not_evaluated_yet_says_which_button_to_press(evaluated: Workspace, open_page: Open) -> None:
    run = classifier(evaluated)
    app = open_page("evaluate", evaluated.root, run=run.id, on="dev")
    assert "Press **Evaluate**" in app.info[0].value and any(button.label == "Evaluate" for button in app.button)
    assert not open_page("evaluate", evaluated.root, run=run.id, on="test").info[0].value.startswith("Not evaluated")


def test_an_evaluation_of_before_losses_were_kept_opens(evaluated: Workspace, open_page: Open) -> None:
    run = classifier(evaluated)
    path = evaluations.folder(run, run.config.fingerprint, "test") / "scores.json"
    held = json.loads(path.read_text())
    shown = {metric.label: metric.value for metric in open_page("evaluate", evaluated.root, run=run.id, on="test").metric}
    assert shown["Loss"] == f"{held['scores'].pop('loss'):.4f}"
    path.write_text(json.dumps(held))
    app = open_page("evaluate", evaluated.root, run=run.id, on="test")
    assert "Loss" not in {metric.label for metric in app.metric} and not app.error


@pytest.mark.parametrize("state", ["cancelled", "cut off"])
def test_an_evaluation_that_did_not_end_is_said_and_the_last_one_stays(
    evaluated: Workspace, open_page: Open, state: str
) -> None:
    run = classifier(evaluated)
    folder = evaluations.folder(run, run.config.fingerprint, "test")
    files.write_json(folder / "status.json", {"state": state})
    assert jobs.status(folder).state == state  # type: ignore[union-attr]
    app = open_page("evaluate", evaluated.root, run=run.id, on="test")
    assert any(f"was {state} before its end" in info.value for info in app.info)
    assert [metric.label for metric in app.metric][:2] == ["Accuracy", "Loss"]


def test_rows_that_could_not_be_used_are_shown_with_the_figures(
    evaluated: Workspace, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = classifier(evaluated)
    file = tmp_path / "mine <b>.csv"
    file.write_text("text,label\na good film,positive\n,negative\na poor film,negative\nso so,<i>mixed</i>\n")
    app = open_page("evaluate", evaluated.root, run=run.id, on="file")
    app.file_uploader(key="evaluate-file").set_value((file.name, file.read_bytes(), "text/csv")).run()
    assert not app.exception
    assert not any("Split" in box.label for box in app.selectbox), "all rows of a file are evaluated"
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    next(button for button in app.button if button.label == "Evaluate").click().run()
    assert not app.exception, [e.message for e in app.exception]
    assert any("mixed" in text and "<i>" not in text.replace("\\<i", "") for text in warned(app)), warned(app)
    left_out = next(frame.value for frame in app.dataframe if "reason" in frame.value)
    assert left_out.values.tolist() == [["no text", 1, "mine <b>.csv line 3"]]


def test_a_run_whose_metrics_lack_the_times_can_still_be_looked_at(evaluated: Workspace, open_page: Open) -> None:
    run = classifier(evaluated)
    run.write("metrics.json", {"epochs": 2, "dev_accuracy": 0.5})
    app = open_page("train", evaluated.root, run=run.id)
    assert any(done.value == "Trained: 2 epochs." for done in app.success)
