"""`data`: what it guesses and prints, and what it says of files that do not fit."""

from pathlib import Path

import pytest

from rnn_core import tasks
from rnn_core.commands import shared
from rnn_core.config import DataConfig
from rnn_core.data.schema import CLASSES
from rnn_core.data.sources import from_json, sources_of, to_json
from rnn_core.workspace import Workspace
from rnn_core.workspace.files import read_json, write_json
from tests.commands.running import ENTITIES, REVIEWS, Run, figures, refused
from tests.tiny import read_dataset


@pytest.mark.parametrize(
    ("name", "content", "options", "task"),
    [
        ("t.conll", "we A\ngo B\n\nno A\n\nyes B\n", [], "tag"),
        ("t.csv", "tokens,tags\n" + "we go,A B\nso it is,A A B\n" * 5, [], "tag"),
        ("t.jsonl", '{"tokens": ["we", "go"], "tags": ["A", "B"]}\n' * 5, [], "tag"),
        ("t.csv", "text,label\n" + "we go,A\nso it is,B\n" * 5, [], "classify"),
        ("t.csv", "text,tags,mood\n" + "we go,A B,x\nso it is,A A B,y\n" * 5, ["--label", "mood"], "classify"),
        ("t.csv", "tokens,tags\n" + "we go,A B\nso it is,A A B\n" * 5, ["--task", "classify"], None),
    ],
)
def test_the_task_is_guessed_and_said(
    command: Run, workspace: Workspace, tmp_path: Path, name: str, content: str, options: list[str], task: str | None
) -> None:
    (tmp_path / name).write_text(content)
    answer = command("data", "--train", str(tmp_path / name), *options)
    found = figures(answer)
    assert workspace.dataset(found["dataset"]).config.task == (task or "classify")
    said = [line for line in answer[2] if "reads it otherwise" in line]
    guesses = {"tag": "sequence tagging; --task classify", "classify": "classification; --task tag"}
    assert len(said) == (task is not None)
    assert all(line.startswith(f"{name}: read as {guesses[task or '']}") for line in said)


def test_what_data_reports_is_what_reading_found(command: Run) -> None:
    report = read_dataset({"train": Path(ENTITIES)}, DataConfig(task="tag", **tasks.task("tag").reading)).report
    found = figures(command("data", "--train", ENTITIES, "--task", "tag"))
    assert found["scheme"] == report.scheme == "IOB2" and found["rows_kept"] == report.rows_kept
    assert found["vocabulary"] == report.vocabulary_size
    assert found["left_out"] == {e.reason: e.count for e in report.left_out} and found["warnings"] == list(
        report.warnings
    )


def test_a_long_reading_tells_its_progress_and_the_time_left(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "SAID_EVERY_S", 0.0)
    _, _, err = command("data", "--train", REVIEWS)
    told = [line for line in err if line.startswith("reading: ")]
    assert told and told[-1] == "reading: 100%, about 0 s left"


@pytest.mark.parametrize(
    ("content", "arguments", "typed"),
    [
        ("we\tA\ngo\tB\n\n", ["--task", "classify", "--format", "token_tag"], "--task tag"),
        ("word,tag\nwe,A\ngo,B\n", ["--task", "tag"], "--sentence COLUMN"),
        ("text,label\na,x\nb,x\n", [], "--label COLUMN"),
        ("text,label\n,\n,\n", [], "--text COLUMN and --label COLUMN"),
        ("text,label\nä,x\n", ["--encoding", "ascii"], "--encoding NAME"),
        ("text,label\nä,x\n", ["--encoding", "klingon"], "--encoding NAME"),
        ("text,label\na,x\n", ["--delimiter", ";"], "another --delimiter"),
        ("text,label\n" + "".join(f"t{i},0.{i}5\n" for i in range(60)), [], "--label COLUMN"),
        ("text,label,split\na,x,dev\nb,y,dev\n", [], '--split "" to ignore it'),
        ("text,label,split\na,x,train\n", ["--split", "split", "--dev", REVIEWS], "either --split, or --dev and --test"),
        ("we,A\n", ["--task", "tag", "--tokens", "char"], "--tokens word"),
    ],
)
def test_what_is_chosen_on_a_page_is_named_as_it_is_typed(
    command: Run, tmp_path: Path, content: str, arguments: list[str], typed: str
) -> None:
    (tmp_path / "mine.csv").write_text(content)
    answer = command("data", "--train", str(tmp_path / "mine.csv"), *arguments)
    refused(answer)
    assert answer[2][-1].endswith(f" Type {typed}."), answer[2]


@pytest.mark.parametrize(
    "told", ["[1]", "{", "5", '{"train": 1}', '{"other": {}}', '{"train": {"path": "x"}}', "[" * 99_999, None]
)
def test_a_plan_that_is_none_gets_one_sentence(command: Run, tmp_path: Path, told: str | None) -> None:
    if told is not None:
        (tmp_path / "plan.json").write_text(told)
    refused(command("data", "--plan", str(tmp_path / "plan.json")))


def test_the_plan_of_a_page_makes_the_dataset_that_the_files_make(command: Run, tmp_path: Path) -> None:
    sources = sources_of({"train": Path(REVIEWS)}, DataConfig(), CLASSES, {"train": "mine.csv"})
    write_json(tmp_path / "plan.json", to_json(sources))
    assert from_json(read_json(tmp_path / "plan.json")) == sources
    found = figures(command("data", "--plan", str(tmp_path / "plan.json"), "--name", "Mine"))
    assert found["dataset"] == figures(command("data", "--train", REVIEWS, "--task", "classify", "--tokens", "word"))["dataset"]


def test_a_file_that_changed_after_it_was_looked_into_is_refused(command: Run, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(Path(REVIEWS).read_bytes())
    write_json(tmp_path / "plan.json", to_json(sources_of({"train": tmp_path / "a.csv"}, DataConfig(), CLASSES)))
    (tmp_path / "a.csv").write_text("label,text\n" + "good,a fine film\nbad,a poor film\n" * 20)
    answer = command("data", "--plan", str(tmp_path / "plan.json"))
    refused(answer)
    assert "a.csv has changed" in answer[2][0]


def test_without_a_file_there_is_nothing_to_read(command: Run) -> None:
    refused(answer := command("data"))
    assert "--train FILE" in answer[2][0]
