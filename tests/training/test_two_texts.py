"""A task of two texts, one file of which this could be: an encoder and a decoder with attention learn to reverse short words.

It goes through what every task goes through: files, a dataset, the training loop, checkpoints, scores, files to evaluate on.
"""

import csv
import hashlib
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from torch import nn

from rnn_core import commands, tasks
from rnn_core.analysis.evaluate import evaluate
from rnn_core.analysis.loading import load
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig, options
from rnn_core.data.batches import Encoded, plan
from rnn_core.data.examples import Example
from rnn_core.data.file_examples import read_examples
from rnn_core.data.schema import Schema, Side
from rnn_core.data.sides import Tokens
from rnn_core.data.vocabulary import PAD, UNK
from rnn_core.network.search import greedy
from rnn_core.network.translator import Translator
from rnn_core.results import Answers, TokenScores
from rnn_core.tasks import Fed, Speech, Task
from rnn_core.training import jobs, work
from rnn_core.training.loop import Training
from rnn_core.workspace import Workspace, datasets, evaluations
from rnn_core.workspace.archive import pack, unpack
from rnn_core.workspace.runs import Run
from tests.tiny import stand_in

LETTERS = "abcdefgh"
STATES = {"cell": "gru", "embedding": 16, "hidden": 64, "dropout": 0.1, "bidirectional": True}


class Written(NamedTuple):
    """How well targets were foreseen, and what is written without knowing them."""

    scores: TokenScores
    texts: list[list[int]]


class Scorer:
    """Adds up `Written`."""

    def __init__(self) -> None:
        self._all: list[TokenScores] = []

    def add(self, encoded: Encoded, predictions: Written, unseen: Mapping[int, str] = MappingProxyType({})) -> None:
        self._all.append(predictions.scores)

    def scores(self) -> TokenScores:
        count = sum(one.tokens for one in self._all)
        mean = [sum(getattr(one, name) * one.tokens for one in self._all) / count for name in ("loss", "accuracy")]
        return TokenScores(count, *mean)


class Translate(Task):
    """A text into another."""

    title, short, unit, one_answer = "Translation: a text into another", "translation", "tokens", False
    schema = Schema((Side("text", "tokens"), Side("target", "tokens")))
    columns = MappingProxyType({"text": "Source column", "target": "Target column"})
    samples, more_texts, losses, views = MappingProxyType({}), "", ("every",), MappingProxyType({})
    fed = MappingProxyType({"source": Fed("text", "source_lengths"), "tokens": Fed("target", "lengths")})

    def metric(self, scheme: str | None) -> str:
        return "accuracy"

    def network(self, config: RunConfig, speech: Speech) -> nn.Module:
        return Translator(config.model, len(speech.vocabulary), len(speech.vocabularies["target"]))

    def plan(self, config: RunConfig, source: Encoded, epoch: int) -> Sequence[Any]:
        return plan(source.sides["target"].lengths, config.train.batch, np.random.default_rng([config.train.seed, epoch]))

    def batch(self, config: RunConfig, source: Encoded, which: Any) -> dict[str, np.ndarray]:
        read, written = source.sides["text"].batch(which), source.sides["target"].batch(which)
        lengths = written.lengths - 1  # each step foresees the next
        at = np.flatnonzero(np.arange(len(written.indices) - 1)[:, None] < lengths)
        return {
            "source": read.indices, "source_lengths": read.lengths, "tokens": written.indices[:-1], "lengths": lengths,
            "at": at, "labels": written.indices[1:].ravel()[at], "weights": np.ones(len(at)), "total": np.array(float(len(at))),
        }  # fmt: skip

    def predict(
        self, network: Any, config: RunConfig, encoded: Encoded, tick: Any = lambda share: None, rules: Any = None
    ) -> Written:
        was_training = network.training
        network.eval()
        nats, right, count = 0.0, 0, 0
        texts: list[list[int]] = [[]] * len(encoded)
        with torch.no_grad():
            for first in range(0, len(encoded), 64):
                tick(first / len(encoded))
                rows = np.arange(first, min(first + 64, len(encoded)))
                batch = {name: torch.from_numpy(a) for name, a in self.batch(config, encoded, rows).items()}
                logits, labels = network(batch)["logits"], batch["labels"]
                nats += float(nn.functional.cross_entropy(logits, labels, reduction="sum"))
                right, count = right + int((logits.argmax(1) == labels).sum()), count + len(labels)
                texts[first : first + len(rows)] = [list(one.tokens) for one in greedy(network, batch, 8)]
        network.train(was_training)
        return Written(TokenScores(count, nats / count, right / count), texts)

    def named(self, examples: Sequence[Example], found: Written, speech: Speech) -> Answers:
        words = speech.vocabularies["target"].words
        answers = [[words[i] for i in text] for text in found.texts]
        truths = [list(e.further["target"].tokens) for e in examples]
        return Answers([list(e.tokens) for e in examples], truths, answers, [[1.0] * len(text) for text in answers])

    def scorer(self, labels: Sequence[str], scheme: str | None) -> Scorer:
        return Scorer()

    def figures_of(self, scores: TokenScores, split: str, majority: str | None = None) -> dict[str, Any]:
        return scores.figures(split)


def rows(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Two to five letters, and their capitals in reverse order."""
    rng = random.Random(seed)
    found = [rng.choices(LETTERS, k=rng.randint(2, 5)) for _ in range(count)]
    return [(" ".join(letters), " ".join(letters[::-1]).upper()) for letters in found]


def table(path: Path, some: Sequence[Sequence[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("source", "target"), *some])
    return path


@pytest.fixture
def translating(monkeypatch: pytest.MonkeyPatch) -> Iterator[Translate]:
    """`classify` means translation."""
    stand_in(monkeypatch, task := Translate())
    yield task


def run_of(workspace: Workspace, tmp_path: Path, epochs: int, **train: Any) -> Run:
    config = tasks.make(DataConfig, {})
    data = datasets.read(workspace.root, {"train": table(tmp_path / "train.csv", rows(600))}, config, "Reversed")
    fit = {"learning_rate": 0.01, "patience": 0, "threads": 1, "average": 0.9, "epochs": epochs} | train
    made = RunConfig(data.config, ModelConfig(**STATES), TrainConfig(**fit), data.fingerprint, "Reverses")  # type: ignore[arg-type]
    return work.create_run(workspace, made)


def sha256(run: Run) -> str:
    return hashlib.sha256((run.path / "weights.safetensors").read_bytes()).hexdigest()


def test_it_learns_to_reverse_and_is_scored_alike_everywhere(
    workspace: Workspace, tmp_path: Path, translating: Translate
) -> None:
    run = run_of(workspace, tmp_path, epochs=80, learning_rate=0.005)
    figures = work.train_run(workspace, run, jobs.Unwatched())
    assert figures["engine"] == "autograd"
    chance = math.log(len(LETTERS) + 1)  # each letter alike, or the end
    losses = [epoch["dev_loss"] for epoch in run.history().epochs]
    assert losses[0] > 0.5 * chance > 0.1 * chance > figures["test_loss"], losses
    assert figures["test_accuracy"] > 0.98 and {"dev_perplexity", "test_tokens"} <= figures.keys()

    saved, loaded = workspace.dataset(run.config.fingerprint), load(run)
    assert loaded.speech.vocabularies == saved.vocabularies and {*saved.vocabularies["target"].words[4:]} == {*LETTERS.upper()}
    test = saved.report.splits["test"].examples
    place = evaluations.folder(run, saved.fingerprint, "test")
    made = evaluations.save(place, lambda keep: evaluate(loaded, saved.pieces("test"), test, "test", keep))
    assert made.scores.loss == pytest.approx(figures["test_loss"]) and made.scores.tokens == figures["test_tokens"]  # type: ignore[union-attr]
    again = evaluations.load(place)
    assert again is not None and again.scores == made.scores and again.texts == test
    kept = pq.read_table(place / "predictions.parquet").to_pylist()
    assert all(row["truths"] == [letter.upper() for letter in row["tokens"][::-1]] for row in kept)
    assert sum(row["answers"] == row["truths"] for row in kept) > 0.9 * test, "it writes them without knowing them"

    other = read_examples(table(tmp_path / "other.csv", rows(50, seed=1)), DataConfig(), translating.schema, like=run.config.data)
    scores = evaluate(loaded, other.pieces(), other.count, "other.csv").scores
    whole = translating.encode_examples([e for some in other.pieces() for e in some], run.speech)
    assert scores.loss == pytest.approx(translating.predict(loaded.network, run.config, whole).scores.loss)


def test_a_cancelled_training_goes_on_to_the_same_bits(
    workspace: Workspace, tmp_path: Path, translating: Translate, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = (run_of(workspace, tmp_path, epochs=3) for _ in range(2))
    figures = work.train_run(workspace, whole, jobs.Unwatched())

    def update(self: Any, training: Any) -> None:
        self.now = training.step

    for step in (5, 21):
        with monkeypatch.context() as patched:
            patched.setattr(work._Keeper, "on_update", update)
            patched.setattr(work._Keeper, "should_stop", lambda self, step=step: getattr(self, "now", 0) == step)
            with pytest.raises(jobs.Cancelled):
                work.train_run(workspace, parts, jobs.Unwatched())
    assert parts.resumable
    resumed = work.train_run(workspace, parts, jobs.Unwatched())
    assert sha256(parts) == sha256(whole)
    timed = {name for name in figures if "second" in name}
    assert {n: v for n, v in resumed.items() if n not in timed} == {n: v for n, v in figures.items() if n not in timed}


def test_rare_words_of_both_texts_are_hidden_and_all_are_counted(
    workspace: Workspace, tmp_path: Path, translating: Translate, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [(f"{a} s{i}", f"{b} t{i} u{i}") for i, (a, b) in enumerate(rows(64))]
    config = tasks.make(DataConfig, {"dev_share": 0, "test_share": 0})
    data = datasets.read(workspace.root, {"train": table(tmp_path / "t.csv", some)}, config, "Rare")
    fit = TrainConfig(epochs=1, threads=1, batch=16)
    made = RunConfig(data.config, ModelConfig(**STATES), fit, data.fingerprint, "Rare")  # type: ignore[arg-type]
    run = work.create_run(workspace, made)
    work.train_run(workspace, run, jobs.Unwatched())
    training = Training(made, data.encoded("train"), data.encoded("dev"), run.speech)
    seen: list[Mapping[str, np.ndarray]] = []
    gradients = training.engine.gradients
    monkeypatch.setattr(training.engine, "gradients", lambda batch, *more: seen.append(batch) or gradients(batch, *more))
    training.run()
    hidden = {name: sum(int((batch[name] == UNK).sum()) for batch in seen) for name in ("source", "tokens")}
    assert 16 < hidden["source"] < 48 and 40 < hidden["tokens"] < 88, "about half of 64 and of 128 that come once"
    assert training.tokens == sum(len(text.split()) for row in some for text in row)
    sizes = [len(row[0].split()) + 2 + len(row[1].split()) + 1 for row in some]
    assert training.steps == sum(sizes) and training.pads == sum(
        batch[name].size for batch in seen for name in ("source", "tokens")
    ) - sum(sizes)
    assert all((batch["tokens"][batch["lengths"] - 1, np.arange(len(batch["lengths"]))] != PAD).all() for batch in seen)


def test_a_run_is_whole_without_its_data(workspace: Workspace, tmp_path: Path, translating: Translate) -> None:
    run = run_of(workspace, tmp_path, epochs=1)
    work.train_run(workspace, run, jobs.Unwatched())
    workspace.dataset(run.config.fingerprint).delete()
    values = json.loads((run.path / "vocabulary.json").read_text())
    assert values["sides"].keys() == {"target"}
    again = unpack(workspace, pack(run))
    assert again.speech == run.speech and load(again).config == run.config
    values.pop("sides")
    again.write("vocabulary.json", values)
    with pytest.raises(tasks.Problem, match="damaged"):
        _ = Run(again.path).speech


def test_by_the_command_line(
    workspace: Workspace, tmp_path: Path, translating: Translate, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "target" in translating.options(DataConfig) and "label" not in translating.options(DataConfig)
    assert set(translating.options(DataConfig)) < set(options(DataConfig))
    path = table(tmp_path / "train.csv", rows(200))
    small = ["--epochs", "1", "--hidden", "16", "--embedding", "8", "--threads", "1", "--workspace", str(workspace.root)]
    stated = ["--task", "classify", "--text", "target", "--target", "source"]
    assert commands.main(["train", "--train", str(path), *stated, *small]) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["test_loss"] > 0
    run = workspace.runs()[0]
    assert (run.config.data.text, run.config.data.target) == ("target", "source")
    assert {*run.speech.vocabulary.words[4:]} == {*LETTERS.upper()}, "the other way round"
    assert commands.main(["evaluate", run.id, "--on", "test", "--workspace", str(workspace.root)]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["test_loss"] == pytest.approx(figures["test_loss"], abs=1e-4)
    assert commands.main(["evaluate", run.id, str(path), "--workspace", str(workspace.root)]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert found["texts"] == 200 and found["test_tokens"] == sum(len(row[0].split()) + 1 for row in rows(200))
    with pytest.raises(SystemExit):
        commands.main(["train", "--help"])
    assert "--target" in capsys.readouterr().out


def test_sides_of_a_batch_are_the_tensors_it_is_made_of(
    workspace: Workspace, tmp_path: Path, translating: Translate
) -> None:
    """By hand: `<sos>` and the capitals are fed, and the capitals and `<eos>` wanted."""
    run = run_of(workspace, tmp_path, epochs=1)
    data = workspace.dataset(run.config.fingerprint)
    encoded, examples = data.encoded("train"), data.examples("train")
    assert isinstance(encoded.sides["target"], Tokens)
    chosen = np.array([3, 0, 8])
    batch = translating.batch(run.config, encoded, chosen)
    words = data.vocabularies["target"].words
    wanted = np.full(batch["tokens"].shape, PAD)
    wanted.ravel()[batch["at"]] = batch["labels"]
    for b, row in enumerate(chosen.tolist()):
        target = list(examples[row].further["target"].tokens)
        assert [words[i] for i in batch["tokens"][: len(target) + 1, b]] == ["<sos>", *target]
        assert [words[i] for i in wanted[: len(target) + 1, b]] == [*target, "<eos>"]
        source = [data.vocabulary.words[i] for i in batch["source"][: batch["source_lengths"][b], b]]
        assert source == ["<sos>", *examples[row].tokens, "<eos>"]
