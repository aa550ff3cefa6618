"""The views of the Inspect page: what the network holds and believes after every step of one text."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.analysis.steps import counted_steps, losses, one_class, targets_of
from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import bars, heatmap, lines, palette, tags
from rnn_core.results import Trace
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, Part, View, figure, literal, number

# ---- what is looked at ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step(Controls):
    """A step from 0; None, or beyond the text: the first that the task shows, or the last."""

    step: int | None = None

    @property
    def at(self) -> int:
        """The step, once it is settled."""
        assert self.step is not None
        return self.step

    def settled(self, inputs: Inputs) -> Self:
        trace = inputs.trace
        step = tasks.of(inputs.run.config).shown_first(trace) if self.step is None else self.step
        return replace(self, step=min(step, len(trace.tokens) - 1))


@dataclass(frozen=True)
class Labelled(Step):
    """A class of the run; None: each step's own."""

    label: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        label = self.label if self.label in inputs.run.speech.labels else None
        return replace(super().settled(inputs), label=label)


@dataclass(frozen=True)
class Curved(Labelled):
    """One of `Trace.curves`; the first of them where the trace has no such curve."""

    curve: str = "answers"

    def settled(self, inputs: Inputs) -> Self:
        curves = inputs.trace.curves
        return replace(super().settled(inputs), curve=self.curve if self.curve in curves else next(iter(curves)))


@dataclass(frozen=True)
class Held(Step):
    """A quantity (`h`, `c` or what else the cell keeps) of a layer and direction, and a unit; None: none is chosen."""

    unit: int | None = None
    layer: int = 0
    direction: int = 0
    quantity: str = "h"

    def settled(self, inputs: Inputs) -> Self:
        run, (layers, directions) = inputs.run, inputs.trace.states.shape[:2]
        return replace(
            super().settled(inputs),
            unit=self.unit if self.unit is not None and self.unit < run.config.model.hidden else None,
            layer=min(self.layer, layers - 1),
            direction=min(self.direction, directions - 1),
            quantity=self.quantity if self.quantity in quantities(run) else "h",
        )


def quantities(loaded: Loaded | Unopened) -> tuple[str, ...]:
    """What can be looked at besides h: c and the gates, where the cell has them."""
    cell = loaded.cell
    return (*cell.parts, *cell.kept_names)


def name_of(loaded: Loaded | Unopened, choice: str) -> Callable[[Any], str]:
    """How the values of `quantity`, `layer` or `direction` are called."""
    return {
        "quantity": ({"h": "state h", "c": "memory c"} | {one.name: one.words for one in loaded.cell.kept}).__getitem__,
        "layer": lambda layer: f"layer {layer + 1}",
        "direction": lambda direction: ("from the start", "from the end")[direction],
    }[choice]


def series(trace: Trace, held: Held) -> np.ndarray:
    """(T, d) the quantity looked at."""
    all_steps = ({"h": trace.states, "c": trace.cells} | trace.gates).get(held.quantity)
    found: np.ndarray = (trace.states if all_steps is None else all_steps)[held.layer, held.direction]
    return found


def _trained(inputs: Inputs) -> str:
    """Where the run's loss is taken: `last` or `every`."""
    config = inputs.run.config
    return tasks.of(config).loss_of(config)


def _pick_step(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


def _where(step: int, token: str) -> str:
    return f"t = {step + 1} (“{literal(token, 30)}”)"


def _read(both: bool) -> str:
    """What the states at a step know."""
    return "the words before and after it" if both else "the words up to it"


def _best(labels: Sequence[str], p: np.ndarray) -> str:
    """The most probable classes of (k,) probabilities, as Markdown."""
    return " · ".join(f"{literal(labels[i], 30)} {p[i]:.4f}" for i in np.argsort(-p)[:5])


_NEEDS = ("run", "text")


def _bytes(*letters: str, each: int = 8) -> Callable[[Inputs], int]:
    """So many bytes for each number of an array of this shape, and the tokens, the labels and some words.

    Args:
        letters: T, k, d or n, the sides of the array.
    """

    def most(inputs: Inputs) -> int:
        trace = inputs.trace
        sides = {"T": len(trace.tokens), "k": len(trace.labels), "d": trace.states.shape[-1], "n": trace.embeddings.shape[-1]}
        names = sum(len(name.encode()) + 40 for name in (*trace.tokens, *trace.labels))
        return each * int(np.prod([sides[letter] for letter in letters])) + 2 * names + 4096

    return most


# ---- the row of tokens ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tokens:
    """What a row of tokens shows.

    Attributes:
        words: what it says of the text, as Markdown.
        tokens, known: (T,) as fed, and whether they are in the vocabulary.
        step: the chosen one.
        classes: (T,) the class whose colour each token has, by its place in `colours`; −1 where a step has none.
        p: (T,) its probability, by which the colour is strong or pale.
        colours: of the classes, by their names.
        kind: what a token is: words or characters.
        named: whether each token has the name of its class below it.
    """

    words: str
    tokens: tuple[str, ...]
    known: np.ndarray
    step: int
    classes: np.ndarray
    p: np.ndarray
    colours: dict[str, str]
    kind: str
    named: bool = False


def _kind(inputs: Inputs) -> str:
    return CHOICE_NAMES[inputs.run.config.data.tokens]


def _answers_so_far(inputs: Inputs, controls: Step) -> Tokens:
    trace = inputs.trace
    answer, decided = trace.answer, trace.decision_step or 0
    when = f"decided at {_where(decided, trace.tokens[decided])}: from there on it never changes"
    if decided == 0:
        when = "and it never changes: the network leans that way before it has read a word"
    words = (
        f"The answer is **{literal(trace.labels[answer])}** (p = {trace.readouts[-1, answer]:.3f}), {when}. Each word is "
        "coloured by the answer if the text stopped there."
    )
    colours, p = palette.class_colours(trace.labels), trace.curves["answers"].max(1)
    return Tokens(words, trace.tokens, trace.known, controls.at, trace.beliefs, p, colours, _kind(inputs))


def _own_answers(inputs: Inputs, controls: Step) -> Tokens:
    trace, classes = inputs.trace, targets_of(inputs.run, inputs.trace)
    words = "Each word is coloured by its tag. Click a word, or walk with the arrow keys."
    p, colours = trace.readouts[np.arange(len(classes)), classes], palette.class_colours(trace.labels)
    return Tokens(words, trace.tokens, trace.known, controls.at, classes, p, colours, _kind(inputs), named=True)


def _foreseen(inputs: Inputs, controls: Step) -> Tokens:
    trace = inputs.trace
    words = "The stronger its colour, the more probable a token was after those before it. Click one, or use the arrow keys."
    classes = np.full(len(trace.tokens), -1)
    classes[1:][targets_of(inputs.run, trace)[:-1] >= 0] = 0
    p = foreseen(inputs.run, trace)
    colours = {"as the next token": palette.BLUE}
    return Tokens(words, trace.tokens, trace.known, controls.at, classes, p, colours, _kind(inputs))


def foreseen(run: Loaded | Unopened, trace: Trace) -> np.ndarray:
    """(T,) the probability that each token of the text had at the step before it; 0 for `<sos>` and `<eos>`."""
    follows, p = targets_of(run, trace), np.zeros(len(trace.tokens))
    at = np.flatnonzero(follows >= 0)
    p[at + 1] = trace.readouts[at, follows[at]]
    return p


def _draw_row(found: Tokens) -> tuple[Part, ...]:
    parts, unknown = (Part("text", found.words), Part("tokens", found)), int((~found.known).sum())
    said = f"Not in the vocabulary (dotted), so read as \\<unk\\>: {unknown} of {len(found.tokens) - 2} {found.kind}."
    return (*parts, Part("caption", said)) if unknown else parts


_row = partial(
    View[Step, Tokens], question="", needs=_NEEDS, controls=Step, render=_draw_row, explain=lambda found: found.words,
    most_bytes=_bytes("T", each=24), pick=_pick_step,
)  # fmt: skip

ANSWERS_SO_FAR = _row("answers-so-far", compute=_answers_so_far)
OWN_ANSWERS = _row("own-answers", compute=_own_answers)
FORESEEN = _row("foreseen", compute=_foreseen)


# ---- what is believed ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Beliefs:
    """The probabilities of the classes at each step, by one curve.

    Attributes:
        curve: its name.
        p: (T, k).
        step, label: the chosen ones; the label may be None.
        decided: the decision step; None where there is none.
        trained: where the run's loss is taken.
        counted: whether it counts this step.
        both: whether the states know what comes after it.
    """

    curve: str
    p: np.ndarray
    tokens: tuple[str, ...]
    labels: tuple[str, ...]
    step: int
    label: str | None
    decided: int | None
    trained: str
    counted: bool
    both: bool


def _beliefs(inputs: Inputs, controls: Curved) -> Beliefs:
    trace, run = inputs.trace, inputs.run
    return Beliefs(
        controls.curve, trace.curves[controls.curve], trace.tokens, trace.labels, controls.at, controls.label,
        trace.decision_step, _trained(inputs), bool(counted_steps(run, len(trace.tokens))[controls.at] > 0),
        run.config.model.bidirectional,
    )  # fmt: skip


_CURVES = {
    "answers": (
        "**Answer if the text stopped here**: from the state h after this step, one more step is taken on `<eos>`, and "
        "the readout after it is the answer. Training asked for answers after `<eos>`, so this is what it has learnt.",
        r"h'_t = \mathrm{step}(h_t,\ x_{\langle eos\rangle}), \quad \hat y_t = \mathrm{softmax}(c + V h'_t)",
    ),
    "readouts": (
        "**Readout**: the states at this step, which know {read}, are turned into probabilities directly. {taught}",
        r"o_t = c + V h_t, \qquad \hat y_t = \mathrm{softmax}(o_t)",
    ),
}
"""What a curve is, and its formula."""


def _taught(found: Beliefs) -> str:
    """Whether training asked for the readout at this step, as a sentence."""
    if found.trained == "last":
        return ("This run was trained on its last step alone: nobody ever taught it its earlier readouts, so they may be "
                "odd.")  # fmt: skip
    if found.counted:
        return "The loss of this run counts this step, so the readout has been taught."
    return "The loss of this run does not count this step, so the readout may be odd."


def _explain_beliefs(found: Beliefs) -> str:
    said, formula = _CURVES[found.curve]
    decision = ""
    if found.decided is not None:
        decision = (
            f"\n\n**Decision step** {_where(found.decided, found.tokens[found.decided])}: "
            "from here on the answer never changes again."
        )
    said = said.format(read=_read(found.both), taught=_taught(found))
    here = f"At {_where(found.step, found.tokens[found.step])}: {_best(found.labels, found.p[found.step])}."
    return f"{said}\n\n$${formula}$$\n\n{here}{decision}"


def _draw_beliefs(found: Beliefs) -> tuple[Part, ...]:
    decided = found.decided if found.curve == "answers" else None
    colours = palette.class_colours(found.labels)
    return figure(lines.beliefs(found.p, found.labels, found.tokens, colours, decided, found.step))


CURVES = {"answers": "Answer if the text stopped here", "readouts": "Readout of the state"}
"""What the curves are called."""


def _choose_curve(inputs: Inputs, controls: Curved) -> tuple[Choice, ...]:
    return (Choice("curve", "Curve", tuple(inputs.trace.curves), CURVES.__getitem__),)


BELIEFS: View[Curved, Beliefs] = View(
    "beliefs", "What would the network answer after each word?", _NEEDS, Curved,
    _beliefs, _draw_beliefs, _explain_beliefs, _bytes("T", "k"), _pick_step, _choose_curve,
)  # fmt: skip


def _draw_probabilities(found: Beliefs) -> tuple[Part, ...]:
    colours = palette.class_colours(found.labels)
    return figure(bars.top_probabilities(found.p[found.step], found.labels, colours, found.label))


PROBABILITIES: View[Curved, Beliefs] = View(
    "probabilities", "How likely is each class at this step?", _NEEDS, Curved,
    _beliefs, _draw_probabilities, _explain_beliefs, _bytes("T", "k"),
)  # fmt: skip


# ---- the loss at every step -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Losses:
    """The loss at each step.

    Attributes:
        label: the class asked for at all steps; None: each step has its own.
        targets: (T,) the classes asked for; −1 where a step has none.
        target: the name of the chosen step's.
        p: its probability.
        values: (T,) L(t); nan where a step has no target.
        weights: (T,) w_t.
        trained: where the run's loss is taken.
        colour: of the label.
    """

    label: str | None
    targets: np.ndarray
    target: str
    p: float
    values: np.ndarray
    weights: np.ndarray
    tokens: tuple[str, ...]
    step: int
    trained: str
    colour: str = palette.BLUE


def _losses(inputs: Inputs, controls: Labelled) -> Losses:
    found = _asked(inputs, controls)
    return replace(found, colour=palette.class_colours(inputs.trace.labels)[found.label]) if found.label else found


def _asked(inputs: Inputs, controls: Labelled) -> Losses:
    trace, t = inputs.trace, controls.at
    targets = targets_of(inputs.run, trace, controls.label)
    asked, target = one_class(targets), int(targets[t])
    label = None if asked is None else trace.labels[asked]
    return Losses(
        label, targets, trace.labels[target], float(trace.readouts[t, target]), losses(trace, targets),
        counted_steps(inputs.run, len(trace.tokens)), trace.tokens, t, _trained(inputs),
    )  # fmt: skip


def _draw_losses(found: Losses) -> tuple[Part, ...]:
    counted = found.weights > 0
    return figure(lines.step_losses(found.values, found.tokens, found.label, found.step, counted, found.colour))


def _explain_losses(found: Losses) -> str:
    value = float(found.values[found.step])
    counted = found.weights > 0
    total = float((found.weights * found.values)[counted].sum())
    if found.trained == "last":
        rule = "only the step after `<eos>` counts (filled)"
    else:
        weight = number(float(found.weights[counted][0]))
        rule = f"{counted.sum()} of the {len(counted)} steps count (filled), weight {weight} each"
    here = ""
    if np.isfinite(value):
        here = (
            f"For the label {literal(found.target, 40)} at {_where(found.step, found.tokens[found.step])}: "
            f"−log {found.p:.6g} = {number(value)} nats. "
        )
    return (
        "The loss of a step is the surprise at the label, given that step's readout:\n\n"
        r"$$L(t) = -\log \hat y_t[\text{label}], \qquad L = \textstyle\sum_t w_t\, L(t)$$" + "\n\n"
        f"{here}In this run's training {rule}; with these weights the text's loss is L = {number(total)} nats."
    )


def _choose_label(inputs: Inputs, controls: Labelled) -> tuple[Choice, ...]:
    own = one_class(targets_of(inputs.run, inputs.trace))
    labels = inputs.trace.labels
    answer = "" if own is None else labels[own]

    def words(label: str) -> str:
        return "Label: the answer at each token" if not label else f"Label: {label}" + " (the answer)" * (label == answer)

    return (Choice("label", "Label", labels if answer else ("", *labels), words, "box", controls.label or answer),)


LOSSES: View[Labelled, Losses] = View(
    "losses", "How surprised is each step's readout at the label?", _NEEDS, Labelled,
    _losses, _draw_losses, _explain_losses, _bytes("T", each=24), _pick_step, _choose_label,
)  # fmt: skip


# ---- the next token -------------------------------------------------------------------------------------------------

MOST_NEXT = 20
"""The number of most probable next tokens drawn: a vocabulary may have tens of thousands."""


def _next_losses(inputs: Inputs, controls: Step) -> Losses:
    return _asked(inputs, Labelled(controls.step))


def _draw_next_losses(found: Losses) -> tuple[Part, ...]:
    counted = found.weights > 0
    return figure(lines.step_losses(found.values, found.tokens, "next token", found.step, counted, wide=True))


def _explain_next_losses(found: Losses) -> str:
    t, value = found.step, float(found.values[found.step])
    here = ""
    if np.isfinite(value):
        here = (
            f"After {_where(t, found.tokens[t])} comes “{literal(found.tokens[t + 1], 30)}”: "
            f"−log {found.p:.6g} = {number(value)} nats. "
        )
    mean = ""
    if np.isfinite(found.values).any():
        loss = float(np.nanmean(found.values))
        mean = f"The mean over this text is {number(loss)} nats per token, a perplexity of {number(float(np.exp(loss)))}."
    return (
        "The loss of a step is the surprise at the token that follows, given the readout at that step:\n\n"
        r"$$L(t) = -\log \hat y_t[w_{t+1}]$$" + f"\n\n{here}{mean} The network reads this text alone, from a state of 0."
    )


NEXT_LOSSES: View[Step, Losses] = View(
    "next-losses", "How surprised is the network at the token that follows?", _NEEDS, Step,
    _next_losses, _draw_next_losses, _explain_next_losses, _bytes("T", each=24), _pick_step,
)  # fmt: skip


@dataclass(frozen=True)
class Next:
    """The most probable next tokens at a step.

    Attributes:
        labels, p: those drawn, the one that does come next among them.
        best: the five most probable with their probabilities, as Markdown.
        size: N.
        truth: the one that comes next; None behind the last.
    """

    labels: tuple[str, ...]
    p: np.ndarray
    best: str
    size: int
    truth: str | None
    step: int
    token: str


def _next(inputs: Inputs, controls: Step) -> Next:
    trace, t = inputs.trace, controls.at
    target, p = int(targets_of(inputs.run, trace)[t]), trace.readouts[t]
    shown = np.argsort(-p, kind="stable")[:MOST_NEXT].tolist()
    if target >= 0 and target not in shown:
        shown[-1] = target
    best = " · ".join(f"“{literal(trace.labels[i], 30)}” {p[i]:.4f}" for i in np.argsort(-p)[:5])
    truth = trace.labels[target] if target >= 0 else None
    return Next(tuple(trace.labels[i] for i in shown), p[shown], best, len(p), truth, t, trace.tokens[t])


def _draw_next(found: Next) -> tuple[Part, ...]:
    colours = dict.fromkeys(found.labels, palette.BLUE)
    return figure(bars.top_probabilities(found.p, found.labels, colours, found.truth, MOST_NEXT))


def _explain_next(found: Next) -> str:
    return (
        f"The readout gives each of the N = {found.size:,} tokens of the vocabulary a probability to come next, from the state "
        "at this step, which knows the tokens up to it. The token that does come next in the text is outlined.\n\n"
        r"$$\hat y_t = \mathrm{softmax}(c + V h_t)$$" + f"\n\nAfter {_where(found.step, found.token)}: {found.best}."
    )


NEXT: View[Step, Next] = View(
    "next", "Which token is likely to come next?", _NEEDS, Step, _next, _draw_next, _explain_next, _bytes()
)


# ---- tags -----------------------------------------------------------------------------------------------------------


def _tags(inputs: Inputs, controls: Step) -> Beliefs:
    return _beliefs(inputs, Curved(controls.step, curve="readouts"))


def _draw_tags(found: Beliefs) -> tuple[Part, ...]:
    return figure(tags.confidences(found.p, found.labels, found.tokens, palette.class_colours(found.labels), found.step))


def _explain_tags(found: Beliefs) -> str:
    return (
        f"Each token has its own answer, from the states at its step, which know {_read(found.both)}:\n\n"
        r"$$\hat y_t = \mathrm{softmax}(c + V h_t)$$" + "\n\n"
        f"At {_where(found.step, found.tokens[found.step])}: {_best(found.labels, found.p[found.step])}."
    )


TAGS: View[Step, Beliefs] = View(
    "tags", "Which tag has each token, and how sure is the network?", _NEEDS, Step,
    _tags, _draw_tags, _explain_tags, _bytes("T", "k"), _pick_step,
)  # fmt: skip


# ---- the hidden state -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class States:
    """A quantity of the units along the text.

    Attributes:
        values: (T, d).
        quantity, layer, step, unit: the chosen ones; the unit may be None.
        bounded: whether the quantity is a gate, which σ keeps in 0…1.
        equations: of the cell, as LaTeX.
        both: whether there are two directions.
    """

    values: np.ndarray
    quantity: str
    layer: int
    step: int
    unit: int | None
    bounded: bool
    tokens: tuple[str, ...]
    equations: tuple[str, ...]
    both: bool


def _states(inputs: Inputs, controls: Held) -> States:
    trace = inputs.trace
    return States(
        series(trace, controls).copy(), controls.quantity, controls.layer, controls.at, controls.unit,
        _bounded(inputs, controls.quantity), trace.tokens, tuple(inputs.run.cell.equations), trace.states.shape[1] == 2,
    )  # fmt: skip


def _bounded(inputs: Inputs, quantity: str) -> bool:
    """Whether it is a gate, which σ keeps in 0…1."""
    return any(one.name == quantity and one.kind == "gate" for one in inputs.run.cell.kept)


def _draw_states(found: States) -> tuple[Part, ...]:
    drawn = heatmap.states(found.values, found.tokens, found.step, found.unit, gate=found.bounded)
    return Part("figure", drawn), Part("caption", unit_words(found))


def unit_words(found: States) -> str:
    """The chosen unit's value at the chosen step, as Markdown, or how to choose a unit."""
    values = found.values
    if found.unit is None:
        if heatmap.each_cell_clickable(*values.shape):
            return "Click a cell to choose its step and unit, and to read its value here."
        return "Click the row of points to choose a step, and a bar of that step, below, to choose a unit."
    value = f"{found.quantity}_t[{found.unit}] = {values[found.step, found.unit]:.4f}"
    where = _where(found.step, found.tokens[found.step])
    return f"Unit {found.unit} at {where}: **{value}**, where the two outlines cross."


def _explain_states(found: States) -> str:
    values = found.values
    equations = r" \\ ".join(found.equations)
    unit = ""
    if found.unit is not None:
        unit = f" Unit {found.unit} there is {number(float(values[found.step, found.unit]))}."
    colours = "pale near 0, dark blue near 1" if found.bounded else "purple below 0, green above, pale at 0"
    return (
        f"Each column is one step, each row one of the {values.shape[1]} units; {colours}. "
        "Before the first step the state is 0.\n\n"
        rf"$$\begin{{gathered}} {equations} \end{{gathered}}$$" + "\n\n"
        "U carries the word's embedding x to the units, W the state before, b is the bias; σ squeezes to "
        "0…1, tanh to −1…1.\n\n"
        f"At {_where(found.step, found.tokens[found.step])} the {found.quantity} of layer {found.layer + 1} has length "
        f"{number(float(np.linalg.norm(values[found.step])))} (Euclidean).{unit}"
        + (" Direction 2 reads from the end of the text." if found.both else "")
    )


def _pick_cell(point: list[Any]) -> dict[str, Any]:
    unit = {"unit": int(point[1])} if len(point) > 1 and point[1] is not None else {}
    return {"step": int(point[0])} | unit


def _choose_states(inputs: Inputs, controls: Held) -> tuple[Choice, ...]:
    layers, directions = inputs.trace.states.shape[:2]
    return (
        Choice("quantity", "Quantity", quantities(inputs.run), name_of(inputs.run, "quantity")),
        Choice("layer", "Layer", range(layers), name_of(inputs.run, "layer")),
        Choice("direction", "Direction", range(directions), name_of(inputs.run, "direction")),
    )


STATES: View[Held, States] = View(
    "states", "What do the hidden units hold along the text?", _NEEDS, Held,
    _states, _draw_states, _explain_states, _bytes("T", "d", each=4), _pick_cell, _choose_states,
)  # fmt: skip


# ---- one step -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class State:
    """A quantity of the units at one step.

    Attributes:
        values: (d,).
        bounded: as of `States`.
    """

    values: np.ndarray
    quantity: str
    step: int
    unit: int | None
    bounded: bool
    token: str


def _state(inputs: Inputs, controls: Held) -> State:
    trace, t = inputs.trace, controls.at
    values = series(trace, controls)[t].copy()
    return State(values, controls.quantity, t, controls.unit, _bounded(inputs, controls.quantity), trace.tokens[t])


def _explain_state(found: State) -> str:
    values = found.values
    strongest = np.argsort(-np.abs(values))[:5]
    listed = ", ".join(f"unit {u}: {number(float(values[u]))}" for u in strongest)
    where = _where(found.step, found.token)
    return f"The {len(values)} numbers of {found.quantity} after {where}. Farthest from 0: {listed}."


STATE: View[Held, State] = View(
    "state", "What do the units hold at this step?", _NEEDS, Held, _state,
    lambda found: figure(bars.state(found.values, found.unit, found.bounded)), _explain_state, _bytes("d"),
    lambda point: {"unit": int(point[0])},
)  # fmt: skip


@dataclass(frozen=True)
class Embedded:
    """A token as the network reads it.

    Attributes:
        values: (n,) its row of the embedding table.
        index, fed: its number in the vocabulary, and the word there.
        size: N.
        kind: what a token is.
        known: whether the vocabulary holds the token itself.
    """

    values: np.ndarray
    index: int
    fed: str
    size: int
    kind: str
    known: bool


def _embedded(inputs: Inputs, controls: Step) -> Embedded:
    trace, t, run = inputs.trace, controls.at, inputs.run
    index, vocabulary = int(trace.indices[t]), run.speech.vocabulary
    fed, known = vocabulary.words[index], bool(trace.known[t])
    return Embedded(trace.embeddings[t], index, fed, len(vocabulary), _kind(inputs), known)


def _explain_embedding(found: Embedded) -> str:
    unknown = "" if found.known else " The vocabulary does not hold it, so the network reads `<unk>` instead."
    return (
        f"The token is number **{found.index}** ({literal(found.fed, 30)}) of the {found.size:,} {found.kind} in the vocabulary; "
        f"x_t is that row of the embedding table, {len(found.values)} numbers.{unknown}\n\n"
        r"$$x_t = E^\top \mathrm{onehot}(w_t) = E[w_t]$$"
    )


EMBEDDING: View[Step, Embedded] = View(
    "embedding", "What is this word to the network?", _NEEDS, Step, _embedded,
    lambda found: figure(bars.embedding(found.values)), _explain_embedding, _bytes("n"),
)  # fmt: skip

VIEWS = (
    ANSWERS_SO_FAR, OWN_ANSWERS, FORESEEN, BELIEFS, LOSSES, NEXT_LOSSES, NEXT, TAGS, STATES, PROBABILITIES, STATE, EMBEDDING,
)  # fmt: skip
