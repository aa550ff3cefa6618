"""How long each view of the BPTT page takes on a text of 500 tokens, in one thread: the numbers, the figure's JSON, the words.

    python -m benchmarks.bptt_views [--tokens 500] [--cells] [--repeat 3]

For the ready-made runs, and with --cells for untrained networks of every cell and of the usual width in one layer, one and
both directions. The first figure is what all views stand on: the forward pass, all pairs, and autograd beside them. Prints
milliseconds, the best of `--repeat`.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import plotly.io
import torch

from rnn_core import tasks
from rnn_core.analysis.backward import Backward, backward
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.trace import trace
from rnn_core.network.models import Network
from rnn_core.views import bptt as views
from rnn_core.views.inputs import given
from rnn_core.views.view import View
from rnn_core.workspace.runs import Run

ROOT = Path(__file__).parents[1]
TEXT = ["a", "slow", "start", ",", "but", "the", "last", "hour", "is", "funny", ",", "warm", "and", "beautifully", "acted", "."]
VIEWS = [view for view in views.VIEWS if view not in (views.DIRECTIONS, views.BESIDE)]  # they need the run's data, or others


def main() -> None:
    """Prints a line for each network and precision."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=500)
    parser.add_argument("--cells", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)  # as the server does
    runs = [load(Run(folder)) for folder in sorted((ROOT / "samples" / "runs").iterdir())]
    runs = [run for run in runs if tasks.of(run.config).views["inspect"]]  # those that read one text
    networks = {loaded.id: loaded for loaded in runs}
    if asked.cells:
        networks |= {f"{cell} 128{', both directions' * both}": _untrained(runs, cell, both)
                     for cell in ("rnn", "gru", "lstm") for both in (False, True)}  # fmt: skip
    text = " ".join((TEXT * asked.tokens)[: asked.tokens - 2])  # <sos> and <eos> are steps too
    for name, loaded in networks.items():
        for precise in (False, True):
            print(f"{name}, {64 if precise else 32} bits:", _times(loaded, text, precise, asked.repeat), flush=True)


def _untrained(runs: list[Loaded], cell: str, both: bool) -> Loaded:
    like = next(one for one in runs if one.config.model.bidirectional == both)
    model = type(like.config.model)(cell=cell, hidden=128, embedding=100, bidirectional=both)
    torch.manual_seed(0)
    network = Network(model, len(like.speech.vocabulary), len(like.speech.labels)).eval().requires_grad_(False)
    return Loaded(like.id, replace(like.config, model=model), like.speech, network)


def _times(loaded: Loaded, text: str, precise: bool, repeat: int) -> str:
    seen = trace(loaded, text)

    def looked_at() -> Backward:
        back = backward(loaded, seen, None, "every", False, precise)
        assert len(back.flow.rows)  # the flow is computed here
        return back

    found = {"all pairs": _best(lambda: None, lambda _: looked_at(), repeat)}
    for view in VIEWS:
        if view.name in tasks.of(loaded.config).views["bptt"]:
            found[view.name] = _best(looked_at, partial(_shown, view), repeat)
    rows = len(looked_at().flow.rows)
    return ", ".join(f"{name} {1e3 * seconds:.0f}" for name, seconds in found.items()) + f"; {rows} losses followed"


def _shown(view: View[Any, Any], back: Backward) -> None:
    numbers = view.answer(given(target=back))
    for part in view.render(numbers):
        if part.kind == "figure":
            plotly.io.to_json(part.content, validate=False)
    view.explain(numbers)


def _best(prepare: Callable[[], Any], work: Callable[[Any], Any], repeat: int) -> float:
    """Seconds of `work` on what `prepare` makes, which is not timed."""
    best = float("inf")
    for _ in range(repeat):
        made = prepare()
        began = time.perf_counter()
        work(made)
        best = min(best, time.perf_counter() - began)
    return best


if __name__ == "__main__":
    main()
