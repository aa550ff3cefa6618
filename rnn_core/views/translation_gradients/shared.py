"""Shared by the views of a translation's gradients: what is looked at, and its choice."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from rnn_core.analysis.parameters import places
from rnn_core.figures.text import visible
from rnn_core.language import N_, tr
from rnn_core.results import LossGradient, SideGradients, TranslationGradients
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, View, literal

SIDES = (N_("encoder"), N_("decoder"))


@dataclass(frozen=True)
class Copies(Controls):
    """Which gradients are shown.

    Attributes:
        step: t of the loss, from 0; None: one in the middle of the target.
        back: the copy, as a column: the encoder's S steps, one column between, and the decoder's steps; None: the one at a
            source word to which the loss sends most.
        layer: of both networks.
        direction: of the encoder.
        parameter: as the cell names it; else the first of `parameters`.
    """

    step: int | None = None
    back: int | None = None
    layer: int = 0
    direction: int = 0
    parameter: str = ""

    def settled(self, inputs: Inputs) -> Self:
        way = inputs.pair
        flow, network = way.flow, way.network
        offered, steps = parameters(inputs), len(flow.source)
        direction = min(self.direction, network.encoder.directions - 1)
        layer = min(self.layer, network.config.layers - 1)
        step = int(flow.rows[len(flow.rows) // 2]) if self.step is None or self.step not in flow.rows else self.step
        parameter = self.parameter if self.parameter in offered else offered[0]
        back = self.back
        if back is None or back == steps or back > steps + len(flow.target):
            row = int(np.searchsorted(flow.rows, step))
            back = int(_side(flow, "encoder", layer, direction).pairs[parameter][row, 1:-1].argmax()) + 1
        return replace(self, step=step, back=back, layer=layer, direction=direction, parameter=parameter)


def parameters(inputs: Inputs) -> tuple[str, ...]:
    """The parameters of a cell whose copies can be shown, those that multiply the state before first."""
    cell = inputs.pair.network.encoder.cell
    return tuple(dict.fromkeys((*cell.of_step, *cell.of_inputs, *cell.declared)))


def _side(flow: TranslationGradients, side: str, layer: int, direction: int) -> SideGradients:
    return next(one for one in flow.sides if (one.side, one.layer, one.direction) == (side, layer, direction))


@dataclass(frozen=True)
class Named:
    """A parameter's part of the network and letter, and its layer and direction from 0 where it has them."""

    part: str
    letter: str
    layer: int | None
    direction: int | None


@dataclass(frozen=True)
class Nature:
    """What the formulas depend on.

    Attributes:
        letters: of the cell's parameters.
        products: by parameter, the product whose δ is its own.
        gates: by parameter, the gates whose rows of that δ it has; empty where it has all.
        of_step, of_inputs: the matrices that multiply the state before, and the inputs.
        attention: `none`, `dot` or `additive`.
        feeding: whether there is input feeding.
        layers, directions: of the encoder; the decoder has as many layers.
        names: of all parameters of the network their places, by its own names.
    """

    letters: dict[str, str]
    products: dict[str, str]
    gates: dict[str, tuple[str, ...]]
    of_step: tuple[str, ...]
    of_inputs: tuple[str, ...]
    attention: str
    feeding: bool
    layers: int
    directions: int
    names: dict[str, Named]


@dataclass(frozen=True)
class Looked:
    """The gradients of a translation, and what of them is shown. The fields are those of `Copies`, settled."""

    flow: TranslationGradients
    loss: LossGradient
    nature: Nature
    step: int
    column: int
    layer: int
    direction: int
    parameter: str

    @property
    def row(self) -> int:
        """That of the chosen loss."""
        return int(np.searchsorted(self.flow.rows, self.step))

    @property
    def letter(self) -> str:
        return self.nature.letters[self.parameter]

    @property
    def said(self) -> str:
        """The letter as words name it."""
        return tr(self.letter)

    @property
    def sides(self) -> tuple[SideGradients, SideGradients]:
        """Those of the encoder and of the decoder that are shown."""
        flow = self.flow
        return _side(flow, "encoder", self.layer, self.direction), _side(flow, "decoder", self.layer, 0)

    @property
    def texts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.flow.source, self.flow.target

    @property
    def copy(self) -> tuple[int, int]:
        """The side of the chosen copy, 0 or 1, and its step, from 0."""
        steps = len(self.flow.source)
        return (0, self.column) if self.column < steps else (1, self.column - steps - 1)

    @property
    def asked(self) -> str:
        """The chosen loss in words, as Markdown."""
        return tr("t = {t} for the token “{token}”", t=self.step + 1, token=literal(self.flow.wanted[self.step], 30))


def _looked(inputs: Inputs, controls: Copies) -> Looked:
    assert controls.step is not None and controls.back is not None
    way = inputs.pair
    return Looked(
        way.flow, way.loss(controls.step), _nature(inputs), controls.step, controls.back, controls.layer, controls.direction,
        controls.parameter,
    )  # fmt: skip


def _nature(inputs: Inputs) -> Nature:
    network, config = inputs.pair.network, inputs.pair.loaded.config.model
    cell, directions = network.encoder.cell, network.encoder.directions
    products = {name: cell.product_of(name) for name in cell.declared}
    blocks = {name: one.shape[0] for name, one in cell.declared.items()}
    gates = {
        name: () if blocks[name] == blocks[products[name]] else tuple(cell.gates[-blocks[name] :]) for name in cell.declared
    }
    return Nature(
        {name: one.letter for name, one in cell.declared.items()}, products, gates, tuple(cell.of_step), tuple(cell.of_inputs),
        config.attention, config.input_feeding, config.layers, directions,
        {name: Named(one.part, one.letter, one.layer, one.direction) for name, one in places(network).items()},
    )  # fmt: skip


def in_words(place: Any, layers: int, directions: int) -> str:
    """A parameter's part and letter, with layer and direction where there are several.

    Args:
        place: as `analysis.parameters.places` has it.
    """
    where: list[str] = []
    if place.layer is not None:
        where += [tr("layer {layer}", layer=place.layer + 1)] * (layers > 1)
        where += [(tr("from the start"), tr("from the end"))[place.direction or 0]] * (directions > 1 and place.part == "encoder")
    return f"{tr(place.part)}: {tr(place.letter)}" + (f" ({', '.join(where)})" if where else "")


def named_in(looked: Looked, name: str) -> str:
    """A parameter in words, by the network's name."""
    return in_words(looked.nature.names[name], looked.nature.layers, looked.nature.directions)


def most_bytes(inputs: Inputs) -> int:
    """Two numbers per parameter and one per part of the state for each loss and step of both texts, and the words."""
    way = inputs.pair
    flow, network = way.flow, way.network
    cell, both = network.encoder.cell, network.encoder.directions + 1
    steps = len(flow.source) + len(flow.target)
    each = len(flow.rows) * (steps * (len(cell.parts) + 2 * len(cell.declared)) + len(cell.declared))
    words = sum(len(token.encode()) + 8 for token in (*flow.source, *flow.target, *flow.wanted))
    return 8 * network.config.layers * both * each + 32 * steps + words + 1024 * (8 + 4 * len(flow.sides))


def pick_copy(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])} | ({"back": int(point[1])} if len(point) > 1 and point[1] is not None else {})


def choose_copies(inputs: Inputs, controls: Copies) -> tuple[Choice, ...]:
    nature, flow = _nature(inputs), inputs.pair.flow

    def loss(t: int) -> str:
        return f"t = {t + 1} · {visible(flow.wanted[t], 30)}"

    return (
        Choice("step", tr("Loss"), tuple(flow.rows.tolist()), loss, "box"),
        Choice("layer", tr("Layer"), range(nature.layers), lambda i: tr("layer {i}", i=i + 1)),
        Choice("direction", tr(
            "Direction of the encoder",
        ), range(nature.directions), (tr(
            "from the start",
        ), tr(
            "from the end",
        )).__getitem__),
        Choice("parameter", tr("Parameter"), parameters(inputs), lambda name: tr(
            "copies of {letters}",
            letters=tr(nature.letters[name]),
        )),
    )


copies_view = partial(View[Copies, Looked], needs=("pair",), controls=Copies, compute=_looked, most_bytes=most_bytes)
