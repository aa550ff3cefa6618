"""How far back each cell remembers: its accuracy by the distance of the word that the label depends on, at equal settings.

    python -m benchmarks.memory                              # two tasks, two lengths, four cells, one seed
    python -m benchmarks.memory adding --lengths 10 20 --cells rnn lstm --seeds 3 --rate 0.001

The texts are those of `data --make` (seed 1): 1,750 for training, 250 dev, 500 test. All networks have the same sizes, learning
rate and epochs, and no dropout; the best epoch on dev is kept. Prints a table per task and length: the accuracy on test, in all
and in groups of distances, as means over the seeds. Most of the time is minGRU's, which has no compiled loop.
"""

import argparse
import contextlib
import io
import json
import tempfile
from pathlib import Path
from statistics import mean

from rnn_core.analysis.by_distance import by_distance
from rnn_core.commands import main as command
from rnn_core.config import MakeConfig, make
from rnn_core.data.synthetic import TASKS, csv_of
from rnn_core.figures.distance import ranged
from rnn_core.results import ByDistance
from rnn_core.workspace import Workspace, evaluations

LENGTHS = {"first-word": (40, 120), "copy": (20, 40), "adding": (20, 40), "parity": (16, 32), "brackets": (16, 32)}
USUAL = ("first-word", "adding")
CELLS = {"rnn": "Elman", "lstm": "LSTM", "gru": "GRU", "mingru": "minGRU"}
EXAMPLES = 2500
SETTINGS = [
    "--embedding", "32", "--hidden", "64", "--dropout", "0", "--batch", "32", "--epochs", "20",
    "--patience", "0", "--dev-share", "0.1", "--test-share", "0.2", "--threads", "1",
]  # fmt: skip


def told(*arguments: str) -> dict[str, object]:
    """What a command prints at its end. Raises RuntimeError if it fails."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        if command([*arguments]):
            raise RuntimeError(err.getvalue())
    found: dict[str, object] = json.loads(out.getvalue().splitlines()[-1])
    return found


def remembered(workspace: Workspace, path: Path, cell: str, rate: float, seed: int) -> tuple[ByDistance, float]:
    """The accuracy of a new run on its test split by distance, and the seconds of its training."""
    there = ["--workspace", str(workspace.root)]
    trained = told("train", "--train", str(path), "--cell", cell, "--seed", str(seed), "--learning-rate", str(rate),
                   *SETTINGS, *there)  # fmt: skip
    run = workspace.run(str(trained["run"]))
    told("evaluate", run.id, "--on", "test", *there)
    found = by_distance(evaluations.answers(evaluations.folder(run, run.config.fingerprint, "test")), run.majority)
    assert found is not None
    return found, float(str(trained["train_seconds"]))


def table(task: str, length: int, cells: list[str], rate: float, seeds: range) -> None:
    """Trains the cells and prints their rows as they come."""
    with tempfile.TemporaryDirectory() as folder:
        workspace, path = Workspace(Path(folder) / "workspace"), Path(folder) / f"{task}-{length}.csv"
        path.write_bytes(csv_of(make(MakeConfig, {"make": task, "length": length, "examples": EXAMPLES, "seed": 1})))
        for i, cell in enumerate(cells):
            every = [remembered(workspace, path, cell, rate, seed) for seed in seeds]
            runs = [one for one, _ in every]
            first = runs[0]
            if not i:
                ranges = [ranged(group) for group in first.groups]
                heads = [f"{task}, T ≤ {length}", "test", "each seed", *ranges, "seconds a run"]
                print(f"\n| {' | '.join(heads)} |\n|{' --- |' * len(heads)}")
            shares = [mean(one.groups[g].accuracy for one in runs) for g in range(len(first.groups))]
            each = [one.accuracy for one in runs]
            row = [CELLS.get(cell, cell), f"{mean(each):.3f}", " ".join(f"{one:.3f}" for one in each)]
            row += [*(f"{share:.2f}" for share in shares), f"{mean(seconds for _, seconds in every):.0f}"]
            print(f"| {' | '.join(row)} |", flush=True)
        print(f"| always the majority | {first.majority:.3f} |{' |' * (len(heads) - 2)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", metavar="TASK", help=f"of {', '.join(TASKS)} (default: {' '.join(USUAL)})")
    parser.add_argument("--lengths", nargs="+", type=int, help="the longest text of each table (default: two for each task)")
    parser.add_argument("--cells", nargs="+", default=[*CELLS], help="default: %(default)s")
    parser.add_argument("--seeds", type=int, default=1, help="trainings of each cell (default: %(default)s)")
    parser.add_argument("--rate", type=float, default=0.002, help="learning rate (default: %(default)s)")
    given = parser.parse_args()
    if unknown := {*given.tasks} - {*TASKS}:
        parser.error(f"no task of memory: {', '.join(sorted(unknown))}")
    for task in given.tasks or USUAL:
        for length in given.lengths or LENGTHS[task]:
            table(task, length, given.cells, given.rate, range(given.seeds))


if __name__ == "__main__":
    main()
