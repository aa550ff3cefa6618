"""The loss of each step's readout at the label."""

from dataclasses import dataclass, replace

import numpy as np

from rnn_core.analysis.steps import counted_steps, losses, one_class, targets_of
from rnn_core.figures import lines, palette
from rnn_core.language import N_, tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Labelled, bytes_of, has_answers, pick_step, place, trained
from rnn_core.views.view import Choice, Part, View, literal, number


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
        answers: whether there is an answer if the text stopped here, which has no part in these losses.
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
    answers: bool = False


def _losses(inputs: Inputs, controls: Labelled) -> Losses:
    found = asked(inputs, controls)
    return replace(found, colour=palette.class_colours(inputs.trace.labels)[found.label]) if found.label else found


def asked(inputs: Inputs, controls: Labelled) -> Losses:
    trace, t = inputs.trace, controls.at
    targets = targets_of(inputs.run, trace, controls.label)
    asked, target = one_class(targets), int(targets[t])
    label = None if asked is None else trace.labels[asked]
    return Losses(
        label, targets, trace.labels[target], float(trace.readouts[t, target]), losses(trace, targets),
        counted_steps(inputs.run, len(trace.tokens)), trace.tokens, t, trained(inputs),
        answers=has_answers(inputs),
    )  # fmt: skip


def _draw_losses(found: Losses) -> tuple[Part, ...]:
    counted = found.weights > 0
    drawn = lines.step_losses(found.values, found.tokens, found.label, found.step, counted, found.colour)
    return (Part("figure", drawn), *([Part("caption", tr(OF_READOUTS))] if found.answers else []))


OF_READOUTS = N_(
    "These are losses of the **readout** of each step. The **answer if the text stopped here** takes one more step, on "
    "`<eos>`, and may differ.",
)
"""Why the losses and the curve of the answers do not agree."""


def _explain_losses(found: Losses) -> str:
    value = float(found.values[found.step])
    counted = found.weights > 0
    total = float((found.weights * found.values)[counted].sum())
    if found.trained == "last":
        rule = tr("only the step of `<eos>` counts (filled)")
    else:
        weight = number(float(found.weights[counted][0]))
        rule = tr(
            "{counted} of the {steps} steps count (filled), weight {weight} each",
            counted=counted.sum(), steps=len(counted), weight=weight,
        )
    here = ""
    if np.isfinite(value):
        here = tr(
            "For the label {target} at {step}: −log {p:.6g} = {value} nats. ",
            target=literal(found.target, 40), step=place(found.step, found.tokens[found.step]), p=found.p, value=number(value),
        )
    return tr(
        "The loss of a step is the surprise at the label, given that step's readout:\n\n"
        r"$$L(t) = -\log \hat y_t[\text{{label}}], \qquad L = \textstyle\sum_t w_t\, L(t)$$"
        "\n\n"
        "{here}In the training of this run, {rule}; so the loss of this text is L = {total} nats.",
        here=here, rule=rule, total=number(total),
    )


def choose_label(inputs: Inputs, controls: Labelled) -> tuple[Choice, ...]:
    own = one_class(targets_of(inputs.run, inputs.trace))
    labels = inputs.trace.labels
    answer = "" if own is None else labels[own]

    def words(label: str) -> str:
        if not label:
            return tr("Label: the answer at each token")
        return tr("Label: {label} (the answer)", label=label) if label == answer else tr("Label: {label}", label=label)

    return (Choice("label", tr("Label"), labels if answer else ("", *labels), words, "box", controls.label or answer),)


LOSSES: View[Labelled, Losses] = View(
    "losses", N_("How large is the loss at each step?"), NEEDS, Labelled,
    _losses, _draw_losses, _explain_losses, bytes_of("T", each=24), pick_step, choose_label,
)  # fmt: skip
