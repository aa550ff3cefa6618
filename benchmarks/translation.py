"""Translation: training against the loop of the tutorials in one process, in turn, and the time of greedy and beam search.

    python -m benchmarks.translation [--rounds N] [--batches N] [--cells gru lstm] [--hidden D] [--vocabulary N] [--run DIR]

Prints JSON lines. `training`: target tokens per second of both, `<eos>` included, with the same pairs, sizes and vocabularies,
and the median of the rounds' ratios; the readout over all words is part of both. `decoding`: seconds for 1,000 different sources
of test, by the run in the folder DIR, or else by an untrained network, which seldom writes `<eos>` and is stopped after 12.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks import tutorial_translation as tutorial
from benchmarks.results import DATA
from benchmarks.training import compared
from rnn_core import tasks
from rnn_core.analysis.loading import load
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig, TranslateConfig
from rnn_core.data.datasets import read_dataset
from rnn_core.data.schema import TEXT
from rnn_core.data.sides import Tokens
from rnn_core.data.sources import Plan, sources_of
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.tasks.translate import TARGET
from rnn_core.threads import use_threads
from rnn_core.training.loop import Training
from rnn_core.workspace.runs import Run, Speech

PAIRS = DATA / "tatoeba_en_fr"
N, BATCH, DROPOUT, SOURCES, LONGEST = 128, 64, 0.2, 1000, 12


class Bench:
    """The pairs, encoded once for both loops."""

    def __init__(self, vocabulary: int):
        config, self.task = DataConfig(task="translate", vocabulary=vocabulary, tokens="elided"), tasks.task("translate")
        files = {split: PAIRS / f"{split}.csv" for split in ("train", "test")}
        dataset = read_dataset(Plan.of(sources_of(files, config, self.task.schema), self.task.schema))
        self.data, self.fingerprint = dataset.config, dataset.fingerprint
        examples = dataset.splits["train"]
        read = Vocabulary.build((e.tokens for e in examples), vocabulary)
        written = Vocabulary.build((e.further[TARGET].tokens for e in examples), vocabulary)
        self.speech = Speech(read, (), vocabularies={TARGET: written})
        self.train = self.task.encode_examples(examples, self.speech)
        self.none = self.task.encode_examples([], self.speech)
        self.sources = list(dict.fromkeys(e.text for e in dataset.splits["test"]))[:SOURCES]

    def ours(self, cell: str, hidden: int, threads: int) -> Training:
        model = ModelConfig(cell=cell, embedding=N, hidden=hidden, dropout=DROPOUT, bidirectional=True)
        train = TrainConfig(batch=BATCH, learning_rate=0.002, patience=0, threads=threads)
        return Training(RunConfig(self.data, model, train, self.fingerprint, "bench"), self.train, self.none, self.speech)

    def theirs(self, cell: str, hidden: int) -> tutorial.Loop:
        encoder = tutorial.Encoder(cell, len(self.speech.vocabulary), N, hidden, DROPOUT)
        decoder = tutorial.Decoder(cell, len(self.speech.vocabularies[TARGET]), N, hidden, DROPOUT)
        texts = ([each.tolist() for each in np.split(side.indices, side.starts[1:-1])] for side in map(self.side, (TEXT, TARGET)))
        return tutorial.Loop(encoder, decoder, list(zip(*texts, strict=True)), BATCH)

    def side(self, name: str) -> Tokens:
        """A side of the training split."""
        side = self.train.sides[name]
        assert isinstance(side, Tokens)
        return side


def training(bench: Bench, cell: str, hidden: int, threads: int, rounds: int, batches: int) -> dict[str, Any]:
    """Target tokens per second of both in turn, after a round of each to warm up."""
    ours, theirs = bench.ours(cell, hidden, threads), bench.theirs(cell, hidden)
    ours.network.train()
    plan, lengths = ours._plan(), bench.side(TARGET).lengths
    found: dict[str, list[float]] = {"ours": [], "tutorial": []}
    for number in range(rounds + 1):
        ours.seconds, theirs.tokens, theirs.seconds = 0.0, 0, 0.0
        torch.set_num_threads(threads)
        theirs.epoch(batches)
        use_threads(threads)
        some = [plan[(number * batches + i) % len(plan)] for i in range(batches)]
        for which in some:
            ours._update(which)
        if number:
            found["ours"].append(sum(int((lengths[which] - 1).sum()) for which in some) / ours.seconds)
            found["tutorial"].append(theirs.tokens / theirs.seconds)
    sizes = {"parameters": sum(p.numel() for p in ours.network.parameters()), "pad_share": round(ours.pad_share, 3)}
    return compared(found) | sizes


def decoding(
    bench: Bench, network: torch.nn.Module, config: RunConfig, speech: Speech, how: TranslateConfig
) -> dict[str, Any]:
    """Seconds from the texts to their translations."""
    began = time.perf_counter()
    cut = [[token for token, _, _ in bench.task.cut(text, config.data.tokens)] for text in bench.sources]
    found = bench.task.translate(network, config, cut, speech, how)
    return {"seconds": round(time.perf_counter() - began, 2), "sources": len(found)}


def main() -> int:
    """Prints a line of JSON per measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batches", type=int, default=10, help="per round")
    parser.add_argument("--cells", nargs="+", default=["gru"], choices=list(tutorial.KINDS))
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--vocabulary", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--run", type=Path, help="the folder of a trained run that decodes")
    given = parser.parse_args()
    if not PAIRS.is_dir():
        print(f"The public data is not here: {PAIRS}", file=sys.stderr)
        return 2
    bench = Bench(given.vocabulary)
    sizes = {"hidden": given.hidden, "vocabulary": given.vocabulary, "threads": given.threads}
    for cell in given.cells:
        found = training(bench, cell, given.hidden, given.threads, given.rounds, given.batches)
        print(json.dumps({"training": found, "cell": cell} | sizes), flush=True)
    use_threads(given.threads)
    writer: tuple[torch.nn.Module, RunConfig, Speech]
    if given.run:
        loaded = load(Run(given.run))
        writer, longest = (loaded.network, loaded.config, loaded.speech), TranslateConfig().longest
    else:
        untrained = bench.ours(given.cells[0], given.hidden, given.threads)
        writer, longest = (untrained.network, untrained.config, bench.speech), LONGEST
    for beam in (1, 4):
        found = decoding(bench, *writer, TranslateConfig(beam=beam, longest=longest))
        print(json.dumps({"decoding": found, "beam": beam, "run": given.run.name if given.run else "untrained"}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
