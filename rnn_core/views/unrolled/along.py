"""The network unrolled along the text: the states, the readout and the loss at every step."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened, readout_of
from rnn_core.analysis.steps import counted_steps, losses, one_class, targets_of
from rnn_core.figures import palette
from rnn_core.language import N_, formula, tr, tr_n
from rnn_core.results import Trace
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Labelled, bytes_of
from rnn_core.views.inspect.losses import choose_label
from rnn_core.views.view import Choice, Part, View, literal, number

LISTED = 4
"""The most probable classes of each step that are listed."""


@dataclass(frozen=True)
class Strip:
    """The states of one layer in one direction: a row of the picture.

    Attributes:
        layer, direction: from 0; direction 1 reads from the end.
        start: the first of its steps among those of the picture.
        states: (T', d) h_t, the units in `order`.
        order: (d,) the units. In the top layer, those first whose weights speak most for the target: V's row of the target minus
            the mean of the other rows, falling. Elsewhere, or where the steps ask for several classes, as they are numbered.
        contrasts: (d,) these differences, in the same order; empty where there are none.
        side: `encoder` or `decoder`; empty for a network with one side.
    """

    layer: int
    direction: int
    start: int
    states: np.ndarray
    order: np.ndarray
    contrasts: np.ndarray
    side: str = ""


@dataclass(frozen=True)
class Ranked:
    """The classes that a picture names, and which of them each step answers and is asked for.

    Attributes:
        labels: those named.
        colours: of these.
        best: (T, m) the most probable ones at each step, falling, by their places in `labels`; −1 where a step has no answer.
        best_p: (T, m) their probabilities; NaN likewise.
        targets: (T,) the classes that the losses ask for, likewise; −1 where there is none.
        target_p: (T,) their probabilities; NaN likewise.
    """

    labels: tuple[str, ...]
    colours: tuple[str, ...]
    best: np.ndarray
    best_p: np.ndarray
    targets: np.ndarray
    target_p: np.ndarray


@dataclass(frozen=True)
class Unrolled:
    """A network along one text.

    Attributes:
        tokens: (T,) as fed.
        indices: (T,) in the vocabulary; empty where they are not known.
        known: (T,) False where `<unk>` was fed.
        special: (T,) True where the token is not of the text.
        strips: the states, the top layer first.
        classes: k.
        ranked: the answers.
        target: the class that all losses ask for, by its place in `ranked.labels`; None where the steps ask for several.
        losses: (T,) L(t) = −log ŷ_t[target], in nats; NaN where a step has no target.
        weights: (T,) w_t of the run's training; 0 where a step has no part in the loss.
        trained: (T,) whether training ever used the readout of the step.
        every: whether the run was trained on the losses of every step, and not on the last alone.
        parts: of the cell's state, such as ("h", "m").
        letters: of the cell's matrices of inputs and of its recurrent ones; empty where it has none.
        equations: of the top layer's cell, as LaTeX.
        unit: how tokens are called, such as `words`.
        fed: (T,) whether the token is what the network itself wrote at the step before; empty where it wrote nothing.
        attention: α, the weights of the first S steps, the encoder's, at each of the later ones, the decoder's, (T − S, S); None
            where there is none.
    """

    tokens: tuple[str, ...]
    indices: np.ndarray
    known: np.ndarray
    special: np.ndarray
    strips: tuple[Strip, ...]
    classes: int
    ranked: Ranked
    target: int | None
    losses: np.ndarray
    weights: np.ndarray
    trained: np.ndarray
    every: bool
    parts: tuple[str, ...]
    letters: tuple[str, str]
    equations: tuple[str, ...]
    unit: str
    fed: np.ndarray
    attention: np.ndarray | None

    @property
    def layers(self) -> int:
        return 1 + max(strip.layer for strip in self.strips)

    @property
    def directions(self) -> int:
        return 1 + max(strip.direction for strip in self.strips)

    @property
    def pair(self) -> bool:
        """Whether an encoder and a decoder are unrolled."""
        return bool(self.strips[0].side)


@dataclass(frozen=True)
class Pictured(Labelled):
    """What the picture shows: a name in `pictures`."""

    picture: str = "forwards"

    def settled(self, inputs: Inputs) -> Self:
        return replace(super().settled(inputs), picture=self.picture if self.picture in pictures(inputs) else "forwards")


PICTURES = {"forwards": N_("Forwards"), "backwards": N_("Backwards")}


def pictures(inputs: Inputs) -> dict[str, str]:
    """What is called how, to be translated; a run with snapshots has one more."""
    return PICTURES | ({"over": N_("Over training")} if inputs.run.updates else {})


def _unrolled(inputs: Inputs, controls: Pictured) -> Unrolled:
    return along_of(inputs.run, inputs.trace, targets_of(inputs.run, inputs.trace, controls.label))


def along_of(run: Loaded | Unopened, trace: Trace, targets: np.ndarray) -> Unrolled:
    """The way forwards along a text. `targets`: as `targets_of` returns them."""
    task, cell, steps = tasks.of(run.config), run.cell, len(trace.tokens)
    one, every = one_class(targets), task.loss_of(run.config) == "every"
    ranks = ranked(trace.readouts, targets, trace.labels, task.label_of != "next")
    weights = counted_steps(run, steps)
    directions, top = trace.states.shape[1], len(trace.states) - 1
    equations = formulas.cell(cell.equations, cell.parts, top, 0, directions, run.config.model.form > 0)
    special = np.zeros(steps, bool)
    special[[0, -1]] = True
    return Unrolled(
        trace.tokens, trace.indices, trace.known, special, strips(trace.states, None if task.label_of == "next" else one, run),
        len(trace.labels), ranks, None if one is None else ranks.labels.index(trace.labels[one]), losses(trace, targets), weights,
        (weights > 0) | (every and task.label_of == "text"), every, tuple(cell.parts),
        (letters(run, cell.of_inputs), letters(run, cell.of_step)),
        equations, run.config.data.unit, np.empty(0, bool), None,
    )  # fmt: skip


def strips(states: np.ndarray, target: int | None, run: Loaded | Unopened) -> tuple[Strip, ...]:
    """The states of all layers and directions, (layers, directions, T, d), the top layer first.

    Args:
        target: the class by which the top layer's units are sorted; None: they are not.
    """
    (layers, directions, _, d), found = states.shape, []
    for layer in reversed(range(layers)):
        for direction in range(directions):
            order, contrasts = np.arange(d), np.empty(0)
            if target is not None and layer == layers - 1:
                v = readout_of(run)[:, direction * d : direction * d + d].astype(np.float64)
                contrasts = v[target] - np.delete(v, target, 0).mean(0) if len(v) > 1 else v[0]
                order = np.argsort(-contrasts, kind="stable")
                contrasts = contrasts[order]
            found.append(Strip(layer, direction, 0, states[layer, direction][:, order], order, contrasts))
    return tuple(found)


def ranked(
    p: np.ndarray, targets: np.ndarray, labels: Sequence[str], classes: bool, also: Sequence[int] | np.ndarray = ()
) -> Ranked:
    """The most probable of k classes at each step.

    Args:
        p: (T, k).
        targets: (T,) what each step asks for; −1: nothing.
        classes: whether each has a colour of its own.
        also: further classes to name.
    """
    m = min(LISTED, p.shape[1])
    some = np.argpartition(-p, m - 1, axis=1)[:, :m]
    some = np.take_along_axis(some, np.argsort(-np.take_along_axis(p, some, 1), axis=1, kind="stable"), 1)
    named = np.arange(p.shape[1])
    if p.shape[1] > LISTED:
        named = np.unique(np.concatenate((some.ravel(), targets[targets >= 0], np.asarray(also, np.int64))))
    colours = palette.class_colours(labels) if classes else {}
    return Ranked(
        tuple(labels[i] for i in named.tolist()), tuple(colours.get(labels[i], palette.GREY) for i in named.tolist()),
        np.searchsorted(named, some), np.take_along_axis(p, some, 1),
        np.where(targets >= 0, np.searchsorted(named, targets), -1),
        np.where(targets >= 0, p[np.arange(len(p)), targets], np.nan),
    )  # fmt: skip


def letters(run: Loaded | Unopened, names: Sequence[str]) -> str:
    """Of some of the cell's parameters."""
    return ", ".join(run.cell.declared[name].letter for name in names)


def _draw(found: Unrolled) -> tuple[Part, ...]:
    target = None if found.target is None else literal(found.ranked.labels[found.target], 40)
    said = tr(
        r"Each column is one step: the token at the bottom, the state $h_t$ above it, then the readout $\hat y_t$ and the "
        "loss $L(t)$ at the label “{target}”. The same parameters are used at every step. ",
        target=target,
    ) if target else tr(
        r"Each column is one step: the token at the bottom, the state $h_t$ above it, then the readout $\hat y_t$ and the "
        "loss $L(t)$. The same parameters are used at every step. ",
    )  # fmt: skip
    if found.layers > 1:
        said += tr("Each of the {layers} layers has its own; a layer reads the states of the one below it. ", layers=found.layers)
    if found.directions > 1:
        said += tr("The lower row of a layer reads from the end, so a state of it knows the words after it. ")
    if found.strips[0].contrasts.size:
        where = tr("a state of the top layer") if found.layers > 1 else tr("a state")
        said += tr(
            "Units that speak for “{target}” are at the top of {where}, those that speak against it at its foot. ",
            target=target, where=where,
        )
    said += tr("A double click on a unit opens it.")
    if not found.every:
        said += tr(" This run was trained on the readout after the last token alone; the hollow dots were never trained.")
    return Part("unrolled", lettered(found)), Part("caption", said)


def lettered(found: Unrolled) -> Unrolled:
    """The same with the cell's letters and equations as its reader writes them."""
    of_inputs, of_step = found.letters
    return replace(found, letters=(tr(of_inputs), tr(of_step)), equations=tuple(map(formula, found.equations)))


def heading(found: Unrolled) -> str:
    """The question, in the unit that the run reads."""
    return tr("What happens at each character?") if found.unit == "characters" else tr(QUESTION)


QUESTION = N_("What happens at each word?")


def _explain(found: Unrolled) -> str:
    counted, top = found.weights > 0, formulas.top(found.layers, found.directions)
    sorted_by = (
        tr(
            "The units of the top layer are sorted by their weights in the readout: V's row of the label minus the mean of "
            "the other rows. ",
        ) if found.strips[0].contrasts.size else ""
    )  # fmt: skip
    words = tr(
        "{lines}\n\n"
        r"$$\hat y_t = \mathrm{{softmax}}(c + V {top}), \qquad L(t) = -\log \hat y_t[\text{{label}}], \qquad L = "
        r"\textstyle\sum_t w_t\, L(t)$$"
        "\n\n",
        lines=formulas.lines(found.equations), top=top,
    )
    if counted.any() and np.isfinite(found.losses[counted]).all():
        last = int(np.flatnonzero(counted)[-1])
        target = literal(found.ranked.labels[found.ranked.targets[last]], 40)
        p, value = float(found.ranked.target_p[last]), float(found.losses[last])
        total = float((found.weights * found.losses)[counted].sum())
        rule = (
            tr(
                "This run's training takes the loss at {counted} of the {steps} steps, each with the weight {weight}, so L = "
                "{total} nats.",
                counted=counted.sum(), steps=len(counted), weight=number(float(found.weights[last])), total=number(total),
            ) if found.every
            else tr("This run's training takes the loss after the last token alone, so L = {total} nats.", total=number(total))
        )  # fmt: skip
        words += tr(
            "For the label {target} at the last of them, t = {last}: −log {p:.6g} = {value} nats. {rule}\n\n",
            target=target, last=last + 1, p=p, value=number(value), rule=rule,
        )
    return tr(
        "{words}{sorted_by}Where a state has more units than rows, neighbouring units share a row, which shows the largest "
        "of them by absolute value, with its sign.",
        words=words, sorted_by=sorted_by,
    )


def choose(inputs: Inputs, controls: Pictured) -> tuple[Choice, ...]:
    """Which picture, and the label where the classes are labels."""
    names = pictures(inputs)
    picture = Choice("picture", tr("Picture"), tuple(names), lambda name: tr(names[name]))
    return (picture, *([] if tasks.of(inputs.run.config).label_of == "next" else choose_label(inputs, controls)))


def bytes_along(inputs: Inputs) -> int:
    trace = inputs.trace
    each = trace.states.size * 8 + bytes_of("d", each=16 * trace.states.shape[0] * trace.states.shape[1])(inputs)
    return each + bytes_of("T", each=60 + 24 * LISTED)(inputs)


def _written(inputs: Inputs, controls: Pictured) -> Unrolled:
    steps = len(inputs.trace.tokens)
    own = np.arange(steps) > inputs.prompt  # the first step is that of <sos>
    own[-1] = False
    return replace(_unrolled(inputs, controls), fed=own)


def _draw_written(found: Unrolled) -> tuple[Part, ...]:
    (picture, caption), count = _draw(found), int(found.fed.sum())
    said = (
        tr_n(
            "The network wrote the last {n} token: at each step the most probable one is the next input (dashed). ",
            "The network wrote the last {n} tokens: at each step the most probable one is the next input (dashed). ", count,
        ) if count else ""
    )  # fmt: skip
    return picture, Part("caption", said + caption.content)


WRITTEN: View[Pictured, Unrolled] = View(
    "unrolled-writing", QUESTION, (*NEEDS, "prompt"), Pictured, _written, _draw_written, _explain, bytes_along, choices=choose,
    heading=heading,
)  # fmt: skip

UNROLLED: View[Pictured, Unrolled] = View(
    "unrolled", QUESTION, NEEDS, Pictured, _unrolled, _draw, _explain, bytes_along, choices=choose, heading=heading,
)  # fmt: skip
