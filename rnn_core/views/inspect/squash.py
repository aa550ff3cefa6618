"""φ and φ′, with the units of the layer at their places on them."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core.analysis.equations import pre_activations
from rnn_core.figures import squash
from rnn_core.language import N_, tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Held, bytes_of, kept_words, place
from rnn_core.views.view import Choice, Part, View, number

FLAT = 0.1
"""A unit is saturated where the slope is below this share of the steepest."""

_WRITTEN = {"tanh": "tanh", "sigmoid": "σ", "relu": "ReLU"}
_LATEX = {"tanh": r"\tanh", "sigmoid": r"\sigma", "relu": r"\operatorname{ReLU}"}
_SLOPES = {
    "tanh": r"1 - \tanh^2(a)",
    "sigmoid": r"\sigma(a)\,(1 - \sigma(a))",
    "relu": N_(r"$1 \text{ where } a > 0, \text{ else } 0$"),
}
_STEEPEST = {"tanh": 1.0, "sigmoid": 0.25, "relu": 1.0}


def curves(inputs: Inputs) -> dict[str, str]:
    """By gate the non-linearity of its sum; those that are linear have none."""
    cell, model = inputs.run.cell, inputs.run.config.model
    kinds = {one.name: one.kind for one in cell.kept}
    named = {gate: {"gate": "sigmoid", "candidate": "tanh"}.get(kinds.get(gate, ""), "") for gate in cell.gates}
    if "activation" in cell.options:
        named = dict.fromkeys(cell.gates, model.activation)
    return {gate: name for gate, name in named.items() if name}


@dataclass(frozen=True)
class Squashed(Held):
    """A layer and direction, and the gate whose sum is drawn; None: the first that has a non-linearity."""

    gate: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        offered = curves(inputs)
        return replace(super().settled(inputs), gate=self.gate if self.gate in offered else next(iter(offered)))


@dataclass(frozen=True)
class Places:
    """The pre-activations of a gate at a step.

    Attributes:
        a: (d,).
        gate: whose sum it is.
        name: of φ: `tanh`, `sigmoid` or `relu`.
        title: what the gate is called, to be translated; empty where its sum is that of the state.
    """

    a: np.ndarray
    gate: str
    name: str
    title: str
    step: int
    token: str
    unit: int | None
    layer: int

    @property
    def slopes(self) -> np.ndarray:
        """(d,) φ′(a)."""
        return squash.slope(self.name, self.a)

    @property
    def saturated(self) -> np.ndarray:
        """(d,) where the slope is below a tenth of the steepest."""
        found: np.ndarray = self.slopes < FLAT * _STEEPEST[self.name]
        return found


def _places(inputs: Inputs, controls: Squashed) -> Places:
    gate, trace, cell = controls.gate, inputs.trace, inputs.run.cell
    assert gate is not None
    sums = pre_activations(inputs.network, trace, controls.layer, controls.direction, controls.at)
    title = next((one.title for one in cell.kept if one.name == gate), "")
    return Places(
        sums[gate], gate, curves(inputs)[gate], title, controls.at, trace.tokens[controls.at], controls.unit, controls.layer
    )


def saturation(found: Places) -> str:
    """How many units are saturated, as Markdown."""
    flat, d = int(found.saturated.sum()), len(found.a)
    if found.name == "relu":
        said = tr(
            "**{flat:,} of {d:,} units** of layer {layer} off at {step}. A unit is off where a is below 0: ReLU and its slope "
            "are 0 there, and no gradient passes.",
            flat=flat, d=d, layer=found.layer + 1, step=place(found.step, found.token),
        )
    else:
        said = tr(
            "**{flat:,} of {d:,} units** of layer {layer} saturated at {step}. A unit is saturated where the slope is below a "
            "tenth of the steepest: hardly any gradient passes there.",
            flat=flat, d=d, layer=found.layer + 1, step=place(found.step, found.token),
        )
    return tr(
        "{said} The mean slope is {mean}, the steepest is {steepest}.",
        said=said, mean=number(float(found.slopes.mean())), steepest=number(_STEEPEST[found.name]),
    )


def _draw(found: Places) -> tuple[Part, ...]:
    return Part("figure", squash.squash(found.name, _WRITTEN[found.name], found.a, found.unit)), Part("text", saturation(found))


def _explain(found: Places) -> str:
    latex, wide = _LATEX[found.name], int(np.abs(found.a).argmax())
    unit = wide if found.unit is None else found.unit
    a, y, s = (number(float(v[unit])) for v in (found.a, squash.phi(found.name, found.a), found.slopes))
    which = tr("the farthest from 0") if found.unit is None else tr("the chosen one")
    title = f"{tr(found.title)} {found.gate}" if found.title else tr("state, of {gate}", gate=found.gate)
    return tr(
        "Each unit's pre-activation a is put through a non-linearity, which gives the {title}; on the way back the "
        "gradient is multiplied by its slope:\n\n"
        r"$$\varphi(a) = {latex}(a), \qquad \varphi'(a) = {slope}$$"
        "\n\n"
        "Unit {unit} ({which}): a = {a}, φ(a) = {y}, φ′(a) = {s}.\n\n"
        "{saturation}",
        title=title, latex=latex, slope=tr(_SLOPES[found.name]).strip("$"), unit=unit, which=which, a=a, y=y, s=s,
        saturation=saturation(found),
    )


def _choose(inputs: Inputs, controls: Squashed) -> tuple[Choice, ...]:
    words = {one.name: kept_words(one) for one in inputs.run.cell.kept}
    return (Choice("gate", tr("Gate"), tuple(curves(inputs)), lambda gate: words.get(gate, gate)),)


SQUASH: View[Squashed, Places] = View(
    "squash", N_("Where do the units stand on φ and on its slope?"), NEEDS, Squashed, _places, _draw, _explain,
    lambda inputs: 8 * inputs.trace.states.shape[-1] + bytes_of()(inputs), lambda point: {"unit": int(point[0])}, _choose,
)  # fmt: skip

VIEWS = (SQUASH,)
