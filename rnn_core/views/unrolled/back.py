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
        ways: of single losses, and as the last one that of every step.
        cuts: the latter with its gradient cut before each step; None where it is not cut.
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
        return self.ways[-1 if self.along.every else 0]


def _walked(inputs: Inputs, controls: Pictured) -> Walked:
    way = inputs.backward
    cell, parameter = inputs.run.cell, way.followed
    along = along_of(inputs.run, way.trace, way.classes)
    flow = way.flow
    parts = way.ways[-1].weights[flow.rows, None] * flow.layers[-len(way.done.layers[-1])].states
    letter, recurrent = cell.declared[parameter].letter, parameter in cell.of_step
    return Walked(along, flow.rows, parts.astype(np.float32), letter, recurrent, way.ways, way.cut_ways, way.cut)


def draw_walked(found: Walked) -> tuple[Part, ...]:
    w, along = found.letter, found.along
    said = (
        "The gradient walks back in one sweep: at each state, the gradient from above joins the one that arrives from the step "
        "that was read after it. "
        + ("In the decoder it comes from above through the step's own loss, in the encoder through the decoder's attention; and "
           "from the decoder's first step it arrives at the encoder's last states. " if along.pair and along.attention is not None
           else "The decoder's losses send it, and from the decoder's first step it arrives at the encoder's last states. "
           if along.pair else "At the top, the step's own loss sends it"
           + (", in a lower layer the layer above. " if along.layers > 1 else ". "))
        + ("In the lower row of a layer, which reads from the end, it goes from the start on. " if along.directions > 1 else "")
        + f"Below, the share that each copy of {w} has in the one gradient of {w}; the shares sum to 1, and a hatched one pulls "
        "against the sum. "
    )
    single = found.ways[0].loss
    if single == "last":
        said += "Switch between the loss of the last step and that of every step above the picture"
    elif single == "one":
        said += "Switch between the losses of all steps and that of the chosen step alone above the picture"
    else:
        said += "This text is too long to follow each loss alone"
    said += ", or nudge each copy alone to see the loss fall." if found.ways[-1].nudged else "."
    said += " Drag the scissors to cut the gradient between two steps." if found.cuts else ""
    return Part("unrolled", found), Part("caption", f"{found.cut} {said}".strip())


def explain_walked(found: Walked) -> str:
    way, w, along = found.own, formulas.latex(found.letter), found.along
    shares, norm = way.shares[0], float(way.norms[0])
    most, layers = int(np.argmax(shares)), along.layers
    top = " in the encoder" * along.pair + (f" in layer {layers}" if layers > 1 else "")
    top += " in the direction from the start" * (along.directions > 1)
    return (
        r"$$\frac{\partial L}{\partial h_t} = \underbrace{w_t \frac{\partial L(t)}{\partial h_t}}_{\text{its own loss}} + "
        r"\underbrace{\Big(\frac{\partial h_{t+1}}{\partial h_t}\Big)^{\!\top} \frac{\partial L}{\partial h_{t+1}}}"
        r"_{\text{arriving from step } t+1}, \qquad "
        rf"\frac{{\partial L}}{{\partial {w}}} = \sum_i \frac{{\partial L}}{{\partial {w}|(i)}}, \qquad "
        rf"s_i = \frac{{\langle \partial L/\partial {w}|(i), \partial L/\partial {w} \rangle}}"
        rf"{{\lVert \partial L/\partial {w} \rVert^2}}$$" + "\n\n"
        + ("This is the decoder's top layer. In the encoder, the first term is the gradient through attention, and its last "
           "states receive the gradient at the decoder's start. With attention or input feeding, a state of the decoder receives "
           "more from above than its own loss. " if along.pair else "")
        + ("This is the top layer; in a lower one, the first term is the gradient at hₜ that the layer above sends down. "
           if layers > 1 else "")
        + ("A direction that reads from the end has step t − 1 in the place of t + 1. " if along.directions > 1 else "")
        + (f"The state is both h and {along.parts[1]}; each has a way of its own. " if len(along.parts) > 1 else "")
        + "The width of the gradient, in pixels, is\n\n"
        r"$$1 + 8\,\big(1 + \tfrac13 \log_{10} r\big)$$" + "\n\nwhere r is its norm over the largest norm of all losses that can "
        "be chosen; below r = 0.001 it is dotted.\n\n"
        f"With the loss at {'the last step alone' if way.loss == 'last' else 'every step'}, as this run was trained, "
        f"L = {number(way.total)} nats and ‖∂L/∂{found.letter}‖ = {number(norm)}{top}. The largest share is "
        f"{number(float(shares[most]))}, of copy {most + 1}; all shares sum to {float(shares.sum(dtype=np.float64)):.4f}."
        + (f" Copy 1 of {found.letter} receives 0, because it multiplies h₀ = 0." if found.recurrent else "")
        + _nudged_words(found)
        + _CUT * (found.cuts is not None)
    )  # fmt: skip


_CUT = (
    "\n\n**Scissors**: with the gradient cut before step b, the losses from step b on send nothing to the steps before it, as at "
    "the border of two chunks of truncated backpropagation through time; the state itself runs on. The copies before b keep "
    "what the losses before b send them, and the hollow part of a share is lost."
)


def _nudged_words(found: Walked) -> str:
    """What nudging a copy, and the parameter itself, does to the loss."""
    way, letter, w = found.own, found.letter, formulas.latex(found.letter)
    if not way.nudged:
        return "\n\nThis text is too long to nudge each copy."
    squared = float(way.norms[0]) ** 2
    rate, fall = float(way.rates[0]), float(way.fall[0])
    whole = f"Here η = {number(rate)}, and L falls by {number(fall)}; predicted {number(rate * squared)}"
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
    trace = inputs.trace
    strips, parts = trace.states.shape[0] * trace.states.shape[1], len(inputs.run.cell.parts)
    more = bytes_of("T", each=160 * strips * parts)(inputs) + bytes_of("T", "T", each=48 * strips * parts)(inputs)
    return bytes_along(inputs) + more


WALKED: View[Pictured, Walked] = View(
    "unrolled-back", "How does the gradient walk back?", (*NEEDS, "target"), Pictured, _walked, draw_walked, explain_walked,
    _walked_bytes, choices=choose,
)  # fmt: skip
