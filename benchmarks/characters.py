"""A character language model: training against the loop of the tutorials, and writing, in one process, in turn.

    python -m benchmarks.characters [--rounds N] [--batches N] [--cells rnn lstm gru] [--hidden D] [--threads N]

Prints JSON lines. `training`: characters per second of both, with the same text, sizes, batches and chunks, and the median of
the rounds' ratios. `writing`: characters per second of one text on one thread, beside the loop that tutorials write with.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import torch

from benchmarks import tutorial_characters as tutorial
from benchmarks.training import compared
from rnn_core import tasks
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig, WriteConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.datasets import read_dataset
from rnn_core.data.sources import Plan, sources_of
from rnn_core.data.streams import stream_of
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.threads import use_threads
from rnn_core.training.loop import Training
from rnn_core.workspace.runs import Speech

TEXT = Path(__file__).parents[2] / "shared" / "data" / "tiny_shakespeare" / "train.txt"
N, BATCH, STEPS, DROPOUT = 64, 32, 64, 0.2


class Bench:
    """The text, encoded once for both loops."""

    def __init__(self, path: Path):
        config = DataConfig(task="generate", tokens="char", dev_share=0, test_share=0)
        schema = tasks.task("generate").schema
        dataset = read_dataset(Plan.of(sources_of({"train": path}, config, schema), schema))
        self.data, self.fingerprint = dataset.config, dataset.fingerprint
        examples = dataset.splits["train"]
        self.vocabulary = Vocabulary.build((e.tokens for e in examples), 1000)
        rows = [e.tokens for e in examples], [e.target for e in examples]
        self.train = Encoded.of(*rows, self.vocabulary, dataset.labels, False)
        self.none = Encoded.of([], [], self.vocabulary, dataset.labels, False)

    def ours(self, cell: str, hidden: int, threads: int) -> Training:
        model = ModelConfig(cell=cell, embedding=N, hidden=hidden, dropout=DROPOUT)
        train = TrainConfig(batch=BATCH, truncate=STEPS, learning_rate=0.003, patience=0, threads=threads)
        run = RunConfig(self.data, model, train, self.fingerprint, "bench")
        return Training(run, self.train, self.none, Speech(self.vocabulary, ()))

    def theirs(self, cell: str, hidden: int) -> tutorial.Loop:
        network = tutorial.Network(cell, len(self.vocabulary), N, hidden, DROPOUT)
        return tutorial.Loop(network, stream_of(self.train).tolist(), BATCH, STEPS)


def training(bench: Bench, cell: str, hidden: int, threads: int, rounds: int, batches: int) -> dict[str, Any]:
    """Characters per second of both in turn, after some batches of each to warm up."""
    ours, theirs = bench.ours(cell, hidden, threads), bench.theirs(cell, hidden)
    ours.network.train()
    plan = ours._plan()
    found: dict[str, list[float]] = {"ours": [], "tutorial": []}
    for number in range(rounds + 1):
        ours.tokens, ours.seconds, theirs.tokens, theirs.seconds = 0, 0.0, 0, 0.0
        torch.set_num_threads(threads)
        theirs.epoch(batches)
        use_threads(threads)
        for which in [plan[(number * batches + i) % len(plan)] for i in range(batches)]:
            ours._update(which)
        if number:
            found["ours"].append(ours.tokens_per_second)
            found["tutorial"].append(theirs.tokens / theirs.seconds)
    return compared(found)


def writing(bench: Bench, cell: str, hidden: int, rounds: int, length: int = 1000) -> dict[str, Any]:
    """Characters per second of one text on one thread, in turn; probabilities of each token included in ours."""
    ours, theirs = bench.ours(cell, hidden, 1), bench.theirs(cell, hidden)
    ours.network.eval()
    torch.set_num_threads(1)
    found: dict[str, list[float]] = {"ours": [], "tutorial": []}
    how = WriteConfig(length=length, past_end=True)  # an untrained network soon draws <eos>
    for number in range(rounds + 1):
        began = time.perf_counter()
        count = sum(1 for _ in ours.task.write(ours.network, ours.config, bench.vocabulary, "The ", how))
        between = time.perf_counter()
        tutorial.write(theirs.network, 5, length)
        if number:
            found["ours"].append(count / (between - began))
            found["tutorial"].append(length / (time.perf_counter() - between))
    return {name: round(statistics.median(each)) for name, each in found.items()}


def main() -> int:
    """Prints a line of JSON per measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=20, help="chunks per round")
    parser.add_argument("--cells", nargs="+", default=["lstm"], choices=list(tutorial.KINDS))
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    if not TEXT.is_file():
        print(f"The public data is not here: {TEXT}", file=sys.stderr)
        return 2
    bench = Bench(TEXT)
    for cell in given.cells:
        sizes = {"cell": cell, "hidden": given.hidden, "threads": given.threads}
        print(json.dumps({"training": training(bench, cell, given.hidden, given.threads, given.rounds, given.batches)} | sizes))
        print(json.dumps({"writing": writing(bench, cell, given.hidden, given.rounds)} | sizes | {"threads": 1}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
