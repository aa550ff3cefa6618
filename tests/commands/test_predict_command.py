"""`predict`: every row is answered or has its reason, in every format, and no file is lost."""

import csv
import json
from pathlib import Path

import pytest

from rnn_core.config import DataConfig
from rnn_core.data.values import as_list
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from tests.commands.running import ENTITIES, Run, figures, refused
from tests.tiny import LABELS, config_of, look_into, read_dataset, saved_run

UNLABELLED = "id,text,note\n1,the film was good,=1+1\n2,,x\n3,a poor film,-2\n4,not fine\n5,bad,b,c\n"


def written(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_predict_writes_every_row_and_answers_as_inspect_does(command: Run, workspace: Workspace, tmp_path: Path) -> None:
    run = saved_run(workspace)
    (tmp_path / "in.csv").write_text(UNLABELLED)
    status, out, err = command("predict", run.id, str(tmp_path / "in.csv"), "--out", str(tmp_path / "sub" / "out.csv"))
    found = figures((status, out, err))
    rows = written(tmp_path / "sub" / "out.csv")
    assert list(rows[0]) == found["columns"] == [
        "id", "text", "note", "answer", "probability", "p(bad)", "p(good)", "problem",
    ]  # fmt: skip
    assert [(row["id"], row["note"]) for row in rows] == [
        ("1", "'=1+1"), ("2", "x"), ("3", "-2"), ("4", ""), ("5", "b,c"),
    ]  # fmt: skip
    assert [row["problem"] for row in rows] == ["", "no text", "", "", "line 6: too many fields (3 were expected)"]
    for row in rows:
        if row["problem"]:
            assert row["answer"] == row["probability"] == row["p(good)"] == ""
            continue
        seen = figures(command("inspect", run.id, row["text"]))
        assert row["answer"] == seen["answer"]
        assert {label: float(row[f"p({label})"]) for label in LABELS} == pytest.approx(seen["answers"][-1], abs=2e-6)
    assert (found["rows"], found["answered"], found["data"]) == (5, 3, "in.csv")
    assert found["unanswered"] == {"no text": 1, "too many fields (3 were expected)": 1}
    assert sum(found["counts"].values()) == 3
    assert any("'text'" in line for line in err) and any("no text: 1" in line for line in err)
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["out.csv"], "nothing else is left there"


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet", "conll"])
def test_predict_tags_sentences_in_every_format(command: Run, workspace: Workspace, tmp_path: Path, suffix: str) -> None:
    run = saved_run(workspace, config_of("tag"), scheme="IOB2")
    out = tmp_path / f"out.{suffix.upper()}"
    found = figures(command("predict", run.id, ENTITIES, "--out", str(out)))
    sentences = list(read_dataset({"train": Path(ENTITIES)}, DataConfig(task="tag", dev_share=0, test_share=0)).examples("train"))
    assert found["rows"] == found["answered"] == len(sentences)
    out = out.rename(tmp_path / f"out.{suffix}")
    config = DataConfig(task="tag", text="column 1" if suffix == "conll" else "token")
    source = look_into(out, config)
    rows = [dict(zip(source.format.header, row.values, strict=True)) for row in source.rows()]
    if suffix == "conll":
        rows = [{"token": row["column 1"], "tag": row["column 2"], "answer": row["column 3"]} for row in rows]
    assert [tuple(as_list(row["token"]) or ()) for row in rows] == [example.tokens for example in sentences]
    assert [tuple(as_list(row["tag"]) or ()) for row in rows] == [example.target for example in sentences]
    seen = figures(command("inspect", run.id, "The engineer"))
    assert {tag for row in rows for tag in as_list(row["answer"]) or ()} <= set(run.speech.labels) >= set(seen["tags"])


def test_predict_reads_one_text_a_line(command: Run, workspace: Workspace, tmp_path: Path) -> None:
    run = saved_run(workspace, config_of("tag"))
    (tmp_path / "in.txt").write_text("the film, was good\nnot bad\n")
    found = figures(command("predict", run.id, str(tmp_path / "in.txt"), "--out", str(tmp_path / "out.jsonl")))
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert found["columns"] == ["text", "tokens", "answer", "probability", "problem"] == list(rows[0])
    for row in rows:
        seen = figures(command("inspect", run.id, row["text"]))
        assert (row["tokens"], row["answer"]) == (seen["tokens"][1:-1], seen["tags"])
    (tmp_path / "in.csv").write_text("the film, was good\nnot bad\nso, so, so\n")
    arguments = ["predict", run.id, str(tmp_path / "in.csv"), "--out", str(tmp_path / "out.jsonl"), "--lines"]
    assert figures(command(*arguments))["rows"] == 3


@pytest.mark.parametrize(
    ("content", "arguments", "said"),
    [
        (UNLABELLED, ["--out", "FOLDER/in.csv"], ["is the file that is read", "--out"]),
        (UNLABELLED, ["--out", "FOLDER/link.csv"], ["is the file that is read", "--out"]),
        (UNLABELLED, ["--out", "FOLDER/out.xlsx"], [".csv, .jsonl, .parquet, .conll"]),
        (UNLABELLED, ["--out", "FOLDER/out"], [".csv, .jsonl, .parquet, .conll"]),
        (UNLABELLED, ["--out", "FOLDER/out.conll"], ["one label per text"]),
        (UNLABELLED, ["--out", "FOLDER/in.csv/out.csv"], ["cannot be written", "--out"]),
        (UNLABELLED, ["--out", "FOLDER/folder.csv"], ["is a folder"]),
        (UNLABELLED, ["--out", "FOLDER/out.csv", "--text", "x"], ["no column 'x'"]),
        ("text\n", ["--out", "FOLDER/out.csv"], ["no rows"]),
        ("text,n\n" + "a,1\n" * 300 + "b" * 1_100_000 + ",3\n", ["--out", "FOLDER/out.csv"], ["longer than"]),
    ],
)  # fmt: skip
def test_what_predict_refuses_leaves_every_file_as_it_was(
    command: Run, workspace: Workspace, tmp_path: Path, content: str, arguments: list[str], said: list[str]
) -> None:
    run, folder = saved_run(workspace), tmp_path / "here"
    (folder / "folder.csv").mkdir(parents=True)
    (folder / "in.csv").write_text(content)
    (folder / "link.csv").symlink_to(folder / "in.csv")
    (folder / "out.csv").write_text("earlier")
    before = sorted(path.name for path in folder.iterdir())
    given = [argument.replace("FOLDER", str(folder)) for argument in arguments]
    refused(command("predict", run.id, str(folder / "in.csv"), *given), *said)
    assert sorted(path.name for path in folder.iterdir()) == before
    assert (folder / "in.csv").read_text() == content and (folder / "out.csv").read_text() == "earlier"


def test_predict_that_is_stopped_writes_nothing(
    command: Run, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = saved_run(workspace)
    (tmp_path / "in.txt").write_text("the film\n" * 20_000)
    job = workspace.fresh("answers")
    job.mkdir(parents=True)
    beats = iter(range(1_000_000))
    monkeypatch.setattr(jobs.Job, "stop_wanted", lambda self: next(beats) > 6)
    arguments = ["predict", run.id, str(tmp_path / "in.txt"), f"--out={job / 'answers.csv'}", "--job", str(job)]
    assert command(*arguments)[0] == 130
    assert jobs.status(job).state == "cancelled"  # type: ignore[union-attr]
    assert not list(job.glob("*answers*"))
