"""The network unrolled along the text: the state, the readout and the loss at every step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened, readout_of
from rnn_core.analysis.steps import counted_steps, losses, one_class, targets_of
from rnn_core.figures import palette
from rnn_core.results import Trace
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
    return along_of(inputs.run, inputs.trace, controls.label)


def along_of(run: Loaded | Unopened, trace: Trace, label: str | None) -> Unrolled:
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


def choose(inputs: Inputs, controls: Pictured) -> tuple[Choice, ...]:
    return (Choice("picture", "Picture", tuple(PICTURES), PICTURES.__getitem__), *choose_label(inputs, controls))


def bytes_along(inputs: Inputs) -> int:
    each = bytes_of("T", "d")(inputs) + bytes_of("T", "k")(inputs) + bytes_of("d", each=16)(inputs)
    return each + bytes_of("T", each=40)(inputs)


UNROLLED: View[Pictured, Unrolled] = View(
    "unrolled", "What happens at each word?", NEEDS, Pictured, _unrolled, _draw, _explain, bytes_along, choices=choose,
)  # fmt: skip
