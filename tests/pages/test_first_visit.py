"""A fresh workspace without any public data: every page speaks of every ready-made run, and nothing leads nowhere."""

import json
from pathlib import Path

import pytest

from rnn_core import tasks
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.analysis.translating import translate
from rnn_core.commands import main
from rnn_core.config import TranslateConfig
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace import Workspace, evaluations, readings
from rnn_core.workspace.runs import Run
from rnn_core.workspace.samples import sample_for
from rnn_core.workspace.store import READY_MADE
from tests.pages.driving import Open, chart, numbers, sound

RUNS = sorted(path.name for path in READY_MADE.iterdir())
TRANSLATOR = "00-english-french"
read_run = pytest.mark.parametrize("run", [name for name in RUNS if name != TRANSLATOR])
SMALL = "00-three-units"
labelled_run = pytest.mark.parametrize(
    "run", [name for name in RUNS if Run(READY_MADE / name).speech.labels and name != SMALL]
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fresh") / "workspace"


@labelled_run
def test_evaluate_opens_on_a_sample_whose_texts_are_behind_each_cell(run: str, open_page: Open, fresh: Path) -> None:
    app = open_page("evaluate", fresh, run=run)
    one = Workspace(fresh).run(run)
    sample = sample_for(one)
    assert sample
    saved = evaluations.load(evaluations.folder(one, sample.key, "file"))
    assert saved and not app.error and not app.warning
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Accuracy"] == f"{saved.scores.accuracy:.4f}" and shown["Loss"] == f"{saved.scores.loss:.4f}"
    assert any("much too small to judge a run by" in caption.value for caption in app.caption)
    row, column = next((r, c) for r, line in enumerate(saved.scores.confusion) for c, n in enumerate(line) if n and r != c)
    app = open_page("evaluate", fresh, run=run, cell=f"{row},{column}")
    (listed,) = [json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.component_name == "unrolled_rows"]
    assert len(listed["rows"]) == saved.scores.confusion[row, column]
    app = open_page("evaluate", fresh, run=run, on="test")
    assert any("choose the sample or a file of your own" in info.value for info in app.info) and app.metric


def test_evaluate_opens_on_the_test_split_of_the_language_model(open_page: Open, fresh: Path) -> None:
    app = open_page("evaluate", fresh, run="00-notebook")
    one = Workspace(fresh).run("00-notebook")
    saved = evaluations.load(evaluations.folder(one, one.config.fingerprint, "test"))
    assert saved and not app.error and not app.warning and not app.info
    assert saved.scores.loss == pytest.approx(one.metrics()["test_loss"]) and app.radio(key="pick-on").value == "test"
    assert {metric.label: metric.value for metric in app.metric}["Loss"] == f"{saved.scores.loss:.4f}"
    for name in ("positions", "frequency", "context", "calibration"):
        assert chart(app, f"view-{name}")["data"]
    assert any("evaluated while the data were in the workspace" in caption.value for caption in app.caption)
    next(button for button in app.button if button.label == "Read it on Inspect").click()
    sound(app.run())
    assert app.title[0].value == "Inspect" and app.text_area(key="typed").value


@labelled_run
def test_both_ways_to_read_dev_are_told_from_what_was_saved(run: str, open_page: Open, fresh: Path) -> None:
    one = Run(READY_MADE / run)
    saved = readings.load(readings.folder(one, one.config.fingerprint, "dev"), evaluations.weights_of(one))
    assert saved
    app = open_page("matrix", fresh, run=run, part="alone")
    said = " ".join(text.value for text in app.markdown)
    assert f"On all {saved.recurrence.texts:,} dev texts" in said
    assert f"- with recurrence: **{saved.recurrence.recurrent:.4f}**" in said
    assert not app.info and any("Computed when this run was trained" in caption.value for caption in app.caption)
    app = open_page("matrix", fresh, run=run, part="pads")
    said = " ".join(text.value for text in app.markdown)
    assert saved.padding is None or f"behind the pads | **{saved.padding.last_column:.4f}**" in said


@pytest.mark.parametrize("run", [name for name in RUNS if "film" in name])
def test_each_classifier_is_compared_with_its_twin(run: str, open_page: Open, fresh: Path) -> None:
    app = open_page("losses", fresh, run=run)
    one = Run(READY_MADE / run)
    saved = readings.load_along(readings.folder(one, one.config.fingerprint, "dev"), evaluations.weights_of(one))
    assert saved and not app.info and not app.error
    drawn = {line["name"]: numbers(line["y"]) for line in chart(app, "view-right-so-far")["data"]}
    loss = tasks.of(one.config).loss_of(one.config)
    name = {"last": "loss at the last step: readout", "every": "loss at every step: readout"}[loss]
    assert drawn[name] == pytest.approx(saved.readouts)
    assert any("All 872 dev texts" in caption.value for caption in app.caption)


@labelled_run
def test_bptt_opens_on_a_gradient_and_has_a_mini_batch_to_hold_it_against(run: str, open_page: Open, fresh: Path) -> None:
    app = open_page("bptt", fresh, run=run, section="sgd")
    assert not any("so sure" in info.value or "not in this workspace" in info.value for info in app.info)
    assert chart(app, "view-directions")
    assert any("a sample that was written for this project" in caption.value for caption in app.caption)


def test_translate_opens_on_a_translation(open_page: Open, fresh: Path) -> None:
    app = open_page("translate", fresh)
    assert not app.error and not app.warning and app.selectbox(key="pick-run").value == TRANSLATOR
    text = app.text_area(key="typed").value
    found = translate(load(Run(READY_MADE / TRANSLATOR)), text, TranslateConfig(beam=4)).text
    assert f"#### {literal(found)}" in [words.value for words in app.markdown]
    app.text_area(key="typed").set_value("My sister has a red book.")
    sound(app.run())
    assert not app.error
    assert not open_page("evaluate", fresh, run=TRANSLATOR).error


@read_run
def test_inspect_draws_the_saved_trace_and_reads_another_text(run: str, open_page: Open, fresh: Path) -> None:
    app = open_page("inspect", fresh, run=run)
    text = app.text_area(key="typed").value
    seen = trace(load(Run(READY_MADE / run)), text)
    drawn = numbers(chart(app, "view-state")["data"][0]["y"])
    step = seen.decision_step if seen.decision_step is not None else 1
    assert drawn == pytest.approx(seen.states[0, 0, step], abs=1e-5)
    app.text_area(key="typed").set_value("quite another film about Delhi")
    sound(app.run())
    assert not app.error
    again = trace(load(Run(READY_MADE / run)), "quite another film about Delhi")
    along = "view-beliefs" if again.labels != Run(READY_MADE / run).speech.vocabulary.words else "view-next-losses"
    assert len(numbers(chart(app, along)["data"][0]["y"])) in (len(again.tokens), len(again.tokens) - 2)


@pytest.mark.parametrize("page", ["data", "train"])
@pytest.mark.parametrize(("name", "task"), [("reviews.csv", "classify"), ("entities.tsv", "tag"), ("tagged.tsv", "tag")])
def test_a_sample_is_read_at_one_click(
    page: str, name: str, task: str, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    app = open_page(page, tmp_path / "workspace")
    next(button for button in app.button if button.label == f"Read the sample {name}").click()
    sound(app.run())
    assert app.title[0].value == "Data" and app.success[0].value.startswith("All rows are read")
    (saved,) = Workspace(tmp_path / "workspace").datasets()
    assert saved.name == Path(name).stem and saved.config.task == task and not saved.report.left_out
