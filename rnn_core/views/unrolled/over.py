"""The unrolled network over its training: the same text by the weights after some of its updates."""

from dataclasses import dataclass, replace

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.steps import targets_of
from rnn_core.language import N_, tr
from rnn_core.results import OverTraining
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS
from rnn_core.views.unrolled.along import LISTED, Pictured, Unrolled, along_of, bytes_along, choose, lettered, ranked
from rnn_core.views.view import Part, View, literal, number


@dataclass(frozen=True)
class Trained:
    """A network along one text, by the weights of its training.

    Attributes:
        along: the way forwards by the run's own weights, of the beginning of the text where it is long. It names all classes that
            any weights answer.
        over: the numbers by all weights.
        best: (S, T, m) the most probable classes of each step, falling, by their places in `along.ranked.labels`.
        letter: of the parameter whose copies are followed.
        recurrent: whether it multiplies the state before.
        labelled: whether the text has one label, which its last step answers.
        average: the decay of the average that the run's own weights are; 0: they are no average.
        tokens: of the whole text and of the beginning that is read.
    """

    along: Unrolled
    over: OverTraining
    best: np.ndarray
    letter: str
    recurrent: bool
    labelled: bool
    average: float
    tokens: tuple[int, int]


def _trained(inputs: Inputs, controls: Pictured) -> Trained:
    from rnn_core.analysis.over_training import beginning, over_training  # it loads torch

    run, trace = inputs.network, beginning(inputs.network, inputs.trace)
    over = over_training(run, trace, controls.label, LISTED)
    targets = targets_of(run, trace, controls.label)
    along = along_of(run, trace, targets)
    ranks = ranked(trace.readouts, targets, trace.labels, tasks.of(run.config).label_of != "next", over.classes.ravel())
    places = {label: place for place, label in enumerate(ranks.labels)}
    best = np.array([places[trace.labels[one]] for one in over.classes.ravel().tolist()]).reshape(over.classes.shape)
    target = None if along.target is None else places[along.ranked.labels[along.target]]
    followed = run.cell.followed
    return Trained(
        replace(along, ranked=ranks, target=target), over, best, run.cell.declared[followed].letter, followed in run.cell.of_step,
        tasks.of(run.config).label_of == "text", run.config.train.average,
        (len(inputs.trace.tokens) - 2, len(trace.tokens) - 2),
    )  # fmt: skip


def _draw(found: Trained) -> tuple[Part, ...]:
    over = found.over
    said = tr(
        "The same text by the weights after {updates} of the updates of this run's training, and by the run's own, which "
        "scored best. Move the slider, or press Play to go through the training. All weights have the same scales. Below, "
        "the share of each copy of {letter} in the gradient of {letter}.",
        updates=len(over.updates) - 1, letter=tr(found.letter),
    )
    if over.left_out:
        listed = ", ".join(f"{update:,}" for update in over.left_out)
        said += tr(
            " The weights after update {listed} give numbers beyond those of 32 bits, so they are left out.",
            listed=listed,
        )
    count, kept = found.tokens
    cut = "" if kept == count else tr(
        "This text has {count:,} tokens; its first {kept:,} are read with all weights, as a text of their own.",
        count=count, kept=kept,
    )  # fmt: skip
    shown = replace(found, along=lettered(found.along), letter=tr(found.letter))
    return Part("unrolled", shown), Part("caption", f"{cut} {said}".strip())


def _explain(found: Trained) -> str:
    over, several = found.over, found.along.layers > 1 or found.along.directions > 1
    first, own = float(over.totals[0]), float(over.totals[over.best])
    update, best = over.updates[0], over.updates[over.best]
    went = tr(
        "From update {update:,} to the run's own weights, L fell from {first} to {own} nats.",
        update=update, first=number(first), own=number(own),
    ) if own < first else tr(
        "From update {update:,} to the run's own weights, L rose from {first} to {own} nats.",
        update=update, first=number(first), own=number(own),
    )  # fmt: skip
    scored = tr(
        "The run's own weights are those after update {best:,}, which scored best, an average of the weights with decay "
        "{average:g}.",
        best=best, average=found.average,
    ) if found.average else tr("The run's own weights are those after update {best:,}, which scored best.", best=best)
    norm = tr(
        "The norm in the last column is ‖∂L/∂{letter}‖, in the top layer.", letter=tr(found.letter)
    ) if several else tr("The norm in the last column is ‖∂L/∂{letter}‖.", letter=tr(found.letter))  # fmt: skip
    return tr(
        r"$$L_u = \textstyle\sum_t w_t\, L_u(t), \qquad L_u(t) = -\log \hat y_t[\text{{label}}] \quad \text{{by the weights "
        r"after }} u \text{{ updates}}$$"
        "\n\n"
        "{went} {turn}\n\n"
        "{table}\n\n"
        "{scored} A snapshot keeps each weight in 16 bits, which rounds it by up to 0.05%; the run's own weights have 32. {norm}",
        went=went, turn=_turn(found), table=_table(found), scored=scored, norm=norm,
    )


def turned(right: np.ndarray) -> int | None:
    """The first place from which all of (S,) are true; None where the last one is not."""
    wrong = np.flatnonzero(~right)
    first = int(wrong[-1]) + 1 if len(wrong) else 0
    return first if first < len(right) else None


def _turn(found: Trained) -> str:
    """At which update the answers turned right."""
    over, last, asked = found.over, _last(found.over), _asked(found.over)
    if found.labelled:
        label = literal(found.along.ranked.labels[found.along.ranked.targets[last]], 40)
        place = turned(over.classes[:, last, 0] == over.targets[last])
        if place is None:
            return tr("By the last weights it is not so that the answer is {label}.", label=label)
        if not place:
            return tr("By all weights the answer is {label}.", label=label)
        if place == over.best:
            return tr("By the run's own weights and all later ones, the answer is {label}.", label=label)
        return tr("From update {update:,} on, the answer is {label}.", update=over.updates[place], label=label)
    place = turned(over.right == asked)
    if place is None:
        return tr(
            "By the last weights it is not so that all {asked} steps that the loss counts are answered as it asks.", asked=asked
        )
    if not place:
        return tr("By all weights all {asked} steps that the loss counts are answered as it asks.", asked=asked)
    if place == over.best:
        return tr(
            "By the run's own weights and all later ones, all {asked} steps that the loss counts are answered as it asks.",
            asked=asked,
        )
    return tr(
        "From update {update:,} on, all {asked} steps that the loss counts are answered as it asks.",
        update=over.updates[place], asked=asked,
    )


def _last(over: OverTraining) -> int:
    """The last step that the loss counts."""
    return int(np.flatnonzero(over.weights > 0)[-1])


def _asked(over: OverTraining) -> int:
    """The number of steps whose answers the loss counts."""
    return int(np.count_nonzero((over.weights > 0) & (over.targets >= 0)))


def _table(found: Trained) -> str:
    """A row for each set of weights: its answer at the last step that counts, or how many are right; L; and the norm."""
    over, last = found.over, _last(found.over)
    answers = tr("answer at t = {last}", last=last + 1) if found.labelled else tr("right of {asked} steps", asked=_asked(over))
    rows = [tr("| update | {answers} | L | norm |", answers=answers), "| ---: | --- | ---: | ---: |"]
    for i, update in enumerate(over.updates.tolist()):
        label, p = literal(found.along.ranked.labels[found.best[i, last, 0]], 40), number(float(over.p[i, last, 0]))
        answer = f"{label} {p}" if found.labelled else str(over.right[i])
        own = tr(", own") if i == over.best else ""
        rows.append(f"| {update:,}{own} | {answer} | {number(float(over.totals[i]))} | {number(float(over.ways[i].norms[0]))} |")
    return "\n".join(rows)


def _bytes(inputs: Inputs) -> int:
    layers, directions, steps, d = inputs.trace.states.shape
    sets, strips, parts = len(inputs.run.updates) + 1, layers * directions, len(inputs.run.cell.parts)
    return bytes_along(inputs) + sets * (steps * (4 * strips * (d + 4 + parts) + 20 * LISTED + 40) + 4 * strips + 512) + 8 * steps


TRAINED: View[Pictured, Trained] = View(
    "unrolled-over", N_("How did training get there?"), NEEDS, Pictured, _trained, _draw, _explain, _bytes, choices=choose,
)  # fmt: skip
