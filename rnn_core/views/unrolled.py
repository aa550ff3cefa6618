"""The network unrolled along the text: the state, the readout and the loss at every step, and the loss on its way back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened, readout_of
from rnn_core.analysis.steps import counted_steps, losses, one_class, targets_of
from rnn_core.figures import palette
from rnn_core.results import CutWays, Trace, WayBack
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Labelled, bytes_of
from rnn_core.views.inspect.losses import choose_label
from rnn_core.views.view import Choice, Part, View, literal, number


@dataclass(frozen=True)
class Unrolled:
    """A network along one text.

    Attributes:
        tokens: (T,) as fed.
        indices: (T,) in the vocabulary.
        known: (T,) False where `<unk>` was fed.
        states: (T, d) h_t of the top layer, the units in `order`.
        order: (d,) the units, those first whose weights speak most for the target: V's row of the target minus the mean of the
            other rows, falling.
        contrasts: (d,) these differences, in the same order.
        p: (T, k) ŷ_t, the readout of each step.
        labels: (k,) the classes.
        colours: (k,) of them.
        target: the class that the losses ask for.
        losses: (T,) L(t) = −log ŷ_t[target], in nats.
        weights: (T,) w_t of the run's training; 0 where a step has no part in the loss.
        every: whether the run was trained on the losses of every step, and not on the last alone.
        parts: of the cell's state, such as ("h", "m").
        letters: of the cell's matrices of inputs and of its recurrent ones; empty where it has none.
        layers: of the network.
        equations: of the top layer's cell, as LaTeX.
    """

    tokens: tuple[str, ...]
    indices: np.ndarray
    known: np.ndarray
    states: np.ndarray
    order: np.ndarray
    contrasts: np.ndarray
    p: np.ndarray
    labels: tuple[str, ...]
    colours: tuple[str, ...]
    target: int
    losses: np.ndarray
    weights: np.ndarray
    every: bool
    parts: tuple[str, ...]
    letters: tuple[str, str]
    layers: int
    equations: tuple[str, ...]


@dataclass(frozen=True)
class Pictured(Labelled):
    """What the picture shows: `forwards` or `backwards`."""

    picture: str = "forwards"

    def settled(self, inputs: Inputs) -> Self:
        return replace(super().settled(inputs), picture=self.picture if self.picture in PICTURES else "forwards")


PICTURES = {"forwards": "Forwards", "backwards": "Backwards"}


def _unrolled(inputs: Inputs, controls: Pictured) -> Unrolled:
    return _along(inputs.run, inputs.trace, controls.label)


def _along(run: Loaded | Unopened, trace: Trace, label: str | None) -> Unrolled:
    targets = targets_of(run, trace, label)
    target = one_class(targets)
    assert target is not None, "a text has one label"
    v = readout_of(run).astype(np.float64)
    contrasts = v[target] - np.delete(v, target, 0).mean(0) if len(v) > 1 else v[0]
    order = np.argsort(-contrasts, kind="stable")
    cell = run.cell
    colours = palette.class_colours(trace.labels)
    return Unrolled(
        trace.tokens, trace.indices, trace.known, trace.states[-1, 0][:, order], order, contrasts[order], trace.readouts,
        trace.labels, tuple(colours[label] for label in trace.labels), target, losses(trace, targets),
        counted_steps(run, len(trace.tokens)), tasks.of(run.config).loss_of(run.config) == "every", tuple(cell.parts),
        (_letters(run, cell.of_inputs), _letters(run, cell.of_step)),
        len(trace.states), formulas.cell(cell.equations, cell.parts, len(trace.states) - 1, 0, 1),
    )  # fmt: skip


def _letters(run: Loaded | Unopened, names: Sequence[str]) -> str:
    return ", ".join(run.cell.declared[name].letter for name in names)


def _draw(found: Unrolled) -> tuple[Part, ...]:
    target = literal(found.labels[found.target], 40)
    said = (
        "Each column is one step: the token at the bottom, the state $h_t$ above it, then the readout $\\hat y_t$ and the loss "
        f"$L(t)$ at the label “{target}”. The same parameters are used at every step. Units that speak for “{target}” are at "
        "the top of a state, those that speak against it at its foot. A double click on a unit opens it."
    )
    if found.layers > 1:
        said += f" The states are those of the top one of {found.layers} layers."
    if not found.every:
        said += " This run was trained on the readout after the last token alone; the hollow dots were never trained."
    return Part("unrolled", found), Part("caption", said)


def _explain(found: Unrolled) -> str:
    counted = found.weights > 0
    last, target = int(np.flatnonzero(counted)[-1]), literal(found.labels[found.target], 40)
    p, value = float(found.p[last, found.target]), float(found.losses[last])
    total = float((found.weights * found.losses)[counted].sum())
    rule = (
        f"This run's training takes the loss at {counted.sum()} of the {len(counted)} steps, each with the weight "
        f"{number(float(found.weights[last]))}, so" if found.every
        else "This run's training takes the loss after the last token alone, so"
    )  # fmt: skip
    return (
        f"{formulas.lines(found.equations)}\n\n"
        r"$$\hat y_t = \mathrm{softmax}(c + V h_t), \qquad L(t) = -\log \hat y_t[\text{label}], \qquad "
        r"L = \textstyle\sum_t w_t\, L(t)$$"
        f"\n\nFor the label {target} at the last of them, t = {last + 1}: −log {p:.6g} = {number(value)} nats. {rule} "
        f"L = {number(total)} nats.\n\n"
        "The units are sorted by their weights in the readout: V's row of the label minus the mean of the other rows. More than "
        "32 units share 32 rows; a row shows the largest of its units by absolute value, with its sign."
    )


def _choose(inputs: Inputs, controls: Pictured) -> tuple[Choice, ...]:
    return (Choice("picture", "Picture", tuple(PICTURES), PICTURES.__getitem__), *choose_label(inputs, controls))


def _bytes(inputs: Inputs) -> int:
    each = bytes_of("T", "d")(inputs) + bytes_of("T", "k")(inputs) + bytes_of("d", each=16)(inputs)
    return each + bytes_of("T", each=40)(inputs)


UNROLLED: View[Pictured, Unrolled] = View(
    "unrolled", "What happens at each word?", NEEDS, Pictured, _unrolled, _draw, _explain, _bytes, choices=_choose,
)  # fmt: skip


# ---- the way back ---------------------------------------------------------------------------------------------------


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
    along = _along(inputs.run, way.trace, controls.label)
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
    return _bytes(inputs) + bytes_of("T", each=160)(inputs) + bytes_of("T", "T", each=24)(inputs)


WALKED: View[Pictured, Walked] = View(
    "unrolled-back", "How does the gradient walk back?", (*NEEDS, "target"), Pictured, _walked, _draw_walked, _explain_walked,
    _walked_bytes, choices=_choose,
)  # fmt: skip

VIEWS = (UNROLLED, WALKED)
