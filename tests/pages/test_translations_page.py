"""Evaluate for translation: two runs in one chart, coverage, unknown words, loops and examples, all from what is saved."""

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.commands import main
from rnn_core.results import TranslationDetail, TranslationScores
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import Run
from tests.pages.driving import Open, chart, numbers
from tests.pages.test_evaluation_report import listed, opened

SMALL = ["--hidden", "12", "--embedding", "8", "--threads", "1", "--epochs", "2", "--dev-share", "0.2", "--test-share", "0.2"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two runs on the same pairs, with and without attention, of which the first is evaluated."""
    root = tmp_path_factory.mktemp("translations") / "workspace"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / ".seeded").touch()
    rng = random.Random(0)
    rows = [[rng.choice("abcdef") for _ in range(rng.randint(1, 9))] for _ in range(150)]
    pairs = [f"{' '.join(row)} <b>{i},{' '.join(row).upper()}\n" for i, row in enumerate(rows)]
    (root / "pairs.csv").write_text("source,target\n" + "".join(pairs))
    for kind in ("none", "dot"):
        assert main(["train", "--train", str(root / "pairs.csv"), "--task", "translate", "--tokens", "word", "--attention", kind,
                     "--name", kind, *SMALL, "--workspace", str(root)]) == 0  # fmt: skip
    assert main(["evaluate", run_of(Workspace(root), "dot").id, "--on", "test", "--workspace", str(root)]) == 0
    return root


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Workspace:
    return Workspace(shutil.copytree(made, tmp_path / "workspace"))


def run_of(workspace: Workspace, name: str) -> Run:
    return next(run for run in workspace.runs() if run.name == name)


def folder_of(run: Run) -> Path:
    return evaluations.folder(run, run.config.fingerprint, "test")


def detail_of(run: Run) -> TranslationDetail:
    found = evaluations.load(folder_of(run))
    assert found and isinstance(found.scores, TranslationScores) and found.scores.detail
    return found.scores.detail


SIMPLE = "Is the network better than a simple model?"
"""The question that the training of the run has answered already."""


def headings(app: AppTest) -> list[str]:
    return [words.value.removeprefix("##### ") for words in app.markdown if words.value.startswith("##### ")]


def pressed(app: AppTest, label: str) -> AppTest:
    return next(button for button in app.button if button.label == label).click().run()


def test_everything_is_shown_from_what_is_saved(workspace: Workspace, open_page: Open) -> None:
    run = run_of(workspace, "dot")
    detail, text = detail_of(run), json.loads((folder_of(run) / "scores.json").read_text())["scores"]
    shutil.move(run.path / "weights.safetensors", workspace.root / "kept")
    (run.path / "weights.safetensors").write_bytes(b"no network is opened")
    app = open_page("evaluate", workspace.root, run=run.id, on="test")
    assert {metric.label: metric.value for metric in app.metric}["BLEU"] == f"{text['bleu']:.1f}"
    assert headings(app) == [
        SIMPLE, "Are longer sources translated worse?", "Is all of the source attended to?", "What happens to unknown words?",
        "Does the decoder get stuck in a loop?", "Which translations are worst, and which are best?",
    ]  # fmt: skip
    lines = chart(app, "view-by-length")["data"]
    assert lines[0]["name"] == "dot attention" and lines[1]["name"] == "sources"
    np.testing.assert_allclose(numbers(lines[0]["y"]), [group.scores.bleu for group in detail.lengths])
    assert detail.coverage and numbers(chart(app, "view-coverage")["data"][0]["y"]).tolist() == list(detail.coverage.counts)
    assert chart(app, "view-loops")["data"]
    table = listed(app)
    assert sorted(table["chrF"], key=float) == table["chrF"] and all("<b>" in source for source in table["source"])
    assert any(f"The sources have {detail.unknown.tokens:,} unknown tokens." in words.value for words in app.caption)
    assert any(f"{detail.coverage.received:.1f}" in words.value for words in app.markdown), "the formula has these numbers"


def test_what_is_chosen_is_in_the_link(workspace: Workspace, open_page: Open) -> None:
    run = run_of(workspace, "dot")
    app = open_page("evaluate", workspace.root, run=run.id, on="test", measure="chrf", match="different", sorting="best")
    np.testing.assert_allclose(
        numbers(chart(app, "view-by-length")["data"][0]["y"]), [group.scores.chrf for group in detail_of(run).lengths]
    )
    table = listed(app)
    assert {*table["exact"]} == {"no"} and sorted(table["chrF"], key=float, reverse=True) == table["chrF"]


def test_a_row_opens_on_translate(workspace: Workspace, open_page: Open) -> None:
    run = run_of(workspace, "dot")
    source = listed(open_page("evaluate", workspace.root, run=run.id, on="test"))["source"][0]
    app = opened(open_page, workspace.root, run)
    assert app.title[0].value == "Translate" and app.text_area(key="typed").value == source


def test_a_second_run_is_evaluated_from_here_and_drawn_beside(
    workspace: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = run_of(workspace, "dot"), run_of(workspace, "none")
    app = open_page("evaluate", workspace.root, run=run.id, on="test", beside=other.id)
    assert any("has no scores of these data yet" in info.value for info in app.info)
    assert len(chart(app, "view-by-length")["data"]) == 2
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    app = pressed(app, "Evaluate the other run")
    assert not app.exception and not any("no scores" in info.value for info in app.info)
    lines = chart(app, "view-by-length")["data"]
    assert [line["name"] for line in lines] == ["dot attention", "no attention", "sources"]
    for line, one in zip(lines, (run, other), strict=False):
        np.testing.assert_allclose(numbers(line["y"]), [group.scores.bleu for group in detail_of(one).lengths])
    assert detail_of(other).coverage is None
    app = open_page("evaluate", workspace.root, run=other.id, on="test", beside=run.id)
    assert "Is all of the source attended to?" not in headings(app)
    assert [line["name"] for line in chart(app, "view-by-length")["data"][:2]] == ["no attention", "dot attention"]


def test_scores_with_copied_words_are_evaluated_apart(
    workspace: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, other = run_of(workspace, "dot"), run_of(workspace, "none")
    assert main(["evaluate", other.id, "--on", "test", "--workspace", str(workspace.root)]) == 0
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    app = open_page("evaluate", workspace.root, run=run.id, on="test", beside=other.id)
    assert any("translated once by greedy search; all targets" in caption.value for caption in app.caption)
    app.toggle(key="pick-copy").set_value(True).run()
    assert not app.exception and not app.metric and [*app.query_params["copy"]] == ["1"]
    app = pressed(app, "Evaluate")
    assert not app.exception
    assert any("by greedy search, unknown words copied; all targets" in caption.value for caption in app.caption)
    assert any("The run wrote `<unk>`" in caption.value for caption in app.caption)
    assert any("has no scores of these data with these options yet" in info.value for info in app.info)
    app = pressed(app, "Evaluate the other run")
    assert len(chart(app, "view-by-length")["data"]) == 3
    alone = open_page("evaluate", workspace.root, run=other.id, on="test", copy="1")
    assert alone.metric and not [one for one in alone.toggle if one.key == "pick-copy"], "it has no attention to copy by"


def test_scores_of_older_code_open_and_say_how_to_see_more(workspace: Workspace, open_page: Open) -> None:
    run, other = run_of(workspace, "dot"), run_of(workspace, "none")
    path = folder_of(run) / "scores.json"
    held = json.loads(path.read_text())
    for change in ({"format": evaluations.DETAIL + 1}, None):
        scores = dict(held["scores"])
        scores["detail"] = scores["detail"] | change if change else None
        path.write_text(json.dumps(held | {"scores": scores}))
        app = open_page("evaluate", workspace.root, run=run.id, on="test")
        assert any("older version of the app. Evaluate again" in info.value for info in app.info)
        assert headings(app) == [SIMPLE] and {metric.label for metric in app.metric} >= {"BLEU", "chrF", "Loss"}
    assert main(["evaluate", other.id, "--on", "test", "--workspace", str(workspace.root)]) == 0
    app = open_page("evaluate", workspace.root, run=other.id, on="test", beside=run.id)
    assert any("has no scores of these data yet, or older ones" in info.value for info in app.info)


def test_a_run_of_other_data_is_compared_on_a_file(workspace: Workspace, open_page: Open, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("source,target\n" + "".join(f"a {i},A\n" for i in range(40)))
    assert main(["train", "--train", str(path), "--task", "translate", "--tokens", "word", "--name", "elsewhere", *SMALL,
                 "--workspace", str(workspace.root)]) == 0  # fmt: skip
    run, other = run_of(workspace, "dot"), run_of(workspace, "elsewhere")
    app = open_page("evaluate", workspace.root, run=run.id, on="test", beside=other.id)
    assert any("evaluate both runs on a file of your own" in info.value for info in app.info)
    assert not any(button.label == "Evaluate the other run" for button in app.button)
