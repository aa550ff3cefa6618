"""What the views of the BPTT page are about: one text and one target on the way back, and the part that is looked at."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.language import N_, tr
from rnn_core.results import (
    CopyGradients,
    GradientFlow,
)
from rnn_core.views.form import TABLES
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, literal, number


@dataclass(frozen=True)
class Way(Controls):
    """What of the way back is looked at.

    Attributes:
        step, back: t of the loss and k of the copy, from 0; None: the loss that goes furthest, and a copy that it reaches.
        layer, direction: whose copies.
        parameter: the code's name of the parameter, one of `parameters`; else the first of them.
        window: K; None: as the run was trained, or 5.
        down: where the loss comes down into a lower layer; None: where most of it does.
    """

    step: int | None = None
    back: int | None = None
    layer: int = 0
    direction: int = 0
    parameter: str = ""
    window: int | None = None
    down: int | None = None

    def settled(self, inputs: Inputs) -> Self:
        way = inputs.backward
        network, rows, last = way.loaded.network, way.flow.rows, len(way.trace.tokens) - 1
        direction, offered = min(self.direction, network.directions - 1), parameters(way.loaded)
        step = int(rows[0 if direction else -1]) if self.step is None or self.step not in rows else self.step
        back = self.back
        if back is None:  # one that the loss reaches, and not the first one read, whose W receives 0
            back = max(min(step + 3, last - 1), step) if direction else min(max(step - 3, 1), step)
        trained = way.loaded.config.train.truncate
        return replace(
            self,
            step=step,
            back=min(back, last),
            layer=min(self.layer, network.config.layers - 1),
            direction=direction,
            parameter=self.parameter if self.parameter in offered else offered[0],
            window=min(max(self.window or (trained if 0 < trained <= last else 5), 1), last + 1),
        )


READOUT = ("weight_out", "bias_out")
"""The parameters of the readout, V and c, as the network names them."""


@dataclass(frozen=True)
class Facts:
    """A run as the words on its gradients name it.

    Attributes:
        layers, directions: how many.
        parts: of the state.
        gates: of the cell.
        of_step, of_inputs: the parameters that multiply the state before, and those that multiply the inputs.
        readout: V and c.
        offered: the parameters whose copies can be looked at.
        letters: of these, by the code's names.
        products: by the cell's parameters, the product whose δ is theirs.
        blocks: by the cell's parameters, how many blocks of d rows they have.
        equations: of the cell, as LaTeX.
        bounded: whether the cell is h = φ(a), so that all products have the same δ and the way back has a bound.
        words: of what the cell keeps, by its names.
        rate, optimizer, truncate, loss, reduce: how the run was trained.
        carries: whether it reads a stream, with the state carried over.
        tied: whether E and V are one matrix.
    """

    layers: int
    directions: int
    parts: tuple[str, ...]
    gates: tuple[str, ...]
    of_step: tuple[str, ...]
    of_inputs: tuple[str, ...]
    readout: tuple[str, str]
    offered: tuple[str, ...]
    letters: dict[str, str]
    products: dict[str, str]
    blocks: dict[str, int]
    equations: tuple[str, ...]
    bounded: bool
    words: dict[str, str]
    rate: float
    optimizer: str
    truncate: int
    loss: str
    reduce: str
    carries: bool
    tied: bool

    @property
    def state(self) -> str:
        """What the state is called: h, or (h,m)."""
        return self.parts[0] if len(self.parts) == 1 else f"({','.join(self.parts)})"

    def last_gates(self, parameter: str) -> tuple[str, ...]:
        """The gates whose rows of its product's δ are a parameter's; empty where all are."""
        blocks = self.blocks[parameter]
        return () if blocks == self.blocks[self.products[parameter]] else self.gates[-blocks:]


def facts_of(loaded: Loaded) -> Facts:
    """Those of a run."""
    network, train, task = loaded.network, loaded.config.train, tasks.of(loaded.config)
    cell = network.cell
    return Facts(
        network.config.layers, network.directions, tuple(cell.parts), tuple(cell.gates), tuple(cell.of_step),
        tuple(cell.of_inputs), READOUT, parameters(loaded),
        {name: one.letter for name, one in cell.declared.items()} | dict(zip(READOUT, "Vc", strict=True)),
        {name: cell.product_of(name) for name in cell.declared}, {name: one.shape[0] for name, one in cell.declared.items()},
        tuple(cell.equations), cell.bounded, {one.name: one.words for one in cell.kept},
        train.learning_rate, train.optimizer, train.truncate, task.loss_of(loaded.config), train.reduce,
        task.carries, network.tied,
    )  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What of the way back is looked at, with what each copy receives.

    Attributes:
        step, copy: t of the loss and k of the copy, from 0.
        layer, direction, parameter: whose copies.
        window: K.
    """

    flow: GradientFlow
    facts: Facts
    step: int
    copy: int
    layer: int = 0
    direction: int = 0
    parameter: str = ""
    window: int = 5

    @property
    def recurrent(self) -> bool:
        """Whether the chosen parameter multiplies the state before the step."""
        return self.parameter in self.facts.of_step

    @property
    def readout(self) -> bool:
        """Whether the chosen parameter is one of the readout."""
        return self.parameter in self.facts.readout

    @cached_property
    def held(self) -> CopyGradients:
        """The copies of the chosen layer and direction, or of the readout."""
        if self.readout:
            return self.flow.readout.at(self.flow.rows, self.facts.layers)
        return next(one for one in self.flow.layers if (one.layer, one.direction) == (self.layer, self.direction))

    @property
    def letter(self) -> str:
        return self.facts.letters[self.parameter]

    @property
    def said(self) -> str:
        """The letter as words name it."""
        return tr(self.letter)

    @property
    def name(self) -> str:
        """The chosen parameter as the network names it."""
        return self.parameter if self.readout else f"cells.{self.layer}.{self.direction}.{self.parameter}"

    @property
    def norm(self) -> float:
        """The length of the sum of the copies' gradients."""
        return self.flow.readout.norms[self.parameter] if self.readout else self.flow.norms[self.name]

    @property
    def tied_words(self) -> str:
        """For the copies of a V that is E too, the rest of its gradient, as a sentence; else empty."""
        if not (self.facts.tied and self.parameter == READOUT[0]):
            return ""
        return tr(
            " V is E too (tied), so training adds the gradient that comes through the inputs: both together have the "
            "length {norms}.",
            norms=number(self.flow.norms[self.name]),
        )

    @property
    def row(self) -> int:
        """The row of the maps that is nearest to the chosen loss."""
        return int(np.abs(self.flow.rows - self.step).argmin())

    @property
    def top(self) -> bool:
        """Whether the chosen layer is the uppermost."""
        return self.layer == self.facts.layers - 1

    @property
    def below_both(self) -> bool:
        """Whether a layer that reads both ways lies above the chosen one: then every loss reaches every copy."""
        return self.facts.directions == 2 and not self.top

    def at(self, step: int) -> str:
        return tr("t = {t} (“{token}”)", t=step + 1, token=literal(self.flow.tokens[step], 30))


def parameters(loaded: Loaded) -> tuple[str, ...]:
    """The parameters whose copies can be looked at, those that multiply the state before first, and those of the readout last."""
    cell = loaded.network.cell
    return tuple(dict.fromkeys((*cell.of_step, *cell.of_inputs, *cell.declared, *READOUT)))


def letter(facts: Facts, name: str) -> str:
    """A parameter's letter in the formulas, with layer and direction where there are several."""
    if not name.startswith("cells."):
        tied = {"weight_out": N_("E = V")} if facts.tied else {}
        return tr((facts.letters | {"embedding.weight": "E", **TABLES, "all": N_("all together")} | tied)[name])
    _, layer, direction, parameter = name.split(".")
    where = [tr("layer {layer}", layer=int(layer) + 1)] * (facts.layers > 1)
    where += [(tr("from the start"), tr("from the end"))[int(direction)]] * (facts.directions == 2)
    return tr(facts.letters[parameter]) + (f" ({', '.join(where)})" if where else "")


def looked_at(inputs: Inputs, controls: Way) -> Asked:
    """What is looked at, once the controls are settled."""
    assert controls.step is not None and controls.back is not None and controls.window is not None
    back = controls.step if controls.parameter in READOUT else controls.back  # a loss reaches V and c at its own step alone
    return Asked(
        inputs.backward.flow, facts_of(inputs.backward.loaded), controls.step, back, controls.layer, controls.direction,
        controls.parameter, controls.window,
    )  # fmt: skip


def most_bytes(inputs: Inputs) -> int:
    """Bytes of `Asked`, all layers with it: R·T numbers of each parameter twice, and some rows of T."""
    way = inputs.backward
    steps, rows = len(way.trace.tokens), len(way.flow.rows)
    cells, kinds = way.loaded.network.config.layers * way.loaded.network.directions, len(way.loaded.network.cell.declared)
    names = sum(len(name.encode()) + 8 for name in (*way.trace.tokens, *way.trace.labels))
    copies = cells * (rows * steps * (2 + 2 * kinds) + steps * (1 + 5 * kinds)) + 14 * steps
    return 8 * copies + 2048 * cells + 32 * steps + names + 8192


def pick_copy(point: list[Any]) -> dict[str, Any]:
    """A click chooses the copy."""
    return {"back": int(point[0])}


def over(a: Any, b: Any) -> float:
    """a / b, and 0 where b is 0."""
    return float(a) / float(b) if b else 0.0
