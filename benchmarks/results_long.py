"""The README's results that take longer than five minutes: one row per call, resumed where a call was stopped.

    python -m benchmarks.results_long             # trains the next row that is not done, and prints the rows so far
    python -m benchmarks.results_long "gru"       # the same of the rows whose name holds this

Runs are kept in the folder `results-long`, which git ignores, or in --workspace DIR: a row that was stopped goes on from its
checkpoint, and a row that is done is not trained again.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.results import DATA, ROOT, files
from rnn_core import tasks
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import Run


class Table(NamedTuple):
    """Rows with the same columns.

    Attributes:
        rows: by name the options of `train`.
        columns: by heading the format of a figure.
        below: the format of the line below the table.
        tested: whether the runs are evaluated on their test split.
    """

    rows: Mapping[str, list[str]]
    columns: Mapping[str, str]
    below: str = ""
    tested: bool = False


SHAKESPEARE = [
    "--task", "generate", "--tokens", "char", "--train", str(DATA / "tiny_shakespeare" / "train.txt"),
    "--dev", str(DATA / "tiny_shakespeare" / "val.txt"), "--test-share", "0", "--embedding", "64", "--dropout", "0.3",
    "--learning-rate", "0.003", "--schedule", "cosine", "--warmup", "200", "--batch", "32", "--truncate", "100", "--threads", "1",
    "--patience", "0",
]  # fmt: skip
"""Val is scored after each epoch as dev; the best epoch is the last one in all rows, so nothing was chosen by it."""

TATOEBA = [
    "--task", "translate", *files("tatoeba_en_fr", ".csv"), "--tokens", "elided", "--vocabulary", "10000", "--cell", "gru",
    "--bidirectional", "--embedding", "256", "--dropout", "0.2", "--learning-rate", "0.002", "--schedule", "cosine",
    "--warmup", "500", "--batch", "64", "--threads", "2", "--patience", "0",
]  # fmt: skip

CHARACTERS = Table(
    {
        "tiny_shakespeare, LSTM 512": [*SHAKESPEARE, "--cell", "lstm", "--hidden", "512", "--epochs", "14"],
        "tiny_shakespeare, GRU 596": [*SHAKESPEARE, "--cell", "gru", "--hidden", "596", "--epochs", "12"],
        "tiny_shakespeare, Elman 1040": [*SHAKESPEARE, "--cell", "rnn", "--hidden", "1040", "--epochs", "13"],
        "tiny_shakespeare, minGRU 3 × 528": [
            *SHAKESPEARE, "--cell", "mingru", "--hidden", "528", "--layers", "3", "--epochs", "9",
        ],
    },
    {
        "parameters": "{parameters:,}", "nats per character on val": "{dev_loss:.4f}", "bits": "{dev_bits:.4f}",
        "right": "{dev_accuracy:.4f}", "seconds of training": "{train_seconds:,.0f}", "characters/s": "{tokens_per_second:,.0f}",
    },
)  # fmt: skip
"""1.22 million parameters each, and as many epochs as take about 20 minutes on one core."""

TRANSLATION = Table(
    {
        "tatoeba_en_fr, dot attention": [*TATOEBA, "--attention", "dot", "--hidden", "384", "--epochs", "6"],
        "tatoeba_en_fr, no attention": [*TATOEBA, "--attention", "none", "--hidden", "404", "--epochs", "6"],
    },
    {
        "parameters": "{parameters:,}", "BLEU": "{test_bleu:.2f}", "chrF": "{test_chrf:.2f}", "exact match": "{test_exact:.4f}",
        "perplexity": "{test_perplexity:.2f}", "seconds of training": "{train_seconds:,.0f}",
        "source and target tokens/s": "{tokens_per_second:,.0f}",
    },
    "{test_sources:,} different sources of test, each translated by greedy search. BLEU {signatures[0]}, chrF {signatures[1]}",
    tested=True,
)  # fmt: skip
"""10.5 million parameters each, and as many epochs as take about 40 minutes on two cores."""

TABLES = (CHARACTERS, TRANSLATION)


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

    def undone() -> list[tuple[str, Table]]:
        runs = {run.name: run for run in workspace.runs()}
        named = [(name, table) for table in TABLES for name in table.rows if given.name.lower() in name.lower()]
        return [(name, table) for name, table in named if name not in runs or not figures(runs[name], table)]

    for name, table in undone()[:1]:
        print(f"Training: {name}", file=sys.stderr)
        train(workspace, name, table)
    for table in TABLES:
        print_rows(table, [run for run in workspace.runs() if run.name in table.rows and given.name.lower() in run.name.lower()])
    left = [name for name, _ in undone()]
    print(f"Not trained yet: {', '.join(left)}. Call again." if left else "All rows are done.", file=sys.stderr)
    return 0


def train(workspace: Workspace, name: str, table: Table) -> None:
    """Does what a row still lacks: its training, or the rest of it, and its evaluation."""

    def command(*options: str) -> None:
        whole = [sys.executable, "-m", "rnn_core", *options, "--workspace", str(workspace.root)]
        subprocess.run(whole, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def found() -> Run | None:
        return next((run for run in workspace.runs() if run.name == name), None)

    half = found()
    if not half or not half.metrics():
        command("train", *(["--resume", half.id] if half else [*table.rows[name], "--name", name]))
    run = found()
    if run and table.tested:
        command("evaluate", run.id, "--on", "test")


def figures(run: Run, table: Table) -> dict[str, Any]:
    """The figures of a run by name; {} until all of them are there."""
    trained = run.metrics()
    if not trained or not table.tested:
        return trained
    evaluation = evaluations.load(evaluations.folder(run, run.config.fingerprint, "test"))
    task = tasks.of(run.config)
    return trained | task.figures_of(evaluation.scores, "test") | task.details_of(evaluation.scores) if evaluation else {}


def print_rows(table: Table, runs: list[Run]) -> None:
    """The table of those runs that are done."""
    done = {run.name: found for run in runs if (found := figures(run, table))}
    if not done:
        return
    print(f"| data and network | {' | '.join(table.columns)} |\n| --- |{' --- |' * len(table.columns)}")
    for name, found in done.items():
        print(f"| {name} | {' | '.join(form.format_map(found) for form in table.columns.values())} |")
    for line in {table.below.format_map(found) for found in done.values()}:
        print(f"\n{line}")


if __name__ == "__main__":
    sys.exit(main())
