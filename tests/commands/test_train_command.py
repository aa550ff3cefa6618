"""`train`: what it prints, keeps, suggests and warns of."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.dummy import DummyClassifier

from rnn_core.config import MOST_WHOLE, DataConfig, ModelConfig, TrainConfig, bounds, number_type, options
from rnn_core.network.models import count_parameters
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from tests.commands.running import ENTITIES, REVIEWS, SMALL, TAGGED, Run, figures, refused

COMMON = {"run", "parameters", "epochs", "updates", "engine", "device", "read_seconds", "train_seconds", "tokens_per_second",
          "snapshots", "threads", "best_epoch", "pad_share", "train_loss", "label_entropy", "majority_class",
          "baselines"}  # fmt: skip


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
        == count_parameters(run.config.model, size, k, {name: len(one) for name, one in run.speech.vocabularies.items()})
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


def test_several_seeds_are_trained_and_summed_up(command: Run, workspace: Workspace) -> None:
    arguments = ("train", "--train", REVIEWS, *SMALL, "--name", "Mine", "--seed", "5")
    found = figures(command(*arguments, "--seeds", "3"))
    runs = [workspace.run(one["run"]) for one in found["runs"]]
    assert [(run.config.train.seed, run.name) for run in runs] == [(seed, f"Mine, seed {seed}") for seed in (5, 6, 7)]
    assert [one.id for one in workspace.seeds(runs[1])] == [run.id for run in runs]
    for name in ("dev_accuracy", "test_accuracy", "test_loss"):
        scores = [run.metrics()[name] for run in runs]
        assert found["mean"][name] == pytest.approx(np.mean(scores))
        assert found["interval"][name] == pytest.approx(stats.t.interval(0.95, 2, np.mean(scores), stats.sem(scores)))
    alone = figures(command(*arguments))
    assert {name: alone[name] for name in found["mean"]} == {name: found["runs"][0][name] for name in found["mean"]}
    refused(command(*arguments, "--seeds", "0"), "--seeds is a number")
    refused(command("train", "--resume", runs[0].id, "--seeds", "2"), "--seeds")


def test_what_is_not_stated_is_suggested_for_the_data_and_said(command: Run, workspace: Workspace) -> None:
    answer = command("train", "--train", ENTITIES, "--hidden", "8", "--epochs", "1", "--threads", "1")
    run, said = workspace.run(figures(answer)["run"]), [line for line in answer[2] if line.startswith("suggested: ")]
    tokens = workspace.dataset(run.config.fingerprint).report.splits["train"].tokens
    assert said == [
        f"suggested: --embedding 32 --dropout 0.3 --patience 8 --batch 8 ({tokens:,} training tokens: small data)",
        "suggested: --learning-rate 0.002 (the default for sequence tagging)",
        "suggested: --bidirectional (a tag may depend on the words after it)",
        "suggested: --form 32 (the casing and the ending of a word are known even if the word is not)",
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
    assert f"{found['label_entropy']:.4f}: an answer that ignores the text reaches that too." in said and "learning rate" in said
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
    assert config.model == ModelConfig(
        cell="rnn", activation="relu", embedding=8, hidden=8, layers=2, dropout=0.25, initialisation="torch",
    )
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


def test_the_name_given_to_train_is_the_runs_and_to_data_the_datasets(command: Run, workspace: Workspace) -> None:
    run = workspace.run(figures(command("train", "--train", REVIEWS, "--name", "mine", *SMALL))["run"])
    assert run.name == "mine" and [d.name for d in workspace.datasets()] == ["reviews.csv"]
    figures(command("data", "--train", TAGGED, "--task", "tag", "--name", "some tags"))
    assert {d.name for d in workspace.datasets()} == {"reviews.csv", "some tags"}


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
