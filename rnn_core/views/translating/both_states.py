"""The states of encoder and decoder along both texts."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnn_core.figures import heatmap, palette
from rnn_core.language import N_, tr
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import name_of, quantities
from rnn_core.views.translating.instead import token_read
from rnn_core.views.translating.shared import NEEDS, Written, bytes_of
from rnn_core.views.view import Choice, Part, View, literal, number


@dataclass(frozen=True)
class Unit(Written):
    """A quantity of a layer, and a unit of it; None: none is chosen."""

    unit: int | None = None
    layer: int = 0
    quantity: str = "h"

    def settled(self, inputs: Inputs) -> Self:
        run = inputs.run
        return replace(
            super().settled(inputs),
            unit=self.unit if self.unit is not None and self.unit < run.config.model.hidden else None,
            layer=min(self.layer, run.config.model.layers - 1),
            quantity=self.quantity if self.quantity in quantities(run) else "h",
        )


@dataclass(frozen=True)
class Both:
    """A quantity of the units of the encoder and of the decoder.

    Attributes:
        values: (S + T, d), or (S + 1 + T, d) with the decoder's state before its first step between both.
        words: of the columns; a message for the state before the first step.
        source: S.
        start: whether the state before the first step is among them: it is for the parts of the state.
        quantity, layer, unit: the chosen ones; the unit may be None.
        bounded: whether the quantity is a gate, which σ keeps in 0…1.
        directions: of the encoder.
        step: the chosen one of the decoder.
        read, written: the tokens that the decoder reads and writes at this step.
        equations: of the cell, as LaTeX.
    """

    values: np.ndarray
    words: tuple[str, ...]
    source: int
    start: bool
    quantity: str
    layer: int
    unit: int | None
    bounded: bool
    directions: int
    step: int
    read: str
    written: str
    equations: tuple[str, ...]

    @property
    def at(self) -> int:
        """The column of the chosen step."""
        return self.source + self.start + self.step


def _both(inputs: Inputs, controls: Unit) -> Both:
    found, run = inputs.translation, inputs.run
    of_source = found.source.values[controls.quantity][controls.layer]  # (directions, S, d / directions)
    of_target = found.target.values[controls.quantity][controls.layer, 0]
    start = controls.quantity in run.cell.parts
    between = [_last(of_source)[None]] if start else []
    bounded = any(one.name == controls.quantity and one.kind == "gate" for one in run.cell.kept)
    return Both(
        np.concatenate([np.concatenate(list(of_source), 1), *between, of_target]),
        (*found.source.tokens, *([N_("start")] if start else []), *found.target.tokens), len(found.source.tokens), start,
        controls.quantity, controls.layer, controls.unit, bounded, len(of_source), controls.at, token_read(found, controls.at),
        found.written[controls.at], run.cell.equations,
    )  # fmt: skip


def _last(values: np.ndarray) -> np.ndarray:
    """The encoder's last state, (d,): that of the backward direction is at the first word.

    Args:
        values: (directions, S, d / directions).
    """
    return np.concatenate([one[0] if direction else one[-1] for direction, one in enumerate(values)])


def _draw_both(found: Both) -> tuple[Part, ...]:
    words = list(found.words)
    if found.start:
        words[found.source] = tr(words[found.source])
    drawn = heatmap.states(found.values, words, found.at, found.unit, gate=found.bounded)
    edges = [found.source, *([found.source + 1] if found.start else [])]
    line = {"type": "line", "y0": 0, "y1": 1, "yref": "paper", "line": {"color": palette.ORANGE, "width": 3}}
    drawn["layout"]["shapes"] += [{**line, "x0": at + 0.5, "x1": at + 0.5} for at in edges]
    said = tr(
        "Left of the orange lines the encoder reads the source, right of them the decoder writes. The column between them is "
        "the state from which the decoder starts: the encoder's last one. ",
    ) if found.start else tr(
        "Left of the orange line the encoder reads the source, right of it the decoder writes. ",
    )  # fmt: skip
    said += tr(
        "In the marked column, the decoder's t = {step}, it reads “{read}” and writes “{written}”. ",
        step=found.step + 1, read=literal(found.read, 30), written=literal(found.written, 30),
    )  # fmt: skip
    if found.directions > 1:
        half = found.values.shape[1] // 2
        said += tr(
            "Units 0 to {before} of the encoder read from the start of the source, units {first} to {last} from its end, so "
            "their last state is at the first word. ",
            before=half - 1, first=half, last=2 * half - 1,
        )  # fmt: skip
    if found.unit is not None:
        said += tr(
            "Unit {unit} at the decoder's t = {step}: {value:.4f}.",
            unit=found.unit, step=found.step + 1, value=found.values[found.at, found.unit],
        )
    return Part("figure", drawn), Part("caption", said.strip())


def _explain_both(found: Both) -> str:
    d, here = found.values.shape[1], found.values[found.at]
    said = tr(
        "Each column is one step of layer {layer}, each row one of {d} units. Encoder and decoder have the same equations with "
        "parameters of their own; x is what the layer reads at the step:",
        layer=found.layer + 1, d=d,
    ) + f"\n\n{formulas.lines(found.equations)}\n\n"
    if found.start:
        vector = found.values[found.source]
        said += tr(
            "The decoder starts from {d} numbers, whose Euclidean length is {norm}. Without attention they are all that it "
            "has of the source. ",
            d=d, norm=number(float(np.linalg.norm(vector))),
        )  # fmt: skip
    length = number(float(np.linalg.norm(here)))
    return said + tr(
        "At the decoder's step {step}, the Euclidean length of its {quantity} is {length}.",
        step=found.step + 1, quantity=tr(found.quantity), length=length,
    )


def _pick_cell(point: list[Any]) -> dict[str, Any]:
    return {"unit": int(point[1])} if len(point) > 1 and point[1] is not None else {}


def _choose_both(inputs: Inputs, controls: Unit) -> tuple[Choice, ...]:
    model = inputs.run.config.model
    return (
        Choice("quantity", tr("Quantity"), quantities(inputs.run), name_of(inputs.run, "quantity")),
        Choice("layer", tr("Layer"), range(model.layers), name_of(inputs.run, "layer")),
        Choice("unit", tr("Unit"), (0, model.hidden - 1), form="number"),
    )


BOTH: View[Unit, Both] = View(
    "both-states", N_("What do the encoder and the decoder hold, step by step?"), NEEDS, Unit, _both, _draw_both, _explain_both,
    lambda inputs: bytes_of(
        lambda found: 8 * (len(found.source.tokens) + 1 + len(found.target.tokens)) * inputs.run.config.model.hidden
    )(inputs), _pick_cell, _choose_both,
)  # fmt: skip
