"""The views of the Inspect page: what the network holds and believes after every step of one text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.analysis.steps import counted_steps, losses, one_class, targets_of
from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import bars, heatmap, lines, palette, tags
from rnn_core.figures.frame import Figure
from rnn_core.results import Trace
from rnn_core.views.view import View, literal, number


@dataclass(frozen=True)
class Reading:
    """A text as read by a run, and what of it is looked at.

    Attributes:
        step, unit: chosen, counted from 0.
        layer, direction: of the states shown.
        quantity: `h`, `c` or a gate's name.
        label: the class whose loss is shown; None: each step's own.
        curve: the one of `Trace.curves` that is looked at; the first of them where the trace has no such curve.
    """

    loaded: Loaded | Unopened
    trace: Trace
    step: int
    layer: int = 0
    direction: int = 0
    unit: int | None = None
    quantity: str = "h"
    label: str | None = None
    curve: str = "answers"

    @property
    def colours(self) -> dict[str, str]:
        return palette.class_colours(self.trace.labels)

    @property
    def shown(self) -> str:
        """The name of the curve that is drawn."""
        curves = self.trace.curves
        return self.curve if self.curve in curves else next(iter(curves))

    @property
    def gate(self) -> bool:
        """Whether the quantity is a gate, which σ keeps in 0…1."""
        return any(one.name == self.quantity and one.kind == "gate" for one in self.loaded.cell.kept)

    def series(self) -> np.ndarray:
        """(T, d) the quantity looked at."""
        trace = self.trace
        held = {"h": trace.states, "c": trace.cells} | trace.gates
        found = held.get(self.quantity)
        return (trace.states if found is None else found)[self.layer, self.direction]


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


def _loss(reading: Reading) -> str:
    """Where the run's loss is taken: `last` or `every`."""
    config = reading.loaded.config
    return tasks.of(config).loss_of(config)


def _at_step(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


def _where(reading: Reading) -> str:
    trace = reading.trace
    return f"t = {reading.step + 1} (“{literal(trace.tokens[reading.step], 30)}”)"


def _read(reading: Reading) -> str:
    """What the states at a step know."""
    both = reading.loaded.config.model.bidirectional
    return "the words before and after it" if both else "the words up to it"


def _best(reading: Reading, p: np.ndarray) -> str:
    """The most probable classes of (k,) probabilities, as Markdown."""
    return " · ".join(f"{literal(reading.trace.labels[i], 30)} {p[i]:.4f}" for i in np.argsort(-p)[:5])


# ---- the row of tokens ----------------------------------------------------------------------------------------------


class Tokens(NamedTuple):
    """What a row of tokens shows.

    Attributes:
        words: what it says of the text, as Markdown.
        classes: (T,) the class whose colour each token has, by its place in `colours`; −1 where a step has none.
        p: (T,) its probability, by which the colour is strong or pale.
        colours: of the classes, by their names.
        named: whether each token has the name of its class below it.
    """

    words: str
    classes: np.ndarray
    p: np.ndarray
    colours: dict[str, str]
    named: bool = False


def _answers_so_far(reading: Reading) -> Tokens:
    trace, answer = reading.trace, reading.trace.answer
    decided = trace.decision_step or 0
    when = f"decided at t = {decided + 1} (“{literal(trace.tokens[decided], 30)}”): from there on it never changes"
    if decided == 0:
        when = "and it never changes: the network leans that way before it has read a word"
    words = (
        f"The answer is **{literal(trace.labels[answer])}** (p = {trace.readouts[-1, answer]:.3f}), {when}. Each word is "
        "coloured by the answer if the text stopped there."
    )
    return Tokens(words, trace.beliefs, trace.curves["answers"].max(1), reading.colours)


def _own_answers(reading: Reading) -> Tokens:
    trace, classes = reading.trace, targets_of(reading.loaded, reading.trace)
    words = "Each word is coloured by its tag. Click a word, or walk with the arrow keys."
    return Tokens(words, classes, trace.readouts[np.arange(len(classes)), classes], reading.colours, named=True)


def _foreseen(reading: Reading) -> Tokens:
    words = "The stronger its colour, the more probable a token was after those before it. Click one, or use the arrow keys."
    classes = np.full(len(reading.trace.tokens), -1)
    classes[1:][targets_of(reading.loaded, reading.trace)[:-1] >= 0] = 0
    return Tokens(words, classes, foreseen(reading), {"as the next token": palette.BLUE})


TOKENS: dict[str, Callable[[Reading], Tokens]] = {
    "answers-so-far": _answers_so_far, "own-answers": _own_answers, "foreseen": _foreseen,
}  # fmt: skip
"""The rows of tokens, by the names that tasks have for them."""


# ---- what is believed ----------------------------------------------------------------------------------------------


def _beliefs(reading: Reading) -> Reading:
    return reading


def _draw_beliefs(reading: Reading) -> Figure:
    return lines.beliefs(reading.trace, reading.colours, reading.shown, reading.step)


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


def _taught(reading: Reading) -> str:
    """Whether training asked for the readout at this step, as a sentence."""
    if _loss(reading) == "last":
        return ("This run was trained on its last step alone: nobody ever taught it its earlier readouts, so they may be "
                "odd.")  # fmt: skip
    if counted_steps(reading.loaded, len(reading.trace.tokens))[reading.step] > 0:
        return "The loss of this run counts this step, so the readout has been taught."
    return "The loss of this run does not count this step, so the readout may be odd."


def _explain_beliefs(reading: Reading) -> str:
    trace = reading.trace
    said, formula = _CURVES[reading.shown]
    decision = ""
    if trace.decision_step is not None:
        decision = (
            f"\n\n**Decision step** t = {trace.decision_step + 1} (“{literal(trace.tokens[trace.decision_step], 30)}”): "
            "from here on the answer never changes again."
        )
    best = _best(reading, trace.curves[reading.shown][reading.step])
    said = said.format(read=_read(reading), taught=_taught(reading))
    return f"{said}\n\n$${formula}$$\n\nAt {_where(reading)}: {best}.{decision}"


BELIEFS: View[Reading] = View(
    "beliefs", "What would the network answer after each word?",
    _beliefs, _draw_beliefs, _explain_beliefs, _at_step,
)  # fmt: skip


# ---- the loss at every step -----------------------------------------------------------------------------------------


class _Losses(NamedTuple):
    """The label asked for (None: each step has its own), the classes, L(t) and w_t; −1, nan and 0 where a step has no target."""

    reading: Reading
    label: str | None
    targets: np.ndarray
    values: np.ndarray
    weights: np.ndarray


def _losses(reading: Reading) -> _Losses:
    trace = reading.trace
    targets = targets_of(reading.loaded, trace, reading.label)
    asked = one_class(targets)
    label = None if asked is None else trace.labels[asked]
    return _Losses(reading, label, targets, losses(trace, targets), counted_steps(reading.loaded, len(trace.tokens)))


def _draw_losses(found: _Losses) -> Figure:
    colour = found.reading.colours[found.label] if found.label else palette.BLUE
    return lines.step_losses(
        found.values, found.reading.trace, found.label, found.reading.step, found.weights > 0, colour
    )


def _explain_losses(found: _Losses) -> str:
    reading, t = found.reading, found.reading.step
    target = int(found.targets[t])
    counted = found.weights > 0
    total = float((found.weights * found.values)[counted].sum())
    if _loss(reading) == "last":
        rule = "only the step after `<eos>` counts (filled)"
    else:
        weight = number(float(found.weights[counted][0]))
        rule = f"{counted.sum()} of the {len(counted)} steps count (filled), weight {weight} each"
    here = ""
    if np.isfinite(found.values[t]):
        here = (
            f"For the label {literal(reading.trace.labels[target], 40)} at {_where(reading)}: "
            f"−log {reading.trace.readouts[t, target]:.6g} = {number(float(found.values[t]))} nats. "
        )
    return (
        "The loss of a step is the surprise at the label, given that step's readout:\n\n"
        r"$$L(t) = -\log \hat y_t[\text{label}], \qquad L = \textstyle\sum_t w_t\, L(t)$$" + "\n\n"
        f"{here}In this run's training {rule}; with these weights the text's loss is L = {number(total)} nats."
    )


LOSSES: View[Reading] = View(
    "losses", "How surprised is each step's readout at the label?",
    _losses, _draw_losses, _explain_losses, _at_step,
)  # fmt: skip


# ---- the next token -------------------------------------------------------------------------------------------------

MOST_NEXT = 20
"""The number of most probable next tokens drawn: a vocabulary may have tens of thousands."""


def foreseen(reading: Reading) -> np.ndarray:
    """(T,) the probability that each token of the text had at the step before it; 0 for `<sos>` and `<eos>`."""
    follows, p = targets_of(reading.loaded, reading.trace), np.zeros(len(reading.trace.tokens))
    at = np.flatnonzero(follows >= 0)
    p[at + 1] = reading.trace.readouts[at, follows[at]]
    return p


def _draw_next_losses(found: _Losses) -> Figure:
    trace, counted = found.reading.trace, found.weights > 0
    return lines.step_losses(found.values, trace, "next token", found.reading.step, counted, wide=True)


def _explain_next_losses(found: _Losses) -> str:
    reading, t = found.reading, found.reading.step
    here = ""
    if np.isfinite(found.values[t]):
        target = int(found.targets[t])
        p = reading.trace.readouts[t, target]
        here = (
            f"After {_where(reading)} comes “{literal(reading.trace.tokens[t + 1], 30)}”: "
            f"−log {p:.6g} = {number(float(found.values[t]))} nats. "
        )
    mean = ""
    if np.isfinite(found.values).any():
        loss = float(np.nanmean(found.values))
        mean = f"The mean over this text is {number(loss)} nats per token, a perplexity of {number(float(np.exp(loss)))}."
    return (
        "The loss of a step is the surprise at the token that follows, given the readout at that step:\n\n"
        r"$$L(t) = -\log \hat y_t[w_{t+1}]$$" + f"\n\n{here}{mean} The network reads this text alone, from a state of 0."
    )


NEXT_LOSSES: View[Reading] = View(
    "next-losses", "How surprised is the network at the token that follows?",
    _losses, _draw_next_losses, _explain_next_losses, _at_step,
)  # fmt: skip


def _draw_next(reading: Reading) -> Figure:
    trace, target = reading.trace, int(targets_of(reading.loaded, reading.trace)[reading.step])
    p = trace.readouts[reading.step]
    shown = np.argsort(-p, kind="stable")[:MOST_NEXT].tolist()
    if target >= 0 and target not in shown:
        shown[-1] = target
    labels = [trace.labels[i] for i in shown]
    truth = trace.labels[target] if target >= 0 else None
    return bars.top_probabilities(p[shown], labels, dict.fromkeys(labels, palette.BLUE), truth, MOST_NEXT)


def _explain_next(reading: Reading) -> str:
    trace, t = reading.trace, reading.step
    p = trace.readouts[t]
    figures = " · ".join(f"“{literal(trace.labels[i], 30)}” {p[i]:.4f}" for i in np.argsort(-p)[:5])
    return (
        f"The readout gives each of the N = {len(p):,} tokens of the vocabulary a probability to come next, from the state at "
        "this step, which knows the tokens up to it. The token that does come next in the text is outlined.\n\n"
        r"$$\hat y_t = \mathrm{softmax}(c + V h_t)$$" + f"\n\nAfter {_where(reading)}: {figures}."
    )


NEXT: View[Reading] = View("next", "Which token is likely to come next?", _beliefs, _draw_next, _explain_next)


# ---- tags -----------------------------------------------------------------------------------------------------------


def _draw_tags(reading: Reading) -> Figure:
    return tags.confidences(reading.trace, reading.colours, reading.step)


def _explain_tags(reading: Reading) -> str:
    best = _best(reading, reading.trace.readouts[reading.step])
    return (
        f"Each token has its own answer, from the states at its step, which know {_read(reading)}:\n\n"
        r"$$\hat y_t = \mathrm{softmax}(c + V h_t)$$" + f"\n\nAt {_where(reading)}: {best}."
    )


TAGS: View[Reading] = View(
    "tags", "Which tag has each token, and how sure is the network?",
    _beliefs, _draw_tags, _explain_tags, _at_step,
)  # fmt: skip


# ---- the hidden state -----------------------------------------------------------------------------------------------


def _draw_states(reading: Reading) -> Figure:
    return heatmap.states(reading.series(), reading.trace.tokens, reading.step, reading.unit, gate=reading.gate)


def unit_words(reading: Reading) -> str:
    """The chosen unit's value at the chosen step, as Markdown, or how to choose a unit."""
    values = reading.series()
    if reading.unit is None:
        if heatmap.each_cell_clickable(*values.shape):
            return "Click a cell to choose its step and unit, and to read its value here."
        return "Click the row of points to choose a step, and a bar of that step, below, to choose a unit."
    value = f"{reading.quantity}_t[{reading.unit}] = {values[reading.step, reading.unit]:.4f}"
    return f"Unit {reading.unit} at {_where(reading)}: **{value}**, where the two outlines cross."


def _explain_states(reading: Reading) -> str:
    values = reading.series()
    cell = reading.loaded.cell
    n = values.shape[1]
    equations = r" \\ ".join(cell.equations)
    unit = ""
    if reading.unit is not None and reading.unit < n:
        unit = f" Unit {reading.unit} there is {number(float(values[reading.step, reading.unit]))}."
    colours = "pale near 0, dark blue near 1" if reading.gate else "purple below 0, green above, pale at 0"
    return (
        f"Each column is one step, each row one of the {n} units; {colours}. "
        "Before the first step the state is 0.\n\n"
        rf"$$\begin{{gathered}} {equations} \end{{gathered}}$$" + "\n\n"
        "U carries the word's embedding x to the units, W the state before, b is the bias; σ squeezes to "
        "0…1, tanh to −1…1.\n\n"
        f"At {_where(reading)} the {reading.quantity} of layer {reading.layer + 1} has length "
        f"{number(float(np.linalg.norm(values[reading.step])))} (Euclidean).{unit}"
        + (" Direction 2 reads from the end of the text." if reading.trace.states.shape[1] == 2 else "")
    )


STATES: View[Reading] = View(
    "states", "What do the hidden units hold along the text?",
    _beliefs, _draw_states, _explain_states, lambda point: {"step": int(point[0]), "unit": int(point[1])}
    if len(point) > 1 and point[1] is not None else {"step": int(point[0])},
)  # fmt: skip


# ---- one step -------------------------------------------------------------------------------------------------------


def _draw_probabilities(reading: Reading) -> Figure:
    p = reading.trace.curves[reading.shown][reading.step]
    return bars.top_probabilities(p, reading.trace.labels, reading.colours, reading.label)


PROBABILITIES: View[Reading] = View(
    "probabilities", "How likely is each class at this step?",
    _beliefs, _draw_probabilities, _explain_beliefs,
)  # fmt: skip


def _draw_state(reading: Reading) -> Figure:
    return bars.state(reading.series()[reading.step], reading.unit, reading.gate)


def _explain_state(reading: Reading) -> str:
    values = reading.series()[reading.step]
    strongest = np.argsort(-np.abs(values))[:5]
    listed = ", ".join(f"unit {u}: {number(float(values[u]))}" for u in strongest)
    return f"The {len(values)} numbers of {reading.quantity} after {_where(reading)}. Farthest from 0: {listed}."


STATE: View[Reading] = View(
    "state", "What do the units hold at this step?",
    _beliefs, _draw_state, _explain_state, lambda point: {"unit": int(point[0])},
)  # fmt: skip


def _draw_embedding(reading: Reading) -> Figure:
    return bars.embedding(reading.trace.embeddings[reading.step])


def _explain_embedding(reading: Reading) -> str:
    trace, t = reading.trace, reading.step
    size, n = len(reading.loaded.speech.vocabulary), trace.embeddings.shape[1]
    fed = reading.loaded.speech.vocabulary.words[int(trace.indices[t])]
    kind = CHOICE_NAMES[reading.loaded.config.data.tokens]
    unknown = "" if trace.known[t] else " The vocabulary does not hold it, so the network reads `<unk>` instead."
    return (
        f"The token is number **{int(trace.indices[t])}** ({literal(fed, 30)}) of the {size:,} {kind} in the vocabulary; "
        f"x_t is that row of the embedding table, {n} numbers.{unknown}\n\n"
        r"$$x_t = E^\top \mathrm{onehot}(w_t) = E[w_t]$$"
    )


EMBEDDING: View[Reading] = View(
    "embedding", "What is this word to the network?", _beliefs, _draw_embedding, _explain_embedding
)

ALONG, BESIDE = (TAGS, NEXT_LOSSES), (BELIEFS, LOSSES)
"""What is shown along the text, above the states: over the whole width of the page, and side by side."""

AT_STEP = (PROBABILITIES, NEXT, STATE, EMBEDDING)
"""What is shown of the chosen step."""
