"""Training a saved run: from its folder and its dataset to weights, history, metrics and a checkpoint."""

import math
import sys
import time
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnn_core.config import SPLITS, Problem, RunConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.datasets import Dataset, Example
from rnn_core.network.decoding import predict
from rnn_core.network.models import count_parameters
from rnn_core.results import Scores
from rnn_core.training.callbacks import Callback
from rnn_core.training.jobs import Cancelled, Job
from rnn_core.training.loop import Training, score
from rnn_core.workspace import Workspace, files
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.evaluations import scores_to_json
from rnn_core.workspace.runs import Arrays, Run, Speech, read_tensors, write_tensors

CHECKPOINT_EVERY_S = 15.0
"""Seconds between checkpoints within an epoch; one is written at the end of each epoch too."""


def create_run(workspace: Workspace, config: RunConfig) -> Run:
    """A new run's folder with its config; nothing is trained yet."""
    run = Run(workspace.fresh("runs"))
    run.write_config(config)
    return run


def train_run(workspace: Workspace, run: Run, job: Job, dataset: Dataset | SavedDataset | None = None) -> dict[str, Any]:
    """Trains a run from where it stands to the end and scores it on test.

    Returns:
        The figures that `train` prints: parameters, epochs, seconds, tokens a second, dev_… and test_….

    Raises:
        Problem: when the data is gone.
        Cancelled: when told to stop; a checkpoint is left to go on from.
    """
    config, began = run.config, time.perf_counter()
    data = dataset or workspace.dataset(config.fingerprint)
    if not (run.path / "vocabulary.json").exists():
        run.write_speech(Speech(data.vocabulary, data.labels, data.scheme))
    speech = run.speech
    if (speech.vocabulary, speech.labels) != (data.vocabulary, data.labels):
        raise Problem(f"The words or labels of {run.name} are not those of its data. Train a new run.")
    train, dev, test = (data.encoded(split) for split in SPLITS)
    unseen = {split: unseen_labels(texts, data.pieces(split)) for split, texts in (("dev", dev), ("test", test))}
    training = Training(config, train, dev, speech.vocabulary, speech.labels, speech.scheme, unseen["dev"])
    read_seconds = time.perf_counter() - began
    if run.resumable:
        arrays, rest = read_tensors(run.checkpoint_path, run.id)
        try:
            training.restore({name: torch.from_numpy(a.copy()) for name, a in arrays.items()}, rest)
        except (KeyError, RuntimeError, ValueError):
            raise Problem(f"The checkpoint of {run.name} does not fit its config. Train a new run.") from None
    keeper = _Keeper(run, job)
    keeper.forget_after(training)
    job.begin(keeper.progress(training))
    if not training.run([keeper]):
        keeper.checkpoint(training)
        raise Cancelled
    training.network.load_state_dict(training.best_weights)
    figures: dict[str, Any] = {
        "parameters": count_parameters(config.model, len(speech.vocabulary), len(speech.labels)),
        "epochs": training.epoch,
        "best_epoch": training.best["epoch"] if training.best else 0,
        "read_seconds": round(read_seconds, 3),
        "train_seconds": round(training.seconds, 3),
        "tokens_per_second": round(training.tokens_per_second, 1),
        "pad_share": round(training.pad_share, 4),
        "threads": config.train.threads,
        "train_loss": (run.history().epochs or (training.best or {},))[-1].get("train_loss"),  # of the last epoch
        "label_entropy": training.label_entropy,
        "majority_class": training.majority_class,
    }
    majority = speech.labels[training.majority_class]
    saved: dict[str, Any] = {}
    for split, texts in (("dev", dev), ("test", test)):
        if len(texts):
            answers = predict(training.network, config, texts, lambda share: job.heed(1.0, "Scoring"))
            scores = score(answers, texts, speech.labels, speech.scheme, unseen[split])
            saved[split] = scores_to_json(scores)
            figures |= figures_of(scores, split, majority)
            if split == "dev" and scores.only_answer is not None:
                figures["dev_only_answer"] = speech.labels.index(scores.only_answer)
    run.write("metrics.json", figures | {"scores": saved})
    run.checkpoint_path.unlink(missing_ok=True)
    return figures


def unseen_labels(encoded: Encoded, pieces: Iterable[Sequence[Example]]) -> dict[int, str]:
    """The labels of a split that training never saw, by their places in `encoded.targets`.

    Args:
        pieces: the examples that were encoded, in the same order; read only where there is such a label.
    """
    missing = encoded.targets < 0
    if encoded.per_token:
        missing[encoded.starts[:-1]] = missing[encoded.starts[1:] - 1] = False  # <sos> and <eos>
    found: dict[int, str] = {}
    if not missing.any():
        return found
    for row, example in enumerate(chain.from_iterable(pieces)):
        place = int(encoded.starts[row]) + 1 if encoded.per_token else row
        labels = (example.target,) if isinstance(example.target, str) else example.target
        found |= {place + i: labels[i] for i in np.flatnonzero(missing[place : place + len(labels)]).tolist()}
    return found


def figures_of(scores: Scores, split: str, majority: str | None) -> dict[str, float]:
    """The figures of a split by the names that the command line prints, such as test_accuracy.

    Args:
        majority: the most frequent class of training; test_majority is the accuracy of answering it always.
    """
    figures = {f"{split}_accuracy": scores.accuracy}
    if majority is not None:
        figures[f"{split}_majority"] = scores.share_of(majority)
    figures[f"{split}_macro_f1"] = scores.macro_f1
    if scores.spans:
        figures[f"{split}_f1"] = scores.spans.f1
    if scores.loss is not None and math.isfinite(scores.loss):
        figures[f"{split}_loss"] = scores.loss
    return figures


class _Keeper(Callback):
    """Writes history, weights, checkpoint and progress while the network trains."""

    def __init__(self, run: Run, job: Job):
        self.run, self.job = run, job
        self._saved = self._asked = time.monotonic()
        self._stop = False

    def forget_after(self, training: Training) -> None:
        """Drops history that was written after the checkpoint: those updates are about to be made again.

        An epoch is scored again too when the checkpoint is of its last update.
        """
        path = self.run.path / "history.jsonl"
        kept = [
            line for line in files.read_lines(path)
            if line["step"] <= training.step and ("loss" in line or line["epoch"] <= training.epoch)
        ]  # fmt: skip
        files.write(path, lambda temporary: temporary.write_text("".join(files.as_line(line) for line in kept)))

    def progress(self, training: Training) -> float:
        return (training.epoch + training.place / training.batches_an_epoch) / training.config.train.epochs

    def on_note(self, training: Training, note: dict[str, Any]) -> None:
        files.append_line(self.run.path / "history.jsonl", note)

    def on_update(self, training: Training) -> None:
        now = time.monotonic()
        if now - self._saved > CHECKPOINT_EVERY_S:
            self.checkpoint(training)
        self.job.progress(
            self.progress(training),
            f"Epoch {training.epoch + 1} of {training.config.train.epochs}",
            tokens_per_second=round(training.tokens_per_second),
            step=training.step,
        )

    def on_epoch(self, training: Training, scores: dict[str, Any]) -> None:
        files.append_line(self.run.path / "history.jsonl", scores)
        told = {name: round(value, 4) for name, value in scores.items() if isinstance(value, float)}
        print(f"epoch {scores['epoch']}{' (best)' if scores['best'] else ''}: {told}", file=sys.stderr, flush=True)
        if scores["best"]:
            write_tensors(self.run.path / "weights.safetensors", _arrays(training.best_weights))
        self.checkpoint(training)

    def should_stop(self) -> bool:
        now = time.monotonic()
        if now - self._asked > 0.25:
            self._asked, self._stop = now, self.job.stop_wanted()
        return self._stop

    def checkpoint(self, training: Training) -> None:
        held, rest = training.state()
        write_tensors(self.run.checkpoint_path, _arrays(held), rest)
        self._saved = time.monotonic()


def _arrays(held: dict[str, Tensor]) -> Arrays:
    return {name: value.detach().numpy() for name, value in held.items()}
