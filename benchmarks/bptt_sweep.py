"""One sweep back for all pairs (t, k) against asking autograd loss by loss, in time and in memory.

    python benchmarks/bptt_sweep.py [--tokens 500] [--hidden 128] [--cell rnn] [--threads 2] [--repeat 5]

Both give ‖δ(t,k)‖ of every pair. Autograd is asked for ∂L(t)/∂a_k of all k at once, by a graph of the cell's steps that is
kept between the losses. Times are the best of `--repeat` (autograd's: of one). Each way runs in a process of its own,
whose highest memory above that of the forward pass is told. Prints one JSON object.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402
from torch import Tensor  # noqa: E402

from rnn_core.analysis.bptt_pass import Pass, Target, at_logits, forward  # noqa: E402
from rnn_core.analysis.bptt_sweep import Met, sweep  # noqa: E402
from rnn_core.config import ModelConfig  # noqa: E402
from rnn_core.network.models import Network  # noqa: E402
from rnn_core.network.tape import record  # noqa: E402

WAYS = ("sweep", "autograd")


def main() -> None:
    """Starts a process for each way and prints what they said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=500)
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--cell", choices=("rnn", "lstm", "gru"), default="rnn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--way", choices=WAYS, help="run this one alone, in this process")
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(_one(asked.way, asked.tokens, asked.hidden, asked.cell, asked.threads, asked.repeat)))
        return
    found = {}
    for way in WAYS:
        done = subprocess.run([sys.executable, __file__, *sys.argv[1:], "--way", way], capture_output=True, text=True, check=True)
        found[way] = json.loads(done.stdout)
    sums = [one.pop("checksum") for one in found.values()]
    if max(sums) - min(sums) > 1e-3 * max(sums):
        raise SystemExit(f"the ways disagree: the norms add up to {sums}")
    times = round(found["autograd"]["seconds"] / found["sweep"]["seconds"], 1)
    print(json.dumps({"tokens": asked.tokens, "hidden": asked.hidden, "cell": asked.cell, **found, "times": times}))


def _one(way: str, tokens: int, hidden: int, cell: str, threads: int, repeat: int) -> dict[str, Any]:
    torch.set_num_threads(threads)
    torch.manual_seed(0)
    network = Network(ModelConfig(cell=cell, hidden=hidden), 1000, 2).eval().requires_grad_(False)
    done = forward(network, torch.randint(4, 1000, (tokens,)))
    target = Target(torch.zeros(tokens, dtype=torch.long), torch.full((tokens,), 1 / tokens), False, "every", "mean")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    times = []
    for _ in range(repeat if way == "sweep" else 1):
        began = time.perf_counter()
        norms = (_by_sweep if way == "sweep" else _by_autograd)(done, target)
        times.append(time.perf_counter() - began)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"seconds": round(min(times), 4), "peak_mib": round(more / 1024, 1), "checksum": float(norms.sum())}


def _by_sweep(done: Pass, target: Target) -> Tensor:
    norms = torch.zeros(done.steps, done.steps)

    def visit(met: Met) -> None:
        norms[met.step, met.rows] = met.crossing.length("weight_ih", len(done.layers[0][0].parameters["weight_ih"]))

    sweep(done, done.network.readout_back(at_logits(done, target)), torch.eye(done.steps), visit)
    return norms


def _by_autograd(done: Pass, target: Target) -> Tensor:
    with record(done.network) as tape:
        outputs = done.network({"tokens": done.fed[:, None], "lengths": torch.tensor([done.steps])})
    (a_input,) = tape["cells.0.0"].products["weight_ih"].outputs
    losses = torch.nn.functional.cross_entropy(outputs["logits"][:, 0], target.classes, reduction="none")
    norms = torch.zeros(done.steps, done.steps)
    for t in range(done.steps):
        norms[:, t] = torch.autograd.grad(losses[t], a_input, retain_graph=True)[0][:, 0].norm(dim=1)
    return norms


if __name__ == "__main__":
    main()
