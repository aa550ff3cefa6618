"""The README's results that take longer than five minutes: one row per call, resumed where a call was stopped.

    python -m benchmarks.results_long             # trains the next row that is not done, and prints the rows so far
    python -m benchmarks.results_long "gru"       # the same of the rows whose name holds this

Runs are kept in the folder `results-long`, which git ignores, or in --workspace DIR: a row that was stopped goes on from its
checkpoint, and a row that is done is not trained again.
"""

import argparse
import subprocess
import sys
from pathlib import Path

from benchmarks.results import DATA, ROOT
from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import Run

SHAKESPEARE = [
    "--task", "generate", "--tokens", "char", "--train", str(DATA / "tiny_shakespeare" / "train.txt"),
    "--dev", str(DATA / "tiny_shakespeare" / "val.txt"), "--test-share", "0", "--embedding", "64", "--dropout", "0.3",
    "--learning-rate", "0.003", "--schedule", "cosine", "--warmup", "200", "--batch", "32", "--truncate", "100", "--threads", "1",
    "--patience", "0",
]  # fmt: skip
"""Val is scored after each epoch as dev; the best epoch is the last one in all rows, so nothing was chosen by it."""

ROWS: dict[str, list[str]] = {
    "tiny_shakespeare, LSTM 512": [*SHAKESPEARE, "--cell", "lstm", "--hidden", "512", "--epochs", "14"],
    "tiny_shakespeare, GRU 596": [*SHAKESPEARE, "--cell", "gru", "--hidden", "596", "--epochs", "12"],
    "tiny_shakespeare, Elman 1040": [*SHAKESPEARE, "--cell", "rnn", "--hidden", "1040", "--epochs", "13"],
    "tiny_shakespeare, minGRU 3 × 528": [
        *SHAKESPEARE, "--cell", "mingru", "--hidden", "528", "--layers", "3", "--epochs", "9",
    ],
}  # fmt: skip
"""By name the options of `train`: 1.22 million parameters each, and as many epochs as take about 20 minutes on one core."""


def main() -> int:
    """Trains one row and prints those that are done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("name", nargs="?", default="", help="only rows whose name holds this")
    parser.add_argument("--workspace", type=Path, default=ROOT / "results-long")
    given = parser.parse_args()
    if not DATA.is_dir():
        print(f"The public data is not here: {DATA}", file=sys.stderr)
        return 2
    workspace = Workspace(given.workspace)
    runs = {run.name: run for run in workspace.runs() if run.name in ROWS}
    wanted = [name for name in ROWS if given.name.lower() in name.lower()]
    following = next((name for name in wanted if name not in runs or not runs[name].metrics()), None)
    if following:
        print(f"Training: {following}", file=sys.stderr)
        half = runs.get(following)
        options = ["--resume", half.id] if half else [*ROWS[following], "--name", following]
        command = [sys.executable, "-m", "rnn_core", "train", *options, "--workspace", str(given.workspace)]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    print("| data and network | parameters | nats per character on val | bits | right | seconds of training | characters/s |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for run in workspace.runs():
        if run.name in wanted and run.metrics():
            print(row(run))
    left = [name for name in wanted if name != following and name not in runs]
    print(f"Not trained yet: {', '.join(left)}. Call again." if left else "All rows are done.", file=sys.stderr)
    return 0


def row(run: Run) -> str:
    """A run's line of the table."""
    found = run.metrics()
    return (
        f"| {run.name} | {found['parameters']:,} | {found['dev_loss']:.4f} | {found['dev_bits']:.4f} "
        f"| {found['dev_accuracy']:.4f} | {found['train_seconds']:,.0f} | {found['tokens_per_second']:,.0f} |"
    )


if __name__ == "__main__":
    sys.exit(main())
