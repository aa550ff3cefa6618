"""The experiment of the two losses: one click starts both runs, and the page compares them once they are trained."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pages.common import state, training
from pages.understand.losses import pair
from rnn_core import tasks
from rnn_core.analysis.along import along
from rnn_core.analysis.loading import load
from rnn_core.commands import main
from rnn_core.config import ModelConfig, TrainConfig
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, files
from rnn_core.workspace.runs import Run
from rnn_core.workspace.samples import sample_for
from tests.pages.driving import Open, chart, numbers, sound
from tests.tiny import CELLS, config_of, model_of, saved_run


@pytest.fixture
def here(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace of its own, where a job that a page starts is done in this process."""
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    return Workspace(shutil.copytree(filled, tmp_path / "workspace"))


def of_reviews(workspace: Workspace) -> dict[str, Any]:
    return {run.name: run for run in workspace.runs() if run.config.data.task == "classify"}


class Elsewhere(Exception):
    """What Streamlit raises where a page draws something, or changes its link, and a click waits to be turned to."""


def test_a_click_elsewhere_right_after_leaves_neither_run_unstarted(here: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    monkeypatch.setenv("UNROLLED_WORKSPACE", str(here.root))
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: started.append(folder))

    def turned_away(**changes: object) -> None:
        raise Elsewhere

    monkeypatch.setattr(state, "select", turned_away)
    dataset = next(d for d in here.datasets() if d.config.task == "classify")
    with pytest.raises(Elsewhere):
        training.start_both(dataset, ModelConfig(hidden=8), TrainConfig(), "Both")
    assert sorted(str(Run(folder).config.train.loss) for folder in started) == ["every", "last"]


def test_one_click_on_train_trains_both_and_the_page_compares_them(here: Workspace, open_page: Open) -> None:
    before = set(of_reviews(here))
    dataset = next(d for d in here.datasets() if d.config.task == "classify")
    app = open_page("train", here.root, dataset=dataset.id)
    app.number_input(key=f"train-{dataset.id}-epochs").set_value(2)
    app.number_input(key=f"train-{dataset.id}-hidden").set_value(8)
    next(button for button in app.button if button.label == "Train with both losses").click()
    sound(app.run())
    made = {name: run for name, run in of_reviews(here).items() if name not in before}
    assert sorted(tasks.of(run.config).loss_of(run.config) for run in made.values()) == ["every", "last"]
    one, other = made.values()
    assert here.twin(one).id == other.id and here.twin(other).id == one.id  # type: ignore[union-attr]
    assert one.config.train.seed == other.config.train.seed and one.config.model == other.config.model
    assert all(run.trained and run.metrics() for run in made.values())

    app = open_page("losses", here.root, run=one.id)
    wanted = {tasks.of(run.config).loss_of(run.config): along(load(run), dataset.examples("dev")) for run in made.values()}
    said = " ".join(text.value for text in app.markdown)
    for found in wanted.values():
        assert f"{found.answers[-1]:.1%}" in said and f"{found.readouts[10]:.1%}" in said
    drawn = {line["name"]: line["y"] for line in chart(app, "view-right-so-far")["data"]}
    assert len(drawn) == 4
    np.testing.assert_allclose(numbers(drawn["loss at every step: readout"]), wanted["every"].readouts)
    scores = next(frame.value for frame in app.dataframe if "figure" in frame.value)
    by_loss = {tasks.of(run.config).loss_of(run.config): run.metrics() for run in made.values()}
    row = scores[scores["figure"] == "test accuracy"].iloc[0]
    shown = [row["loss at the last step"], row["loss at every step"]]
    assert shown == [f"{by_loss[loss]['test_accuracy']:.4f}" for loss in ("last", "every")]


def test_a_large_dev_is_read_in_part_and_says_so(here: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    run = of_reviews(here)["reviews.csv"]
    twin = Run(shutil.copytree(run.path, here.root / "runs" / "a-twin"))
    twin.write_config(replace(run.config, train=replace(run.config.train, loss="every")))
    monkeypatch.setattr(pair, "MOST_TEXTS", 16)
    app = open_page("losses", here.root, run=run.id)
    assert any("16 of 24 dev texts" in caption.value for caption in app.caption)
    texts = here.dataset(run.config.fingerprint).examples("dev")
    found = along(load(run), [text for i, text in enumerate(texts) if i % 3 != 2])
    assert f"{found.readouts[10]:.1%}" in " ".join(text.value for text in app.markdown)


def test_a_run_without_a_twin_offers_to_train_it(here: Workspace, open_page: Open) -> None:
    run = of_reviews(here)["reviews.csv"]
    app = open_page("losses", here.root, run=run.id)
    assert here.twin(run) is None and "same data, settings and seed" in app.info[0].value
    next(button for button in app.button if button.label == "Train the same network with the loss at every step").click()
    app.run()
    assert here.twin(run) is not None
    assert {run.name for run in here.runs()} >= {"reviews.csv", "reviews.csv, loss every"}


def test_a_tagging_run_says_that_it_has_no_choice(here: Workspace, open_page: Open, named: dict[str, str]) -> None:
    assert "at every token" in open_page("losses", here.root, run=named["tagged.tsv"]).info[0].value


def test_without_the_data_a_sample_is_read(here: Workspace, open_page: Open) -> None:
    run = of_reviews(here)["reviews.csv"]
    made = Run(shutil.copytree(run.path, here.root / "runs" / "a-twin"))
    made.write_config(replace(made.config, train=replace(made.config.train, loss="every")))
    for one in (run, made):  # of other data than the sample, which are not here
        one.write_config(replace(one.config, fingerprint="e" * 64))
    app = open_page("losses", here.root, run=run.id)
    assert any("all 240 texts of the sample reviews" in c.value and "not in this workspace" in c.value for c in app.caption)
    sample = sample_for(run)
    assert sample
    found = along(load(run), sample.examples)
    assert f"{found.readouts[10]:.1%}" in " ".join(text.value for text in app.markdown)


def test_without_data_or_a_sample_the_page_says_what_to_read_again(workspace: Workspace, open_page: Open) -> None:
    (workspace.root / "runs").mkdir(parents=True)
    (workspace.root / "runs" / ".seeded").touch()
    one, other = (saved_run(workspace, config_of(name=loss, loss=loss)) for loss in ("last", "every"))
    app = open_page("losses", workspace.root, run=one.id)
    assert "Read the file again" in app.error[0].value
    other.delete()
    app = open_page("losses", workspace.root, run=one.id)
    assert any("the same network cannot be trained on them again" in info.value for info in app.info)
    assert not any(button.label.startswith("Train the same") for button in app.button), "a button that can only fail"


def test_a_run_that_cannot_have_a_twin_leads_to_one_that_has(workspace: Workspace, open_page: Open) -> None:
    run = saved_run(workspace, config_of(name="alone"))
    app = open_page("losses", workspace.root, run=run.id)
    offered = next(button for button in app.button if button.label.startswith("Compare "))
    offered.click()
    sound(app.run())
    assert any("Half of the words read" in text.value for text in app.markdown)


def test_runs_in_training_are_shown_until_both_have_weights(here: Workspace, open_page: Open) -> None:
    run = of_reviews(here)["reviews.csv"]
    folders = {loss: here.root / "runs" / f"9-{loss}" for loss in ("last", "every")}
    for loss, folder in folders.items():
        folder.mkdir()
        train = replace(run.config.train, loss=loss, seed=77)
        Run(folder).write_config(replace(run.config, train=train, name=f"run <b>{loss}</b>"))
    with jobs.work(folders["last"], "train", here.root), jobs.work(folders["every"], "train", here.root):
        app = open_page("losses", here.root, run="9-every")
        assert not app.warning and app.selectbox(key="pick-run").value == "9-every"
        said = " ".join(text.value for text in app.markdown)
        assert said.count("is being trained") == 2 and "run <b>" not in said
        assert not any("Half of the words" in text.value for text in app.markdown)
        trained = open_page("train", here.root, run="9-every")
        headings = [heading.value for heading in trained.subheader]
        assert len([heading for heading in headings if heading.startswith("run ")]) == 2, "the progress of both"
        cancels = {button.key for button in trained.button if str(button.key).startswith("cancel-")}
        assert cancels == {f"cancel-train-9-{loss}" for loss in folders}
    files.write_json(folders["every"] / "status.json", {"state": "cancelled"})
    with jobs.work(folders["last"], "train", here.root):
        app = open_page("losses", here.root, run="9-last")
    assert any("nobody is training it" in info.value for info in app.info)


@pytest.mark.parametrize("cell", CELLS)
def test_every_view_of_both_losses_is_drawn_for_each_cell(cell: str, here: Workspace, open_page: Open) -> None:
    trained = of_reviews(here)["reviews.csv"]
    made = [
        saved_run(
            here, replace(trained.config, model=model_of(cell), name="twins", train=replace(trained.config.train, loss=loss)),
            trained.speech.labels, vocabulary=trained.speech.vocabulary,
        )
        for loss in ("last", "every")
    ]  # fmt: skip
    app = open_page("losses", here.root, run=made[0].id)
    assert not app.error and not app.info
    for name in ("right-so-far", "decided", "loss-reach"):
        assert chart(app, f"view-{name}")["data"], name
    said = " ".join(text.value for text in app.markdown)
    texts = here.dataset(trained.config.fingerprint).examples("dev")
    for run in made:
        assert f"{along(load(run), texts).answers[-1]:.1%}" in said
