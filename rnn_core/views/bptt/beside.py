"""Runs side by side on the same text."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.figures import gradients as figures
from rnn_core.figures.text import visible
from rnn_core.language import N_, tr
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes
from rnn_core.views.bptt.reach import horizon_words
from rnn_core.views.inputs import Inputs, given
from rnn_core.views.view import Controls, Part, Table, View, literal


@dataclass(frozen=True)
class Beside:
    """Runs on the same text, by what people call them; each looked at its last loss and its uppermost layer."""

    runs: dict[str, Asked]


def faded(asked: Asked) -> np.ndarray:
    """‖δ(t,k)‖ / ‖δ(t,t)‖ of the chosen loss, by distance."""
    row, t = asked.row, int(asked.flow.rows[asked.row])
    delta = asked.held.delta[row].astype(np.float64)
    away = delta[t:] if asked.direction else delta[t::-1]
    return away / away[0] if away[0] else np.zeros(len(away))


def _draw_beside(beside: Beside) -> tuple[Part, ...]:
    series = {}
    for name, asked in beside.runs.items():
        left = faded(asked)
        series[name] = (np.arange(len(left)), left)
    drawn = figures.against(series, tr("steps away from the last loss"), "‖δ(T,k)‖ / ‖δ(T,T)‖")
    return Part("figure", drawn), Part("text", horizons(beside)), Part("table", Table(side_by_side(beside)))


def side_by_side(beside: Beside) -> dict[str, list[Any]]:
    """The runs in numbers, as a table."""
    runs = beside.runs
    without = "" if all(asked.recurrent for asked in runs.values()) else tr(" (‖∂L/∂U‖ of a cell without W)")
    return {
        tr("run"): list(runs),
        tr("target"): [visible(asked.flow.labels[asked.flow.targets[asked.step]]) for asked in runs.values()],
        tr("loss of the text"): [asked.flow.total for asked in runs.values()],
        tr("‖∂L/∂W‖{without}, uppermost layer", without=without): [asked.flow.norms[asked.name] for asked in runs.values()],
        tr("whole gradient"): [asked.flow.norm for asked in runs.values()],
    }


def horizons(beside: Beside) -> str:
    """How far each run's gradient reaches, as a Markdown list."""
    return "\n".join(
        f"- {literal(name, 60)}: "
        f"{horizon_words(faded(asked), asked.direction, start='T')}" for name, asked in beside.runs.items()
    )


def _explain_beside(beside: Beside) -> str:
    return tr(
        "Each line starts at 1, at the step of the last loss, and shows how much of its gradient is left further back. "
        "Gates (LSTM, GRU) were invented to let this line fall slowly.\n\n"
        r"$$\frac{{\lVert \delta(T,k) \rVert}}{{\lVert \delta(T,T) \rVert}}$$"
        "\n\n"
        "{horizons}",
        horizons=horizons(beside),
    )


def _beside(inputs: Inputs, controls: Controls) -> Beside:
    found = {}
    for name, way in inputs.beside.items():
        one, last = given(target=way), int(way.flow.rows[-1])
        found[name] = looked_at(one, Way(last, 0, way.loaded.network.config.layers - 1).settled(one))
    return Beside(found)


BESIDE: View[Controls, Beside] = View(
    "beside", N_(
        "How far back does the gradient reach in each run?",
    ), ("beside",), Controls, _beside, _draw_beside, _explain_beside,
    lambda inputs: sum(most_bytes(given(target=way)) + 2 * len(name.encode()) for name, way in inputs.beside.items()),
)  # fmt: skip
