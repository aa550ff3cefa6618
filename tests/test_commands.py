"""The command line: its last line is one JSON object, and bad input is one sentence with exit status 2."""

import csv
import gc
import json
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import seqeval.metrics as seqeval
import torch
from seqeval.scheme import IOB2
from sklearn import metrics as sklearn
from sklearn.dummy import DummyClassifier

from rnn_core import commands, tasks
from rnn_core.analysis.loading import load
from rnn_core.config import MOST_WHOLE, DataConfig, ModelConfig, TrainConfig, bounds, number_type, options
from rnn_core.data.values import as_list
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.network.models import count_parameters
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import write_tensors
from rnn_core.workspace.store import READY_MADE
from tests.tiny import LABELS, TAGS, config_of, look_into, model_of, read_dataset, saved_run

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
REVIEWS, TAGGED, ENTITIES = (str(SAMPLES / name) for name in ("reviews.csv", "tagged.tsv", "entities.tsv"))
SMALL = ["--hidden", "8", "--embedding", "8", "--epochs", "1", "--threads", "1"]

Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """One that the ready-made runs are not copied into."""
    (workspace.root / "runs").mkdir(parents=True)
    (workspace.root / "runs" / ".seeded").touch()
    return workspace


@pytest.fixture
def command(workspace: Workspace, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process: exit status, lines of standard output, lines of standard error."""
    monkeypatch.delenv(jobs.PARENT, raising=False)

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        try:
            status = commands.main([arguments[0], *arguments[1:], "--workspace", str(workspace.root)])
        except SystemExit as end:
            status = int(end.code or 0)
        said = capsys.readouterr()
        return status, said.out.splitlines(), said.err.splitlines()

    return run


def figures(answer: tuple[int, list[str], list[str]]) -> dict[str, Any]:
    status, out, err = answer
    assert status == 0, err
    assert len(out) == 1, "progress goes to standard error"
    found = json.loads(out[0])
    assert isinstance(found, dict)
    return found


def refused(answer: tuple[int, list[str], list[str]], *said: str) -> None:
    status, out, err = answer
    assert status == 2 and out == [], (status, out, err)
    sentence = err[-1]
    assert not any("Traceback" in line for line in err)
    assert sentence.endswith("."), sentence
    assert all(part in sentence for part in said), sentence


# ---- train ----------------------------------------------------------------------------------------------------------

COMMON = {"run", "parameters", "epochs", "updates", "engine", "device", "read_seconds", "train_seconds", "tokens_per_second",
          "threads", "best_epoch", "pad_share", "train_loss", "label_entropy", "majority_class"}  # fmt: skip


def scored(*names: str) -> set[str]:
    return {f"{split}_{name}" for split in ("dev", "test") for name in names}


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["--train", REVIEWS], scored("accuracy", "majority", "macro_f1", "loss")),
        (["--train", TAGGED, "--task", "tag", "--bidirectional"], scored("accuracy", "majority", "macro_f1", "loss")),
        (["--train", ENTITIES, "--task", "tag", "--cell", "gru"], scored("accuracy", "majority", "macro_f1", "loss", "f1")),
        (["--train", REVIEWS, "--dev-share", "0", "--test-share", "0"], set()),
    ],
)
def test_train_ends_with_its_figures(
    command: Run, workspace: Workspace, arguments: Sequence[str], keys: set[str]
) -> None:
    found = figures(command("train", *arguments, *SMALL, "--name", "Mine"))
    assert set(found) - {"dev_only_answer"} == COMMON | keys
    run = workspace.run(found["run"])
    assert run.name == "Mine" and run.trained and not run.resumable
    size, k = len(run.speech.vocabulary), len(run.speech.labels)
    assert (
        found["parameters"]
        == count_parameters(run.config.model, size, k)
        == sum(w.size for w in run.weights().values())
    )
    assert found["epochs"] == 1 and found["read_seconds"] > 0 and found["train_seconds"] > 0
    saved = run.metrics()
    assert all(saved[name] == found[name] for name in keys)
    assert saved["device"] == "cpu" and saved["engine"] == "fused"
    assert set(saved["scores"]) == {name.split("_")[0] for name in keys}
    assert jobs.status(run.path) == jobs.Status("done", 1.0, "", jobs.status(run.path).detail)  # type: ignore[union-attr]
    listed = figures(command("runs"))["runs"]
    assert [(r["run"], r["name"], r["state"], r["parameters"]) for r in listed] == [
        (run.id, "Mine", "done", found["parameters"])
    ]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused_before_files_are_read(command: Run, workspace: Workspace) -> None:
    refused(command("train", "--train", "no-such-file.csv", "--device", "cuda"), "There is no GPU here", "--device cpu")
    run = saved_run(workspace, config_of(name="Elsewhere", device="cuda"))
    refused(command("train", "--resume", run.id), "Elsewhere trains on a GPU", "Resume it where one is")
    for looks in (["evaluate", run.id, REVIEWS], ["inspect", run.id, "a film"], ["gradients", run.id, "a film"],
                  ["predict", run.id, REVIEWS, "--out", str(workspace.root / "answers.csv")]):  # fmt: skip
        refused(command(*looks, "--device", "cuda"), "There is no GPU here", "--device cpu")
    for device in ("cpu", "auto"):
        assert figures(command("inspect", run.id, "a film", "--device", device))["run"] == run.id


def test_what_is_not_stated_is_suggested_for_the_data_and_said(command: Run, workspace: Workspace) -> None:
    answer = command("train", "--train", ENTITIES, "--hidden", "8", "--epochs", "1", "--threads", "1")
    run, said = workspace.run(figures(answer)["run"]), [line for line in answer[2] if line.startswith("suggested: ")]
    tokens = workspace.dataset(run.config.fingerprint).report.splits["train"].tokens
    assert said == [
        f"suggested: --embedding 32 --dropout 0.3 --patience 8 --batch 8 ({tokens:,} training tokens: small data)",
        "suggested: --learning-rate 0.002 (as for all labelling)",
        "suggested: --bidirectional (a tag may depend on the words after it)",
    ]
    typed = [word for line in said for word in line.removeprefix("suggested: ").split(" (")[0].split()]
    again = command("train", "--train", ENTITIES, "--hidden", "8", "--epochs", "1", "--threads", "1", *typed)
    stated = workspace.run(figures(again)["run"]).config
    assert (stated.model, stated.train) == (run.config.model, run.config.train)
    assert not [line for line in again[2] if line.startswith("suggested: ")]
    resumed = command("train", "--resume", run.id)
    assert not [line for line in resumed[2] if line.startswith("suggested: ")]


def test_the_entities_of_the_samples_are_learnt_without_any_setting(command: Run) -> None:
    found = figures(command("train", "--train", ENTITIES, "--threads", "1"))
    assert found["dev_f1"] > 0.95 and found["test_f1"] > 0.95


def test_the_majority_stands_beside_the_accuracy_as_scikit_learns_dummy_scores_it(command: Run, workspace: Workspace) -> None:
    trained = figures(command("train", "--train", TAGGED, "--task", "tag", *SMALL, "--dev-share", "0.3"))
    data = workspace.dataset(workspace.run(trained["run"]).config.fingerprint)
    flat = {split: [tag for e in data.examples(split) for tag in e.target] for split in ("train", "dev", "test")}
    dummy = DummyClassifier(strategy="most_frequent").fit(np.zeros((len(flat["train"]), 1)), flat["train"])
    assert trained["majority_class"] == dummy.predict([[0]])[0] == Counter(flat["train"]).most_common(1)[0][0]
    for split in ("dev", "test"):
        share = dummy.score(np.zeros((len(flat[split]), 1)), flat[split])
        assert trained[f"{split}_majority"] == pytest.approx(share)
        found = figures(command("evaluate", trained["run"], "--on", split))
        assert found["test_majority"] == trained[f"{split}_majority"] and found["majority_class"] == trained["majority_class"]
    (listed,) = figures(command("runs"))["runs"]
    assert listed["test_majority"] == trained["test_majority"]


def test_a_run_that_does_not_know_its_majority_is_evaluated_without(command: Run, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text,label\ngood film,good\nbad,bad\n")
    found = figures(command("evaluate", saved_run(workspace).id, str(tmp_path / "mine.csv")))
    assert found["majority_class"] is None and "test_majority" not in found


def test_a_training_that_learns_nothing_says_so(command: Run, tmp_path: Path) -> None:
    words = np.random.default_rng(0).choice(["so", "it", "is", "as", "we", "go"], (200, 6))
    rows = [f"{' '.join(text)},{'no' if i % 5 == 0 else 'yes'}" for i, text in enumerate(words)]
    (tmp_path / "chance.csv").write_text("\n".join(["text,label", *rows]))
    answer = command("train", "--train", str(tmp_path / "chance.csv"), *SMALL, "--epochs", "3")
    found = figures(answer)
    assert found["label_entropy"] == pytest.approx(-0.8 * math.log(0.8) - 0.2 * math.log(0.2), abs=0.01)
    assert found["dev_only_answer"] == found["majority_class"] == "yes" and found["dev_accuracy"] == found["dev_majority"]
    said = answer[2][-1]
    assert "All answers on dev are one class, “yes”." in said
    assert f"The training loss, {found['train_loss']:.4f}, is still at the entropy of the training labels, " in said
    assert f"{found['label_entropy']:.4f}: answers" in said and "learning rate" in said
    assert f"The dev accuracy, {found['dev_accuracy']:.4f}, is not above" in said
    assert f"“yes”, the most frequent class of training: {found['dev_majority']:.4f}." in said
    learnt = command("train", "--train", ENTITIES, "--threads", "1", "--epochs", "12")
    assert figures(learnt)["dev_f1"] > 0.5 and not any("learnt" in line for line in learnt[2])


def test_options_reach_the_config(command: Run, workspace: Workspace) -> None:
    given = [
        "--cell", "rnn", "--activation", "relu", "--layers", "2", "--dropout", "0.25", "--loss", "every",
        "--reduce", "sum", "--optimizer", "sgd", "--learning-rate", "0.01", "--clip", "0", "--average", "0.5",
        "--batch", "64", "--seed", "3", "--lowercase", "--vocabulary", "50", "--max-tokens", "12", "--patience", "0",
        "--initialisation", "torch",
    ]  # fmt: skip
    config = workspace.run(figures(command("train", "--train", REVIEWS, *SMALL, *given))["run"]).config
    assert config.model == ModelConfig("rnn", "relu", 8, 8, 2, False, 0.25, "torch")
    assert config.train == TrainConfig(
        loss="every",
        reduce="sum",
        optimizer="sgd",
        learning_rate=0.01,
        average=0.5,
        clip=0,
        epochs=1,
        patience=0,
        batch=64,
        threads=1,
        seed=3,
    )
    assert (config.data.lowercase, config.data.vocabulary, config.data.max_tokens) == (True, 50, 12)
    assert (config.data.text, config.data.label, config.name) == ("text", "label", "reviews.csv")


def test_the_same_seed_trains_the_same_weights_and_a_saved_dataset_is_as_good_as_its_file(
    command: Run, workspace: Workspace
) -> None:
    read = figures(command("data", "--train", REVIEWS, "--name", "Reviews"))
    assert set(read) == {
        "dataset", "rows_read", "rows_kept", "left_out", "labels", "scheme", "vocabulary", "splits", "warnings", "notes",
    }  # fmt: skip
    assert (read["rows_read"], read["labels"], read["splits"]) == (240, ["negative", "positive"],
                                                                  {"train": 192, "dev": 24, "test": 24})  # fmt: skip
    runs = [figures(command("train", *source, *SMALL))["run"]
            for source in (["--train", REVIEWS], ["--dataset", read["dataset"]])]  # fmt: skip
    first, second = (workspace.run(name).path / "weights.safetensors" for name in runs)
    assert first.read_bytes() == second.read_bytes()


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
    guesses = {"tag": "labelling; --task classify", "classify": "classification; --task tag"}
    assert len(said) == (task is not None)
    assert all(line.startswith(f"{name}: read as {guesses[task or '']}") for line in said)


# ---- evaluate and inspect -------------------------------------------------------------------------------------------


def test_the_name_given_to_train_is_the_runs_and_to_data_the_datasets(command: Run, workspace: Workspace) -> None:
    run = workspace.run(figures(command("train", "--train", REVIEWS, "--name", "mine", *SMALL))["run"])
    assert run.name == "mine" and [d.name for d in workspace.datasets()] == ["reviews.csv"]
    figures(command("data", "--train", TAGGED, "--task", "tag", "--name", "some tags"))
    assert {d.name for d in workspace.datasets()} == {"reviews.csv", "some tags"}


def test_evaluate_gives_the_figures_of_training_for_the_same_split(command: Run, workspace: Workspace) -> None:
    trained = figures(command("train", "--train", REVIEWS, *SMALL))
    found = figures(command("evaluate", trained["run"], "--on", "test"))
    assert set(found) == {
        "run",
        "data",
        "texts",
        "left_out",
        "warnings",
        "majority_class",
        "test_majority",
        "test_accuracy",
        "test_macro_f1",
        "test_loss",
        "per_class",
        "confusion",
    }
    assert found["texts"] == 24 and found["test_loss"] == pytest.approx(trained["test_loss"])
    assert (found["test_accuracy"], found["test_macro_f1"]) == (trained["test_accuracy"], trained["test_macro_f1"])
    assert found["confusion"]["labels"] == ["negative", "positive"]
    rows = found["confusion"]["rows_truth"]
    assert [sum(row) for row in rows] == [found["per_class"][label]["support"] for label in ("negative", "positive")]
    assert (rows[0][0] + rows[1][1]) / 24 == pytest.approx(found["test_accuracy"])
    run = workspace.run(trained["run"])
    saved = evaluations.load(evaluations.folder(run, run.config.fingerprint, "test"))
    assert saved is not None and saved.scores.confusion.tolist() == rows


def test_train_and_evaluate_give_one_score_for_classes_that_training_never_saw(
    command: Run, workspace: Workspace, tmp_path: Path
) -> None:
    files = {
        "train": "good film,good\nbad film,bad\nfine film,good\npoor film,bad\n",
        "dev": "bad film,bad\nfine film,mixed\nnice film,good\npoor film,odd\n",
        "test": "good film,good\nfine film,odd\nso so film,mixed\nnice film,odd\nbad film,bad\n",
    }
    for split, rows in files.items():
        (tmp_path / f"{split}.csv").write_text("text,label\n" + rows)
    named = [part for split in files for part in (f"--{split}", str(tmp_path / f"{split}.csv"))]
    trained = figures(command("train", *named, *SMALL))
    scores = workspace.run(trained["run"]).metrics()["scores"]
    for split in ("dev", "test"):
        found = figures(command("evaluate", trained["run"], "--on", split))
        assert found["confusion"] == {"labels": ["bad", "good", "mixed", "odd"], "rows_truth": scores[split]["confusion"]}
        of_file = figures(command("evaluate", trained["run"], str(tmp_path / f"{split}.csv")))
        assert of_file["confusion"] == found["confusion"] and of_file["test_macro_f1"] == found["test_macro_f1"]
        truths, answers = pairs(found["confusion"])
        assert len(truths) == files[split].count("\n")
        for figure, wanted in (("accuracy", sklearn.accuracy_score(truths, answers)),
                               ("macro_f1", sklearn.f1_score(truths, answers, average="macro"))):  # fmt: skip
            assert trained[f"{split}_{figure}"] == found[f"test_{figure}"] == pytest.approx(wanted)
        assert trained[f"{split}_loss"] == pytest.approx(found["test_loss"])


def test_train_and_evaluate_give_one_score_for_entities_that_training_never_saw(
    command: Run, workspace: Workspace, tmp_path: Path
) -> None:
    people = "Anna\tB-PER\nLee\tI-PER\nsees\tO\nBob\tB-PER\n\n"
    others = "Anna\tB-PER\nsees\tO\nOslo\tB-LOC\nFjord\tI-LOC\nof\tO\nUN\tB-ORG\n\nBob\tB-PER\nLee\tI-PER\n\n"
    for split, text in (("train", people * 30), ("dev", others), ("test", others + people)):
        (tmp_path / f"{split}.tsv").write_text(text)
    named = [part for split in ("train", "dev", "test") for part in (f"--{split}", str(tmp_path / f"{split}.tsv"))]
    trained = figures(command("train", *named, *SMALL, "--epochs", "8", "--learning-rate", "0.02"))
    run = workspace.run(trained["run"])
    for split in ("dev", "test"):
        found = figures(command("evaluate", run.id, "--on", split))
        table = pq.read_table(evaluations.folder(run, run.config.fingerprint, split) / "predictions.parquet")
        truths, answers = (table.column(name).to_pylist() for name in ("truths", "answers"))
        assert {"B-LOC", "I-LOC", "B-ORG"} <= {tag for text in truths for tag in text}
        wanted = seqeval.f1_score(truths, answers, mode="strict", scheme=IOB2)
        assert 0 < wanted < 1
        of_file = figures(command("evaluate", run.id, str(tmp_path / f"{split}.tsv")))
        assert trained[f"{split}_f1"] == found["test_f1"] == of_file["test_f1"] == pytest.approx(wanted)
        flat = [[tag for text in texts for tag in text] for texts in (truths, answers)]
        wanted = sklearn.f1_score(*flat, average="macro")
        assert trained[f"{split}_macro_f1"] == found["test_macro_f1"] == pytest.approx(wanted)


def pairs(confusion: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The truths and answers that a confusion matrix counts."""
    labels, rows = confusion["labels"], confusion["rows_truth"]
    found = [(labels[i], labels[j]) for i, row in enumerate(rows) for j, count in enumerate(row) for _ in range(count)]
    return [truth for truth, _ in found], [answer for _, answer in found]


@pytest.mark.parametrize(("task", "file"), [("classify", REVIEWS), ("tag", TAGGED)])
def test_readings_of_a_split_hold_the_score_of_training(command: Run, workspace: Workspace, task: str, file: str) -> None:
    trained = figures(command("train", "--task", task, "--train", file, *SMALL))
    found = figures(command("readings", trained["run"], "--on", "test"))
    assert found["recurrence"]["recurrent"] == pytest.approx(trained["test_accuracy"])
    assert found["recurrence"]["texts"] == found["recurrence"]["available"] > 0
    assert (found["padding"] is None) == (task == "tag")
    if task == "classify":
        assert found["padding"]["true_end"] == pytest.approx(trained["test_accuracy"])


@pytest.mark.parametrize("scheme", [None, "IOB2"])
def test_evaluate_reads_a_file_of_its_own(
    command: Run, workspace: Workspace, tmp_path: Path, scheme: str | None
) -> None:
    if scheme:
        run = saved_run(workspace, config_of("tag", model_of()), TAGS, scheme)
        (tmp_path / "mine.tsv").write_text("the\tO\nfilm\tB-PER\ngood\tI-PER\n\nnot\tB-NEW\nbad\tO\n")
        found = figures(command("evaluate", run.id, str(tmp_path / "mine.tsv")))
        assert found["texts"] == 2 and "test_f1" in found and "B-NEW" in found["per_class"]
        assert sum(map(sum, found["confusion"]["rows_truth"])) == 5
    else:
        run = saved_run(workspace)
        (tmp_path / "mine.csv").write_text("review,verdict\nthe film was good,good\nnot bad,bad\npoor,awful\n")
        found = figures(
            command("evaluate", run.id, str(tmp_path / "mine.csv"), "--text", "review", "--label", "verdict")
        )
        assert found["data"] == "mine.csv" and found["texts"] == 3
        assert found["confusion"]["labels"] == [*LABELS, "awful"] and found["per_class"]["awful"]["recall"] == 0


def test_what_a_file_to_evaluate_has_that_cannot_be_used_is_said_and_kept(
    command: Run, workspace: Workspace, tmp_path: Path
) -> None:
    run = saved_run(workspace)
    file = tmp_path / "mine.csv"
    file.write_text("text,label\nthe film was good,good\n,bad\npoor,\nbad,bad\nfine,awful\n" + "good,good\n" * 9)
    answer = command("evaluate", run.id, str(file))
    found = figures(answer)
    assert found["texts"] == 12 and found["left_out"] == {"no text": 1, "no label": 1}
    assert len(found["warnings"]) == 1 and "'awful'" in found["warnings"][0]
    assert any("no text: 1 (first: mine.csv line 3)" in line for line in answer[2])
    kept = [evaluations.load(folder) for folder in (run.path / "evaluations").iterdir()]
    assert [entry.reason for entry in kept[0].left_out] == ["no text", "no label"]  # type: ignore[union-attr]
    assert list(kept[0].warnings) == found["warnings"]  # type: ignore[union-attr]


def test_each_file_that_is_evaluated_keeps_its_own_evaluation(command: Run, workspace: Workspace, tmp_path: Path) -> None:
    run = saved_run(workspace)
    for folder, text in (("a", "good film,good"), ("b", "poor film,bad"), ("b", "poor film,bad")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "mine.csv").write_text(f"text,label\n{text}\nbad,bad\n")
        figures(command("evaluate", run.id, str(tmp_path / folder / "mine.csv")))
    assert len(list((run.path / "evaluations").iterdir())) == 2


def test_an_evaluation_knows_which_weights_answered(command: Run, workspace: Workspace) -> None:
    trained = figures(command("train", "--train", REVIEWS, *SMALL))
    figures(command("evaluate", trained["run"], "--on", "test"))
    run = workspace.run(trained["run"])
    saved = evaluations.load(evaluations.folder(run, run.config.fingerprint, "test"))
    assert saved is not None and saved.weights == evaluations.weights_of(run) != ""
    weights = run.weights()
    weights["bias_out"] += 1
    write_tensors(run.path / "weights.safetensors", weights)
    assert saved.weights != evaluations.weights_of(run)


# ---- predict --------------------------------------------------------------------------------------------------------

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


# ---- inspect --------------------------------------------------------------------------------------------------------


def test_inspect_gives_every_step(command: Run, workspace: Workspace) -> None:
    found = figures(command("inspect", saved_run(workspace).id, "The film was good"))
    assert set(found) == {"run", "tokens", "known", "readouts", "answers", "answer", "decision_step"}
    assert found["tokens"] == ["<sos>", "The", "film", "was", "good", "<eos>"]
    assert found["known"] == [True, False, True, True, True, True]
    for curve in ("readouts", "answers"):
        assert len(found[curve]) == 6
        assert all(set(p) == set(LABELS) and sum(p.values()) == pytest.approx(1, abs=1e-5) for p in found[curve])
    assert found["answers"][-1] == found["readouts"][-1]
    assert found["answer"] == max(found["answers"][-1], key=found["answers"][-1].__getitem__)
    assert 0 <= found["decision_step"] < 6


def test_inspect_gives_the_tags_of_a_sentence(command: Run, workspace: Workspace) -> None:
    run = saved_run(workspace, config_of("tag", model_of(bidirectional=True)))
    found = figures(command("inspect", run.name, "The film – good"))
    assert set(found) == {"run", "tokens", "known", "readouts", "tags"}
    assert found["tags"] == [max(p, key=p.__getitem__) for p in found["readouts"][1:-1]] and len(found["tags"]) == 4


@pytest.mark.parametrize("loss", ["last", "every"])
def test_gradients_are_those_of_autograd(command: Run, workspace: Workspace, loss: str) -> None:
    run = saved_run(workspace)
    found = figures(command("gradients", run.id, "the film was good", "--target", "bad", "--loss", loss))
    assert found["run"] == run.id and found["tokens"][1:-1] == ["the", "film", "was", "good"]
    assert set(found["targets"]) == {"bad"} and found["loss"] == loss
    assert found["weights"] == ([0, 0, 0, 0, 0, 1] if loss == "last" else [pytest.approx(1 / 6)] * 6)
    assert 0 <= found["max_abs_difference"] < 1e-10
    by_copy = found["copies"][0]["by_copy"]["weight_hh"]
    assert len(by_copy) == 6 and by_copy[0] == 0, "copy 1 of W receives nothing, because h_0 = 0"
    network = load(run).network.double().requires_grad_()
    indices = torch.tensor([SOS, *run.speech.vocabulary.encode(found["tokens"][1:-1]), EOS])[:, None]
    h = network.hidden(indices, torch.tensor([6]))
    each = -network.readout(h)[:, 0].log_softmax(1)[:, 0]  # "bad" is the first label
    total = each[-1] if loss == "last" else each.mean()
    assert found["total_loss"] == pytest.approx(total.item(), rel=1e-9)
    total.backward()
    for name, p in network.named_parameters():
        assert found["gradient_norms"][name] == pytest.approx(p.grad.norm().item(), rel=1e-9, abs=1e-12), name


def test_runs_lists_damaged_runs_as_damaged(command: Run, workspace: Workspace) -> None:
    assert figures(command("runs")) == {"runs": []}
    good, bad, worse = (saved_run(workspace) for _ in range(3))
    (bad.path / "config.json").write_text("{")
    (worse.path / "metrics.json").write_text("[1, 2]")
    listed = {entry["run"]: entry for entry in figures(command("runs"))["runs"]}
    assert listed[good.id]["state"] == "done" and listed[good.id]["dev_accuracy"] == 0.5
    assert listed[bad.id]["state"] == "damaged" and bad.id in listed[bad.id]["problem"]
    assert listed[worse.id]["state"] == "damaged"


@pytest.mark.parametrize(
    ("arguments", "key"),
    [(["runs"], "runs"), (["inspect", "RUN", "a film"], "tokens"), (["gradients", "RUN", "a film"], "copies"),
     (["evaluate", "RUN", REVIEWS], "confusion")],
)  # fmt: skip
def test_the_ready_made_runs_are_in_a_fresh_workspace(
    command: Run, workspace: Workspace, arguments: list[str], key: str
) -> None:
    ready = sorted(path.name for path in READY_MADE.iterdir())
    shutil.rmtree(workspace.root)
    assert key in figures(command(*(ready[-1] if a == "RUN" else a for a in arguments)))
    assert sorted(run.id for run in workspace.runs()) == ready


def test_ready_made_runs_are_left_as_they_are_where_nothing_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    ready = next(READY_MADE.iterdir())
    before = sorted(ready.rglob("*"))
    elsewhere = ["--workspace", str(tmp_path / "file")]
    assert commands.main(["inspect", ready.name, "a film", *elsewhere]) == 0
    assert commands.main(["evaluate", ready.name, REVIEWS, *elsewhere]) == 2
    assert "is ready-made, and" in capsys.readouterr().err.splitlines()[-1]
    assert sorted(ready.rglob("*")) == before


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train"], ["--train FILE"]), (["train", "--train", "no/such/file.csv"], ["file.csv"]),
        (["train", "--train", REVIEWS, "--hidden", "0"], ["hidden", "1"]),
        (["train", "--train", REVIEWS, "--dropout", "1.5"], ["dropout"]),
        (["train", "--train", REVIEWS, "--learning-rate", "nan"], ["learning-rate"]),
        (["train", "--train", REVIEWS, "--label", "stars"], ["stars"]),
        (["train", "--train", REVIEWS, "--bidirectional"], ["one direction", "Type --no-bid"]),
        (["train", "--train", TAGGED, "--task", "tag", "--loss", "last"], ["every", "Type --loss every."]),
        (["train", "--train", str(SAMPLES)], ["samples"]), (["train", "--resume", "nothing"], ["nothing", "runs"]),
        (["train", "--dataset", "0123456789abcdef"], ["not in the workspace"]),
        (["train", "--dataset", "0123456789abcdef", "--lowercase", "--test", REVIEWS], ["--lowercase", "--test"]),
        (["train", "--resume", "r", "--epochs", "3", "--train", REVIEWS], ["leave out --epochs, --train"]),
        (["train", "--dev", REVIEWS], ["--train FILE"]),
        (["data", "--train", REVIEWS, "--encoding", "klingon"], ["klingon"]),
        (["inspect", "no-run", "text"], ["no-run"]), (["evaluate", "../../etc", REVIEWS], ["../../etc"]),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_status_2(
    command: Run, workspace: Workspace, arguments: list[str], said: list[str]
) -> None:
    refused(command(*arguments), *said)
    assert workspace.runs() == []


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
        ("text,label,split\na,x,dev\nb,y,dev\n", [], '--split "" to pass it over'),
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
    ("arguments", "said"),
    [
        (["inspect", "RUN", ""], ["nothing to read"]), (["inspect", "RUN", "a " * 20_001], ["20,001"]),
        (["gradients", "RUN", "a film", "--target", "so-so"], ["so-so"]), (["gradients", "RUN", " "], ["nothing to read"]),
        (["evaluate", "RUN"], ["--on"]), (["evaluate", "RUN", REVIEWS, "--on", "test"], ["--on"]),
        (["evaluate", "RUN", "--on", "test"], ["not in the workspace"]), (["readings", "RUN"], ["not in the workspace"]),
        (["evaluate", "RUN", "absent.csv"], ["absent.csv"]), (["evaluate", "RUN", REVIEWS, "--label", "x"], ["x"]),
    ],
)  # fmt: skip
def test_bad_input_beside_a_run(command: Run, workspace: Workspace, arguments: list[str], said: list[str]) -> None:
    run = saved_run(workspace)
    refused(command(*(run.id if a == "RUN" else a for a in arguments)), *said)


def test_text_that_is_half_a_character_is_no_traceback(command: Run, workspace: Workspace) -> None:
    run = saved_run(workspace)
    for arguments in (
        ["inspect", run.id, "good \udcff film"],
        ["train", "--train", REVIEWS, *SMALL, "--name", "\udcff"],
    ):
        status, out, err = command(*arguments)
        assert status in (0, 2) and not any("Traceback" in line for line in err)
        assert len(out) == (status == 0)


@pytest.mark.parametrize("arguments", [["train", "--cell", "transformer"], ["train", "--epochs", "many"], ["dance"],
                                       ["train", "--hiden", "3"], ["inspect"]])  # fmt: skip
def test_options_that_do_not_exist_are_said_by_name(command: Run, arguments: list[str]) -> None:
    status, out, err = command(*arguments)
    assert status == 2 and out == [] and "error:" in err[-1] and not any("Traceback" in line for line in err)


def test_a_workspace_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (["data", "--train", REVIEWS], ["train", "--train", REVIEWS, *SMALL]):
        assert commands.main([*arguments, "--workspace", str(tmp_path / "file")]) == 2
        assert "a file stands where a folder should be" in capsys.readouterr().err.splitlines()[-1]


# ---- help -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "configs"),
    [
        ("train", (DataConfig, ModelConfig, TrainConfig)),
        ("data", (DataConfig,)),
        ("evaluate", ()),
        ("predict", ()),
        ("inspect", ()),
        ("runs", ()),
    ],
)
def test_help_lists_every_option(command: Run, name: str, configs: tuple[type, ...]) -> None:
    status, out, _ = command(name, "--help")
    text = " ".join(" ".join(out).split())
    assert status == 0 and "--workspace" in text and "--job" not in text
    assert ("guessed from the training file" in text) == (DataConfig in configs)
    for config in configs:
        meant = {option for task in tasks.names() for option in tasks.task(task).options(config)}
        for option, field in options(config).items():
            if option not in meant:
                continue
            assert f"--{option.replace('_', '-')}" in text, option
            assert (field.title or "?") in text, option


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        commands.main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    commands_ = ("data", "train", "evaluate", "predict", "inspect", "gradients", "runs")
    assert all(re.search(rf"\n    {name}\s", text) for name in commands_)


def test_the_module_runs_as_a_program_with_the_workspace_of_the_environment(workspace: Workspace) -> None:
    run = saved_run(workspace)
    environment = os.environ | {"UNROLLED_WORKSPACE": str(workspace.root)}

    def program(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([sys.executable, "-m", "rnn_core", *arguments], cwd=ROOT, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip

    listed = program("runs")
    assert listed.returncode == 0 and json.loads(listed.stdout)["runs"][0]["run"] == run.id
    wrong = program("inspect", "no-run", "x")
    assert wrong.returncode == 2 and wrong.stdout == "" and wrong.stderr.count("\n") == 1


def test_a_long_reading_tells_its_progress_and_the_time_left(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "_SAID_EVERY_S", 0.0)
    _, _, err = command("data", "--train", REVIEWS)
    told = [line for line in err if line.startswith("reading: ")]
    assert told and told[-1] == "reading: 100%, about 0 s left"


def test_what_data_reports_is_what_reading_found(command: Run) -> None:
    report = read_dataset({"train": Path(ENTITIES)}, DataConfig(task="tag")).report
    found = figures(command("data", "--train", ENTITIES, "--task", "tag"))
    assert found["scheme"] == report.scheme == "IOB2" and found["rows_kept"] == report.rows_kept
    assert found["vocabulary"] == report.vocabulary_size
    assert found["left_out"] == {e.reason: e.count for e in report.left_out} and found["warnings"] == list(
        report.warnings
    )


# ---- odd files, hidden options and what nobody foresaw ---------------------------------------------------------------


@pytest.mark.parametrize("file", ["/proc/self/mem", "/proc/self/maps", "/dev/zero", "/dev/null", "pipe"])
@pytest.mark.parametrize("name", ["data", "evaluate", "predict"])
def test_what_is_no_ordinary_file_is_refused_at_once(
    command: Run, workspace: Workspace, tmp_path: Path, name: str, file: str
) -> None:
    if file == "pipe":
        os.mkfifo(tmp_path / "pipe")
        file = str(tmp_path / "pipe")
    elif not Path(file).exists():
        pytest.skip(f"there is no {file} here")
    run = saved_run(workspace)
    words = {"data": ["--train", file], "evaluate": [run.id, file], "predict": [run.id, file, "--out", str(tmp_path / "out.csv")]}
    status, out, err = command(name, *words[name])
    assert status == 2 and out == [] and len(err) == 1 and "ordinary file" in err[0]


@pytest.mark.parametrize("told", ["[1]", "{", "5", '{"train": 1}', '{"other": "x"}', "[" * 99_999])
def test_hidden_names_of_files_are_checked(command: Run, told: str) -> None:
    status, out, err = command("data", "--train", REVIEWS, "--file-names", told)
    assert status == 2 and out == [] and len(err) == 1 and "--file-names" in err[0]


@pytest.mark.parametrize("key", ["../..", "../../../evil", "/tmp/evil", "", "x" * 64, "abc"])
def test_a_hidden_key_cannot_lead_out_of_the_run(command: Run, workspace: Workspace, key: str) -> None:
    run = saved_run(workspace, labels=("negative", "positive"))
    status, _, _ = command("evaluate", run.id, REVIEWS, f"--key={key}")
    written = [p for p in workspace.root.parent.rglob("predictions.parquet") if not p.is_relative_to(run.path / "evaluations")]
    assert (status == 0) == (key == "") and written == []


def test_a_hidden_job_lies_in_the_workspace(command: Run, tmp_path: Path) -> None:
    status, _, err = command("runs", "--job", str(tmp_path / "elsewhere"))
    assert status == 2 and "--job" in err[0] and not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("config", [DataConfig, ModelConfig, TrainConfig])
def test_no_whole_number_is_larger_than_what_works_with_it(command: Run, config: type) -> None:
    for name, field in options(config).items():
        if number_type(field) is int:
            most = bounds(field)[1]
            assert most is not None and most <= MOST_WHOLE, name
            status, out, err = command("train", "--train", REVIEWS, f"--{name.replace('_', '-')}", str(2**64))
            assert status == 2 and out == [] and len(err) == 1, name


def test_the_largest_seeds_work(command: Run) -> None:
    seeds = [word for name in ("seed", "split-seed", "patience", "truncate") for word in (f"--{name}", str(MOST_WHOLE))]
    assert figures(command("train", "--train", REVIEWS, *SMALL, *seeds))["epochs"] == 1


@pytest.mark.parametrize("name", ["runs", "train"])  # without and within the frame of a job
def test_what_nobody_foresaw_is_one_sentence_that_names_a_log(
    command: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("who would have thought")

    monkeypatch.setattr(commands.Workspace, "runs", broken)
    monkeypatch.setattr("rnn_core.training.work.Training", broken)
    status, out, err = command(*(["runs"] if name == "runs" else ["train", "--train", REVIEWS, *SMALL]))
    log = workspace.root / "errors.log"
    assert status == 1 and out == [] and str(log) in err[-1] and "Traceback" not in "".join(err)
    assert log.read_text().count("ZeroDivisionError: who would have thought") == 1


def test_a_run_whose_numbers_overflow_is_said(command: Run, workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(model=model_of("relu")))
    write_tensors(run.path / "weights.safetensors", {name: np.full_like(array, 1e30) for name, array in run.weights().items()})
    status, out, err = command("inspect", run.id, "the film")
    assert status == 2 and out == [] and "overflow" in err[0]


def test_temporary_files_lie_in_the_workspace_and_go(
    command: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    made = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *a, **k: seen.append(made(*a, **k)) or seen[-1])
    run = saved_run(workspace, labels=("negative", "positive"))
    assert command("evaluate", run.id, REVIEWS)[0] == 0
    assert seen and all(Path(path).is_relative_to(workspace.root) for path in seen)
    gc.collect()
    assert not [p for p in workspace.root.rglob(".*") if "~" in p.name]


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system knows no priorities")
def test_a_training_steps_back_and_a_short_command_does_not(tmp_path: Path) -> None:
    program = (
        "import os, runpy\n"
        "try: runpy.run_module('rnn_core', run_name='__main__')\nexcept SystemExit: pass\n"
        "print(os.getpriority(os.PRIO_PROCESS, 0))"
    )
    found = []
    for command in (["train", "--train", "no such file"], ["runs"]):
        done = subprocess.run([sys.executable, "-c", program, *command, "--workspace", str(tmp_path)], cwd=ROOT,
                              env={k: v for k, v in os.environ.items() if k != jobs.PARENT},
                              capture_output=True, text=True, check=True)  # fmt: skip
        found.append(int(done.stdout.split()[-1]) - os.getpriority(os.PRIO_PROCESS, 0))
    assert found[1] == 0 and 0 < found[0] <= 10  # below 10 where this process is itself at the end of the scale


def test_a_pipe_that_is_closed_early_is_no_traceback(workspace: Workspace) -> None:
    saved_run(workspace)
    program = f"{sys.executable} -m rnn_core runs --workspace {workspace.root} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
