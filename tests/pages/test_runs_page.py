"""Runs: what the table says, and that a tick stays with its run."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pandas
import pytest
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from pages.train.runs import comparing, listing
from rnn_core.commands import main
from rnn_core.config import ModelConfig, Problem, TrainConfig, options, plain
from rnn_core.workspace import Workspace, files, store
from rnn_core.workspace.runs import Run
from tests.pages.driving import Open, chart, sound
from tests.tiny import config_of, model_of, saved_run


@pytest.fixture
def two(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Run]:
    """Two runs of other settings, the newer one first, and no ready-made ones."""
    monkeypatch.setattr(store, "READY_MADE", workspace.root / "none")
    older = saved_run(workspace, config_of(name="older"))
    newer = saved_run(workspace, config_of(model=model_of(dropout=0.25), name="newer", loss="every", reduce="sum",
                                           optimizer="sgd", learning_rate=0.00005, average=0.0, clip=1.0, batch=7,
                                           truncate=3))  # fmt: skip
    older.path.rename(older.path.with_name("20200101-000000-aaaaaa"))
    return Run(newer.path), Run(older.path.with_name("20200101-000000-aaaaaa"))


def tick(app: AppTest, workspace: Workspace, *rows: int) -> None:
    """Ticks these rows of the table."""
    ids = " ".join(run.id for run in workspace.runs())
    key = f"runs-table-{hashlib.sha256(ids.encode()).hexdigest()[:16]}"
    app.session_state[key] = {"selection": {"rows": list(rows), "columns": [], "cells": []}}
    sound(app.run())


def press(app: AppTest, label: str) -> None:
    next(button for button in app.button if button.label == label).click()
    sound(app.run())


def test_every_setting_stands_in_the_table_and_the_scores_come_first(
    open_page: Open, workspace: Workspace, two: tuple[Run, Run], filled: Path
) -> None:
    app = open_page("runs", workspace.root)
    table = app.dataframe[0].value
    assert json.loads(app.dataframe[0].proto.columns)["clip"]["help"] == options(TrainConfig)["clip"].description
    assert list(table)[:5] == ["name", "status", "task", "cell", "dev accuracy"]
    newer, older = table.iloc[0], table.iloc[1]
    shown = {"dropout": 0.25, "loss": "at every step", "over steps": "sum", "optimizer": "SGD", "learning rate": 0.00005,
             "averaging": 0.0, "clip": 1.0, "batch B": 7, "initialisation": "orthogonal", "tokens": "words", "truncate K": 3,
             "threads": 1, "engine": "auto", "device": "the processor", "epochs at most": 10}  # fmt: skip
    assert newer[list(shown)].to_dict() == shown
    of_cell = {"cell", "activation", "bidirectional"}
    assert {*listing.settings().values()} == {*options(ModelConfig), *options(TrainConfig)} - of_cell
    assert {*listing.settings()} <= {*table}
    both = replace(model_of("tanh"), bidirectional=True)
    tagger = saved_run(workspace, config_of("tag", both, name="both"))
    assert next(row for row in listing.rows([tagger]))["cell"] == "Elman RNN (tanh), both directions"
    assert older["loss"] == "at the last step" and pandas.isna(older["over steps"])
    trained = open_page("runs", filled).dataframe[0].value.set_index("name")
    assert trained.loc["reviews.csv", "data"] == "reviews.csv"


def test_a_tick_stays_with_its_run_when_another_session_adds_one(
    open_page: Open, workspace: Workspace, two: tuple[Run, Run]
) -> None:
    app = open_page("runs", workspace.root)
    tick(app, workspace, 0)
    added = saved_run(workspace, config_of(name="added"))
    added.path.rename(added.path.with_name("29990101-000000-bbbbbb"))  # it is listed first
    app.text_input(key=f"rename-{two[0].id}").set_value("mine")
    press(app, "Rename")
    assert {run.name for run in workspace.runs()} == {"mine", "older", "added"}
    assert Run(two[0].path).name == "mine"


@pytest.mark.parametrize(("place", "said"), [("", "trained"), ("evaluations/0-test", "evaluated")])
def test_no_run_is_deleted_while_a_worker_writes_into_one(
    place: str, said: str, workspace: Workspace, two: tuple[Run, Run]
) -> None:
    folder = two[1].path / place
    files.write_json(folder / "status.json", {"state": "running", "time": 0, "progress": 0})
    with FileLock(folder / "lock"), pytest.raises(Problem, match=f"older is being {said}"):  # as its worker holds it
        listing.delete(list(two))
    assert len(workspace.runs()) == 2
    listing.delete(list(two))
    assert workspace.runs() == []


def test_an_empty_list_leads_on_and_a_zip_too_large_for_the_servers_memory_is_not_taken(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "READY_MADE", workspace.root / "none")
    app = open_page("runs", workspace.root)
    assert [link.proto.label for link in app.get("page_link")] == ["Go to Train"]
    assert app.file_uploader(key="import-run").proto.max_upload_size_mb == 200


def test_one_bad_run_never_stops_the_list(
    open_page: Open, workspace: Workspace, two: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = {"history.jsonl": b"{}\n" * 300_000, "metrics.json": b"[" * 3_000_000, "config.json": b"x" * 2**21}
    for name, content in bad.items():
        (saved_run(workspace, config_of(name=f"bad {name}")).path / name).write_bytes(content)
    broken = saved_run(workspace, config_of(name="broken"))
    metrics = Run.metrics

    def unforeseen(run: Run) -> dict[str, object]:
        return metrics(run) if run.id != broken.id else {}["who would have thought"]

    monkeypatch.setattr(Run, "metrics", unforeseen)
    app = open_page("runs", workspace.root)
    table = app.dataframe[0].value
    assert len(table) == 6 and sorted(table["status"]) == ["damaged"] * 3 + ["imported"] * 3
    assert {"older", "newer", "bad history.jsonl", broken.id} <= set(table["name"])
    assert [e.value for e in app.error if "more than 250,000 lines" in e.value.replace("\\", "")] and len(app.error) == 1
    assert "who would have thought" in (workspace.root / "errors.log").read_text()
    assert main(["runs", "--workspace", str(workspace.root)]) == 0


def test_several_ticked_runs_are_compared_by_what_differs(
    open_page: Open, workspace: Workspace, two: tuple[Run, Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("runs", workspace.root)
    tick(app, workspace, 0, 1)
    assert [button.label for button in app.button if button.label in ("Delete", "Evaluate")] == ["Evaluate"] * 2 + ["Delete"]
    scores, differ = app.dataframe[1].value, app.dataframe[2].value.set_index("setting")
    assert scores["run"].tolist() == ["newer", "older"] and scores["dev accuracy"].tolist() == [0.5, 0.5]
    configs = [{**plain(run.config)["model"], **plain(run.config)["train"]} for run in two]
    names = {name for name in configs[0] if configs[0][name] != configs[1][name]} | {"loss"}
    fields = options(ModelConfig) | options(TrainConfig)
    assert set(differ.index) == {fields[name].title for name in names}
    assert differ.loc["Loss"].tolist() == ["at every step", "at the last step"]
    assert differ.loc["Dropout"].tolist() == [f"{one['dropout']:g}" for one in configs]

    press(app, "Evaluate")
    assert app.title[0].value == "Evaluate" and app.selectbox(key="pick-run").value == two[0].id


def test_the_legend_says_what_differs_where_names_would_be_cut(workspace: Workspace) -> None:
    long = "A long name of many words in which the end alone differs"
    runs = [saved_run(workspace, config_of(model=model_of("lstm"), name=f"{long}, LSTM", loss="every")),
            saved_run(workspace, config_of(model=model_of("gru"), name=f"{long}, GRU", loss="last"))]  # fmt: skip
    assert list(comparing.labels(runs)) == ["LSTM · loss every", "GRU · loss last"]
    runs.append(saved_run(workspace, config_of(model=model_of("gru"), name=f"{long}, GRU", loss="last")))
    assert list(comparing.labels(runs)) == ["LSTM · loss every", "2 · GRU · loss last", "3 · GRU · loss last"]
    assert list(comparing.labels(runs).values()) == runs
    settings = ((1, "every", 0.5), (2, "last", 0.25))
    deep = [
        saved_run(workspace, config_of(model=model_of("tanh", layers=layers), name=f"{long} {layers}", loss=loss,
                                       learning_rate=rate))
        for layers, loss, rate in settings
    ]
    assert list(comparing.labels(deep)) == ["loss every · layers 1", "loss last · layers 2"]  # the rate would be cut
    short = [saved_run(workspace, config_of(name=name)) for name in ("one", "two")]
    assert list(comparing.labels(short)) == ["one", "two"]


def test_curves_of_different_tasks_or_measures_have_frames_of_their_own(open_page: Open, filled: Path) -> None:
    app = open_page("runs", filled)
    headings = {words.value for words in app.markdown if words.value.startswith("##### Curves")}
    assert {heading.replace("\\", "") for heading in headings} == {
        "##### Curves of reviews.csv: classification, accuracy", "##### Curves of tagged.tsv: sequence tagging, macro F1",
        "##### Curves of entities.tsv: sequence tagging, span F1",
    }  # fmt: skip
    for task, metric, name in (("tag", "f1", "span F1"), ("tag", "macro_f1", "macro F1"), ("classify", "accuracy", "accuracy")):
        drawn = chart(app, f"compare-{task}-{metric}")
        assert f"dev {name}" in drawn["layout"]["yaxis2"]["title"]["text"]
        assert len({line["legendgroup"] for line in drawn["data"]}) == 1


def test_the_settings_of_a_run_show_what_was_chosen_and_the_rest_folded_away(workspace: Workspace, two: tuple[Run, Run]) -> None:
    table = comparing.changed(two[0])
    shown = dict(zip(table["setting"], zip(table["value"], table["default"], strict=True), strict=True))
    assert shown["Dropout"] == ("0.25", "0.5") and shown["Optimizer"] == ("SGD", "Adam")
    assert shown["Truncate after K steps"] == ("3", "0") and shown["Loss"][0] == "at every step"
    config = two[0].config
    for part, kind in ((config.model, ModelConfig), (config.train, TrainConfig)):
        for name, field in options(kind).items():
            assert (field.title in shown) == (getattr(part, name) != field.default), name
