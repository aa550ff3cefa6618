"""The loss on its way back along the unrolled network."""

from dataclasses import dataclass

import numpy as np

from rnn_core.results import CutWays, WayBack
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, bytes_of
from rnn_core.views.unrolled.along import Pictured, Unrolled, along_of, bytes_along, choose
from rnn_core.views.view import Part, View, number


@dataclass(frozen=True)
class Walked:
    """A network along one text, and the loss on its way back.

    Attributes:
        along: the way forwards, of the beginning of the text where it is long.
        rows: (R,) the steps whose losses are followed one by one, from 0.
        parts: (R, T) ‖w_t ∂L(t)/∂h_k‖ of these losses, with the weights of the loss of every step. They are vectors, so their
            norms do not add up to that of the sum.
        letter: of the parameter whose copies are followed.
        recurrent: whether it multiplies the state before.
        ways: of the loss of the last step, and of every step.
        cuts: the latter with its gradient cut before each step; None for a text that is too long.
        cut: that the text was cut, as a sentence; empty when it was not.
    """

    along: Unrolled
    rows: np.ndarray
    parts: np.ndarray
    letter: str
    recurrent: bool
    ways: tuple[WayBack, ...]
    cuts: CutWays | None
    cut: str

    @property
    def own(self) -> WayBack:
        """The loss that the run was trained with."""
        return self.ways[self.along.every]


def _walked(inputs: Inputs, controls: Pictured) -> Walked:
    way = inputs.backward
    cell, parameter = inputs.run.cell, way.followed
    along = along_of(inputs.run, way.trace, controls.label)
    flow, (_, every) = way.flow, way.both_ways
    parts = every.weights[flow.rows, None] * flow.layers[-1].states
    letter, recurrent = cell.declared[parameter].letter, parameter in cell.of_step
    return Walked(along, flow.rows, parts.astype(np.float32), letter, recurrent, way.both_ways, way.cut_ways, way.cut)


def _draw_walked(found: Walked) -> tuple[Part, ...]:
    w = found.letter
    said = (
        "The gradient walks back in one sweep: at each state, what the step's own loss sends down joins what arrives from the "
        f"step after it. Below, the share that each copy of {w} has in the one gradient of {w}; the shares sum to 1, and a "
        "hatched one pulls against the sum. Switch between the loss of the last step and that of every step above the picture, "
        "or nudge each copy alone to see the loss fall. Drag the scissors to cut the gradient between two steps."
    )
    return Part("unrolled", found), Part("caption", f"{found.cut} {said}".strip())


def _explain_walked(found: Walked) -> str:
    way, w = found.own, formulas.latex(found.letter)
    most = int(np.argmax(way.shares))
    return (
        r"$$\frac{\partial L}{\partial h_t} = \underbrace{w_t \frac{\partial L(t)}{\partial h_t}}_{\text{its own loss}} + "
        r"\underbrace{\Big(\frac{\partial h_{t+1}}{\partial h_t}\Big)^{\!\top} \frac{\partial L}{\partial h_{t+1}}}"
        r"_{\text{arriving from step } t+1}, \qquad "
        rf"\frac{{\partial L}}{{\partial {w}}} = \sum_i \frac{{\partial L}}{{\partial {w}|(i)}}, \qquad "
        rf"s_i = \frac{{\langle \partial L/\partial {w}|(i), \partial L/\partial {w} \rangle}}"
        rf"{{\lVert \partial L/\partial {w} \rVert^2}}$$" + "\n\n"
        + (f"The state is both h and {found.along.parts[1]}; each has a way of its own. " if len(found.along.parts) > 1 else "")
        + "The width of the gradient, in pixels, is\n\n"
        r"$$1 + 8\,\big(1 + \tfrac13 \log_{10} r\big)$$" + "\n\nwhere r is its norm over the largest norm of both losses; "
        "below r = 0.001 it is dotted.\n\n"
        f"With the loss at {'the last step alone' if way.loss == 'last' else 'every step'}, as this run was trained, "
        f"L = {number(way.total)} nats and ‖∂L/∂{found.letter}‖ = {number(way.norm)}. The largest share is "
        f"{number(float(way.shares[most]))}, of copy {most + 1}; all shares sum to {float(way.shares.sum(dtype=np.float64)):.4f}."
        + (f" Copy 1 of {found.letter} receives 0, because it multiplies h₀ = 0." if found.recurrent else "")
        + _nudged_words(found)
        + _CUT * (found.cuts is not None)
    )


_CUT = (
    "\n\n**Scissors**: with the gradient cut before step b, the losses from step b on send nothing to the steps before it, as at "
    "the border of two chunks of truncated backpropagation through time; the state itself runs on. The copies before b keep "
    "what the losses before b send them, and the hollow part of a share is lost."
)


def _nudged_words(found: Walked) -> str:
    """What nudging a copy, and the parameter itself, does to the loss."""
    way, letter, w = found.own, found.letter, formulas.latex(found.letter)
    if not len(way.falls):
        return "\n\nThis text is too long to nudge each copy."
    whole = f"Here η = {number(way.rate)}, and L falls by {number(way.fall)}; predicted {number(way.rate * way.norm**2)}"
    return (
        f"\n\n**Nudge one copy**: only {letter}|(i) moves, and L is computed again. To first order in η\n\n"
        rf"$${w}|(i) \leftarrow {w}|(i) - \eta \frac{{\partial L}}{{\partial {w}|(i)}} \;\Rightarrow\; "
        rf"\Delta L \approx -\eta \Big\lVert \frac{{\partial L}}{{\partial {w}|(i)}} \Big\rVert^2, \qquad "
        rf"{w} \leftarrow {w} - \eta \frac{{\partial L}}{{\partial {w}}} \;\Rightarrow\; "
        rf"\Delta L \approx -\eta \Big\lVert \frac{{\partial L}}{{\partial {w}}} \Big\rVert^2$$"
        f"\n\nThe second is what training does: {letter} is one matrix, so all copies move by the whole gradient. {whole}. η is "
        "such that L would fall by a tenth if it were linear."
    )


def _walked_bytes(inputs: Inputs) -> int:
    return bytes_along(inputs) + bytes_of("T", each=160)(inputs) + bytes_of("T", "T", each=24)(inputs)


WALKED: View[Pictured, Walked] = View(
    "unrolled-back", "How does the gradient walk back?", (*NEEDS, "target"), Pictured, _walked, _draw_walked, _explain_walked,
    _walked_bytes, choices=choose,
)  # fmt: skip
