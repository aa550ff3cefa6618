"""One loss, walked back step by step, and one path of it in three factors."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from rnn_core.figures import gradients as figures
from rnn_core.figures.text import visible
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import ChainProduct
from rnn_core.views.bptt import formulas
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes, over, pick_copy
from rnn_core.views.bptt.pairs import readout_words
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Part, Table, View, figure, literal, number


@dataclass(frozen=True)
class Walk:
    """One loss, and the path that is followed; None where it does not reach the copy, and of V and c, which no path leads to."""

    asked: Asked
    path: ChainProduct | None


def _walk(inputs: Inputs, controls: Way) -> Walk:
    """The way of one loss, and the factors of one path where the loss reaches the chosen copy."""
    one = looked_at(inputs, controls)
    reaches = one.below_both or (one.copy >= one.step if one.direction else one.copy <= one.step)
    if reaches and one.flow.targets[one.step] >= 0 and not one.readout:
        path = inputs.backward.path(one.layer, one.direction, one.step, one.copy, controls.down, one.parameter)
        return Walk(one, path)
    return Walk(one, None)


def _draw_walk(walk: Walk) -> tuple[Part, ...]:
    asked = walk.asked
    held, row = asked.held, asked.row
    k, where = ("ₜ", tr("at the logits")) if asked.readout else ("ₖ", tr("at the pre-activation"))
    series = {
        tr("‖∂L(t)/∂h{k}‖, at the state", k=k): held.states[row],
        f"{_delta_name(asked)}, {where}": held.delta[row],
        tr("{copy_name}, at the copy", copy_name=_copy_name(asked)): held.pairs[asked.parameter][row],
    }
    return figure(figures.along(series, asked.flow.tokens, tr("length"), asked.copy))


def _delta_name(asked: Asked) -> str:
    """What is drawn of δ: that at the logits, or where the inputs come in."""
    if asked.readout:
        return "‖∂L(t)/∂oₜ‖"
    facts = asked.facts
    letter = tr(facts.letters[facts.of_inputs[0]])
    return "‖δ(t,k)‖" if facts.bounded else tr("‖δ(t,k)‖ at {letters} x", letters=letter)


def _copy_name(asked: Asked) -> str:
    return f"‖∂L(t)/∂{asked.said}|({'t' if asked.readout else 'k'})‖"


def path_words(walk: Walk) -> str:
    """One path in three factors, as Markdown."""
    asked, path = walk.asked, walk.path
    if asked.readout:
        return readout_words(asked)
    if path is None:
        return tr(
            "The loss at {at} does not reach the copy at {copy}, which is read later.",
            at=asked.at(asked.step), copy=asked.at(asked.copy),
        )
    asks, arrives = (float(np.linalg.norm(part)) for part in (path.at_loss, path.at_copy))
    state, apart = tr(asked.facts.state), abs(path.down - path.back)
    s, delta = ("ₜ", "‖δ(t,k)‖ =") if asked.top else ("ₛ", tr("a δ of length"))
    w, v = asked.said, formulas.multiplied(asked)
    over_steps = tr_n("over {n} step", "over {n} steps", apart) if apart else tr("within the step")
    first = tr("‖∂L(t)/∂hₜ‖ = **{asks}**: the gradient of the loss at its own state.", asks=number(asks))
    together = tr("Together: ‖∂L(t)/∂{w}|(k)‖ = **{gradient_norm}**.", w=w, gradient_norm=number(path.gradient_norm))
    if not asked.top:
        there = _at(asked, "s", path.down)
        first = tr(
            "‖∂⁺L(t)/∂hₛ‖ = **{asks}**: the gradient that comes down to this layer's state at {there}.",
            asks=number(asks), there=there,
        )
        together = tr(
            "Together, this way brings **{gradient_norm}**. All {ways} ways add up to ‖∂L(t)/∂{w}|(k)‖ = **{whole_norm}**; "
            "the share of this way is **{share:.1%}**.",
            gradient_norm=number(path.gradient_norm), ways=len(path.ways), w=w, whole_norm=number(path.whole_norm),
            share=_share(path),
        )
    factor = tr(
        ", times the length of {multiplied}, **{norm}**",
        multiplied=formulas.plain(v), norm=number(float(np.linalg.norm(path.factor))),
    ) if v else ""  # fmt: skip
    return (
        tr("From the loss at {at} to the copy {copy}, in three factors:", at=asked.at(path.step), copy=_at(asked, 'k', path.back))
        + ("" if asked.top else f"\n\n{_ways_words(asked)}")
        + tr(
            "\n\n"
            "1. {first}\n"
            "2. ‖∂{state}{s}/∂{state}ₖ‖₂ = **{between_norm}**: {over_steps}, a gradient's length is multiplied by at most "
            "this. The gradient of this loss is multiplied by {times}; its length at k is {arrives}.\n"
            "3. ∂⁺{state}ₖ/∂{w}, with the state before held fixed: the slopes of step k give {delta} **{norm}**{factor}.\n\n"
            "{together}",
            first=first, state=state, s=s, between_norm=number(path.between_norm), over_steps=over_steps,
            times=number(over(arrives, asks)), arrives=number(arrives), w=w, delta=delta,
            norm=number(float(np.linalg.norm(path.delta))), factor=factor, together=together,
        )
    )


def _at(asked: Asked, letter: str, step: int) -> str:
    return tr("{letter} = {step} (“{token}”)", letter=letter, step=step + 1, token=literal(asked.flow.tokens[step], 30))


def _share(path: ChainProduct) -> float:
    return float(path.shares[path.ways.tolist().index(path.down)])


def _ways_words(asked: Asked) -> str:
    above = tr("the layer above") if asked.layer == asked.facts.layers - 2 else tr("the layers above")
    return tr(
        "Layer {layer} is not read out itself: the loss reaches its states through {above}, which also carry it along "
        "time. So it comes down at many steps s, and the copy receives the sum of all these ways. One of them is followed "
        "here.",
        layer=asked.layer + 1, above=above,
    )


def ways(walk: Walk) -> dict[int, str]:
    """Where the loss comes down into a lower layer and reaches the copy, the largest share first; empty in the uppermost."""
    if walk.path is None or walk.asked.top:
        return {}
    path = walk.path
    order = np.argsort(-path.shares, kind="stable").tolist()
    tokens = walk.asked.flow.tokens
    return {int(path.ways[n]): f"s = {path.ways[n] + 1} · {visible(tokens[path.ways[n]])} · {path.shares[n]:.1%}" for n in order}


def _explain_walk(walk: Walk) -> str:
    asked = walk.asked
    if asked.readout:
        return f"{formulas.display([formulas.path(asked)])}\n\n{path_words(walk)}"
    by = tr("slopes and by W") if asked.facts.of_step else tr("slopes alone, because this cell has no W")
    if formulas.past(asked):
        by += tr(", and some of it goes past them") * bool(asked.facts.of_step)
    notes = tr(
        "∂⁺{state}ₖ/∂{letter} is of step k alone, with the state before held fixed.",
        state=tr(asked.facts.state), letter=asked.said,
    )
    if not asked.top:
        notes += tr(" ∂⁺L(t)/∂hₛ is what comes down from the layer above at s.")
    return tr(
        "The loss at {at} has a gradient at its own step. Every step further away multiplies it by that step's {by}. Where "
        "the line of the gradient falls steeply on the way from the loss, little of it gets past.\n\n"
        "{display}\n\n"
        "{notes}\n\n"
        "{path_words}",
        at=asked.at(int(asked.flow.rows[asked.row])), by=by, display=formulas.display([formulas.path(asked)]), notes=notes,
        path_words=path_words(walk),
    )


def steps_back(asked: Asked) -> dict[str, list[Any]]:
    """The walk as a table: one row per step, from the loss away, with the factor that each step multiplies by."""
    flow, held, row = asked.flow, asked.held, asked.row
    t = int(flow.rows[row])
    steps = list(range(len(flow.tokens)))
    if asked.readout:
        steps = [t]
    elif not asked.below_both:
        steps = steps[t:] if asked.direction else steps[t::-1]
    delta = held.delta[row]
    factors = [None, *(over(delta[b], delta[a]) for a, b in pairwise(steps))]
    return {
        "k": [i + 1 for i in steps],
        tr("token"): [visible(flow.tokens[i]) for i in steps],
        tr("‖∂L(t)/∂hₜ‖") if asked.readout else tr("‖∂L(t)/∂hₖ‖"): held.states[row, steps].tolist(),
        _delta_name(asked): delta[steps].tolist(),
        tr("factor of the step"): factors,
        _copy_name(asked): held.pairs[asked.parameter][row, steps].tolist(),
    }


def factors(walk: Walk) -> dict[str, Any] | None:
    """The factors of one path as numbers, a row a unit; None where there is no path."""
    if (path := walk.path) is None:
        return None
    d, facts = len(path.at_loss) // len(path.parts), walk.asked.facts
    blocks = len(path.delta) // d
    matrix = facts.products[path.parameter] in (*facts.of_step, *facts.of_inputs)
    gates = facts.gates[-blocks:] if matrix else [tr("block {n}", n=n + 1) for n in range(blocks)]
    found: dict[str, Any] = {tr("unit"): np.arange(d)}
    at = "∂L(t)/∂{}ₜ" if walk.asked.top else "∂⁺L(t)/∂{}ₛ"
    for i, part in enumerate(path.parts):
        here, name = slice(i * d, (i + 1) * d), tr(part)
        found |= {at.format(name): path.at_loss[here], f"∂L(t)/∂{name}ₖ": path.at_copy[here]}
    deltas = {tr("δ(t,k) of {gate}", gate=gate): path.delta[i * d : (i + 1) * d] for i, gate in enumerate(gates)}
    before = formulas.plain(f"h_{{{formulas.before(walk.asked)}}}")
    return found | deltas | ({before: path.factor} if walk.asked.recurrent else {})


def _choose_way(inputs: Inputs, controls: Way) -> tuple[Choice, ...]:
    walk = _walk(inputs, controls)
    listed = ways(walk)
    title = tr("Step s at which the loss comes down into this layer (and the share of the copy's gradient)")
    steps = (1, len(inputs.backward.trace.tokens))
    return (
        Choice("step", tr("Loss at step t"), steps, form="step"),
        Choice("back", tr("Copy of step k"), steps, form="step"),
        Choice("down", title, tuple(listed), listed.__getitem__, "box", walk.path and walk.path.down),
    )


def _show_path(walk: Walk) -> tuple[Part, ...]:
    fold = tr("Step by step, with the factors")
    parts = Part("text", path_words(walk)), Part("table", Table(steps_back(walk.asked)), fold)
    if (found := factors(walk)) is None:
        return parts
    said = tr(
        "The path unit by unit: the gradient at the state where it starts, the gradient at k, δ there, and the state "
        "before.",
    )
    return *parts, Part("text", said, fold), Part("table", Table(found, 220), fold)


def _most_bytes(inputs: Inputs) -> int:
    """A path has a square of as many numbers as the state has, and some rows of these."""
    way = inputs.backward
    cell, model = way.loaded.network.cell, way.loaded.config.model
    d = len(cell.parts) * model.hidden
    rows = (2 + len(cell.gates)) * d + max(2 * model.hidden, model.input_width) + 2 * len(way.trace.tokens)
    return most_bytes(inputs) + 8 * (d * d + rows) + 1024


WALK: View[Way, Walk] = View(
    "walk", N_("How does one loss travel back?"), ("target",), Way, _walk, _draw_walk, _explain_walk, _most_bytes, pick_copy,
    _choose_way,
)  # fmt: skip
PATH: View[Way, Walk] = View("path", "", ("target",), Way, _walk, _show_path, path_words, _most_bytes)
