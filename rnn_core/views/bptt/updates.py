"""What training would do with this text's gradient: one step of descent, clipping, and a mini-batch beside it."""

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnn_core.analysis import bptt_updates
from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import gradients as figures
from rnn_core.language import N_, tr
from rnn_core.results import BatchDirections, SgdStep
from rnn_core.views.bptt.asked import Facts, facts_of, letter, over
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, Part, Table, View, figure, number


@dataclass(frozen=True)
class Clip(Controls):
    """The norm that the gradient is clipped to, 0: never; None: as trained."""

    clip: float | None = None

    def settled(self, inputs: Inputs) -> Self:
        trained = inputs.backward.loaded.config.train.clip
        return replace(self, clip=trained if self.clip is None or not 0 <= self.clip < _MOST_CLIP else self.clip)


_MOST_CLIP = 1e9


@dataclass(frozen=True)
class Step:
    """One step of descent.

    Attributes:
        logit: whether L is a logit.
        norm: of the whole gradient.
        sizes: by parameter, its length.
        clip: the norm that the gradient is clipped to; 0: never.
    """

    sgd: SgdStep
    facts: Facts
    logit: bool
    norm: float
    sizes: dict[str, float]
    clip: float


def _step(inputs: Inputs, controls: Clip) -> Step:
    way = inputs.backward
    assert controls.clip is not None
    sizes = {name: float(p.norm()) for name, p in way.done.network.named_parameters()}
    return Step(way.sgd, facts_of(way.loaded), way.flow.logit, way.flow.norm, sizes, controls.clip)


def _draw_sgd(step: Step) -> tuple[Part, ...]:
    return figure(figures.sgd(step.sgd, step.facts.rate))


def updates(step: Step) -> dict[str, list[Any]]:
    """The update of each parameter by one step with the run's learning rate, as a table."""
    norms, rate = step.sgd.norms, step.facts.rate
    short = bptt_updates.clipped(step.norm, step.clip) if step.clip else 1.0
    return {
        tr("parameter"): [letter(step.facts, name) for name in norms],
        tr("‖gradient‖"): list(norms.values()),
        tr("‖update‖"): [rate * short * norm for norm in norms.values()],
        tr("‖update‖ / ‖parameter‖"): [over(rate * short * norm, step.sizes[name]) for name, norm in norms.items()],
    }


def clip_words(step: Step) -> str:
    """What clipping would do to this text's gradient, as a sentence."""
    norm, clip = step.norm, step.clip
    if not clip:
        return tr("Clipping is off (0).")
    short = bptt_updates.clipped(norm, clip)
    done = tr(
        "it would be multiplied by {short:.3g}, its direction kept",
        short=short,
    ) if short < 1 else tr("clipping does not change it")
    return tr(
        "The whole gradient has length {norm}; with the threshold {clip}, {done}.",
        norm=number(norm), clip=number(clip), done=done,
    )


def _explain_sgd(step: Step) -> str:
    found = step.sgd
    best, facts = int(np.argmin(found.after)), step.facts
    rate, least = number(float(found.rates[best])), number(float(found.after[best]))
    if best == len(found.rates) - 1:
        overshoot = tr(
            "Of the rates tried, the largest, η = {rate}, ends lowest, at {least}: none of them is too large.",
            rate=rate, least=least,
        )
    else:
        worse = found.rates[found.after > found.before]
        above = tr(", and with η = {worse} it ends higher than before", worse=number(float(worse[0]))) if len(worse) else ""
        overshoot = tr(
            "Of the rates tried, η = {rate} ends lowest, at {least}; with a larger one the step overshoots{above}.",
            rate=rate, least=least, above=above,
        )
    word = "" if not step.logit else tr(" Here L is a logit, which descent lowers: a step against this answer.")
    return tr(
        "One step of plain gradient descent from this text alone:\n\n"
        r"$$P \leftarrow P - \eta\, \frac{{\partial L}}{{\partial P}}$$"
        "\n\n"
        "Before: L = {before}. At first L falls by ‖∂L‖² = {slope} for each unit of η. {overshoot} The run's own rate is "
        "{rate} with {optimizer}.{word}",
        before=number(found.before), slope=number(-found.slope), overshoot=overshoot, rate=number(facts.rate),
        optimizer=tr(CHOICE_NAMES[facts.optimizer]), word=word,
    )


def _choose_clip(inputs: Inputs, controls: Clip) -> tuple[Choice, ...]:
    return (Choice("clip", tr("Clip gradient norm to"), (0.0, _MOST_CLIP), form="number", help=tr("0: never")),)


def _most_bytes(inputs: Inputs) -> int:
    return 16_384 + 1024 * len(inputs.backward.flow.layers)


SGD: View[Clip, Step] = View(
    "sgd", N_("What would one step of gradient descent from this text do?"), ("target",), Clip, _step, _draw_sgd, _explain_sgd,
    _most_bytes,
)  # fmt: skip
CLIPPING: View[Clip, Step] = View(
    "clipping", "", ("target",), Clip, _step, lambda step: (Part("text", clip_words(step)), Part("table", Table(updates(step)))),
    clip_words, _most_bytes, choices=_choose_clip,
)  # fmt: skip


@dataclass(frozen=True)
class Pulls:
    """The directions of a text and of a mini-batch, by the network's names of the parameters."""

    found: BatchDirections
    facts: Facts


def _directions(inputs: Inputs, controls: Controls) -> Pulls:
    return Pulls(inputs.backward.directions, facts_of(inputs.backward.loaded))


def _named(pulls: Pulls) -> BatchDirections:
    """The directions by the letters of the parameters."""

    def named(values: dict[str, Any]) -> dict[str, Any]:
        return {letter(pulls.facts, name): value for name, value in values.items()}

    text = pulls.found.text
    return BatchDirections(
        type(text)(named(text.norms), named(text.cosines), named(text.ratios), named(text.bias)), named(pulls.found.cosines)
    )


def _explain_directions(pulls: Pulls) -> str:
    directions = pulls.found
    together = directions.cosines["all"]
    known = together[~np.isnan(together)]
    own = tr("none of its texts has a gradient that is not 0.")
    if len(known):
        own = tr(
            "the batch's own texts {mean:.3f} on average, from {min:.3f} to {max:.3f}.",
            mean=known.mean(), min=known.min(), max=known.max(),
        )
    return tr(
        "Training follows the mean gradient of a mini-batch, not that of one text. A cosine of 1 means that this text "
        "pulls in the same direction as the batch, 0 at right angles to it, below 0 against it.\n\n"
        r"$$\cos = \frac{{\langle g, \bar g \rangle}}{{\lVert g \rVert \lVert \bar g \rVert}}, \qquad \bar g = "
        r"\frac{{1}}{{B}} \sum_b g_b$$"
        "\n\n"
        "B = {texts} texts of the run's training data. All parameters together: this text {cosines:.3f}, {own}",
        texts=len(together), cosines=directions.text.cosines["all"], own=own,
    )


DIRECTIONS: View[Controls, Pulls] = View(
    "directions", N_("Does this text pull in the direction of a mini-batch?"), ("target",), Controls, _directions,
    lambda pulls: figure(figures.directions(_named(pulls))), _explain_directions,
    lambda inputs: (5 + 8 * len(inputs.backward.flow.layers)) * (256 + 8 * len(inputs.backward.examples)) + 8192,
)  # fmt: skip
