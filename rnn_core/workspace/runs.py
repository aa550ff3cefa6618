"""A run on disk: config, vocabulary, weights, history, metrics, checkpoint and evaluations in one folder."""

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from rnn_core.config import FORMAT, Problem, RunConfig, make, plain
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.results import History
from rnn_core.workspace import files

Arrays = dict[str, np.ndarray]


class Speech(NamedTuple):
    """What turns words into numbers and numbers into labels: the vocabulary.json of a run."""

    vocabulary: Vocabulary
    labels: tuple[str, ...]
    scheme: str | None


class Run:
    """One run's folder. Its id, the folder's name, never changes; its name is a label."""

    def __init__(self, path: Path):
        self.path = path

    @property
    def id(self) -> str:
        return self.path.name

    @cached_property
    def config(self) -> RunConfig:
        """Raises Problem when damaged or written by a newer version."""
        values = files.read_json(self.path / "config.json")
        if not isinstance(values, dict) or not isinstance(values.get("format"), int):
            raise Problem(f"Run {self.id} is damaged: config.json is not a run's. Delete it, or import it again.")
        if values["format"] > FORMAT:
            raise Problem(f"Run {self.id} was written by a newer version (format {values['format']}). Update this app.")
        try:
            return make(RunConfig, values)
        except Problem as why:
            raise Problem(f"Run {self.id} is damaged: {why} Delete it, or import it again.") from None

    @property
    def name(self) -> str:
        """The label, or the id when the config cannot be read."""
        try:
            return self.config.name
        except Problem:
            return self.id

    @property
    def trained(self) -> bool:
        """Whether there are weights to look into."""
        return (self.path / "weights.safetensors").exists()

    @property
    def resumable(self) -> bool:
        """Whether a checkpoint lies there."""
        return self.checkpoint_path.exists()

    @property
    def checkpoint_path(self) -> Path:
        return self.path / "checkpoint" / "state.safetensors"

    @cached_property
    def speech(self) -> Speech:
        """Vocabulary, labels and tag scheme. Raises Problem when damaged."""
        values = files.read_json(self.path / "vocabulary.json")
        try:
            vocabulary = Vocabulary.from_json(values)
            labels = tuple(map(str, values["labels"]))
            scheme = values["scheme"] and str(values["scheme"])
        except (KeyError, TypeError, ValueError):
            raise Problem(f"Run {self.id} is damaged: vocabulary.json. Delete it, or import it again.") from None
        return Speech(vocabulary, labels, scheme)

    def weights(self) -> Arrays:
        """The best weights so far, by parameter name. Raises Problem when missing or damaged."""
        path = self.path / "weights.safetensors"
        if not path.exists():
            raise Problem(f"{self.name} has no weights yet: its first epoch has not ended. Wait, or resume its training.")
        return read_tensors(path, self.id)[0]

    def history(self) -> History:
        """The training and dev curves so far."""
        lines = files.read_lines(self.path / "history.jsonl")
        notes = [line for line in lines if {"loss", "step", "epoch"} <= line.keys()]
        return History(
            np.array([n["step"] for n in notes], np.int64),
            np.array([n["loss"] for n in notes], np.float64),
            np.array([n["epoch"] for n in notes], np.float64),
            tuple(line for line in lines if {"train_loss", "epoch"} <= line.keys()),
        )

    def metrics(self) -> dict[str, Any]:
        """The saved scores and counts; {} while training has not ended."""
        path = self.path / "metrics.json"
        metrics = files.read_json(path) if path.exists() else {}
        if not isinstance(metrics, dict):
            raise Problem(f"Run {self.id} is damaged: metrics.json is not a run's. Delete it, or import it again.")
        return metrics

    def write(self, name: str, values: Any) -> None:
        """Saves one of the run's JSON files."""
        files.write_json(self.path / name, values)

    def write_config(self, config: RunConfig) -> None:
        self.write("config.json", plain(config))
        self.__dict__.pop("config", None)

    def write_speech(self, speech: Speech) -> None:
        self.write(
            "vocabulary.json",
            speech.vocabulary.to_json() | {"labels": list(speech.labels), "scheme": speech.scheme},
        )

    def rename(self, name: str) -> None:
        """Gives the run another label."""
        if not name.strip():
            raise Problem("A run needs a name. Type one.")
        self.write_config(replace(self.config, name=name.strip()[:200]))

    def delete(self) -> None:
        """Removes the run and all its evaluations."""
        files.remove(self.path)


def write_tensors(path: Path, arrays: Arrays, rest: str = "") -> None:
    """Arrays, and one text beside them, in one safetensors file."""
    arrays = {name: np.asarray(a, order="C") for name, a in arrays.items()}
    files.write(path, lambda temporary: save_file(arrays, temporary, {"rest": rest}))


def read_tensors(path: Path, owner: str) -> tuple[Arrays, str]:
    """What `write_tensors` wrote. Raises Problem when the file cannot be read."""
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: file.get_tensor(name) for name in file.keys()}, (file.metadata() or {}).get("rest", "")
    except (SafetensorError, OSError, ValueError):
        raise Problem(f"Run {owner} is damaged: {path.name} cannot be read. Delete it, or import it again.") from None
