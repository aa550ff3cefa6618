"""The peak memory of training a language model with a vocabulary of up to 30,000 words, by engine and by the steps of a batch.

`python -m benchmarks.vocabulary`: French sentences of ../shared/data/tatoeba_en_fr, one document each. For each engine and size
of a batch a new process trains some updates and scores dev; the peak is that of its resident set, with Python and torch. Beside
it stands the size of all logits of a chunk, T · B · N numbers of 4 bytes.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"
WORDS = 30_000


def peak_of(*arguments: object) -> int:
    """The peak resident set of a command in bytes."""
    command = [sys.executable, "-m", "rnn_core", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(said)
    return used.ru_maxrss * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--updates", type=int, default=6)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = f"--workspace={folder}"
        file = SHARED / "tatoeba_en_fr" / "train.csv"
        command = (sys.executable, "-m", "rnn_core", "data", "--task=generate", f"--train={file}", "--text=target",
                   "--tokens=word", f"--vocabulary={WORDS}", "--dev-share=0.005", "--test-share=0.005", place)  # fmt: skip
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        read = json.loads(done.stdout.splitlines()[-1])
        dataset, words = read["dataset"], read["vocabulary"]
        print(f"N = {words:,}\n")
        print("| engine | B | T | logits of a chunk, MB | peak, MB |\n| --- | --- | --- | --- | --- |")
        for engine in ("auto", "autograd"):
            for batch, steps in ((16, 32), (32, 64), (64, 128)):
                peak = peak_of("train", f"--dataset={dataset}", f"--batch={batch}", f"--truncate={steps}", "--hidden=128",
                               "--embedding=64", f"--updates={given.updates}", f"--engine={engine}", place)  # fmt: skip
                logits = 4 * batch * steps * words
                print(f"| {engine} | {batch} | {steps} | {logits / 1e6:,.0f} | {peak / 1e6:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
