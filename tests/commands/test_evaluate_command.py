"""`evaluate`: the scores of training, of other files, and of labels that training never saw."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import seqeval.metrics as seqeval
from seqeval.scheme import IOB2
from sklearn import metrics as sklearn

from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import write_tensors
from tests.commands.running import REVIEWS, SMALL, Run, figures
from tests.tiny import LABELS, TAGS, config_of, model_of, saved_run


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


def test_a_run_that_does_not_know_its_majority_is_evaluated_without(command: Run, workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("text,label\ngood film,good\nbad,bad\n")
    found = figures(command("evaluate", saved_run(workspace).id, str(tmp_path / "mine.csv")))
    assert found["majority_class"] is None and "test_majority" not in found


@pytest.mark.parametrize("key", ["../..", "../../../evil", "/tmp/evil", "", "x" * 64, "abc"])
def test_a_hidden_key_cannot_lead_out_of_the_run(command: Run, workspace: Workspace, key: str) -> None:
    run = saved_run(workspace, labels=("negative", "positive"))
    status, _, _ = command("evaluate", run.id, REVIEWS, f"--key={key}")
    written = [p for p in workspace.root.parent.rglob("predictions.parquet") if not p.is_relative_to(run.path / "evaluations")]
    assert (status == 0) == (key == "") and written == []
