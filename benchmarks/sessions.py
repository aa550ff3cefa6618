"""How long people wait on a page when many of them type: real sessions over the websocket, on loopback.

    python -m benchmarks.sessions [--page inspect] [--users 20] [--think 5] [--seconds 20] [--words 30]

Everybody types a text, waits for the page, thinks (exponentially distributed, 5 s on average), and types the next. Prints
JSON lines: the load of the machine before; one session alone; all of them; all of them beside two trainings from the
command line; and all without thinking, which is the most the server can do. No browser takes part (`page_speed` does), so
no part of the page is below a fold: every figure is drawn each time.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager

from benchmarks.serving import ROOT, Server, Session, served, typed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", default="inspect", choices=["inspect", "translate", "unrolled"])
    parser.add_argument("--query", default="", help="of the link that opens it, such as picture=backwards")
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--think", type=float, default=5.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--words", type=int, default=30)
    asked = parser.parse_args()
    print(json.dumps({"load_before": [round(load, 1) for load in os.getloadavg()], "cores": os.cpu_count()}))
    with served() as server:
        asyncio.run(measured(server, asked))


async def measured(server: Server, asked: argparse.Namespace) -> None:
    """Prints a line for each of the four."""
    async with Session(server, asked.page, asked.query) as one:
        draw = random.Random(0)
        for _ in range(5):
            await one.rerun(typed(asked.words, draw))
        cpu, count = server.cpu_s(), 30
        waits = [await one.rerun(typed(asked.words, draw)) for _ in range(count)]
        told = {"median_ms": 1e3 * statistics.median(waits), "p95_ms": 1e3 * sorted(waits)[int(0.95 * count)],
                "server_cpu_ms": 1e3 * (server.cpu_s() - cpu) / count, "kilobytes": one.received / 1e3}  # fmt: skip
        print(json.dumps({"one session": {name: round(value, 1) for name, value in told.items()}}))
    print(json.dumps({f"{asked.users} sessions": await closed_loop(server, asked, asked.think)}))
    with trainings(server, 2):
        print(json.dumps({f"{asked.users} beside two trainings": await closed_loop(server, asked, asked.think)}))
    print(json.dumps({f"{asked.users} without thinking": await closed_loop(server, asked, 0.0)}))


async def closed_loop(server: Server, asked: argparse.Namespace, think: float) -> dict[str, float]:
    """What all of them waited, in seconds."""
    waits: list[float] = []

    async def somebody(session: Session, draw: random.Random, end: float) -> None:
        while True:
            await asyncio.sleep(draw.expovariate(1 / think) if think else 0)
            if time.perf_counter() > end:
                return
            waits.append(await session.rerun(typed(asked.words, draw)))

    async with AsyncExitStack() as stack:
        sessions = [await stack.enter_async_context(Session(server, asked.page, asked.query)) for _ in range(asked.users)]
        began, cpu = time.perf_counter(), server.cpu_s()
        everybody = (somebody(s, random.Random(seed), began + asked.seconds) for seed, s in enumerate(sessions))
        await asyncio.gather(*everybody)
        took, cpu = time.perf_counter() - began, server.cpu_s() - cpu
    found = {"reruns": len(waits), "a_second": len(waits) / took, "median_s": statistics.median(waits),
             "p95_s": sorted(waits)[int(0.95 * len(waits))], "server_cpu_ms_a_rerun": 1e3 * cpu / len(waits)}  # fmt: skip
    return {name: round(value, 3) for name, value in found.items()}


@contextmanager
def trainings(server: Server, count: int) -> Iterator[None]:
    """Starts a number of trainings from the command line in the server's workspace, all at their epochs."""
    command = [sys.executable, "-m", "rnn_core", "train", "--train", "samples/reviews.csv", "--epochs", "1000", "--patience", "0",
               "--hidden", "128", "--workspace", str(server.workspace)]  # fmt: skip
    workers, logs = [], []
    try:
        for seed in range(count):
            logs.append(server.workspace.parent / f"training-{seed}.log")
            with logs[-1].open("wb") as log:
                workers.append(subprocess.Popen([*command, "--seed", str(seed)], cwd=ROOT, stdout=log, stderr=log))
        while not all("\nepoch" in log.read_text() for log in logs):
            if any(worker.poll() is not None for worker in workers):
                raise RuntimeError("A training ended at once.")
            time.sleep(0.2)
        yield
        if any(worker.poll() is not None for worker in workers):
            raise RuntimeError("A training ended too soon.")
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


if __name__ == "__main__":
    main()
