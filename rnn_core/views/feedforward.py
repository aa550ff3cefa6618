"""The view of the feed-forward network beside the recurrent one: what recurrence adds."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rnn_core.analysis.equations import unit_step
from rnn_core.analysis.feedforward import alone_trace, without_recurrence
from rnn_core.analysis.steps import one_class, targets_of
from rnn_core.figures import gradients as figures
from rnn_core.figures import palette
from rnn_core.figures.text import escape
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import RecurrenceGain, Trace, WithoutRecurrence
from rnn_core.views import equations
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect import Labelled
from rnn_core.views.view import Controls, Part, Table, View, figure, literal, number


@dataclass(frozen=True)
class Alone:
    """A text read with and without recurrence.

    Attributes:
        with_, without: (T,) the probability of the class shown at each step; nan where none is.
        asked: the class that is shown at all steps; None: the network's own answer at each step that has one.
        label: the class shown at the chosen step.
        moved: by how much the uppermost state differs there (Euclidean).
        colour: of the class that is shown at all steps.
    """

    with_: np.ndarray
    without: np.ndarray
    tokens: tuple[str, ...]
    step: int
    asked: str | None
    label: str
    moved: float
    colour: str = palette.INK


def _found(inputs: Inputs) -> WithoutRecurrence:
    return without_recurrence(inputs.network, inputs.trace)


def _alone(inputs: Inputs, controls: Labelled) -> Alone:
    trace, t, found = inputs.trace, controls.at, inputs.once(_found)
    classes = targets_of(inputs.run, trace, controls.label)
    at = np.arange(len(classes)), classes
    with_, without = (np.where(classes < 0, np.nan, p[at]) for p in (trace.readouts, found.readouts))
    shown = one_class(classes)
    moved = float(np.linalg.norm(trace.states[-1, :, t].ravel() - found.states[t]))
    asked = None if shown is None else trace.labels[shown]
    colour = palette.class_colours(trace.labels)[asked] if asked else palette.INK
    return Alone(with_, without, trace.tokens, t, asked, trace.labels[int(classes[t])], moved, colour)


def _draw(alone: Alone) -> tuple[Part, ...]:
    series = {tr("with recurrence"): alone.with_, tr("without: the state before is 0 at every step"): alone.without}
    asked = tr("each token's own answer") if alone.asked is None else escape(alone.asked, 24)
    drawn = figures.along(series, alone.tokens, tr("probability of {asked}", asked=asked), alone.step, False, alone.colour)
    drawn["layout"]["yaxis"]["range"] = [-0.03, 1.05]
    return figure(drawn)


def _explain(alone: Alone) -> str:
    t, label = alone.step, literal(alone.label, 40)
    with_, without = float(alone.with_[t]), float(alone.without[t])
    step, token, moved = t + 1, literal(alone.tokens[t], 30), number(alone.moved)
    here = tr(
        "At t = {step} (“{token}”) the distance between the two states of the top layer is {moved} (Euclidean).",
        step=step, token=token, moved=moved,
    ) if np.isnan(with_) else tr(
        "At t = {step} (“{token}”), the probability of {label} is {with_:.4f} with and {without:.4f} without recurrence; the "
        "distance between the two states of the top layer is {moved} (Euclidean).",
        step=step, token=token, label=label, with_=with_, without=without, moved=moved,
    )  # fmt: skip
    return tr(
        "Without recurrence, the weights are the same, but the state before every step is set to 0, and the memory m of an "
        "LSTM too. This is a feed-forward network that reads each token alone. Where the lines differ, the other tokens "
        "make the difference. At the first step from the start there is no past, so the lines meet there.\n\n"
        r"$$h_t = \mathrm{{step}}(0,\ x_t) \qquad \text{{instead of}} \qquad h_t = \mathrm{{step}}(h_{{t-1}},\ x_t)$$"
        "\n\n"
        "{here}",
        here=here,
    )


def _pick(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


_NEEDS = ("run", "text")


@dataclass(frozen=True)
class SameStep:
    """One unit at one step, with the state before it and without."""

    recurrent: equations.Unit
    feed_forward: equations.Unit


def _same_step(inputs: Inputs, controls: equations.Gate) -> SameStep:
    recurrent = equations.unit_of(inputs, controls)
    place = controls.layer, controls.direction, controls.at, recurrent.found.unit
    found = unit_step(inputs.network, inputs.once(_read_alone), *place, recurrence=False)
    lines = tuple(map(equations.without_past, recurrent.equations))
    return SameStep(recurrent, replace(recurrent, found=found, equations=lines))


def _read_alone(inputs: Inputs) -> Trace:
    return alone_trace(inputs.network, inputs.trace)


def sums(found: SameStep) -> dict[str, list[Any]]:
    """The sum of each gate with and without the state before, as a table."""
    pairs = list(zip(found.recurrent.found.gates, found.feed_forward.found.gates, strict=True))
    return {
        tr("gate"): [own.gate for own, _ in pairs],
        tr("W h, recurrent"): [own.factor * own.past for own, _ in pairs],
        tr("U x, recurrent"): [own.word_factor * own.word for own, _ in pairs],
        tr("U x, feed-forward"): [single.word_factor * single.word for _, single in pairs],
        tr("a, recurrent"): [own.total for own, _ in pairs],
        tr("a, feed-forward"): [single.total for _, single in pairs],
    }


def _show_same_step(found: SameStep) -> tuple[Part, ...]:
    own, single = found.recurrent, found.feed_forward
    table = sums(found)
    _, *numbers = table
    return (
        Part("text", tr("**Recurrent**, with the state before: **h = {h:.4f}**", h=own.found.values["h"])),
        Part("formula", equations.live(own)),
        Part("text", tr("**Feed-forward**, the state before set to 0: **h = {h:.4f}**", h=single.found.values["h"])),
        Part("formula", equations.live(single)),
        Part("table", Table(table, formats=dict.fromkeys(numbers, "%.4f"))),
    )


def _explain_same_step(found: SameStep) -> str:
    own, single = found.recurrent.found, found.feed_forward.found
    above = "" if own.layer == 0 else tr(
        " Below this layer the state before is 0 too, so what it reads from there differs as well.",
    )  # fmt: skip
    gate = own.gates[0].gate
    return tr(
        "The recurrent network and the feed-forward one have the same U, W and b, and read the same token. The feed-forward "
        "one lacks every term that the state before is a factor of.{above}\n\n"
        r"$$\text{{recurrent: }} a_t = b + W h_{{t-1}} + U x_t \qquad \text{{feed-forward: }} a_t = b + U x_t$$"
        "\n\n"
        "For {gate} of unit {unit} at {where}: {total} with the state before, {total_without} without; the state is {state} and "
        "{state_without}. {check}",
        above=above, gate=gate, unit=own.unit, where=found.recurrent.where, total=number(own.gates[0].total),
        total_without=number(single.gates[0].total), state=number(own.values["h"]), state_without=number(single.values["h"]),
        check=equations.check(found.recurrent),
    )


SAME_STEP: View[equations.Gate, SameStep] = View(
    "same-step", N_("What is the same step without the state before?"), _NEEDS, equations.Gate, _same_step, _show_same_step,
    _explain_same_step, lambda inputs: 2 * equations.most_bytes(inputs),
)  # fmt: skip

ALONE: View[Labelled, Alone] = View(
    "alone", N_("What would the network answer without recurrence?"), _NEEDS, Labelled, _alone, _draw, _explain,
    lambda inputs: sum(24 + len(token.encode()) for token in inputs.trace.tokens) + 4096, _pick,
)  # fmt: skip


@dataclass(frozen=True)
class Tags:
    """Which tags recurrence changes.

    Attributes:
        tokens: those whose tag it changes, the first ones.
        without, with_: their tags.
        changed, count: how many there are, and of how many.
    """

    tokens: tuple[str, ...]
    without: tuple[str, ...]
    with_: tuple[str, ...]
    changed: int
    count: int


def _tags(inputs: Inputs, controls: Controls) -> Tags:
    trace, found = inputs.trace, inputs.once(_found)
    inner = slice(1, len(trace.tokens) - 1)
    own, single = trace.readouts[inner].argmax(1), found.readouts[inner].argmax(1)
    changed = np.flatnonzero(own != single)
    shown = changed[:_LISTED].tolist()
    return Tags(
        tuple(trace.tokens[i + 1] for i in shown), tuple(trace.labels[single[i]] for i in shown),
        tuple(trace.labels[own[i]] for i in shown), len(changed), len(own),
    )  # fmt: skip


_LISTED = 8
"""Tags that are named."""


def _tags_words(found: Tags) -> str:
    said = tr_n(
        "Recurrence changes the tag of {changed} of {n:,} token", "Recurrence changes the tag of {changed} of {n:,} tokens",
        found.count, changed=found.changed,
    )  # fmt: skip
    listed = ", ".join(
        tr("“{token}”", token=literal(token, 30)) + f" {literal(without, 30)} → {literal(with_, 30)}"
        for token, without, with_ in zip(found.tokens, found.without, found.with_, strict=True)
    )
    more = ", …" if found.changed > _LISTED else "."
    return f"{said}: {listed}{more}" if listed else f"{said}."


@dataclass(frozen=True)
class Answers:
    """What recurrence changes about the one answer: classes and their probabilities.

    Attributes:
        own: with recurrence.
        last: of the last step alone.
        mean: of the mean of the readouts over all steps.
    """

    own: tuple[str, float]
    last: tuple[str, float]
    mean: tuple[str, float]


def _answer(inputs: Inputs, controls: Controls) -> Answers:
    trace, readouts = inputs.trace, inputs.once(_found).readouts
    own, last, mean = (
        (trace.labels[int(p.argmax())], float(p.max())) for p in (trace.readouts[-1], readouts[-1], readouts.mean(0))
    )
    return Answers((trace.labels[trace.answer], own[1]), last, mean)


def _answer_words(found: Answers) -> str:
    return tr(
        "With recurrence, the answer is **{answer}** (p = {p:.3f}).\n\n"
        "Without recurrence, the last step reads `<eos>` alone, so every text gets the same answer, **{last}** (p = "
        "{p_last:.3f}). The mean of the readouts over all steps answers **{mean}** (p = {p_mean:.3f}).",
        answer=literal(found.own[0], 40), p=found.own[1], last=literal(found.last[0], 40), p_last=found.last[1],
        mean=literal(found.mean[0], 40), p_mean=found.mean[1],
    )


TAGS: View[Controls, Tags] = View(
    "tags-alone", "", _NEEDS, Controls, _tags, lambda found: (Part("text", _tags_words(found)),), _tags_words,
    lambda inputs: 16_384,
)  # fmt: skip

ANSWER: View[Controls, Answers] = View(
    "answer-alone", "", _NEEDS, Controls, _answer, lambda found: (Part("text", _answer_words(found)),), _answer_words,
    lambda inputs: 16_384,
)  # fmt: skip

VIEWS = (ALONE, SAME_STEP, ANSWER, TAGS)


def gain_words(gain: RecurrenceGain, of: str = N_("dev texts"), majority: tuple[int, str] | None = None) -> str:
    """Accuracy with and without recurrence, as Markdown.

    Args:
        of: which texts were read.
        majority: the number and the name of the most frequent class of training; None: not known.
    """
    what = f" ({tr_n('{n:,} token', '{n:,} tokens', gain.decisions)})" if gain.decisions != gain.texts else ""
    if gain.texts == gain.available:
        first = tr("On all {texts:,} {of}{what}, the accuracy is", texts=gain.texts, of=tr(of), what=what)
    else:
        first = tr(
            "On {texts:,} of {available:,} {of}{what}, the accuracy is",
            texts=gain.texts, available=gain.available, of=tr(of), what=what,
        )
    added = gain.recurrent - max(gain.feed_forward, gain.mean or 0)
    rows = {tr("with recurrence"): gain.recurrent}
    if gain.mean is None:
        rows |= {tr("without recurrence"): gain.feed_forward}
    else:
        rows |= {
            tr("without recurrence, the readout of `<eos>`"): gain.feed_forward,
            tr("without recurrence, the mean of the readouts of all steps"): gain.mean,
        }
    listed = "\n".join(f"- {name}: **{accuracy:.4f}**" for name, accuracy in rows.items())
    gained = tr("Recurrence adds **{added:+.4f}**.", added=added) if gain.mean is None else tr(
        "Recurrence adds **{added:+.4f}** to the better of the two.", added=added
    )  # fmt: skip
    always = ""
    if majority is not None:
        place, name = majority
        always = tr(
            " Always answering {name}, the most frequent class of training, gets {shares:.4f} here.",
            name=literal(name, 40), shares=gain.shares[place],
        )
    return f"{first}\n\n{listed}\n\n{gained}{always}"
