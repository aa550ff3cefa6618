"""The README's Results: trains on the public data in ../shared/data by the command line and prints the table.

    python -m benchmarks.results                  # everything, about a quarter of an hour on two cores
    python -m benchmarks.results rt_polarity      # the rows whose name begins so
    python -m benchmarks.results --along          # only the runs of the second table: both losses on rt_polarity and sst2
    python -m benchmarks.results --along --seeds 1 --epochs 1      # a quick try, whose figures say nothing
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core import baselines
from rnn_core.workspace import Workspace

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"


def files(folder: str, ending: str, train: str = "train") -> list[str]:
    """The options that name train, dev and test of a data set."""
    names = {"train": train, "dev": "dev", "test": "test"}
    return [part for split, name in names.items() for part in (f"--{split}", str(DATA / folder / f"{name}{ending}"))]


SIZES = ["--embedding", "100", "--hidden", "128", "--dropout", "0.5", "--batch", "32", "--patience", "3", "--threads", "2"]
"""Stated in every row, and first, so that a row's own values win: what is not stated follows from the data."""

SENTENCES = [*SIZES, "--learning-rate", "0.001", "--epochs", "10"]
REVIEWS = [*SENTENCES, "--dropout", "0.7"]  # of 0.5 and 0.7 the better on dev
TAGS = [*SIZES, "--task", "tag", "--bidirectional", "--learning-rate", "0.002"]
UPOS = [*files("ud_ewt", ".upos.tsv"), *TAGS, "--epochs", "10", "--embedding", "150", "--hidden", "150"]
ENTITIES = [*files("wnut17", ".tsv"), *TAGS, "--epochs", "20", "--patience", "6"]
RESULTS: dict[str, tuple[list[str], int, str]] = {
    "rt_polarity, LSTM": ([*files("rt_polarity", ".csv"), *REVIEWS], 3, "test_accuracy"),
    "rt_polarity, LSTM, loss at every step": ([*files("rt_polarity", ".csv"), *REVIEWS, "--loss", "every"], 3, "test_accuracy"),
    "rt_polarity, LSTM, torch's initialisation":
        ([*files("rt_polarity", ".csv"), *REVIEWS, "--initialisation", "torch"], 3, "test_accuracy"),
    "sst2, LSTM, sentences": ([*files("sst2", ".csv"), *SENTENCES], 3, "test_accuracy"),
    "sst2, LSTM, sentences, loss at every step": ([*files("sst2", ".csv"), *SENTENCES, "--loss", "every"], 3, "test_accuracy"),
    "sst2, LSTM, sentences, torch's initialisation":
        ([*files("sst2", ".csv"), *SENTENCES, "--initialisation", "torch"], 3, "test_accuracy"),
    "sst2, LSTM, sentences and their phrases":
        ([*files("sst2", ".csv", "train_phrases"), *SENTENCES, "--epochs", "6"], 3, "test_accuracy"),
    "ud_ewt UPOS, LSTM both ways": ([*UPOS, "--form", "0", "--no-lowercase"], 1, "test_accuracy"),
    "ud_ewt UPOS, LSTM both ways, form of words": ([*UPOS, "--form", "32", "--lowercase"], 3, "test_accuracy"),
    "wnut17, LSTM both ways": ([*ENTITIES, "--form", "0", "--no-lowercase"], 1, "test_f1"),
    "wnut17, LSTM both ways, form of words": ([*ENTITIES, "--form", "32", "--lowercase"], 3, "test_f1"),
}  # fmt: skip
"""By name: the options of `train`, the number of seeds, the figure reported."""

ALONG = {
    ("rt_polarity", "last step"): "rt_polarity, LSTM",
    ("rt_polarity", "every step"): "rt_polarity, LSTM, loss at every step",
    ("sst2", "last step"): "sst2, LSTM, sentences",
    ("sst2", "every step"): "sst2, LSTM, sentences, loss at every step",
}
"""By data and loss: the rows whose runs are also read word by word."""

SHARES = (0.25, 0.5, 0.75, 1.0)


def main() -> int:
    """Trains every row asked for; prints one line of the table per row, then accuracy along the text."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="", help="only rows that begin with this")
    parser.add_argument("--along", action="store_true", help="only the runs that are also read word by word")
    parser.add_argument("--seeds", type=int, help="up to N seeds per row")
    parser.add_argument("--epochs", help="N epochs instead of the row's own")
    given = parser.parse_args()
    if not DATA.is_dir():
        print(f"The public data is not here: {DATA}", file=sys.stderr)
        return 2
    trained: dict[str, list[str]] = {}
    titles = ("data and network", "figure", "mean", "each seed", "dev (headline), mean", "best simple model", "seconds a run",
              "tokens/s")  # fmt: skip
    print(f"| {' | '.join(titles)} |\n|{' --- |' * len(titles)}")
    with tempfile.TemporaryDirectory() as workspace:
        for name, (options, seeds, figure) in RESULTS.items():
            if not name.startswith(given.name) or (given.along and name not in ALONG.values()):
                continue
            changed = [*options, "--epochs", given.epochs] if given.epochs else options
            found = [train(changed, seed, workspace) for seed in range(min(seeds, given.seeds or seeds))]
            trained[name] = [str(run["run"]) for run in found]
            scores = [run[figure] for run in found]
            dev = statistics.mean(run[figure.replace("test_", "dev_")] for run in found)
            seconds = statistics.mean(run["read_seconds"] + run["train_seconds"] for run in found)
            speed = statistics.mean(run["tokens_per_second"] for run in found)
            each = " ".join(f"{score:.4f}" for score in scores)
            mean = statistics.mean(scores)
            floor = best_simple(found[0]["baselines"], figure)
            print(f"| {name} | {figure} | {mean:.4f} | {each} | {dev:.4f} | {floor} | {seconds:.0f} | {speed:,.0f} |", flush=True)
        print_along(workspace, trained)
    return 0


def best_simple(found: dict[str, dict[str, float]], figure: str) -> str:
    """The baseline with the highest figure on the same data, with its name."""
    score, name = max((figures[figure], name) for name, figures in found.items())
    return f"{score:.4f} {baselines.title(name)}"


def print_along(workspace: str, trained: dict[str, list[str]]) -> None:
    """A row for each data, loss and way to answer: test accuracy once so much of the text is read."""
    if not trained.keys() & set(ALONG.values()):
        return
    from rnn_core.analysis.along import along
    from rnn_core.analysis.loading import load

    shares = " | ".join(f"{share:.0%} read" for share in SHARES)
    print(f"\n| data | loss at | test accuracy of | {shares} |\n| --- | --- | --- |{' --- |' * len(SHARES)}")
    opened = Workspace(workspace)
    for (data, loss), name in ALONG.items():
        runs = [opened.run(run) for run in trained.get(name, ())]
        found = [along(load(run), opened.dataset(run.config.fingerprint).examples("test")) for run in runs]
        for way, what in (("readouts", "the readout there"), ("answers", "the answer if the text stopped there")) if runs else ():
            cells = []
            for share in SHARES:
                each = [float(getattr(one, way)[np.abs(one.shares - share).argmin()]) for one in found]
                cells.append(f"{statistics.mean(each):.4f} ({' '.join(f'{score:.4f}' for score in each)})")
            print(f"| {data} | {loss} | {what} | {' | '.join(cells)} |", flush=True)


def train(options: list[str], seed: int, workspace: str) -> dict[str, Any]:
    """One run by the command line; its last line of output."""
    command = [sys.executable, "-m", "rnn_core", "train", *options, "--seed", str(seed), "--workspace", workspace]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
