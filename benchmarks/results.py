"""The README's Results: trains on the public data in ../shared/data by the command line and prints the table.

    python -m benchmarks.results                  # everything, about a quarter of an hour on two cores
    python -m benchmarks.results rt_polarity      # the rows whose name begins so
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"


def files(folder: str, ending: str, train: str = "train") -> list[str]:
    """The options that name train, dev and test of a data set."""
    names = {"train": train, "dev": "dev", "test": "test"}
    return [part for split, name in names.items() for part in (f"--{split}", str(DATA / folder / f"{name}{ending}"))]


SENTENCES = ["--learning-rate", "0.001", "--epochs", "10"]
TAGS = ["--task", "tag", "--bidirectional", "--learning-rate", "0.002"]
RESULTS: dict[str, tuple[list[str], int, str]] = {
    "rt_polarity, LSTM": ([*files("rt_polarity", ".csv"), *SENTENCES], 3, "test_accuracy"),
    "rt_polarity, LSTM, loss at every step": ([*files("rt_polarity", ".csv"), *SENTENCES, "--loss", "every"], 3, "test_accuracy"),
    "rt_polarity, LSTM, torch's initialisation":
        ([*files("rt_polarity", ".csv"), *SENTENCES, "--initialisation", "torch"], 3, "test_accuracy"),
    "sst2, LSTM, sentences": ([*files("sst2", ".csv"), *SENTENCES], 3, "test_accuracy"),
    "sst2, LSTM, sentences, loss at every step": ([*files("sst2", ".csv"), *SENTENCES, "--loss", "every"], 3, "test_accuracy"),
    "sst2, LSTM, sentences, torch's initialisation":
        ([*files("sst2", ".csv"), *SENTENCES, "--initialisation", "torch"], 3, "test_accuracy"),
    "sst2, LSTM, sentences and their phrases":
        ([*files("sst2", ".csv", "train_phrases"), "--learning-rate", "0.001", "--epochs", "6"], 3, "test_accuracy"),
    "ud_ewt UPOS, LSTM both ways":
        ([*files("ud_ewt", ".upos.tsv"), *TAGS, "--epochs", "10", "--embedding", "150", "--hidden", "150"],
         1, "test_accuracy"),
    "wnut17, LSTM both ways": ([*files("wnut17", ".tsv"), *TAGS, "--epochs", "20", "--patience", "6"], 1, "test_f1"),
}  # fmt: skip
"""By name: the options of `train`, the number of seeds, the figure reported."""


def main() -> int:
    """Trains every row asked for; prints one line of the table a row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="", help="only rows that begin with this")
    asked = parser.parse_args().name
    if not DATA.is_dir():
        print(f"The public data is not here: {DATA}", file=sys.stderr)
        return 2
    print("| data and network | figure | mean | each seed | dev (headline), mean | seconds a run | tokens/s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as workspace:
        for name, (options, seeds, figure) in RESULTS.items():
            if not name.startswith(asked):
                continue
            found = [train(options, seed, workspace) for seed in range(seeds)]
            scores = [run[figure] for run in found]
            dev = statistics.mean(run[figure.replace("test_", "dev_")] for run in found)
            seconds = statistics.mean(run["read_seconds"] + run["train_seconds"] for run in found)
            speed = statistics.mean(run["tokens_per_second"] for run in found)
            each = " ".join(f"{score:.4f}" for score in scores)
            mean = statistics.mean(scores)
            print(f"| {name} | {figure} | {mean:.4f} | {each} | {dev:.4f} | {seconds:.0f} | {speed:,.0f} |", flush=True)
    return 0


def train(options: list[str], seed: int, workspace: str) -> dict[str, float]:
    """One run by the command line; its last line of output."""
    command = [sys.executable, "-m", "rnn_core", "train", *options, "--seed", str(seed), "--workspace", workspace]
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main())
