"""One loss, walked back step by step, and one path of it in three factors."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from rnn_core.figures import gradients as figures
from rnn_core.results import Path
from rnn_core.views.bptt.asked import Asked, over
from rnn_core.views.view import View, always, literal, number


class _Walk(NamedTuple):
    asked: Asked
    path: Path | None


def _walk(asked: Asked) -> _Walk:
    """The way of one loss, and the factors of one path where the uppermost layer is looked at and the loss reaches."""
    flow, top = asked.flow, len(asked.backward.done.layers) - 1
    reaches = asked.copy >= asked.step if asked.direction else asked.copy <= asked.step
    if asked.layer == top and reaches and flow.targets[asked.step] >= 0:
        return _Walk(asked, asked.backward.path(asked.step, asked.copy, asked.direction))
    return _Walk(asked, None)


def _draw_walk(walk: _Walk) -> go.Figure:
    asked = walk.asked
    held, row = asked.held, asked.row
    series = {
        "‖∂L(t)/∂hᵢ‖, at the state": held.states[row],
        "‖δ(t,i)‖, at the pre-activation": held.delta[row],
        f"‖∂L(t)/∂{asked.letter}|(i)‖, at the copy": held.pairs[asked.parameter][row],
    }
    return figures.along(series, asked.flow.tokens, "length", asked.copy)


def path_words(walk: _Walk) -> str:
    """One path in three factors, as Markdown."""
    asked, path = walk.asked, walk.path
    if path is None:
        return (
            f"At {asked.at(asked.copy)}: ‖δ(t,i)‖ = {number(float(asked.held.delta[asked.row, asked.copy]))}. The path in "
            "three factors is shown in the uppermost layer, for a loss and a copy that it reaches."
        )
    asks, arrives = (float(np.linalg.norm(part)) for part in (path.at_loss, path.at_copy))
    state = " (of h and c together)" if len(path.parts) > 1 else ""
    return (
        f"From the loss at {asked.at(path.step)} to the copy k = {path.back + 1} (“{literal(asked.flow.tokens[path.back], 30)}”):"
        f"\n\n1. ‖∂L(t)/∂h_t‖ = **{number(asks)}**: what the loss asks of its own state.\n"
        f"2. ‖∂h_t/∂h_k‖₂ = **{number(path.between_norm)}**{state}: the most that any direction keeps over "
        f"{abs(path.step - path.back)} steps. This loss's keeps {number(over(arrives, asks))}, and arrives with length "
        f"{number(arrives)}.\n"
        f"3. ∂⁺h_k/∂W, with the state before held fixed: the slopes of step k make it ‖δ(t,k)‖ = "
        f"**{number(float(np.linalg.norm(path.delta)))}**, times the length of the state before, "
        f"**{number(float(np.linalg.norm(path.h_before)))}**.\n\n"
        f"Together: ‖∂L(t)/∂W|(k)‖ = **{number(path.gradient_norm)}**."
    )


def _explain_walk(walk: _Walk) -> str:
    asked = walk.asked
    return (
        f"The loss at {asked.at(int(asked.flow.rows[asked.row]))} has one gradient at its own step; every step further away "
        "multiplies it by that step's slopes and by W. Where the line falls steeply, little of this loss gets past.\n\n"
        r"$$\frac{\partial L(t)}{\partial W|(k)} = \frac{\partial L(t)}{\partial h_t}\cdot"
        r"\frac{\partial h_t}{\partial h_k}\cdot\frac{\partial^+ h_k}{\partial W}$$" + "\n\n" + path_words(walk)
    )


def steps_back(asked: Asked) -> dict[str, list[Any]]:
    """The walk as a table: a row a step, from the loss away, with the factor that each step multiplies by."""
    flow, held, row = asked.flow, asked.held, asked.row
    t = int(flow.rows[row])
    both_below = asked.backward.done.network.directions == 2 and asked.layer < len(asked.backward.done.layers) - 1
    steps = list(range(len(flow.tokens)))
    if not both_below:
        steps = steps[t:] if asked.direction else steps[t::-1]
    delta = held.delta[row]
    factors = [None, *(over(delta[b], delta[a]) for a, b in pairwise(steps))]
    return {
        "i": [i + 1 for i in steps],
        "token": [flow.tokens[i] for i in steps],
        "‖∂L(t)/∂hᵢ‖": held.states[row, steps].tolist(),
        "‖δ(t,i)‖": delta[steps].tolist(),
        "factor of the step": factors,
        f"‖∂L(t)/∂{asked.letter}|(i)‖": held.pairs[asked.parameter][row, steps].tolist(),
    }


def factors(walk: _Walk) -> dict[str, Any] | None:
    """The factors of one path as numbers, a row a unit; None where there is no path."""
    if (path := walk.path) is None:
        return None
    d, gates = len(path.h_before), walk.asked.backward.done.network.cell.gates
    found: dict[str, Any] = {"unit": np.arange(d)}
    for i, part in enumerate(path.parts):
        found |= {f"∂L(t)/∂{part}_t": path.at_loss[i * d : (i + 1) * d], f"∂L(t)/∂{part}_k": path.at_copy[i * d : (i + 1) * d]}
    deltas = {f"δ(t,k) of {gate}": path.delta[i * d : (i + 1) * d] for i, gate in enumerate(gates)}
    return found | deltas | {"h_{k−1}": path.h_before}


WALK: View[Asked] = View(
    "walk", "How does one loss travel back?", always, _walk, _draw_walk, _explain_walk,
    lambda point: {"back": int(point[0])},
)  # fmt: skip
