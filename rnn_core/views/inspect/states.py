"""What the hidden units hold, along the text and at one step, and the word as the network reads it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.analysis.form import features
from rnn_core.figures import bars, heatmap
from rnn_core.language import N_, tr
from rnn_core.results import Feature
from rnn_core.views import formulas
from rnn_core.views.form import form_table
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Held, Step, bytes_of, name_of, place, quantities, series, token_kind
from rnn_core.views.view import Choice, Part, View, figure, literal, number


@dataclass(frozen=True)
class States:
    """A quantity of the units along the text.

    Attributes:
        values: (T, d).
        quantity, layer, step, unit: the chosen ones; the unit may be None.
        bounded: whether the quantity is a gate, which σ keeps in 0…1.
        equations: of this layer and direction, as LaTeX.
        direction: 1 where it reads from the end.
        layers: how many there are.
        matrices: the letters of the cell's matrices, and what each multiplies, to be translated.
    """

    values: np.ndarray
    quantity: str
    layer: int
    step: int
    unit: int | None
    bounded: bool
    tokens: tuple[str, ...]
    equations: tuple[str, ...]
    direction: int
    layers: int
    matrices: dict[str, str]


def _states(inputs: Inputs, controls: Held) -> States:
    trace, cell = inputs.trace, inputs.run.cell
    layers, directions = trace.states.shape[:2]
    equations = formulas.cell(
        cell.equations, cell.parts, controls.layer, controls.direction, directions, inputs.run.config.model.form > 0,
    )
    matrices = dict.fromkeys((cell.declared[name].letter for name in cell.of_inputs), "x")
    matrices |= dict.fromkeys((cell.declared[name].letter for name in cell.of_step), N_("the state before"))
    return States(
        series(trace, controls).copy(), controls.quantity, controls.layer, controls.at, controls.unit,
        _bounded(inputs, controls.quantity), trace.tokens, equations, controls.direction, layers, matrices,
    )  # fmt: skip


def _bounded(inputs: Inputs, quantity: str) -> bool:
    """Whether it is a gate, which σ keeps in 0…1."""
    return any(one.name == quantity and one.kind == "gate" for one in inputs.run.cell.kept)


def _draw_states(found: States) -> tuple[Part, ...]:
    drawn = heatmap.states(found.values, found.tokens, found.step, found.unit, gate=found.bounded)
    return Part("figure", drawn), Part("caption", unit_words(found))


def unit_words(found: States) -> str:
    """The chosen unit's value at the chosen step, as Markdown, or how to choose a unit."""
    values = found.values
    if found.unit is None:
        if heatmap.each_cell_clickable(*values.shape):
            return tr("Click a cell to choose its step and unit, and to read its value here.")
        return tr("Click the row of points to choose a step. Choose a unit by its number, above, to read its value here.")
    value = f"{tr(found.quantity)}ₜ[{found.unit}] = {values[found.step, found.unit]:.4f}"
    where = place(found.step, found.tokens[found.step])
    return tr("Unit {unit} at {where}: **{value}**, where the two outlines cross.", unit=found.unit, where=where, value=value)


def _explain_states(found: States) -> str:
    values = found.values
    unit = ""
    if found.unit is not None:
        unit = tr(" Unit {unit} there is {value}.", unit=found.unit, value=number(float(values[found.step, found.unit])))
    colours = tr("faint near 0, strong blue near 1") if found.bounded else tr("purple below 0, green above, faint near 0")
    return tr(
        "Each column is one step, each row one of the {units} units; {colours}.\n\n"
        "{lines}\n\n"
        "These are the equations of {which}: x is {read}; {multiplied}, b is the bias; σ squeezes to 0…1, tanh to −1…1.\n\n"
        "At {step} the {quantity} of layer {layer} has length {norm} (Euclidean).{unit}",
        units=values.shape[1], colours=colours, lines=formulas.lines(found.equations), which=_which(found), read=_read(found),
        multiplied=_multiplied(found), step=place(found.step, found.tokens[found.step]), quantity=tr(found.quantity),
        layer=found.layer + 1, norm=number(float(np.linalg.norm(values[found.step]))), unit=unit,
    )


def _which(found: States) -> str:
    """The layer and the direction, in words."""
    if found.layers == 1:
        return tr("the layer, which reads the text from its end") if found.direction else tr("the layer")
    layer = found.layer + 1
    return tr(
        "layer {layer} of {layers}, which reads the text from its end", layer=layer, layers=found.layers
    ) if found.direction else tr("layer {layer} of {layers}", layer=layer, layers=found.layers)  # fmt: skip


def _read(found: States) -> str:
    return tr("the embedding of the token") if found.layer == 0 else tr("the state of layer {layer}", layer=found.layer)


def _multiplied(found: States) -> str:
    return ", ".join(
        tr("{letter} multiplies {what}", letter=tr(letter), what=tr(what)) for letter, what in found.matrices.items()
    )


def _pick_cell(point: list[Any]) -> dict[str, Any]:
    unit = {"unit": int(point[1])} if len(point) > 1 and point[1] is not None else {}
    return {"step": int(point[0])} | unit


def _choose_states(inputs: Inputs, controls: Held) -> tuple[Choice, ...]:
    layers, directions = inputs.trace.states.shape[:2]
    return (
        Choice("quantity", tr("Quantity"), quantities(inputs.run), name_of(inputs.run, "quantity")),
        Choice("layer", tr("Layer"), range(layers), name_of(inputs.run, "layer")),
        Choice("direction", tr("Direction"), range(directions), name_of(inputs.run, "direction")),
        Choice("unit", tr("Unit"), (0, inputs.run.config.model.hidden - 1), form="number"),
    )


STATES: View[Held, States] = View(
    "states", N_("What do the hidden units hold along the text?"), NEEDS, Held,
    _states, _draw_states, _explain_states, bytes_of("T", "d", each=4), _pick_cell, _choose_states,
)  # fmt: skip


@dataclass(frozen=True)
class State:
    """A quantity of the units at one step.

    Attributes:
        values: (d,).
        bounded: as of `States`.
    """

    values: np.ndarray
    quantity: str
    step: int
    unit: int | None
    bounded: bool
    token: str


def _state(inputs: Inputs, controls: Held) -> State:
    trace, t = inputs.trace, controls.at
    values = series(trace, controls)[t].copy()
    return State(values, controls.quantity, t, controls.unit, _bounded(inputs, controls.quantity), trace.tokens[t])


def _explain_state(found: State) -> str:
    values = found.values
    strongest = np.argsort(-np.abs(values))[:5]
    listed = ", ".join(tr("unit {u}: {value}", u=u, value=number(float(values[u]))) for u in strongest)
    where = place(found.step, found.token)
    return tr(
        "The {units} numbers of {quantity} after {where}. Farthest from 0: {listed}.",
        units=len(values), quantity=tr(found.quantity), where=where, listed=listed,
    )


STATE: View[Held, State] = View(
    "state", N_("What do the units hold at this step?"), NEEDS, Held, _state,
    lambda found: figure(bars.state(found.values, found.unit, found.bounded)), _explain_state, bytes_of("d"),
    lambda point: {"unit": int(point[0])},
)  # fmt: skip


@dataclass(frozen=True)
class Embedded:
    """A token as the network reads it.

    Attributes:
        values: (n,) its row of the embedding table.
        index, fed: its number in the vocabulary, and the word there.
        size: N.
        kind: what a token is.
        known: whether the vocabulary holds the token itself.
        form: the features of its form, whose rows follow that of the token in x_t; () if the network reads none.
    """

    values: np.ndarray
    index: int
    fed: str
    size: int
    kind: str
    known: bool
    form: tuple[Feature, ...] = ()


def _embedded(inputs: Inputs, controls: Step) -> Embedded:
    trace, t, run = inputs.trace, controls.at, inputs.run
    index, vocabulary = int(trace.indices[t]), run.speech.vocabulary
    fed, known = vocabulary.words[index], bool(trace.known[t])
    form = features(run, trace, t)
    return Embedded(trace.embeddings[t], index, fed, len(vocabulary), token_kind(inputs), known, form)


def _explain_embedding(found: Embedded) -> str:
    unknown = "" if found.known else tr(" The vocabulary does not hold it, so the network reads `<unk>` instead.")
    if found.form:
        return tr(
            "The token is number **{index}** ({fed}) of the {size:,} {kind} in the vocabulary.{unknown} xₜ is that row of the "
            "embedding table E, and beside it a row for each feature of the token's form, {width} numbers in all. The form is "
            "known of every token, also of one that training never saw.\n\n{form}\n\n$$x_t = {formula}$$",
            index=found.index, fed=literal(found.fed, 30), size=found.size, kind=tr(found.kind), unknown=unknown,
            width=len(found.values), form=form_table(found.form), formula=formulas.embedded(form=True),
        )
    return tr(
        "The token is number **{index}** ({fed}) of the {size:,} {kind} in the vocabulary; xₜ is that row of the embedding "
        "table, {width} numbers.{unknown}\n\n"
        r"$$x_t = E^\top \mathrm{{onehot}}(\mathrm{{token}}_t) = E[\mathrm{{token}}_t]$$",
        index=found.index, fed=literal(found.fed, 30), size=found.size, kind=tr(found.kind), width=len(found.values),
        unknown=unknown,
    )


EMBEDDING: View[Step, Embedded] = View(
    "embedding", N_("What is this token to the network?"), NEEDS, Step, _embedded,
    lambda found: figure(bars.embedding(found.values)), _explain_embedding, bytes_of("n"),
)  # fmt: skip
