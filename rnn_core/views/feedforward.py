"""The view of the feed-forward network beside the recurrent one: what recurrence adds."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from rnn_core.analysis.equations import unit_step
from rnn_core.analysis.feedforward import alone_trace, without_recurrence
from rnn_core.analysis.steps import one_class, targets_of
from rnn_core.figures import gradients as figures
from rnn_core.figures import palette
from rnn_core.figures.text import counted, escape
from rnn_core.language import N_, tr
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
    here = "" if np.isnan(with_) else tr(
        ", the probability of {label} is {with_:.4f} with and {without:.4f} without recurrence;",
        label=label, with_=with_, without=without,
    )
    return tr(
        "Without recurrence, the weights are the same, but the state before every step is set to 0, and the memory m of an "
        "LSTM too. This is a feed-forward network that reads each token alone. Where the lines differ, the other tokens "
        "make the difference. At the first step from the start there is no past, so the lines meet there.\n\n"
        r"$$h_t = \mathrm{{step}}(0,\ x_t) \qquad \text{{instead of}} \qquad h_t = \mathrm{{step}}(h_{{t-1}},\ x_t)$$"
        "\n\n"
        "At t = {t} (“{tokens}”){here} the distance between the two states of the top layer is {moved} (Euclidean).",
        t=t + 1, tokens=literal(alone.tokens[t], 30), here=here, moved=number(alone.moved),
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
        "gate": [own.gate for own, _ in pairs],
        tr("W h, recurrent"): [own.factor * own.past for own, _ in pairs],
        tr("U x, recurrent"): [own.word_factor * own.word for own, _ in pairs],
        tr("U x, feed-forward"): [single.word_factor * single.word for _, single in pairs],
        tr("a, recurrent"): [own.total for own, _ in pairs],
        tr("a, feed-forward"): [single.total for _, single in pairs],
    }


def _show_same_step(found: SameStep) -> tuple[Part, ...]:
    own, single = found.recurrent, found.feed_forward
    return (
        Part("text", tr("**Recurrent**, with the state before: **h = {values:.4f}**", values=own.found.values['h'])),
        Part("formula", equations.live(own)),
        Part("text", tr("**Feed-forward**, the state before set to 0: **h = {values:.4f}**", values=single.found.values['h'])),
        Part("formula", equations.live(single)),
        Part("table", Table(sums(found), formats=dict.fromkeys([name for name in sums(found) if name != "gate"], "%.4f"))),
    )


def _explain_same_step(found: SameStep) -> str:
    own, single = found.recurrent.found, found.feed_forward.found
    above = "" if own.layer == 0 else tr(
        " Below this layer the state before is 0 too, so what it reads from there differs as well.",
    )  # fmt: skip
    gate = own.gates[0].gate
    return (
        "The recurrent network and the feed-forward one have the same U, W and b, and read the same token. The feed-forward "
        f"one lacks every term that the state before is a factor of.{above}\n\n"
        r"$$\text{recurrent: } a_t = b + W h_{t-1} + U x_t \qquad \text{feed-forward: } a_t = b + U x_t$$" + "\n\n"
        f"For {gate} of unit {own.unit} at {found.recurrent.where}: {number(own.gates[0].total)} with the state before, "
        f"{number(single.gates[0].total)} without; the state is {number(own.values['h'])} and {number(single.values['h'])}. "
        f"{equations.check(found.recurrent)}"
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
class Said:
    """What recurrence changes about this text, as Markdown."""

    words: str


def _tags(inputs: Inputs, controls: Controls) -> Said:
    """Which tags it changes."""
    trace, found = inputs.trace, inputs.once(_found)
    inner = slice(1, len(trace.tokens) - 1)
    own, single = trace.readouts[inner].argmax(1), found.readouts[inner].argmax(1)
    changed = np.flatnonzero(own != single)
    listed = ", ".join(
        f"“{literal(trace.tokens[i + 1], 30)}” {literal(trace.labels[single[i]], 30)} → {literal(trace.labels[own[i]], 30)}"
        for i in changed[:8].tolist()
    )
    more = ", …" if len(changed) > 8 else "."
    return Said(
        tr(
            "Recurrence changes the tag of {changed} of {counted}",
            changed=len(changed), counted=counted(len(own), 'token'),
        ) + (f": {listed}{more}" if listed else ".")
    )


def _answer(inputs: Inputs, controls: Controls) -> Said:
    """What it changes about the one answer."""
    trace, readouts = inputs.trace, inputs.once(_found).readouts
    answer, last = trace.labels[trace.answer], readouts[-1]
    mean = readouts.mean(0)
    return Said(
        tr(
            "With recurrence, the answer is **{answer}** (p = {max:.3f}).\n\n"
            "Without recurrence, the last step reads `<eos>` alone, so every text gets the same answer, **{labels}** (p = "
            "{max2:.3f}). The mean of the readouts over all steps answers **{labels2}** (p = {max3:.3f}).",
            answer=literal(answer, 40), max=trace.readouts[-1].max(), labels=literal(trace.labels[int(last.argmax())], 40),
            max2=last.max(), labels2=literal(trace.labels[int(mean.argmax())], 40), max3=mean.max(),
        )
    )


_view = partial(
    View[Controls, Said], question="", needs=_NEEDS, controls=Controls, render=lambda said: (Part("text", said.words),),
    explain=lambda said: said.words, most_bytes=lambda inputs: 16_384,
)  # fmt: skip

TAGS = _view("tags-alone", compute=_tags)
ANSWER = _view("answer-alone", compute=_answer)

VIEWS = (ALONE, SAME_STEP, ANSWER, TAGS)


def gain_words(gain: RecurrenceGain, of: str = N_("dev texts"), majority: tuple[int, str] | None = None) -> str:
    """Accuracy with and without recurrence, as Markdown.

    Args:
        of: which texts were read.
        majority: the number and the name of the most frequent class of training; None: not known.
    """
    texts = tr("all {texts:,}", texts=gain.texts) if gain.texts == gain.available else tr(
        "{texts:,} of {available:,}",
        texts=gain.texts, available=gain.available,
    )
    what = f" ({counted(gain.decisions, 'token')})" if gain.decisions != gain.texts else ""
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
    against = "" if gain.mean is None else tr(" to the better of the two")
    always = ""
    if majority is not None:
        place, name = majority
        always = tr(
            " Always answering {name}, the most frequent class of training, gets {shares:.4f} here.",
            name=literal(name, 40), shares=gain.shares[place],
        )
    return tr(
        "On {texts} {of}{what}, the accuracy is\n\n"
        "{listed}\n\n"
        "Recurrence adds **{added:+.4f}**{against}.{always}",
        texts=texts, of=of, what=what, listed=listed, added=added, against=against, always=always,
    )
