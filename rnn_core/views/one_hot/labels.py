"""What the loss asks for at each step of the texts."""

from dataclasses import dataclass

import numpy as np

from rnn_core import tasks
from rnn_core.analysis import one_hot as analysis
from rnn_core.figures import labels as label_figures
from rnn_core.figures import one_hot as figures
from rnn_core.figures.frame import FIRST
from rnn_core.language import N_, tr
from rnn_core.results import LabelMatrix
from rnn_core.views.inputs import Inputs
from rnn_core.views.one_hot.texts import Numbered, matrix_of, most_bytes, pick_step, shown_steps
from rnn_core.views.view import Part, View, literal

MOST_OUTPUTS = 24
"""Numbers of a one-hot label that are written out."""


@dataclass(frozen=True)
class Labels:
    """What the loss asks for at each step.

    Attributes:
        step: the chosen one, from 0.
        of: what has a label: `text`, `token`, or `next` where the label of a token is the one that follows.
    """

    matrix: LabelMatrix
    step: int
    of: str


def _labels(inputs: Inputs, controls: Numbered) -> Labels:
    assert controls.step is not None
    of = tasks.of(inputs.run.config).label_of
    words = inputs.once(matrix_of, controls.order)
    found = analysis.label_matrix(inputs.network, words, (None, *inputs.labels), figures.MOST_ROWS)
    return Labels(found, controls.step, of)


def label_words(found: Labels) -> str:
    """What the label matrix holds, and the chosen label as a one-hot vector, as Markdown."""
    matrix = found.matrix
    known, size, rows = int((matrix.classes >= 0).sum()), matrix.classes.size, len(matrix.classes)
    what = {
        "text": tr("Each text has one label, so the labels are a vector y of m numbers; drawn is where the loss reads them."),
        "token": tr("Each token has a label, so the labels are a matrix of m rows and L columns, as the indices are."),
        "next": tr("The label of a step is the token that follows: the index matrix, shifted by one step to the left."),
    }[found.of]
    cells = tr(
        "No loss counts at “–”: {known:,} of {size:,} cells have a label.", known=known, size=size,
    ) if matrix.texts == rows else tr(
        "No loss counts at “–”: {known:,} of {size:,} cells of the first {rows} texts have a label.",
        known=known, size=size, rows=rows,
    )  # fmt: skip
    own = [] if all(matrix.given) else [
        tr("The label of a text that was typed is not known: the network's own answer stands for it."),
    ]  # fmt: skip
    return " ".join((what, cells, *own, label_vector(found)))


def label_vector(found: Labels) -> str:
    """The label of the first text at the chosen step as a one-hot vector, as Markdown."""
    matrix, t = found.matrix, found.step
    label = int(matrix.classes[0, t])
    if label < 0:
        return tr("At t = {t} of text 1 the loss asks for nothing.", t=t + FIRST)
    name = matrix.names[int(np.searchsorted(matrix.used, label))]
    k = matrix.outputs
    if k <= MOST_OUTPUTS:
        return tr(
            "At t = {t} of text 1 it is {name}, number {label} of k = {k:,}: one-hot, y = ({numbers}).",
            t=t + FIRST, name=literal(name, 30), label=label, k=k,
            numbers=", ".join("1" if j == label else "0" for j in range(k)),
        )  # fmt: skip
    return tr(
        "At t = {t} of text 1 it is {name}, number {label} of k = {k:,}: one-hot, y is 0 at {others:,} places and 1 at place "
        "{label:,}, counted from 0.",
        t=t + FIRST, name=literal(name, 30), label=label, k=k, others=k - 1,
    )


def _draw_labels(found: Labels) -> tuple[Part, ...]:
    drawn = Part("figure", label_figures.label_matrix(found.matrix, found.step))
    longest = found.matrix.classes.shape[1]
    said = tr("Shown: {steps}", steps=shown_steps(found.step, longest))
    part = (Part("caption", said),) if longest > figures.MOST_STEPS else ()
    return drawn, *part, Part("text", label_words(found))


def _explain_labels(found: Labels) -> str:
    matrix = found.matrix
    m, longest, k = matrix.texts, matrix.longest, matrix.outputs
    shape = {
        "text": rf"y \in \{{0, \ldots, {k - 1}\}}^{{{m}}}",
        "token": rf"Y \in \{{0, \ldots, {k - 1}\}}^{{{m} \times {longest}}}",
        "next": tr(
            r"Y[i, t] = \text{{indices}}[i, t + 1], \qquad Y \in \{{0, \ldots, {last}\}}^{{{m} \times {longest}}}",
            last=k - 1, m=m, longest=longest,
        ),
    }[found.of]
    return tr(
        "{words}\n\n"
        "$${shape}$$\n\n"
        "A label is written as a number; as a one-hot vector it has k numbers, of which only its own is 1. The loss "
        "compares this vector with the k probabilities of the readout, and only the term of the 1 is left:\n\n"
        r"$$L = -\sum_{{j=0}}^{{{last}}} y_j \log \hat y_j = -\log \hat y_{{\text{{label}}}}$$"
        "\n\n"
        "Pads, and steps without a label, have the weight 0 in the loss.",
        words=label_words(found), shape=shape, last=k - 1,
    )


LABELS: View[Numbered, Labels] = View(
    "labels", N_("Which labels does the loss ask for?"), ("run", "text", "second_text", "labels"), Numbered, _labels,
    _draw_labels, _explain_labels,
    lambda inputs: 2 * most_bytes(inputs) + sum(len(label.encode()) for label in inputs.run.speech.labels),
    pick_step,
)  # fmt: skip
