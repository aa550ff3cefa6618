"""The view of a gradient that vanishes or explodes as W is scaled."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnn_core.analysis.cutting import LONGEST
from rnn_core.analysis.scaling import scaled
from rnn_core.analysis.steps import targets_of
from rnn_core.figures import gradients as figures
from rnn_core.figures.frame import FIRST
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import Scaled
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect import Labelled
from rnn_core.views.view import Choice, Part, View, number

MOST_SCALE = 5.0


@dataclass(frozen=True)
class Times(Labelled):
    """What W is multiplied by; None: 1."""

    scale: float | None = None

    def settled(self, inputs: Inputs) -> Self:
        scale = 1.0 if self.scale is None or not inputs.network.cell.of_step else min(max(self.scale, 0.0), MOST_SCALE)
        return replace(super().settled(inputs), scale=scale)


@dataclass(frozen=True)
class Exploding:
    """The way back with W scaled.

    Attributes:
        tokens: (T,) those that are read.
        step: the chosen one, from 0.
        layer: whose states, from 0.
        left_out: how many tokens of the text are not read.
        has_w: whether the cell multiplies the state before by a matrix.
    """

    found: Scaled
    tokens: tuple[str, ...]
    step: int
    layer: int
    left_out: int
    has_w: bool


def _exploding(inputs: Inputs, controls: Times) -> Exploding:
    assert controls.scale is not None
    trace = inputs.trace
    classes = targets_of(inputs.run, trace, controls.label)[:LONGEST]
    found = scaled(inputs.network, trace.fed[:LONGEST], classes, controls.scale)
    tokens = trace.tokens[: len(classes)]
    return Exploding(
        found, tokens, min(controls.at, len(tokens) - 1), inputs.run.config.model.layers - 1, len(trace.tokens) - len(tokens),
        bool(inputs.network.cell.of_step),
    )  # fmt: skip


def _draw(exploding: Exploding) -> tuple[Part, ...]:
    found = exploding.found
    series = {tr("W as trained"): found.trained}
    if found.scale != 1:
        series[tr("W times {scale:g}", scale=found.scale)] = np.where(np.isfinite(found.lengths), found.lengths, np.nan)
    drawn = figures.along(series, exploding.tokens, tr("gradient of L({at}) at the state", at=found.at + FIRST), exploding.step)
    long = tr(
        " This text is long: its first {tokens:,} steps are read.",
        tokens=len(exploding.tokens),
    ) if exploding.left_out else ""
    return Part("figure", drawn), Part("text", scale_words(exploding) + long)


def per_step(lengths: np.ndarray, at: int) -> float:
    """The factor per step back, on average: (‖∂L/∂h_1‖ / ‖∂L/∂h_t‖)^(1/(t−1)); nan where there is none."""
    first, last = float(lengths[0]), float(lengths[at])
    return (first / last) ** (1 / at) if at and last > 0 and np.isfinite(first) and np.isfinite(last) else float("nan")


def scale_words(exploding: Exploding) -> str:
    """How the gradient grows or fades with W as trained and scaled, as Markdown."""
    found = exploding.found
    said = [_fate(tr("With W as trained"), found.trained, found.at)]
    if found.scale != 1:
        said.append(_fate(tr("With W times {scale:g}", scale=found.scale), found.lengths, found.at))
        said.append(tr(
            "The largest state has length {state} instead of {trained_state}.",
            state=number(found.state), trained_state=number(found.trained_state),
        ))
    radii = ", ".join(
        f"{number(found.scale * radius)}" + (tr(" (gate {gate})", gate=gate) if len(found.radii) > 1 else "")
        for gate, radius in found.radii.items()
    )
    if radii:
        said.append(
            tr("The spectral radius of W is {radii}.", radii=radii) if found.scale == 1
            else tr("The spectral radius of W times {scale:g} is {radii}.", scale=found.scale, radii=radii)
        )  # fmt: skip
    return " ".join(said)


def _fate(begin: str, lengths: np.ndarray, at: int) -> str:
    if not np.isfinite(lengths).all():
        return tr("{begin} the gradient grows beyond what can be written: it explodes.", begin=begin)
    factor = per_step(lengths, at)
    if not factor > 0:  # nan too
        return tr("{begin} nothing is left of the gradient at the first step.", begin=begin)
    values = {
        "begin": begin, "at": at + FIRST, "first": FIRST, "length": number(float(lengths[at])),
        "left": number(float(lengths[0])), "factor": number(factor),
    }  # fmt: skip
    if factor < 1:
        return tr(
            "{begin} the gradient fades: from t = {at} back to t = {first} its length goes from {length} to {left}, "
            "**{factor}** times per step.",
            **values,
        )
    if factor > 1:
        return tr(
            "{begin} the gradient grows: from t = {at} back to t = {first} its length goes from {length} to {left}, "
            "**{factor}** times per step.",
            **values,
        )
    return tr(
        "{begin} the gradient stays as it is: from t = {at} back to t = {first} its length goes from {length} to {left}, "
        "**{factor}** times per step.",
        **values,
    )


def _explain(exploding: Exploding) -> str:
    found = exploding.found
    steps = tr_n("{n:,} step", "{n:,} steps", found.at)
    bound = tr(
        "In this cell the gates are factors on the way back too, so the size of W alone does not decide; what is drawn is "
        "computed by autograd in 64 bits.",
    )
    if found.norm is not None and found.steepest is not None:
        most = found.scale * found.norm * found.steepest
        bound = tr(
            r"$$\frac{{\partial h_t}}{{\partial h_k}} = \prod_{{j=k+1}}^{{t}} \mathrm{{diag}}(\varphi'(a_j))\, \kappa W, \qquad "
            r"\Bigl\lVert \frac{{\partial h_t}}{{\partial h_k}} \Bigr\rVert_2 \le \bigl( \kappa\, \lVert W \rVert_2 \max "
            r"\varphi' \bigr)^{{t-k}}$$"
            "\n\n"
            r"$$\kappa\, \lVert W \rVert_2 \max \varphi' = {scale:g} \cdot {norm} \cdot {steepest:g} = {most}$$"
            "\n\n"
            "Below 1, the gradient must vanish; above 1 it may explode, unless the slopes φ′ of saturated units hold it "
            "down. The line is computed by autograd in 64 bits.",
            scale=found.scale, norm=number(found.norm), steepest=found.steepest, most=number(most),
        )
    falls = tr("A line that falls evenly on this scale fades by the same factor per step: it vanishes. One that rises explodes.")
    where = tr(
        "The line is the gradient of this one loss; “Does the gradient vanish or explode on the way back?” takes the "
        "largest effect over all directions, so the two may differ. These are the states of layer {layer}, reading forwards",
        layer=exploding.layer + 1,
    )
    if not exploding.has_w:
        return tr(
            "This cell multiplies nothing of the state before by a matrix: there is no W to scale. {falls}\n\n"
            r"$$\frac{{\partial L}}{{\partial h_{{k-1}}}} = \Bigl(\frac{{\partial h_k}}{{\partial "
            r"h_{{k-1}}}}\Bigr)^{{\top}} \frac{{\partial L}}{{\partial h_k}}$$"
            "\n\n"
            "{scale_words} {where}.",
            falls=falls, scale_words=scale_words(exploding), where=where,
        )
    return tr(
        "On the way back through {steps} the gradient is multiplied by W at each step: with κ·W, κ times as strongly. "
        "{falls}\n\n"
        "{bound}\n\n"
        "{scale_words} {where}; the W of every layer is scaled. The run itself stays as it is.",
        steps=steps, falls=falls, bound=bound, scale_words=scale_words(exploding), where=where,
    )


def _choose(inputs: Inputs, controls: Times) -> tuple[Choice, ...]:
    if not inputs.network.cell.of_step:
        return ()
    return (Choice("scale", tr("W times κ"), (0.0, MOST_SCALE), form="slider"),)


def _pick(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


EXPLODING: View[Times, Exploding] = View(
    "exploding", N_("What if W were larger or smaller?"), ("run", "text"), Times, _exploding, _draw, _explain,
    lambda inputs: 24 * min(len(inputs.trace.tokens), LONGEST) + 4 * sum(map(len, inputs.trace.tokens)) + 4096, _pick, _choose,
)  # fmt: skip

VIEWS = (EXPLODING,)
