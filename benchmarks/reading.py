"""How fast a CSV is read, tokenised and encoded, and in how much memory.

    python -m benchmarks.reading                        # 50 MB of texts made up for it
    python -m benchmarks.reading --megabytes 1000
    python -m benchmarks.reading --file ../shared/data/sst2/train_phrases.csv

Prints one JSON line: megabytes per second of ours and of the tutorials' way (`tutorial.read`), both in this process in
turns on the same head of the file, and the best of each; then of the whole file by the command line, with its peak
memory, and the seconds that a second reading of it takes.
"""

import argparse
import csv
import gc
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks import tutorial
from rnn_core.config import DataConfig
from rnn_core.data import schema
from rnn_core.data.datasets import read_dataset
from rnn_core.data.sources import Plan, sources_of

ROOT = Path(__file__).parents[1]

WORDS = 400_000
CLASSES = ("bad", "fine", "good")
AROUND = ("{}", "{}", "{}", "{}", "{}", "{}", "{}", "{},", "{}.", "{}!", "{}'s", '"{}"', "({})", "{}-made")
"""What words come with, here and there: what a tokeniser splits off, or leaves."""

PEAK = """
import sys
from rnn_core.commands import main
status = main(sys.argv[1:])
with open("/proc/self/status") as own:
    print(next(line.split()[1] for line in own if line.startswith("VmHWM")))
sys.exit(status)
"""
"""The command line, and the most memory that it held; wait4 would count what its parent held as well (Linux only)."""


def make(path: Path, megabytes: float, seed: int = 0) -> None:
    """A CSV of about this size: texts of 3 to 80 words of random syllables, and a class.

    Words come by Zipf's law with the steeper tail that English has beyond some thousand words.
    """
    rng = np.random.default_rng(seed)
    syllables = np.array([a + b for a in "bcdfghklmnprstvwz" for b in ("a", "e", "i", "o", "u", "an", "er", "ou")])
    lengths = 1 + np.minimum(rng.poisson(np.linspace(0.3, 3, WORDS)), 6)  # frequent words are short
    words = ["".join(syllables[rng.integers(0, len(syllables), n)]) for n in lengths]
    words = [AROUND[i].format(word) for word, i in zip(words, rng.integers(0, len(AROUND), WORDS), strict=True)]
    rank = np.arange(WORDS)
    reach = np.cumsum(1 / ((rank + 2.7) * (1 + rank / 8000) ** 0.9))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "label"])
        while file.tell() < megabytes * 1e6:
            sizes = np.clip(rng.lognormal(3, 0.7, 20_000).astype(int), 3, 80)
            drawn = np.searchsorted(reach, rng.random(sizes.sum()) * reach[-1])
            labels = rng.integers(0, len(CLASSES), len(sizes))
            for some, label in zip(np.split(drawn, np.cumsum(sizes)[:-1]), labels, strict=True):
                writer.writerow([" ".join([words[i] for i in some.tolist()]), CLASSES[label]])


def head(path: Path, place: Path, megabytes: float) -> Path:
    """The file, or the lines of its first megabytes."""
    with path.open("rb") as file:
        place.write_bytes(b"".join(file.readlines(int(megabytes * 1e6))))
    return place


def seconds(work: Callable[[], object]) -> float:
    """How long this takes."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def by_command(path: Path, workspace: str) -> tuple[float, float]:
    """Reads the file by the command line: seconds, and the peak memory in megabytes."""
    command = [sys.executable, "-c", PEAK, "data", "--train", str(path), "--workspace", workspace]
    began = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return time.perf_counter() - began, int(done.stdout.splitlines()[-1]) / 1e3


def planned(path: Path) -> Plan:
    return Plan.of(sources_of({"train": path}, DataConfig(), schema.CLASSES), schema.CLASSES)


def main() -> None:
    """Makes the file, reads it and prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--file", type=Path, help="a CSV with the columns text and label instead of one made up")
    parser.add_argument("--compare", type=float, default=20, help="megabytes of it that both ways read, in turns")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = asked.file or Path(folder) / "texts.csv"
        if not asked.file:
            make(path, asked.megabytes)
        part = head(path, Path(folder) / "head.csv", asked.compare)
        ours, theirs = [], []
        for _ in range(asked.repeat):
            theirs.append(seconds(lambda: tutorial.read(str(part))))
            ours.append(seconds(lambda: read_dataset(planned(part))))
        first, peak = by_command(path, folder)
        again, _ = by_command(path, folder)
        size, all_of_it = part.stat().st_size / 1e6, path.stat().st_size / 1e6
    figures = {
        "megabytes": all_of_it,
        "compared_megabytes": size,
        "ours_mb_per_s": size / min(ours),
        "tutorial_mb_per_s": size / min(theirs),
        "ratio": min(theirs) / min(ours),
        "command_mb_per_s": all_of_it / first,
        "command_seconds": first,
        "peak_megabytes": peak,
        "second_reading_seconds": again,
    }
    print(json.dumps({name: round(value, 2) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
