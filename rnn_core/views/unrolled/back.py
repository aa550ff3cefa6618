"""The loss on its way back along the unrolled network."""

from dataclasses import dataclass, replace

import numpy as np

from rnn_core.language import N_, tr
from rnn_core.results import CutWays, WayBack
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, bytes_of
from rnn_core.views.unrolled.along import Pictured, Unrolled, along_of, bytes_along, choose, lettered
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
        tokens: of the whole text, and of the beginning that the way back is of.
    """

    along: Unrolled
    rows: np.ndarray
    parts: np.ndarray
    letter: str
    recurrent: bool
    ways: tuple[WayBack, ...]
    cuts: CutWays | None
    tokens: tuple[int, int] = (0, 0)

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
    tokens = len(inputs.trace.tokens) - 2, len(way.trace.tokens) - 2
    return Walked(along, flow.rows, parts.astype(np.float32), letter, recurrent, way.ways, way.cut_ways, tokens)


def draw_walked(found: Walked) -> tuple[Part, ...]:
    letter, along, (count, kept) = tr(found.letter), found.along, found.tokens
    cut = tr(
        "This text has {count:,} tokens; the way back is of its first {kept:,}, read as a text of their own.",
        count=count, kept=kept,
    )
    said = [
        *([cut] if kept < count else []),
        tr(
            "The gradient walks back in one sweep: at each state, the gradient from above joins the one that arrives from the "
            "step that was read after it.",
        ),
    ]
    if along.pair and along.attention is not None:
        said.append(tr(
            "In the decoder it comes from above through the step's own loss, in the encoder through the decoder's attention; "
            "and from the decoder's first step it arrives at the encoder's last states.",
        ))  # fmt: skip
    elif along.pair:
        said.append(tr(
            "The decoder's losses send it, and from the decoder's first step it arrives at the encoder's last states."
        ))  # fmt: skip
    elif along.layers > 1:
        said.append(tr("At the top, the step's own loss sends it, in a lower layer the layer above."))
    else:
        said.append(tr("At the top, the step's own loss sends it."))
    if along.directions > 1:
        said.append(tr("In the lower row of a layer, which reads from the end, it goes from the start on."))
    said.append(tr(
        "Below, the share that each copy of {letter} has in the one gradient of {letter}; the shares sum to 1, and a hatched "
        "one pulls against the sum.",
        letter=letter,
    ))  # fmt: skip
    nudged, single = found.ways[-1].nudged, found.ways[0].loss
    if single == "last" and nudged:
        said.append(tr(
            "Switch between the loss of the last step and that of every step above the picture, or nudge each copy alone to see "
            "the loss fall.",
        ))  # fmt: skip
    elif single == "last":
        said.append(tr("Switch between the loss of the last step and that of every step above the picture."))
    elif single == "one" and nudged:
        said.append(tr(
            "Switch between the losses of all steps and that of the chosen step alone above the picture, or nudge each copy "
            "alone to see the loss fall.",
        ))  # fmt: skip
    elif single == "one":
        said.append(tr("Switch between the losses of all steps and that of the chosen step alone above the picture."))
    elif nudged:
        said.append(tr("This text is too long to follow each loss alone, or nudge each copy alone to see the loss fall."))
    else:
        said.append(tr("This text is too long to follow each loss alone."))
    if found.cuts:
        said.append(tr("Drag the scissors to cut the gradient between two steps."))
    shown = replace(found, along=lettered(along), letter=letter)
    return Part("unrolled", shown), Part("caption", " ".join(said))


def explain_walked(found: Walked) -> str:
    way, w, along = found.own, formulas.latex(found.letter), found.along
    shares, norm = way.shares[0], float(way.norms[0])
    most, layers = int(np.argmax(shares)), along.layers
    where = [
        *([tr("in the encoder")] if along.pair else []),
        *([tr("in layer {layer}", layer=layers)] if layers > 1 else []),
        *([tr("in the direction from the start")] if along.directions > 1 else []),
    ]
    top = "".join(f" {one}" for one in where)
    last = tr("the last step alone") if way.loss == "last" else tr("every step")
    return (
        tr(
            r"$$\frac{{\partial L}}{{\partial h_t}} = \underbrace{{w_t \frac{{\partial L(t)}}{{\partial "
            r"h_t}}}}_{{\text{{its own loss}}}} + \underbrace{{\Big(\frac{{\partial h_{{t+1}}}}{{\partial "
            r"h_t}}\Big)^{{\!\top}} \frac{{\partial L}}{{\partial h_{{t+1}}}}}}_{{\text{{arriving from step }} t+1}}, "
            r"\qquad \frac{{\partial L}}{{\partial {w}}} = \sum_i \frac{{\partial L}}{{\partial {w}|(i)}}, \qquad s_i = "
            r"\frac{{\langle \partial L/\partial {w}|(i), \partial L/\partial {w} \rangle}}{{\lVert \partial L/\partial {w} "
            r"\rVert^2}}$$"
            "\n\n",
            w=w,
        )
        + (tr(
            "This is the decoder's top layer. In the encoder, the first term is the gradient through attention, and its "
            "last states receive the gradient at the decoder's start. With attention or input feeding, a state of the "
            "decoder receives more from above than its own loss. ",
        ) if along.pair else "")
        + (tr("This is the top layer; in a lower one, the first term is the gradient at hₜ that the layer above sends down. ")
           if layers > 1 else "")
        + (tr("A direction that reads from the end has step t − 1 in the place of t + 1. ") if along.directions > 1 else "")
        + (tr(
            "The state is both h and {parts}; each has a way of its own. ",
            parts=along.parts[1],
        ) if len(along.parts) > 1 else "")
        + tr(
            "The width of the gradient, in pixels, is\n\n"
            r"$$1 + 8\,\big(1 + \tfrac13 \log_{{10}} r\big)$$"
            "\n\n"
            "where r is its norm over the largest norm of all losses that can be chosen; below r = 0.001 it is dotted.\n\n"
            "With the loss at {steps}, as this run was trained, L = {total} nats and ‖∂L/∂{letter}‖ = {norm}{top}. The "
            "largest share is {share}, of copy {copy}; all shares sum to {sum:.4f}.",
            steps=last, total=number(way.total), letter=tr(found.letter), norm=number(norm), top=top,
            share=number(float(shares[most])), copy=most + 1, sum=float(shares.sum(dtype=np.float64)),
        )
        + (tr(" Copy 1 of {letter} receives 0, because it multiplies h₀ = 0.", letter=tr(found.letter))
           if found.recurrent else "")
        + _nudged_words(found)
        + (tr(_CUT) if found.cuts is not None else "")
    )  # fmt: skip


_CUT = N_(
    "\n\n"
    "**Scissors**: with the gradient cut before step b, the losses from step b on send nothing to the steps before it, as "
    "at the border of two chunks of truncated backpropagation through time; the state itself runs on. The copies before b "
    "keep what the losses before b send them, and the hollow part of a share is lost.",
)


def _nudged_words(found: Walked) -> str:
    """What nudging a copy, and the parameter itself, does to the loss."""
    way, letter, w = found.own, tr(found.letter), formulas.latex(found.letter)
    if not way.nudged:
        return tr(
            "\n\n"
            "This text is too long to nudge each copy.",
        )
    squared = float(way.norms[0]) ** 2
    rate, fall = float(way.rates[0]), float(way.fall[0])
    whole = tr(
        "Here η = {rate}, and L falls by {fall}; predicted {predicted}",
        rate=number(rate), fall=number(fall), predicted=number(rate * squared),
    )
    return tr(
        "\n\n"
        "**Nudge one copy**: only {letter}|(i) moves, and L is computed again. To first order in η\n\n"
        r"$${w}|(i) \leftarrow {w}|(i) - \eta \frac{{\partial L}}{{\partial {w}|(i)}} \;\Rightarrow\; \Delta L \approx "
        r"-\eta \Big\lVert \frac{{\partial L}}{{\partial {w}|(i)}} \Big\rVert^2, \qquad {w} \leftarrow {w} - \eta "
        r"\frac{{\partial L}}{{\partial {w}}} \;\Rightarrow\; \Delta L \approx -\eta \Big\lVert \frac{{\partial "
        r"L}}{{\partial {w}}} \Big\rVert^2$$"
        "\n\n"
        "The second is what training does: {letter} is one matrix, so all copies move by the whole gradient. {whole}. η is "
        "such that L would fall by a tenth if it were linear.",
        letter=letter, w=w, whole=whole,
    )


def _walked_bytes(inputs: Inputs) -> int:
    trace = inputs.trace
    strips, parts = trace.states.shape[0] * trace.states.shape[1], len(inputs.run.cell.parts)
    more = bytes_of("T", each=160 * strips * parts)(inputs) + bytes_of("T", "T", each=48 * strips * parts)(inputs)
    return bytes_along(inputs) + more


WALKED: View[Pictured, Walked] = View(
    "unrolled-back", N_("How does the gradient walk back?"), (*NEEDS, "target"), Pictured, _walked, draw_walked, explain_walked,
    _walked_bytes, choices=choose,
)  # fmt: skip
