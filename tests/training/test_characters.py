"""A tagger that reads the characters of each token, one file of which this could be: it tags words that training never saw."""

import random
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core import tasks
from rnn_core.analysis.evaluate import evaluate
from rnn_core.analysis.loading import load
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from rnn_core.data.batches import Batch, Encoded
from rnn_core.data.file_examples import read_examples
from rnn_core.data.schema import Schema, Side
from rnn_core.network.cells import cell_of
from rnn_core.network.embedding import Embedding
from rnn_core.network.recurrent import Recurrent
from rnn_core.tasks import Speech
from rnn_core.training import jobs, work
from rnn_core.workspace import Workspace, datasets
from rnn_core.workspace.runs import Run
from tests.tiny import stand_in

TAG = type(tasks.task("tag"))


class Spelling(nn.Module):
    """A word is the vector of its vocabulary beside the state after its last character."""

    def __init__(self, config: ModelConfig, words: int, letters: int, classes: int):
        super().__init__()
        cell, n, d = cell_of(config), config.embedding, config.hidden
        self.words, self.letters = Embedding(words, n), Embedding(letters, n)
        self.spelled, self.cells = Recurrent(cell, n, d), Recurrent(cell, n + d, d)
        self.out = nn.Linear(d, classes)

    def forward(self, batch: Mapping[str, Any]) -> dict[str, Tensor]:
        _, ends = self.spelled(self.letters(batch["letters"]), batch["letters_lengths"])
        steps, texts = batch["tokens"].shape
        both = torch.cat((self.words(batch["tokens"]), ends[0][-1].view(steps, texts, -1)), 2)
        states, _ = self.cells(both, batch["lengths"])
        return {"logits": self.out(states if "at" not in batch else states.flatten(0, 1)[batch["at"]])}


class Speller(TAG):  # type: ignore[misc, valid-type]
    """One tag per token, which is read letter by letter."""

    schema = Schema((Side("text", "tokens"), Side("letters", "characters", of="text"), Side("label", "tags")))
    columns = MappingProxyType({"text": "Token column", "label": "Tag column"})

    def network(self, config: RunConfig, speech: Speech) -> nn.Module:
        sizes = len(speech.vocabulary), len(speech.vocabularies["letters"]), len(speech.labels)
        return Spelling(config.model, *sizes)

    def inputs(self, encoded: Encoded, batch: Batch) -> dict[str, np.ndarray]:
        letters, lengths = encoded.sides["letters"].batch(batch.rows)
        return super().inputs(encoded, batch) | {"letters": letters, "letters_lengths": lengths}


def tagged(path: Path, count: int, seed: int) -> Path:
    """Words of random letters, nearly all of which come once; the last letter of each says its tag."""
    rng = random.Random(seed)
    words = [["".join(rng.choices("abcdefgh", k=rng.randint(3, 7))) for _ in range(rng.randint(2, 6))] for _ in range(count)]
    path.write_text("\n\n".join("\n".join(f"{w}\t{'VERB' if w[-1] in 'abc' else 'NOUN'}" for w in some) for some in words) + "\n")
    return path


def trained(workspace: Workspace, tmp_path: Path, **train: Any) -> tuple[Run, dict[str, Any]]:
    config = tasks.make(DataConfig, {"task": "tag"})
    data = datasets.read(workspace.root, {"train": tagged(tmp_path / "train.conll", 300, 0)}, config, "Endings")
    model = ModelConfig(cell="gru", embedding=12, hidden=16, dropout=0.0)
    fit = TrainConfig(epochs=12, learning_rate=0.02, threads=1, average=0.9, **train)
    run = work.create_run(workspace, RunConfig(data.config, model, fit, data.fingerprint, "Endings"))
    return run, work.train_run(workspace, run, jobs.Unwatched())


def test_words_training_never_saw_are_tagged_by_their_letters(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(monkeypatch, Speller(), "tag")
    run, figures = trained(workspace, tmp_path)
    assert workspace.dataset(run.config.fingerprint).report.splits["test"].unknown_share > 0.8
    assert figures["engine"] == "autograd" and figures["test_accuracy"] > 0.97
    other = read_examples(tagged(tmp_path / "other.conll", 60, 1), DataConfig(task="tag"), Speller.schema, like=run.config.data)
    scores = evaluate(load(run), other.pieces(), other.count, "other").scores
    assert scores.accuracy > 0.97, "letters of a file's words are found without the data of training"


def test_without_letters_they_are_not(workspace: Workspace, tmp_path: Path) -> None:
    _, figures = trained(workspace, tmp_path)
    assert figures["test_accuracy"] < 0.75
