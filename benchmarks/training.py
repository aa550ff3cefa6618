"""Training tokens per second against the loop of the tutorials, in one process, a few batches of each in turn.

    python -m benchmarks.training [--rounds N] [--batches N] [--epochs N] [--cells rnn lstm gru]

Prints JSON lines. `sst2` and `ud_ewt`: median tokens per second of both and the median of the rounds' ratios. With
--epochs N, both are trained for N epochs from the same weights, and their dev scores stand beside each other.
`hidden 256`: the share of the machine's own matrix-multiplication rate that training reaches.
"""

import argparse
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.tutorial import Loop
from benchmarks.tutorial import Network as TutorialNetwork
from rnn_core import tasks
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.datasets import read_dataset
from rnn_core.data.sources import Plan, sources_of
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.network.models import Network
from rnn_core.threads import use_threads
from rnn_core.training.loop import Training
from rnn_core.workspace.runs import Speech

DATA = Path(__file__).parents[2] / "shared" / "data"
FILES = {
    "sst2": {split: DATA / "sst2" / f"{split}.csv" for split in ("train", "dev", "test")},
    "ud_ewt": {split: DATA / "ud_ewt" / f"{split}.upos.tsv" for split in ("train", "dev", "test")},
}
THREADS = 2


class Bench:
    """One data set, encoded once for both loops.

    The tutorial loop gets the same indices, `<sos>` and `<eos>` included, so that both multiply the same numbers.
    """

    def __init__(self, name: str):
        self.tagging = name == "ud_ewt"
        config = DataConfig(task="tag" if self.tagging else "classify")
        schema = tasks.of(config).schema
        dataset = read_dataset(Plan.of(sources_of(FILES[name], config, schema), schema))
        self.data, self.fingerprint, self.labels = dataset.config, dataset.fingerprint, dataset.labels
        splits = dataset.splits
        self.vocabulary = Vocabulary.build((e.tokens for e in splits["train"]), 20_000)
        self.train, self.dev = (
            Encoded.of([e.tokens for e in splits[s]], [e.target for e in splits[s]], self.vocabulary, self.labels, self.tagging)
            for s in ("train", "dev")
        )

    def ours(self, cell: str, hidden: int, epochs: int, **train: Any) -> Training:
        model = ModelConfig(cell=cell, embedding=100, hidden=hidden, bidirectional=self.tagging)
        config = TrainConfig(batch=64, epochs=epochs, patience=0, threads=THREADS, **train)
        run = RunConfig(self.data, model, config, self.fingerprint, "bench")
        return Training(run, self.train, self.dev, Speech(self.vocabulary, self.labels))

    def theirs(self, start: Any, cell: str, hidden: int) -> Loop:
        network = TutorialNetwork(cell, len(self.vocabulary), len(self.labels), 100, hidden, 0.5, self.tagging)
        copy_weights(start, network)
        return Loop(network, *self.rows(self.train), specials=2)

    def rows(self, encoded: Encoded) -> tuple[list[list[int]], list[Any]]:
        """Indices and targets of each text, as lists."""
        ends = list(zip(encoded.starts, encoded.starts[1:], strict=False))
        texts = [encoded.indices[a:b].tolist() for a, b in ends]
        return texts, [encoded.targets[a:b].tolist() for a, b in ends] if self.tagging else encoded.targets.tolist()


def copy_weights(source: Network, target: TutorialNetwork) -> None:
    """Gives the tutorial's network the weights of ours; torch's second bias is zero, or the GRU's inner one."""
    with torch.no_grad():
        target.embedding.weight.copy_(source.embedding.weight)
        for direction, suffix in enumerate(("", "_reverse")[: source.directions]):
            own, d = source.layer(0, direction), source.config.hidden
            getattr(target.recurrent, f"weight_ih_l0{suffix}").copy_(own["weight_ih"])
            getattr(target.recurrent, f"weight_hh_l0{suffix}").copy_(own["weight_hh"])
            getattr(target.recurrent, f"bias_ih_l0{suffix}").copy_(own["bias"])
            second = getattr(target.recurrent, f"bias_hh_l0{suffix}").zero_()
            if "bias_inner" in own:
                second[2 * d :] = own["bias_inner"]
        target.readout.weight.copy_(source.weight_out)
        target.readout.bias.copy_(source.bias_out)


def compared(found: Mapping[str, Sequence[float]]) -> dict[str, Any]:
    """The medians of both loops' rates by round, and of the rounds' ratios."""
    ratios = [a / b for a, b in zip(found["ours"], found["tutorial"], strict=True)]
    return {
        "ours": round(statistics.median(found["ours"])), "tutorial": round(statistics.median(found["tutorial"])),
        "ratio": round(statistics.median(ratios), 2), "ratios": [round(r, 2) for r in ratios],
    }  # fmt: skip


def speed(bench: Bench, cell: str, rounds: int, batches: int) -> dict[str, Any]:
    """Tokens per second of both, taken in turn, once each has had an epoch to warm up (kernels are made for each new shape)."""
    ours = bench.ours(cell, 128, 1)
    theirs = bench.theirs(ours.network, cell, 128)
    torch.set_num_threads(THREADS)
    theirs.epoch()
    use_threads(THREADS)
    ours.network.train()
    for rows in ours._plan():
        ours._update(rows)
    ours.epoch = 1  # another order of the texts, as the next epoch has it
    plan = ours._plan()
    found: dict[str, list[float]] = {"ours": [], "tutorial": []}
    for number in range(rounds):
        ours.tokens, ours.seconds, theirs.tokens, theirs.seconds = 0, 0.0, 0, 0.0
        torch.set_num_threads(THREADS)
        theirs.epoch(batches)
        use_threads(THREADS)
        for rows in [plan[(number * 2 * batches + i) % len(plan)] for i in range(2 * batches)]:
            ours._update(rows)
        found["ours"].append(ours.tokens_per_second)
        found["tutorial"].append(theirs.tokens / theirs.seconds)
    return {
        **compared(found),
        "pad_share": round(ours.pad_share, 4), "updates_an_epoch": len(plan), "texts_over_batch": round(len(bench.train) / 64),
    }  # fmt: skip


def learning(bench: Bench, cell: str, epochs: int) -> dict[str, Any]:
    """Dev accuracy after `epochs` epochs from the same weights, and what they took."""
    ours = bench.ours(cell, 128, epochs)
    theirs = bench.theirs(ours.network, cell, 128)
    ours.run()
    ours.network.load_state_dict(ours.best_weights)
    scorer = ours.task.scorer(bench.labels, None)
    scorer.add(bench.dev, ours.task.predict(ours.network, ours.config, bench.dev))
    best = scorer.scores().accuracy
    texts, targets = bench.rows(bench.dev)
    scores = []
    torch.set_num_threads(THREADS)
    for _ in range(epochs):
        theirs.epoch()
        scores.append(theirs.accuracy(texts, targets))
    return {
        "epochs": epochs, "ours_dev": round(best, 4), "tutorial_dev": round(max(scores), 4),
        "ours_seconds": round(ours.seconds, 1), "tutorial_seconds": round(theirs.seconds, 1),
    }  # fmt: skip


def matrix_rate() -> float:
    """Floating-point operations per second of torch's product of two matrices of 1024 × 1024, in as many threads as ours."""
    torch.set_num_threads(THREADS)
    a, b = torch.randn(1024, 1024), torch.randn(1024, 1024)
    best = 0.0
    for _ in range(20):
        began = time.perf_counter()
        torch.mm(a, b)
        best = max(best, 2 * 1024**3 / (time.perf_counter() - began))
    return best


def share_of_matrix_rate(bench: Bench, cell: str, rounds: int, batches: int) -> dict[str, Any]:
    """Multiplications of the recurrent layer (forwards once, backwards twice) against what the machine can do."""
    training = bench.ours(cell, 256, 1)
    plan, gates = training._plan(), {"rnn": 1, "lstm": 4, "gru": 3}[cell]
    shares, rates = [], []
    for number in range(rounds + 1):
        rate = matrix_rate()
        use_threads(THREADS)
        training.steps, training.seconds = 0, 0.0
        for rows in [plan[(number * batches + i) % len(plan)] for i in range(batches)]:
            training._update(rows)
        work = 3 * 2 * gates * 256 * (100 + 256) * training.steps
        shares.append(work / training.seconds / rate)
        rates.append(rate)
    return {"share": round(statistics.median(shares[1:]), 3), "machine_gflops": round(statistics.median(rates) / 1e9)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=15, help="of the tutorial loop, a round; ours does twice as many")
    parser.add_argument("--epochs", type=int, default=0, help="also train both for N epochs and compare dev scores")
    parser.add_argument("--cells", nargs="+", default=["lstm", "gru", "rnn"])
    parser.add_argument("--data", nargs="+", default=list(FILES))
    given = parser.parse_args()
    for name in given.data:
        bench = Bench(name)
        for cell in given.cells:
            found = {"data": name, "cell": cell} | speed(bench, cell, given.rounds, given.batches)
            if given.epochs:
                found |= learning(bench, cell, given.epochs)
            print(json.dumps(found), flush=True)
            if name == "sst2":
                share = share_of_matrix_rate(bench, cell, given.rounds, given.batches)
                print(json.dumps({"data": "hidden 256", "cell": cell} | share), flush=True)


if __name__ == "__main__":
    main()
