"""Trains a saved run: from its folder and its dataset to weights, history, metrics and a checkpoint."""

import sys
import time
from typing import Any

import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.config import SPLITS, Problem, RunConfig
from rnn_core.data.datasets import Dataset
from rnn_core.language import tr
from rnn_core.network.device import array, title_of
from rnn_core.network.tensors import put, tensors_of
from rnn_core.training.callbacks import Callback
from rnn_core.training.engines import without_kernel
from rnn_core.training.jobs import Cancelled, Job
from rnn_core.training.loop import Training
from rnn_core.workspace import Workspace, files, snapshots
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.evaluations import scores_to_json
from rnn_core.workspace.runs import Arrays, Run, Speech, read_tensors, write_tensors

CHECKPOINT_EVERY_S = 15.0
"""Seconds between checkpoints within an epoch; one is written at the end of each epoch too."""


def create_run(workspace: Workspace, config: RunConfig) -> Run:
    """Creates the folder of a new run with its config, without training it."""
    run = Run(workspace.fresh("runs"))
    run.write_config(config)
    return run


def train_run(workspace: Workspace, run: Run, job: Job, dataset: Dataset | SavedDataset | None = None) -> dict[str, Any]:
    """Trains a run from its checkpoint, if any, to the end, and scores it on test.

    Returns:
        The values that `train` prints: parameters, epochs, seconds, tokens per second, dev_… and test_….

    Raises:
        Problem: if the data are missing.
        Cancelled: if the job is cancelled; the training can be resumed from its checkpoint.
    """
    config, began = run.config, time.perf_counter()
    data = dataset or workspace.dataset(config.fingerprint)
    task = tasks.of(config)
    further = task.read_by(config, data.vocabularies)
    if not (run.path / "vocabulary.json").exists():
        run.write_speech(Speech(data.vocabulary, data.labels, data.scheme, further))
    speech = run.speech
    if (speech.vocabulary, speech.labels, speech.vocabularies) != (data.vocabulary, data.labels, further):
        raise Problem(tr("The vocabulary or the labels of {name} are not those of its data. Train a new run.", name=run.name))
    train, dev, test = (data.encoded(split).limited(further) for split in SPLITS)
    unseen = {split: task.unseen(texts, data.pieces(split)) for split, texts in (("dev", dev), ("test", test))}
    training = Training(config, train, dev, speech, unseen["dev"])
    read_seconds = time.perf_counter() - began
    if run.resumable:
        arrays, rest = read_tensors(run.checkpoint_path, run.id)
        try:
            training.restore({name: torch.from_numpy(a.copy()) for name, a in arrays.items()}, rest)
        except (KeyError, RuntimeError, ValueError):
            raise Problem(tr("The checkpoint of {name} does not fit its config. Train a new run.", name=run.name)) from None
    if slow := without_kernel(config.model, training.device.type):
        print(slow, file=sys.stderr)
    keeper = _Keeper(run, job)
    keeper.forget_after(training)
    snapshots.forget_after(run, training.step)
    job.begin(training.progress)
    if not training.run([_Snapshots(run, training), keeper]):  # a checkpoint holds no update whose snapshot is missing
        keeper.checkpoint(training)
        raise Cancelled
    put(training.network, training.best_weights)
    figures: dict[str, Any] = {
        "parameters": sum(p.numel() for p in training.network.parameters()),
        "epochs": training.epoch,
        "updates": training.step,
        "engine": training.engine.name,
        "device": title_of(training.device),
        "best_epoch": training.best["epoch"] if training.best else 0,
        "read_seconds": round(read_seconds, 3),
        "train_seconds": round(training.seconds, 3),
        "tokens_per_second": round(training.tokens_per_second, 1),
        "pad_share": round(training.pad_share, 4),
        "threads": config.train.threads,
        "snapshots": len(snapshots.updates(run)),
        "train_loss": (run.history().epochs or (training.best or {},))[-1].get("train_loss"),  # that of the last epoch
        **training.about,
    }
    saved: dict[str, Any] = {}
    for split, texts in (("dev", dev), ("test", test)):
        if len(texts):
            scorer, rules = task.scorer(speech.labels, speech.scheme), task.rules(speech.labels, speech.scheme)
            answers = task.predict(training.network, config, texts, lambda share: job.heed(1.0, tr("Scoring")), rules)
            scorer.add(texts, answers, unseen[split])
            scores = scorer.scores()
            saved[split] = scores_to_json(scores)
            figures |= task.figures_of(scores, split, training.majority)
    run.write("metrics.json", figures | {"scores": saved})
    run.checkpoint_path.unlink(missing_ok=True)
    return figures


class _Snapshots(Callback):
    """Keeps the weights of some updates, if enough of them fit into the bound that the config states."""

    def __init__(self, run: Run, training: Training):
        self.run, self.megabytes = run, training.config.train.snapshots
        self.most = int(self.megabytes * 2**20)
        floats = sum(tensor.numel() for tensor in tensors_of(training.network).values() if tensor.is_floating_point())
        self.wanted = 2 * floats * snapshots.FEWEST <= self.most
        self.on_update(training)

    def on_update(self, training: Training) -> None:
        if not self.wanted or not snapshots.due(training.step):
            return
        if not snapshots.keep(self.run, training.step, _arrays(training.weights()), self.most):
            said = f"the next one would exceed {self.megabytes:g} MB, so those before update {training.step:,} are all"
            print(f"snapshots: {said}", file=sys.stderr)


class _Keeper(Callback):
    """Writes history, weights, checkpoint and progress while the network trains."""

    def __init__(self, run: Run, job: Job):
        self.run, self.job = run, job
        self._saved = self._asked = time.monotonic()
        self._stop = False

    def forget_after(self, training: Training) -> None:
        """Drops the history after the checkpoint, because those updates will be repeated.

        If the checkpoint is at the last update of an epoch, that epoch is scored again too.
        """
        path = self.run.path / "history.jsonl"
        kept = [
            line for line in files.read_lines(path)
            if line["step"] <= training.step and ("loss" in line or line["epoch"] <= training.epoch)
        ]  # fmt: skip
        files.write(path, lambda temporary: temporary.write_text("".join(files.as_line(line) for line in kept)))

    def on_note(self, training: Training, note: dict[str, Any]) -> None:
        files.append_line(self.run.path / "history.jsonl", note)

    def on_update(self, training: Training) -> None:
        now = time.monotonic()
        if now - self._saved > CHECKPOINT_EVERY_S:
            self.checkpoint(training)
        self.job.progress(
            training.progress,
            tr("Epoch {epoch} of {epochs}", epoch=training.epoch + 1, epochs=training.config.train.epochs),
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
    return {name: array(value) for name, value in held.items()}
