"""Training tokens per second by each engine, against another checkout of this project, or against another cell.

    python -m benchmarks.engines [--pairs N] [--batches N] [--against DIR | --over CELL] [--cells rnn lstm …] [--data sst2 ud_ewt]

Prints a JSON line for each data set and cell. Without --against: autograd's rate over the fused path's, batches of each in turn
in one process. With --over: the cell's default engine over that of another cell, likewise, and the median rates. With --against:
this checkout's default engine over that of DIR, each in a process of its own, which take turns; DIR has its virtual environment,
and this script is run there by its path. The median ratio of the pairs, and the 90% interval of the median by the bootstrap.
"""

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve()


EACH = 5
"""Pairs that two processes are asked for before new ones take their place: where their memory lies decides some per cent."""


def interval(ratios: list[float]) -> list[float]:
    """Where 90% of the medians of samples with replacement lie."""
    rng = np.random.default_rng(0)
    medians = np.median(rng.choice(ratios, (10_000, len(ratios))), axis=1)
    return [round(float(x), 3) for x in np.quantile(medians, (0.05, 0.95))]


class Rates:
    """Trains batches of one data set on request, with one network per cell and engine."""

    def __init__(self, data: str, cell: str, engine: str | None):
        from benchmarks.training import THREADS, Bench
        from rnn_core.threads import use_threads

        self.use = lambda: use_threads(THREADS)
        self.training = Bench(data).ours(cell, 128, 1, **({"engine": engine} if engine else {}))
        self.training.network.train()
        self.use()
        self.plan = self.training._plan()
        for rows in self.plan:  # loops and memory are made ready for each shape
            self.training._update(rows)

    def rate(self, number: int, batches: int) -> float:
        """Tokens per second over some batches of the plan, the same ones for the same number."""
        self.use()
        self.training.tokens, self.training.seconds = 0, 0.0
        for i in range(batches):
            self.training._update(self.plan[(number * batches + i) % len(self.plan)])
        return self.training.tokens_per_second


def serve(data: str, cell: str) -> None:
    """Answers each number that comes in with the rate of its batches."""
    rates = Rates(data, cell, None)
    print("ready", flush=True)
    for line in sys.stdin:
        number, batches = map(int, line.split())
        print(rates.rate(number, batches), flush=True)


def server(root: Path, data: str, cell: str) -> subprocess.Popen[str]:
    code = (
        "import sys, runpy; sys.path.insert(0, '.'); "
        f"sys.argv = [{str(HERE)!r}, '--serve', {data!r}, {cell!r}]; runpy.run_path({str(HERE)!r}, run_name='__main__')"
    )
    return subprocess.Popen(
        [str(root / ".venv" / "bin" / "python"), "-c", code], cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def ask(process: subprocess.Popen[str], number: int, batches: int) -> float:
    assert process.stdin and process.stdout
    process.stdin.write(f"{number} {batches}\n")
    process.stdin.flush()
    return float(process.stdout.readline())


def compare(given: argparse.Namespace, data: str, cell: str) -> dict[str, Any]:
    ratios: list[float] = []
    rates: list[tuple[float, float]] = []
    if given.against:
        for first in range(0, given.pairs, EACH):
            both = [server(root, data, cell) for root in (HERE.parents[1], Path(given.against))]
            for process in both:
                assert process.stdout and process.stdout.readline() == "ready\n"
            for number in range(first, min(first + EACH, given.pairs)):
                order = both if number % 2 else both[::-1]
                found = {id(process): ask(process, number, given.batches) for process in order}
                ratios.append(found[id(both[0])] / found[id(both[1])])
            for process in both:
                process.kill()
    else:
        one = Rates(data, cell, "auto" if given.over else "autograd")
        other = Rates(data, given.over or cell, "auto")
        for number in range(given.pairs):
            engines = (other, one) if number % 2 else (one, other)
            found = {id(engine): engine.rate(number, given.batches) for engine in engines}
            rates.append((found[id(one)], found[id(other)]))
        ratios = [mine / theirs for mine, theirs in rates]
    what = "this over the other" if given.against else f"over {given.over}" if given.over else "autograd over fused"
    more = {"rates": [round(statistics.median(each)) for each in zip(*rates, strict=True)]} if rates else {}
    return more | {"data": data, "cell": cell, "ratio": what, "median": round(statistics.median(ratios), 3),
            "interval": interval(ratios), "ratios": [round(r, 3) for r in ratios]}  # fmt: skip


def main() -> None:
    if sys.argv[1:2] == ["--serve"]:
        serve(*sys.argv[2:4])
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=15)
    parser.add_argument("--batches", type=int, default=30)
    parser.add_argument("--against", metavar="DIR")
    parser.add_argument("--over", metavar="CELL")
    parser.add_argument("--cells", nargs="+", default=["lstm", "gru", "rnn"])
    parser.add_argument("--data", nargs="+", default=["sst2", "ud_ewt"])
    given = parser.parse_args()
    for data in given.data:
        for cell in given.cells:
            print(json.dumps(compare(given, data, cell)), flush=True)


if __name__ == "__main__":
    main()
