"""Evaluate gives answers for a file: the form, the job, what it wrote, and what a link shows of it."""

import csv
import io
import json
import os
import shutil
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.commands import main
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, files
from rnn_core.workspace.runs import Run
from tests.pages.driving import ROOT, Open, sound

ROWS = "id,review,stars\n1,a good film,5\n2,,=1\n3,a poor <b>film</b>,-1\n"


@pytest.fixture
def workspace(filled: Path, tmp_path: Path) -> Workspace:
    """A workspace of its own with runs."""
    return Workspace(shutil.copytree(filled, tmp_path / "workspace"))


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs are done in this process, while the button is pressed."""
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))


def run_of(workspace: Workspace, name: str) -> Run:
    return next(run for run in workspace.runs() if run.name == name)


def upload(app: AppTest, name: str, content: str) -> AppTest:
    return sound(app.file_uploader(key="answers-file").set_value((name, content.encode(), "text/csv")).run())


def press(app: AppTest, label: str) -> AppTest:
    return sound(next(button for button in app.button if button.label.startswith(label)).click().run())


def written(workspace: Workspace) -> Path:
    (folder,) = (workspace.root / "answers").iterdir()
    return next(path for path in folder.iterdir() if path.name.startswith("answers."))


def test_the_first_screen_offers_scores_and_answers(workspace: Workspace, open_page: Open) -> None:
    run = run_of(workspace, "reviews.csv")
    app = open_page("evaluate", workspace.root, run=run.id)
    (choice,) = app.get("button_group")
    assert [option.content for option in choice.proto.options] == ["Scores", "Answers for a file"]
    assert app.main.radio and not app.get("file_uploader")
    app = open_page("evaluate", workspace.root, run=run.id, shown="answers")
    assert not app.main.radio and app.get("file_uploader")
    assert open_page("evaluate", workspace.root, run=run.id, shown="nonsense").main.radio


def test_a_file_is_answered_and_its_link_shows_the_answers_again(workspace: Workspace, open_page: Open) -> None:
    run = run_of(workspace, "reviews.csv")
    app = upload(open_page("evaluate", workspace.root, run=run.id, shown="answers"), "mine <i>.csv", ROWS)
    assert next(box.value for box in app.selectbox if box.label == "Text column") == "review"
    assert any("texts from the column" in caption.value for caption in app.caption)
    app = press(app, "Answer every row")
    rows = list(csv.DictReader(io.StringIO(written(workspace).read_text())))
    assert [(row["id"], row["stars"]) for row in rows] == [("1", "5"), ("2", "'=1"), ("3", "-1")]
    for row in (rows[0], rows[2]):
        seen = trace(load(run), row["review"])
        assert row["answer"] == seen.labels[seen.answer]
    said = [caption.value for caption in app.caption]
    assert any(text.startswith("3 rows · 2 answered · 1 without an answer (no text: 1)") for text in said), said
    assert any("mine" in header.value and "<i>" not in header.value.replace("\\<i", "") for header in app.subheader)
    shown = app.dataframe[-1].value
    assert shown["answer"].tolist() == [row["answer"] for row in rows]
    assert [button.proto.label for button in app.get("download_button")] == ["Download the answers"]

    again = open_page("evaluate", workspace.root, **{k: v[0] if isinstance(v, list) else v for k, v in app.query_params.items()})
    assert again.dataframe[-1].value["answer"].tolist() == shown["answer"].tolist()
    other = run_of(workspace, "tagged.tsv")
    link = {"shown": "answers", "answers": written(workspace).parent.name}
    assert not open_page("evaluate", workspace.root, run=other.id, **link).dataframe
    gone = open_page("evaluate", workspace.root, run=run.id, shown="answers", answers="../../etc")
    assert any("not here any more" in info.value for info in gone.info)


def test_each_press_makes_answers_of_its_own_and_old_ones_go(workspace: Workspace, open_page: Open) -> None:
    app = upload(open_page("evaluate", workspace.root, run=run_of(workspace, "reviews.csv").id, shown="answers"), "a.csv", ROWS)
    press(app, "Answer every row")
    first = written(workspace).parent
    app = press(app, "Answer every row")
    assert len(list((workspace.root / "answers").iterdir())) == 2 and app.query_params["answers"] != [first.name]
    long_ago = time.time() - 8 * 86400
    os.utime(first, (long_ago, long_ago))
    press(app, "Answer every row")
    assert len(list((workspace.root / "answers").iterdir())) == 2 and not first.exists()


def test_choices_of_the_form_reach_the_command(workspace: Workspace, open_page: Open) -> None:
    run = run_of(workspace, "reviews.csv")
    app = upload(open_page("evaluate", workspace.root, run=run.id, shown="answers"), "mine.csv", ROWS)
    sound(next(toggle for toggle in app.toggle if "every class" in toggle.label).set_value(False).run())
    sound(next(box for box in app.selectbox if box.label == "Text column").set_value("stars").run())
    key = next(group.proto.id for group in app.get("button_group") if group.proto.id.endswith("-suffix"))
    app.session_state[key[key.index("answers-") :]] = ".jsonl"
    press(sound(app.run()), "Answer every row")
    rows = [json.loads(line) for line in written(workspace).read_text().splitlines()]
    assert written(workspace).suffix == ".jsonl" and list(rows[0])[-3:] == ["answer", "probability", "problem"]
    for row in rows:
        seen = trace(load(run), row["stars"])
        assert row["answer"] == seen.labels[seen.answer]


def test_one_text_a_line_is_tagged(workspace: Workspace, open_page: Open) -> None:
    run = run_of(workspace, "entities.tsv")
    text = "Hugo moved to Paris, again."
    app = upload(open_page("evaluate", workspace.root, run=run.id, shown="answers"), "mine.txt", f"{text}\n\nGo, now\n")
    assert next(box.value for box in app.selectbox if box.label == "Format") == "lines"
    assert any(caption.value == "Read as: one text per line." for caption in app.caption)
    press(app, "Answer every row")
    rows = list(csv.DictReader(io.StringIO(written(workspace).read_text())))
    seen = trace(load(run), text)
    assert json.loads(rows[0]["answer"]) == [seen.labels[i] for i in seen.beliefs[1:-1]]
    assert [row["problem"] for row in rows] == ["", "no text", ""]
    assert all(text[e["start"] : e["end"]] == e["text"] for e in json.loads(rows[0]["entities"]))


def test_a_sample_is_one_click_away(workspace: Workspace, open_page: Open) -> None:
    app = open_page("evaluate", workspace.root, run=run_of(workspace, "reviews.csv").id, shown="answers")
    press(press(app, "Or try it on a sample"), "Answer every row")
    sample = list(csv.DictReader((ROOT / "samples" / "reviews.csv").read_text().splitlines()))
    rows = list(csv.DictReader(io.StringIO(written(workspace).read_text())))
    assert [(row["text"], row["label"]) for row in rows] == [(row["text"], row["label"]) for row in sample]
    assert all(row["answer"] for row in rows)


def test_a_file_that_cannot_be_scored_can_be_answered(workspace: Workspace, open_page: Open) -> None:
    app = open_page("evaluate", workspace.root, run=run_of(workspace, "reviews.csv").id, on="file")
    app.file_uploader(key="evaluate-file").set_value(("mine.csv", b"text\na good film\nbad\n", "text/csv")).run()
    assert len(sound(app).error) == 1
    app = press(app, "No labels?")
    assert any("texts from the column" in caption.value for caption in app.caption), "the file is kept"
    press(app, "Answer every row")
    assert len(written(workspace).read_text().splitlines()) == 3


@pytest.mark.parametrize(("state", "said"), [("cancelled", "were cancelled"), ("cut off", "were cut off")])
def test_answers_that_were_stopped_are_said(workspace: Workspace, open_page: Open, state: str, said: str) -> None:
    run = run_of(workspace, "reviews.csv")
    folder = workspace.fresh("answers")
    folder.mkdir(parents=True)
    files.write_json(folder / "status.json", {"state": state, "detail": {"run": run.id}})
    app = open_page("evaluate", workspace.root, run=run.id, shown="answers", answers=folder.name)
    assert any(said in info.value for info in app.info)


def test_what_cannot_be_read_is_one_sentence(workspace: Workspace, open_page: Open) -> None:
    app = open_page("evaluate", workspace.root, run=run_of(workspace, "reviews.csv").id, shown="answers")
    upload(app, "empty.csv", "text\n")
    assert [error.value for error in app.error if "no rows" in error.value]
    assert not any(button.label == "Answer every row" for button in app.button)
