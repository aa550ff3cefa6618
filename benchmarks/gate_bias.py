"""How far back a cell learns to remember, by the bias that the GRU's update gate starts from.

    python -m benchmarks.gate_bias                     # first word and copy: three seeds, about ten minutes on one core
    python -m benchmarks.gate_bias --data [NAME]       # a GRU on the Results' data in ../shared/data, about twenty minutes

`first word` asks for the first of T words, which is one of two; `copy` tags each of 30 words with the word that stands T
places before it. Prints a table: for each seed the epoch in which 99% of dev are right, where training ends, or the best
dev accuracy when 20 epochs do not suffice (2,000 texts of training, 64 units, learning rate 0.002). The data are trained with
the options of benchmarks/results.py and `--cell gru`.
"""

import argparse
import contextlib
import io
import json
import statistics
import tempfile
from collections.abc import Callable, Iterable
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.results import RESULTS
from rnn_core.commands import main as command
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.network.cells.gru import GRU
from rnn_core.training.callbacks import Callback
from rnn_core.training.loop import Training
from rnn_core.workspace.runs import Speech

BIASES = (0.0, 1.0, 2.0, 3.0)
SEEDS, EPOCHS = range(3), 20
LENGTHS = {"first word": (10, 30, 100, 200), "copy": (2, 5, 10)}
DATA = ("rt_polarity, LSTM", "sst2, LSTM, sentences", "ud_ewt UPOS, LSTM both ways")
"""The rows of the Results whose options are taken."""

WORDS = tuple(f"w{i}" for i in range(10))
GOOD = 0.99

Texts = tuple[list[list[str]], list[Any]]


def first_word(count: int, steps: int, rng: np.random.Generator) -> Texts:
    """Texts of a given number of words, and the first word of each, which stands nowhere else."""
    labels = [WORDS[i] for i in rng.integers(0, 2, count)]
    return [[label, *(WORDS[i] for i in rng.integers(2, len(WORDS), steps - 1))] for label in labels], labels


def copy(count: int, back: int, rng: np.random.Generator) -> Texts:
    """Texts of 30 of four words, and for each word the one a given number of places before it."""
    texts = [[WORDS[i] for i in rng.integers(0, 4, 30)] for _ in range(count)]
    return texts, [["none"] * back + text[:-back] for text in texts]


TASKS: dict[str, tuple[str, Callable[[int, int, np.random.Generator], Texts]]] = {
    "first word": ("classify", first_word), "copy": ("tag", copy),
}  # fmt: skip


class Reached(Callback):
    """Ends a training once dev is as good as it gets, and remembers when that was."""

    epoch: int | None = None

    def on_epoch(self, training: Training, scores: dict[str, Any]) -> None:
        if scores["dev_accuracy"] >= GOOD:
            self.epoch = scores["epoch"]

    def should_stop(self) -> bool:
        return self.epoch is not None


def remembered(task: str, steps: int, cell: str, seed: int) -> str:
    """The epoch in which one training is good, or its best dev accuracy."""
    kind, make = TASKS[task]
    rng = np.random.default_rng(seed)
    train, dev = make(2000, steps, rng), make(500, steps, rng)
    vocabulary, labels = Vocabulary.build(train[0], 100), [*WORDS[:4], "none"] if kind == "tag" else list(WORDS[:2])
    encoded, held_out = (Encoded.of(*texts, vocabulary, labels, kind == "tag") for texts in (train, dev))
    model = ModelConfig(cell=cell, embedding=64, hidden=64, dropout=0.0)
    fit = TrainConfig(epochs=EPOCHS, patience=0, learning_rate=0.002, threads=1, seed=seed)
    config = RunConfig(DataConfig(task=kind), model, fit, "0" * 64, "bench")
    training, reached = Training(config, encoded, held_out, Speech(vocabulary, tuple(labels))), Reached()
    training.run([reached])
    assert training.best
    return str(reached.epoch or f"{training.best['dev_accuracy']:.3f}")


def scored(name: str, seed: int, workspace: str) -> dict[str, Any]:
    """What `train` prints of a row of the Results, trained with a GRU."""
    options = [*RESULTS[name][0], "--cell", "gru", "--seed", str(seed), "--workspace", workspace]
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        command(["train", *options])
    found: dict[str, Any] = json.loads(out.getvalue().splitlines()[-1])
    return found


def start_from(bias: float) -> None:
    """Lets the update gate of every GRU made from now on start from this bias."""
    GRU.biases = MappingProxyType({"z": bias})


def made_up() -> None:
    """The table of both tasks."""
    cells = {f"GRU, {bias:g}": ("gru", bias) for bias in BIASES} | {"LSTM": ("lstm", 0.0), "Elman": ("rnn", 0.0)}
    print(f"| task | T | {' | '.join(cells)} |\n| --- | --- |{' --- |' * len(cells)}")
    for task, lengths in LENGTHS.items():
        for steps in lengths:
            found = []
            for cell, bias in cells.values():
                start_from(bias)
                found.append(", ".join(remembered(task, steps, cell, seed) for seed in SEEDS))
            print(f"| {task} | {steps} | {' | '.join(found)} |", flush=True)


def public(names: Iterable[str]) -> None:
    """The table of the public data."""
    print("| data | bias | dev accuracy, mean | each seed | test accuracy, mean | each seed |\n"
          "| --- | --- | --- | --- | --- | --- |")  # fmt: skip
    with tempfile.TemporaryDirectory() as workspace:
        for name in names:
            for bias in BIASES:
                start_from(bias)
                runs = [scored(name, seed, workspace) for seed in SEEDS]
                cells = [name.split(",")[0], f"{bias:g}"]
                for figure in ("dev_accuracy", "test_accuracy"):
                    each = [run[figure] for run in runs]
                    cells += [f"{statistics.mean(each):.4f}", " ".join(f"{one:.4f}" for one in each)]
                print(f"| {' | '.join(cells)} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="?", const="", help="train on the public data instead; only rows that begin with this")
    given = parser.parse_args()
    if given.data is None:
        made_up()
    else:
        public(name for name in DATA if name.startswith(given.data))


if __name__ == "__main__":
    main()
