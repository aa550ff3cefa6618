"""What a typed sentence costs on Inspect, in process: views' data, figures, and Streamlit's check of them, the run being loaded.

    python -m benchmarks.inspect_speed [--words 30] [--repeat 50]

Prints, for each ready-made run, the median and the 95th percentile of: reading the text (the trace); and computing, drawing
and explaining every view of the page, figures checked and made into JSON as `st.plotly_chart` does. A rerun of the whole page
is measured by `sessions`, what the browser does with it by `page_speed`.
"""

import argparse
import statistics
import time
from pathlib import Path

import plotly.io
import plotly.tools
import torch

from pages.common import charts
from pages.common.selection import Selection
from rnn_core import tasks, views
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.views.inputs import given
from rnn_core.workspace.runs import Run

ROOT = Path(__file__).parents[1]
TEXT = "a slow start , but the last hour is funny , warm and beautifully acted ."


def main() -> None:
    """Prints one line per run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--words", type=int, default=30)
    parser.add_argument("--repeat", type=int, default=50)
    asked = parser.parse_args()
    torch.set_num_threads(1)  # as the server does
    words = TEXT.split()
    text = " ".join((words * asked.words)[: asked.words])
    print(f"{asked.words} words, {asked.repeat} times, {torch.get_num_threads()} threads; milliseconds: median (95%)")
    for folder in sorted((ROOT / "samples" / "runs").iterdir()):
        loaded = load(Run(folder))
        if not tasks.of(loaded.config).views["inspect"]:
            continue
        read, data, drawn = [], [], []
        for _ in range(asked.repeat + 3):
            began = time.perf_counter()
            seen = trace(loaded, text)
            read.append(1e3 * (time.perf_counter() - began))
            fitting = [views.view(name) for name in views.TABLE["inspect"] if name in tasks.of(loaded.config).views["inspect"]]
            inputs, at = given(run=loaded, text=seen), Selection(step=3, unit=0)
            found = [view.answer(inputs, view.chosen(at)) for view in fitting]
            data.append(1e3 * (time.perf_counter() - began))
            for view, numbers in zip(fitting, found, strict=True):
                for part in view.render(numbers):
                    if part.kind == "figure":
                        drawing = plotly.tools.return_figure_from_figure_or_data(charts.themed(part.content), True)
                        plotly.io.to_json(drawing, validate=False)
                view.explain(numbers)
            drawn.append(1e3 * (time.perf_counter() - began))
        print(f"{loaded.id}: trace {_figure(read[3:])}, all views' data {_figure(data[3:])}, drawn as JSON {_figure(drawn[3:])}")


def _figure(times: list[float]) -> str:
    return f"{statistics.median(times):.1f} ({sorted(times)[int(0.95 * len(times))]:.1f})"


if __name__ == "__main__":
    main()
