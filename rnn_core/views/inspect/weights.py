"""W, U and V as pictures."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core.analysis.parameters import READOUT, matrices, matrix
from rnn_core.figures import heatmap
from rnn_core.language import N_, formula, tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Held, bytes_of
from rnn_core.views.view import Choice, Part, View, literal, number

MOST_ROWS, MOST_COLUMNS = 128, 256
"""Rows and columns that are drawn."""

MOST_DECOMPOSED = 512
"""Rows and columns of a matrix up to which its spectral norm is found, which takes a moment."""


@dataclass(frozen=True)
class Shown(Held):
    """A matrix of the layer and direction by the code's name, and the gate whose rows are drawn; empty and None: the first."""

    parameter: str = ""
    gate: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        offered, gates = matrices(inputs.network), inputs.network.cell.gates
        parameter = self.parameter if self.parameter in offered else next(iter(offered))
        return replace(super().settled(inputs), parameter=parameter, gate=self.gate if self.gate in gates else gates[0])


@dataclass(frozen=True)
class Picture:
    """The rows of a matrix that are drawn.

    Attributes:
        letter: of the matrix, with its gate where there are several.
        values: (r, c) those drawn.
        rows: (r,) which rows of the matrix, or of the gate, they are.
        names: (r,) of V what the rows are called; else empty.
        shape: of the matrix, or of the gate's rows.
        norm: √Σ w², over all of it.
        largest: the number farthest from 0.
        at: its row and column.
        row: what that row is called; empty where it is a unit.
        spectral: the largest singular value; None where the matrix is too large.
        layer, layers, directions: which the matrix is of, from 0, and how many there are.
        of: what the columns multiply: `top` the states of the top layer, `before` the state before, `below` what a layer reads.
    """

    letter: str
    values: np.ndarray
    rows: np.ndarray
    names: tuple[str, ...]
    shape: tuple[int, int]
    norm: float
    largest: float
    at: tuple[int, int]
    row: str
    spectral: float | None
    layer: int
    layers: int
    directions: int
    of: str


def _picture(inputs: Inputs, controls: Shown) -> Picture:
    loaded, trace = inputs.network, inputs.trace
    layers, directions = trace.states.shape[:2]
    assert controls.gate is not None
    letter, whole = matrices(loaded)[controls.parameter], matrix(
        loaded, controls.layer, controls.direction, controls.parameter, controls.gate
    )
    of_classes, rows = controls.parameter == READOUT, np.arange(len(whole))
    if of_classes and len(whole) > MOST_ROWS:
        rows = np.argsort(-trace.logits[controls.at], kind="stable")
    rows = rows[:MOST_ROWS]
    names = tuple(trace.labels[i] for i in rows.tolist()) if of_classes else ()
    if not of_classes and len(loaded.network.cell.gates) > 1:
        letter = f"{letter}_{controls.gate}"
    at = divmod(int(np.abs(whole).argmax()), whole.shape[1])
    of = "top" if of_classes else "before" if controls.parameter in loaded.cell.of_step else "below"
    spectral = float(np.linalg.norm(whole, 2)) if max(whole.shape) <= MOST_DECOMPOSED else None
    return Picture(
        letter, whole[rows, :MOST_COLUMNS], rows, names, whole.shape, float(np.linalg.norm(whole.astype(np.float64))),
        float(whole[at]), at, trace.labels[at[0]] if of_classes else "", spectral, controls.layer, layers, directions, of,
    )  # fmt: skip


def _multiplied(found: Picture) -> str:
    """What a matrix's columns multiply, in words."""
    if found.of == "before":
        return tr("the state before")
    if found.of == "below" and not found.layer:
        return tr("the embedding of the token")
    layer = found.layers if found.of == "top" else found.layer
    if found.of == "top" and found.layers == 1:
        return tr("the state of both directions, that from the start first") if found.directions == 2 else tr("the state")
    return tr(
        "the state of layer {layer} of both directions, that from the start first", layer=layer
    ) if found.directions == 2 else tr("the state of layer {layer}", layer=layer)  # fmt: skip


def _left_out(found: Picture) -> str:
    """What is not drawn, in a sentence; empty where all is."""
    rows, columns = found.shape
    r, c = found.values.shape
    if (r, c) == (rows, columns):
        return ""
    said = []
    if r < rows:
        said.append(tr(
            "{r:,} of {rows:,} rows, those of the most probable classes at this step", r=r, rows=rows
        ) if found.names else tr("{r:,} of {rows:,} rows, the first ones", r=r, rows=rows))  # fmt: skip
    if c < columns:
        said.append(tr("the first {c:,} of {columns:,} columns", c=c, columns=columns))
    if len(said) == 1:
        return tr("The matrix is large: drawn are {said}.", said=said[0])
    return tr("The matrix is large: drawn are {rows} and {columns}.", rows=said[0], columns=said[1])


def _draw(found: Picture) -> tuple[Part, ...]:
    drawn = heatmap.weights(found.values, tr(found.letter), found.names, _multiplied(found))
    said = _left_out(found)
    return (Part("figure", drawn), *([Part("caption", said)] if said else []))


def _explain(found: Picture) -> str:
    spectral = ""
    if found.spectral is not None:
        spectral = tr(
            " Its spectral norm, the most by which it can lengthen a vector, is {spectral}: its largest singular value.",
            spectral=number(found.spectral),
        )
    letter = tr(found.letter)
    if found.names:
        row = tr("Row u of {letter} belongs to class u", letter=letter)
    else:
        row = tr("Row u of {letter} belongs to unit u", letter=letter)
    return tr(
        "{row}, column j multiplies number j of {what}; purple is below 0, green above, "
        "pale at 0.\n\n"
        r"$$({latex} v)[u] = \textstyle\sum_j {latex}[u, j]\, v[j]$$"
        "\n\n"
        "{rows:,} × {columns:,} numbers; the one farthest from 0 is {largest}, of {where} and column {column}. The root of the "
        "sum of their squares (Frobenius norm) is {norm}.{spectral} {left_out}",
        row=row, what=_multiplied(found), latex=formula(found.letter), rows=found.shape[0], columns=found.shape[1],
        largest=number(found.largest), where=literal(found.row, 40) if found.names else tr("unit {row}", row=found.at[0]),
        column=found.at[1], norm=number(found.norm), spectral=spectral, left_out=_left_out(found),
    )


def _choose(inputs: Inputs, controls: Shown) -> tuple[Choice, ...]:
    offered, gates = matrices(inputs.network), inputs.network.cell.gates
    of_gate = [] if controls.parameter == READOUT else [
        Choice("gate", tr("Gate"), gates, lambda name: tr("rows of {name}", name=name))
    ]  # fmt: skip
    return (Choice("parameter", tr("Matrix"), tuple(offered), lambda name: tr(offered[name])), *of_gate)


WEIGHTS: View[Shown, Picture] = View(
    "weights", N_("What do W, U and V look like?"), NEEDS, Shown, _picture, _draw, _explain,
    lambda inputs: 4 * MOST_ROWS * MOST_COLUMNS + 8 * MOST_ROWS + bytes_of()(inputs), choices=_choose,
)  # fmt: skip

VIEWS = (WEIGHTS,)
