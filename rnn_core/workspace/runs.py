"""A run on disk: config, vocabulary, weights, history, metrics, checkpoint and evaluations in one folder."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, replace
from functools import cached_property, lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from rnn_core import tasks
from rnn_core.config import FORMAT, SPLITS, Problem, RunConfig, plain
from rnn_core.data.encodings import encodable
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.language import tr
from rnn_core.metrics import SCHEMES
from rnn_core.results import History, Scores, SpanScores, TokenScores, TranslationScores
from rnn_core.workspace import files

Arrays = dict[str, np.ndarray]

MOST_BYTES = {"config.json": 1 << 20, "vocabulary.json": 64 << 20, "weights.safetensors": 1 << 30,
              "history.jsonl": 32 << 20, "metrics.json": 32 << 20, "snapshots.safetensors": 512 << 20,
              "baselines.json": 1 << 20}  # fmt: skip
"""The maximum size of each file of a run in bytes: larger than any training makes it, and small enough for a page to read."""

MOST_LINES = 250_000
"""The maximum number of lines of a history: 10,000 epochs, each with 21 notes and its scores."""

MOST_WRITTEN = 4_000
"""The maximum number of characters of a text that was written after an epoch."""

MOST_LABELS = 2_000
"""The maximum number of labels in a run or its scores: twice the maximum of a training."""

MOST_NAME = 1_000
"""The maximum length of a run's name in characters."""

_MOST, _MOST_STEPS = 1e30, 2**31
"""The largest valid numbers, and steps or epochs, of a run: figures draw them in 32 bits."""


ENGINES = ("fused", "autograd")
"""The engines that a run's metrics may name."""

MOST_DEVICE = 200
"""The maximum length of a GPU's name in metrics, in characters."""

_RENAMED = {"embedding": "embedding.weight"}
"""The current names of the parameters of runs of formats 1 and 2."""


class Speech(NamedTuple):
    """Vocabularies and labels of a run: its vocabulary.json.

    Attributes:
        vocabulary: the vocabulary of the first text.
        labels: the classes of the training split.
        scheme: the tag scheme of entity labels, else None.
        vocabularies: those of the further sides of the data, by name.
    """

    vocabulary: Vocabulary
    labels: tuple[str, ...] = ()
    scheme: str | None = None
    vocabularies: Mapping[str, Vocabulary] = MappingProxyType({})


class Run:
    """The folder of one run. Its id, the folder's name, never changes; its name is a label.

    Args:
        fixed: whether it is read-only, because it is not in the workspace.
    """

    def __init__(self, path: Path, fixed: bool = False):
        self.path = path
        self.fixed = fixed

    @property
    def id(self) -> str:
        return self.path.name

    @cached_property
    def config(self) -> RunConfig:
        """The config. Raises Problem if it is damaged or written by a newer version."""
        return _config(self.path, files.version(self.path / "config.json"))

    @property
    def name(self) -> str:
        """The label, or the id if the config cannot be read."""
        try:
            return self.config.name
        except Problem:
            return self.id

    @property
    def trained(self) -> bool:
        """Whether there are weights."""
        return (self.path / "weights.safetensors").exists()

    @property
    def resumable(self) -> bool:
        """Whether there is a checkpoint."""
        return self.checkpoint_path.exists()

    @property
    def checkpoint_path(self) -> Path:
        return self.path / "checkpoint" / "state.safetensors"

    @cached_property
    def speech(self) -> Speech:
        """Vocabulary, labels and tag scheme. Raises Problem if damaged."""
        values = files.read_json(self.path / "vocabulary.json", MOST_BYTES["vocabulary.json"])
        try:
            vocabulary = Vocabulary.from_json(values)
            labels = tuple(map(str, values["labels"]))
            scheme = values["scheme"]
            sides = {name: Vocabulary.from_json(side) for name, side in values.get("sides", {}).items()}
            if len(set(labels)) < len(labels) or len(labels) > MOST_LABELS or scheme not in (None, *SCHEMES):
                raise ValueError("repeated or too many labels, or an unknown scheme")
            schema, form = tasks.of(self.config).schema, self.config.model.form
            if sides.keys() != {name for name in schema.further if form or name not in schema.forms}:
                raise ValueError("the vocabularies are not those of the task's sides")
        except (KeyError, TypeError, ValueError, OverflowError, AttributeError):
            raise Problem(tr("Run {id} is damaged: vocabulary.json. Delete it, or import it again.", id=self.id)) from None
        return Speech(vocabulary, labels, scheme, sides)

    def _weights_path(self) -> Path:
        path = self.path / "weights.safetensors"
        if not path.exists():
            raise Problem(tr(
                "{name} has no weights yet: its first epoch has not ended. Wait, or resume its training.",
                name=self.name,
            ))
        return path

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the weights by name, without reading the weights. Raises Problem if they are missing or damaged."""
        return tensor_shapes(self._weights_path(), self.id)

    def weights(self) -> Arrays:
        """The best weights so far, by parameter name, and buffers, which may be integers. Raises Problem if they are missing,
        damaged or not finite."""
        path = self._weights_path()
        weights = read_tensors(path, self.id)[0]
        if not all(array.dtype in (np.float32, np.float64, np.int64) for array in weights.values()):
            raise Problem(tr(
                "Run {id} is damaged: its weights are not of 32 or 64 bits. Delete it, or import it again.",
                id=self.id,
            ))
        most = np.finfo(np.float32).max  # the dtype of the network
        if not all(-most <= array.min() and array.max() <= most for array in weights.values() if array.size):  # false for NaN
            raise Problem(tr("Run {id} is damaged: its weights hold NaN or infinity. Delete it, or train it again.", id=self.id))
        return weights

    def history(self) -> History:
        """The training and dev curves so far; lines with other values than numbers and a short text are skipped.

        Raises Problem if they are longer than any training makes them.
        """
        lines = [
            line for line in files.read_lines(self.path / "history.jsonl", MOST_BYTES["history.jsonl"], MOST_LINES)
            if all(_number_or_none(value) for name, value in line.items() if name != "written")
            and _sound_text(line.get("written"))
            and all(abs(line.get(name) or 0) < _MOST_STEPS for name in ("step", "epoch"))
            and line.get("epoch") is not None
        ]  # fmt: skip

        def having(*names: str) -> list[dict[str, Any]]:
            return [line for line in lines if all(line.get(name) is not None for name in names)]

        notes = having("loss", "step", "epoch")
        return History(
            np.array([n["step"] for n in notes], np.int64),
            np.array([n["loss"] for n in notes], np.float64),
            np.array([n["epoch"] for n in notes], np.float64),
            tuple(having("train_loss", "epoch")),
        )

    def metrics(self) -> dict[str, Any]:
        """The saved scores and counts; {} before training has ended.

        Every name may be missing. The values are numbers, except `engine` and `device`, strings, and `scores`, from
        `evaluations.scores_to_json`. Raises Problem for other values.
        """
        path = self.path / "metrics.json"
        metrics = files.read_json(path, MOST_BYTES["metrics.json"]) if path.exists() else {}
        if not isinstance(metrics, dict) or not _sound_metrics(metrics):
            raise Problem(tr("Run {id} is damaged: metrics.json is not a run's. Delete it, or import it again.", id=self.id))
        return {name: value for name, value in metrics.items() if value is not None}

    @property
    def majority(self) -> str | None:
        """The most frequent class of training; None before training has ended, and for older runs.

        Raises Problem if the metrics are damaged.
        """
        return self.class_of(self.metrics().get("majority_class"))

    def class_of(self, number: Any) -> str | None:
        """The class for its index in metrics or history; None if there is none."""
        labels = self.speech.labels
        return labels[number] if isinstance(number, int) and 0 <= number < len(labels) else None

    def write(self, name: str, values: Any) -> None:
        """Saves one of the run's JSON files."""
        self._may_change()
        files.write_json(self.path / name, values)

    def _may_change(self) -> None:
        if self.fixed:
            raise Problem(tr(
                "{name} is ready-made, and this workspace cannot be written. Choose another workspace.",
                name=self.name,
            ))

    def write_config(self, config: RunConfig) -> None:
        self.write("config.json", plain(config))
        self.__dict__.pop("config", None)

    def write_speech(self, speech: Speech) -> None:
        values = speech.vocabulary.to_json() | {"labels": list(speech.labels), "scheme": speech.scheme}
        sides = {name: vocabulary.to_json() for name, vocabulary in speech.vocabularies.items()}
        self.write("vocabulary.json", values | ({"sides": sides} if sides else {}))

    def rename(self, name: str) -> None:
        """Gives the run another label."""
        if not name.strip():
            raise Problem(tr("A run needs a name. Type one."))
        self.write_config(replace(self.config, name=name.strip()[:200]))

    def delete(self) -> None:
        """Deletes the run and all its evaluations."""
        self._may_change()
        files.remove(self.path)


@lru_cache(maxsize=8192)
def _config(folder: Path, version: files.Version) -> RunConfig:
    """The config of the run in this folder, cached until its file is replaced: every list of runs needs all configs."""
    values = files.read_json(folder / "config.json", MOST_BYTES["config.json"])
    if not isinstance(values, dict) or not isinstance(values.get("format"), int):
        raise Problem(tr("Run {name} is damaged: config.json is not a run's. Delete it, or import it again.", name=folder.name))
    if values["format"] > FORMAT:
        raise Problem(tr(
            "Run {name} was written by a newer version (format {number}). Update this app.",
            name=folder.name, number=values["format"],
        ))
    try:
        return tasks.make(RunConfig, values)
    except tasks.Lacking as why:
        raise Problem(tr("Run {name}: {why}", name=folder.name, why=why)) from None
    except Problem as why:
        raise Problem(tr("Run {name} is damaged: {why} Delete it, or import it again.", name=folder.name, why=why)) from None


def _number_or_none(value: Any) -> bool:
    """Whether a value is a number that figures can draw, None or a bool."""
    return value is None or (isinstance(value, (int, float)) and abs(value) < _MOST)


def _sound_text(text: Any) -> bool:
    """Whether it is a short text that can be shown, or None."""
    return text is None or (isinstance(text, str) and len(text) <= MOST_WRITTEN and encodable(text))


def _sound_metrics(metrics: dict[str, Any]) -> bool:
    from rnn_core.workspace.evaluations import scores_from_json  # which imports this module

    if not all(_number_or_none(value) for name, value in metrics.items() if name not in ("scores", "engine", "device")):
        return False
    if metrics.get("engine") not in (None, *ENGINES) or not _sound_device(metrics.get("device")):
        return False
    try:
        known = (metrics.get("scores") or {}).items()
        return all(split in SPLITS and _sound_scores(scores_from_json(values)) for split, values in known)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return False


def _sound_device(name: Any) -> bool:
    return name is None or (isinstance(name, str) and len(name) <= MOST_DEVICE and encodable(name))


def _sound_scores(scores: Scores | TokenScores | TranslationScores) -> bool:
    """Whether all values have their types and the matrix fits the labels."""
    if isinstance(scores, TokenScores | TranslationScores):
        return all((value is not None or name in ("near", "breakdown")) and _number_or_none(value)
                   for name, value in vars(scores).items())  # fmt: skip
    spans = scores.spans
    parts: list[Any] = [scores, *scores.per_class, *([spans, *spans.per_type] if spans else [])]
    typed = [(getattr(part, field.name), field.type) for part in parts for field in fields(part)]
    classes = len(scores.labels)
    return (
        (spans is None or isinstance(spans, SpanScores))
        and classes <= MOST_LABELS and scores.confusion.shape == (classes, classes) and bool(scores.confusion.min() >= 0)
        and len(scores.per_class) == classes
        and all(isinstance(label, str) for label in scores.labels) and _number_or_none(scores.loss)
        and all(isinstance(value, str) for value, kind in typed if kind is str)
        and all(value is not None and _number_or_none(value) for value, kind in typed if kind in (int, float))
    )  # fmt: skip


def write_tensors(path: Path, arrays: Arrays, rest: str = "") -> None:
    """Writes arrays, and one text, into a safetensors file."""
    arrays = {name: np.asarray(a, order="C") for name, a in arrays.items()}


    def fill(temporary: Path) -> None:
        try:
            save_file(arrays, temporary, {"rest": rest})
        except SafetensorError as error:  # it gives the system's error as text only
            code = re.search(r"os error (\d+)", str(error))
            raise OSError(int(code[1]) if code else 0, str(error)) from error

    files.write(path, fill)


def tensor_shapes(path: Path, owner: str) -> dict[str, tuple[int, ...]]:
    """The shapes in a file that `write_tensors` wrote, by name. Raises Problem if it cannot be read."""
    with _saying_damage(path, owner), safe_open(path, framework="numpy") as file:
        return {_today(name): tuple(file.get_slice(name).get_shape()) for name in file.keys()}


def read_tensors(path: Path, owner: str, under: str = "") -> tuple[Arrays, str]:
    """Reads a file that `write_tensors` wrote.

    Args:
        under: read only the tensors whose names begin with this prefix, and leave it out of their names.

    Raises:
        Problem: if it cannot be read.
    """
    with _saying_damage(path, owner), safe_open(path, framework="numpy") as file:
        names = [name for name in file.keys() if name.startswith(under)]
        found = {_today(name.removeprefix(under)): file.get_tensor(name) for name in names}
        return found, (file.metadata() or {}).get("rest", "")


def _today(name: str) -> str:
    """The current name of a tensor. In checkpoints, a prefix and a slash precede the name of the parameter."""
    before, stroke, own = name.rpartition("/")
    return before + stroke + _RENAMED.get(own, own)


@contextmanager
def _saying_damage(path: Path, owner: str) -> Iterator[None]:
    try:
        yield
    except (SafetensorError, OSError, ValueError, TypeError):  # TypeError: dtypes that numpy lacks, such as bfloat16
        raise Problem(tr(
            "Run {owner} is damaged: {name} cannot be read. Delete it, or import it again.",
            owner=owner, name=path.name,
        )) from None
