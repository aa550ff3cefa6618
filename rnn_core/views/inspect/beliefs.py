"""What the network would answer after each word, and at one step; and the tag of each token."""

from dataclasses import dataclass

import numpy as np

from rnn_core.analysis.steps import counted_steps
from rnn_core.figures import bars, lines, palette, tags
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
        trace.decision_step, trained(inputs), bool(counted_steps(run, len(trace.tokens))[controls.at] > 0),
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
            f"\n\n**Decision step** {place(found.decided, found.tokens[found.decided])}: "
            "from here on the answer never changes again."
        )
    said = said.format(read=known_words(found.both), taught=_taught(found))
    here = f"At {place(found.step, found.tokens[found.step])}: {most_probable(found.labels, found.p[found.step])}."
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
    "beliefs", "What would the network answer after each word?", NEEDS, Curved,
    _beliefs, _draw_beliefs, _explain_beliefs, bytes_of("T", "k"), pick_step, _choose_curve,
)  # fmt: skip


def _draw_probabilities(found: Beliefs) -> tuple[Part, ...]:
    colours = palette.class_colours(found.labels)
    return figure(bars.top_probabilities(found.p[found.step], found.labels, colours, found.label))


PROBABILITIES: View[Curved, Beliefs] = View(
    "probabilities", "How likely is each class at this step?", NEEDS, Curved,
    _beliefs, _draw_probabilities, _explain_beliefs, bytes_of("T", "k"),
)  # fmt: skip


def _tags(inputs: Inputs, controls: Step) -> Beliefs:
    return _beliefs(inputs, Curved(controls.step, curve="readouts"))


def _draw_tags(found: Beliefs) -> tuple[Part, ...]:
    return figure(tags.confidences(found.p, found.labels, found.tokens, palette.class_colours(found.labels), found.step))


def _explain_tags(found: Beliefs) -> str:
    return (
        f"Each token has its own answer, from the states at its step, which know {known_words(found.both)}:\n\n"
        r"$$\hat y_t = \mathrm{softmax}(c + V h_t)$$" + "\n\n"
        f"At {place(found.step, found.tokens[found.step])}: {most_probable(found.labels, found.p[found.step])}."
    )


TAGS: View[Step, Beliefs] = View(
    "tags", "Which tag has each token, and how sure is the network?", NEEDS, Step,
    _tags, _draw_tags, _explain_tags, bytes_of("T", "k"), pick_step,
)  # fmt: skip
