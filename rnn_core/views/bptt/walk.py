"""One loss, walked back step by step, and one path of it in three factors."""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from rnn_core.figures import gradients as figures
from rnn_core.figures.frame import Figure
from rnn_core.figures.palette import visible
from rnn_core.results import Path
from rnn_core.views.bptt.asked import Asked, letter, over, parameters
from rnn_core.views.bptt.view import View
from rnn_core.views.view import literal, number


class _Walk(NamedTuple):
    asked: Asked
    path: Path | None


def _walk(asked: Asked) -> _Walk:
    """The way of one loss, and the factors of one path where the loss reaches the chosen copy."""
    reaches = asked.below_both or (asked.copy >= asked.step if asked.direction else asked.copy <= asked.step)
    if reaches and asked.flow.targets[asked.step] >= 0:
        return _Walk(asked, asked.backward.path(asked.layer, asked.direction, asked.step, asked.copy, asked.down))
    return _Walk(asked, None)


def _draw_walk(walk: _Walk) -> Figure:
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
        return f"The loss at {asked.at(asked.step)} does not reach the copy at {asked.at(asked.copy)}: that is read later."
    asks, arrives = (float(np.linalg.norm(part)) for part in (path.at_loss, path.at_copy))
    state, apart = " (of h and c together)" if len(path.parts) > 1 else "", abs(path.down - path.back)
    s, delta = ("ₜ", "‖δ(t,k)‖ =") if asked.top else ("ₛ", "of length")
    w, recurrent = letter(asked.backward.loaded, f"cells.0.0.{path.parameter}", short=True), _recurrent(asked, path)
    factor, fixed = ("state before", ", with the state before held fixed") if recurrent else ("input", "")
    first = f"‖∂L(t)/∂hₜ‖ = **{number(asks)}**: what the loss asks of its own state."
    together = f"Together: ‖∂L(t)/∂{w}|(k)‖ = **{number(path.gradient_norm)}**."
    if not asked.top:
        there = _at(asked, "s", path.down)
        first = f"‖∂⁺L(t)/∂hₛ‖ = **{number(asks)}**: what comes down to this layer's state at {there}."
        together = (
            f"Together, this way brings **{number(path.gradient_norm)}**. All {len(path.ways)} ways added up give "
            f"‖∂L(t)/∂{w}|(k)‖ = **{number(path.whole_norm)}**, and this one's share of that is "
            f"**{_share(path):.1%}**."
        )
    return (
        f"From the loss at {asked.at(path.step)} to the copy {_at(asked, 'k', path.back)}, in three factors:"
        + ("" if asked.top else f"\n\n{_ways_words(asked)}")
        + f"\n\n1. {first}\n"
        f"2. ‖∂h{s}/∂hₖ‖₂ = **{number(path.between_norm)}**{state}: the most that any direction keeps over "
        f"{apart} step{'s' * (apart != 1)}. This loss's keeps {number(over(arrives, asks))}, and arrives with length "
        f"{number(arrives)}.\n"
        f"3. ∂⁺hₖ/∂{w}{fixed}: the slopes of step k make it {delta} "
        f"**{number(float(np.linalg.norm(path.delta)))}**, times the length of the {factor}, "
        f"**{number(float(np.linalg.norm(path.factor)))}**.\n\n{together}"
    )


def _recurrent(asked: Asked, path: Path) -> bool:
    """Whether the path ends at a matrix that multiplies the state before; a cell may have none."""
    return path.parameter in asked.backward.loaded.network.cell.of_step


def _at(asked: Asked, letter: str, step: int) -> str:
    return f"{letter} = {step + 1} (“{literal(asked.flow.tokens[step], 30)}”)"


def _share(path: Path) -> float:
    return float(path.shares[path.ways.tolist().index(path.down)])


def _ways_words(asked: Asked) -> str:
    above = "the layer above" if asked.layer == len(asked.backward.done.layers) - 2 else "the layers above"
    return (
        f"Layer {asked.layer + 1} is not read out itself: the loss reaches its states through {above}, which carry it along "
        "time as well. So it comes down at many steps s, and the copy receives the sum of all these ways; one is followed here."
    )


def ways(walk: _Walk) -> dict[int, str]:
    """Where the loss comes down into a lower layer and reaches the copy, the largest share first; empty in the uppermost."""
    if walk.path is None or walk.asked.top:
        return {}
    path = walk.path
    order = np.argsort(-path.shares, kind="stable").tolist()
    tokens = walk.asked.flow.tokens
    return {int(path.ways[n]): f"s = {path.ways[n] + 1} · {visible(tokens[path.ways[n]])} · {path.shares[n]:.1%}" for n in order}


def _explain_walk(walk: _Walk) -> str:
    asked = walk.asked
    w = letter(asked.backward.loaded, f"cells.0.0.{parameters(asked.backward.loaded)[0]}", short=True)
    formula = (
        rf"$$\frac{{\partial L(t)}}{{\partial {w}|(k)}} = \frac{{\partial L(t)}}{{\partial h_t}}\cdot"
        rf"\frac{{\partial h_t}}{{\partial h_k}}\cdot\frac{{\partial^+ h_k}}{{\partial {w}}}$$"
    )
    if not asked.top:
        formula = (
            rf"$$\frac{{\partial L(t)}}{{\partial {w}|(k)}} = \sum_s \frac{{\partial^+ L(t)}}{{\partial h_s}}\cdot"
            rf"\frac{{\partial h_s}}{{\partial h_k}}\cdot\frac{{\partial^+ h_k}}{{\partial {w}}}$$"
        )
    by = "slopes and by W" if asked.backward.loaded.network.cell.of_step else "slopes alone, because this cell has no W"
    return (
        f"The loss at {asked.at(int(asked.flow.rows[asked.row]))} has one gradient at its own step; every step further away "
        f"multiplies it by that step's {by}. Where the line falls steeply, little of this loss gets past.\n\n"
        f"{formula}\n\n{path_words(walk)}"
    )


def steps_back(asked: Asked) -> dict[str, list[Any]]:
    """The walk as a table: one row per step, from the loss away, with the factor that each step multiplies by."""
    flow, held, row = asked.flow, asked.held, asked.row
    t = int(flow.rows[row])
    steps = list(range(len(flow.tokens)))
    if not asked.below_both:
        steps = steps[t:] if asked.direction else steps[t::-1]
    delta = held.delta[row]
    factors = [None, *(over(delta[b], delta[a]) for a, b in pairwise(steps))]
    return {
        "i": [i + 1 for i in steps],
        "token": [visible(flow.tokens[i]) for i in steps],
        "‖∂L(t)/∂hᵢ‖": held.states[row, steps].tolist(),
        "‖δ(t,i)‖": delta[steps].tolist(),
        "factor of the step": factors,
        f"‖∂L(t)/∂{asked.letter}|(i)‖": held.pairs[asked.parameter][row, steps].tolist(),
    }


def factors(walk: _Walk) -> dict[str, Any] | None:
    """The factors of one path as numbers, a row a unit; None where there is no path."""
    if (path := walk.path) is None:
        return None
    d, gates = len(path.at_loss) // len(path.parts), walk.asked.backward.loaded.network.cell.gates
    found: dict[str, Any] = {"unit": np.arange(d)}
    at = "∂L(t)/∂{}_t" if walk.asked.top else "∂⁺L(t)/∂{}_s"
    for i, part in enumerate(path.parts):
        found |= {at.format(part): path.at_loss[i * d : (i + 1) * d], f"∂L(t)/∂{part}_k": path.at_copy[i * d : (i + 1) * d]}
    deltas = {f"δ(t,k) of {gate}": path.delta[i * d : (i + 1) * d] for i, gate in enumerate(gates)}
    return found | deltas | ({"h_{k−1}": path.factor} if _recurrent(walk.asked, path) else {})


WALK: View[Asked] = View(
    "walk", "How does one loss travel back?", _walk, _draw_walk, _explain_walk,
    lambda point: {"back": int(point[0])},
)  # fmt: skip
