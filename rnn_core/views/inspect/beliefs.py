"""What the network would answer after each word, and at one step; and the tag of each token."""

from dataclasses import dataclass

import numpy as np

from rnn_core.analysis.steps import counted_steps, left_out
from rnn_core.figures import bars, lines, palette, tags
from rnn_core.language import N_, tr
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import (
    NEEDS,
    Curved,
    Step,
    bytes_of,
    known_words,
    most_probable,
    pick_step,
    place,
    trained,
)
from rnn_core.views.view import Choice, Part, View, figure


@dataclass(frozen=True)
class Beliefs:
    """The probabilities of the classes at each step, by one curve.

    Attributes:
        curve: its name.
        p: (T, k).
        step, label: the chosen ones; the label may be None.
        decided: the decision step of this curve; None where there is none.
        trained: where the run's loss is taken.
        counted: whether it counts this step.
        layers, directions: of the network.
        cut: the first step that training and evaluation leave out and the end of these; None where they read the whole text.
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
    layers: int
    directions: int
    cut: tuple[int, int] | None


def _beliefs(inputs: Inputs, controls: Curved) -> Beliefs:
    trace, (layers, directions) = inputs.trace, inputs.trace.states.shape[:2]
    return Beliefs(
        controls.curve, trace.curves[controls.curve], trace.tokens, trace.labels, controls.at, controls.label,
        trace.decided(controls.curve), trained(inputs), bool(counted_steps(inputs.run, len(trace.tokens))[controls.at] > 0),
        layers, directions, left_out(inputs.run, trace),
    )  # fmt: skip


def _readouts(found: Beliefs) -> str:
    """What the curve of readouts is, with its formula."""
    if found.counted:
        taught = tr("The loss of this run counts this step, so this readout was trained.")
    elif found.trained == "last":
        taught = tr("The loss of this run counts the last step alone: earlier readouts were never trained, so they may be odd.")
    else:
        taught = tr("The loss of this run does not count this step, so its readout may be odd.")
    return tr(
        "**Readout**: the probabilities come from the states at this step, which know {known_words}. {taught}\n\n"
        "$${readout}$${top_words}",
        known_words=known_words(found.directions == 2), taught=taught,
        readout=formulas.readout(found.layers, found.directions),
        top_words=formulas.top_words(found.layers, found.directions),
    )


def _answers(found: Beliefs) -> str:
    """What the curve of answers is, with its formula."""
    taught = tr("The loss of this run counts the answer after `<eos>` alone, so this is what the network was trained for.")
    if found.trained != "last":
        taught = tr("The loss of this run counts every step: the readouts before `<eos>`, and the answer after it.")
    return tr(
        "**Answer if the text stopped here**: after this step, the network takes one more step, on `<eos>`; the "
        "readout there is the answer. {taught}\n\n"
        r"$$h'_t = \mathrm{{step}}(h_t,\ x_{{\langle eos\rangle}}), \quad o_t = c + V h'_t, \quad \hat y_t = "
        r"\mathrm{{softmax}}(o_t)$$"
        "{top_words}\n\n"
        "At `<eos>` itself no further step is taken.",
        taught=taught, top_words=formulas.top_words(found.layers, found.directions),
    )


def _explain_beliefs(found: Beliefs) -> str:
    decision = ""
    if found.decided is not None:
        decision = tr(
            "\n\n"
            "**Decision step** of this curve: {decided}. From there on the most probable class does not change.",
            decided=place(found.decided, found.tokens[found.decided]),
        )
    said = (_answers if found.curve == "answers" else _readouts)(found)
    here = tr(
        "At {step}: {most_probable}.",
        step=place(found.step, found.tokens[found.step]), most_probable=most_probable(found.labels, found.p[found.step]),
    )
    return f"{said}\n\n{here}{decision}"


def _draw_beliefs(found: Beliefs) -> tuple[Part, ...]:
    colours = palette.class_colours(found.labels)
    return figure(lines.beliefs(found.p, found.labels, found.tokens, colours, found.decided, found.step, found.cut))


CURVES = {"answers": N_("Answer if the text stopped here"), "readouts": N_("Readout of the state")}
"""What the curves are called."""


def _choose_curve(inputs: Inputs, controls: Curved) -> tuple[Choice, ...]:
    return (Choice("curve", tr("Curve"), tuple(inputs.trace.curves), lambda curve: tr(CURVES[curve])),)


BELIEFS: View[Curved, Beliefs] = View(
    "beliefs", N_("What would the network answer after each word?"), NEEDS, Curved,
    _beliefs, _draw_beliefs, _explain_beliefs, bytes_of("T", "k"), pick_step, _choose_curve,
)  # fmt: skip


def _draw_probabilities(found: Beliefs) -> tuple[Part, ...]:
    colours = palette.class_colours(found.labels)
    drawn = Part("figure", bars.top_probabilities(found.p[found.step], found.labels, colours, found.label))
    return (drawn, Part("caption", tr(WITH_EOS))) if found.curve == "answers" else (drawn,)


WITH_EOS = N_(
    "Shown is the **answer if the text stopped here**, after one more step on `<eos>`. The **readout** of this step may "
    "differ.",
)
"""Which of the two curves the probabilities are of."""


PROBABILITIES: View[Curved, Beliefs] = View(
    "probabilities", N_("How likely is each class at this step?"), NEEDS, Curved,
    _beliefs, _draw_probabilities, _explain_beliefs, bytes_of("T", "k"),
)  # fmt: skip


def _tags(inputs: Inputs, controls: Step) -> Beliefs:
    return _beliefs(inputs, Curved(controls.step, curve="readouts"))


def _draw_tags(found: Beliefs) -> tuple[Part, ...]:
    return figure(tags.confidences(found.p, found.labels, found.tokens, palette.class_colours(found.labels), found.step))


def _explain_tags(found: Beliefs) -> str:
    return tr(
        "Each token has its own answer, from the states at its step, which know {known_words}:\n\n"
        "$${readout}$${top_words}\n\n"
        "At {step}: {most_probable}.",
        known_words=known_words(found.directions == 2), readout=formulas.readout(found.layers, found.directions),
        top_words=formulas.top_words(found.layers, found.directions), step=place(found.step, found.tokens[found.step]),
        most_probable=most_probable(found.labels, found.p[found.step]),
    )


TAGS: View[Step, Beliefs] = View(
    "tags", N_("Which tag has each token, and how sure is the network?"), NEEDS, Step,
    _tags, _draw_tags, _explain_tags, bytes_of("T", "k"), pick_step,
)  # fmt: skip
