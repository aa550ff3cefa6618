"""What training would do with this text's gradient: one step of descent, clipping, and a mini-batch beside it."""

from typing import Any, NamedTuple

import numpy as np

from rnn_core.analysis import bptt_updates
from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import gradients as figures
from rnn_core.figures.frame import Figure
from rnn_core.results import BatchDirections, SgdStep
from rnn_core.views.bptt.asked import Asked, letter, over
from rnn_core.views.bptt.view import View
from rnn_core.views.view import number


class _Step(NamedTuple):
    asked: Asked
    sgd: SgdStep


def _draw_sgd(step: _Step) -> Figure:
    return figures.sgd(step.sgd, step.asked.backward.loaded.config.train.learning_rate)


def updates(asked: Asked, clip: float) -> dict[str, list[Any]]:
    """The update of each parameter by one step with the run's learning rate, as a table."""
    loaded, norms = asked.backward.loaded, asked.backward.sgd.norms
    rate = loaded.config.train.learning_rate
    short = bptt_updates.clipped(asked.flow.norm, clip) if clip else 1.0
    sizes = {name: float(p.norm()) for name, p in asked.backward.done.network.named_parameters()}
    return {
        "parameter": [letter(loaded, name) for name in norms],
        "‖gradient‖": list(norms.values()),
        "‖update‖": [rate * short * norm for norm in norms.values()],
        "‖update‖ / ‖parameter‖": [over(rate * short * norm, sizes[name]) for name, norm in norms.items()],
    }


def clip_words(asked: Asked, clip: float) -> str:
    """What clipping would do to this text's gradient, as a sentence."""
    norm = asked.flow.norm
    if not clip:
        return "Clipping is off (0)."
    short = bptt_updates.clipped(norm, clip)
    done = f"it would be multiplied by {short:.3g}, its direction kept" if short < 1 else "clipping would leave it alone"
    return f"The whole gradient has length {number(norm)}; with the threshold {number(clip)}, {done}."


def _explain_sgd(step: _Step) -> str:
    found = step.sgd
    best = int(np.argmin(found.after))
    train = step.asked.backward.loaded.config.train
    word = "" if not step.asked.flow.logit else " Here L is a logit, which descent lowers: a step against this answer."
    return (
        "One step of plain gradient descent from this text alone:\n\n"
        r"$$P \leftarrow P - \eta\, \frac{\partial L}{\partial P}$$" + "\n\n"
        f"Before: L = {number(found.before)}. At first L falls by ‖∂L‖² = {number(-found.slope)} for each unit of η; with too "
        f"large an η the step overshoots. Of the rates tried, η = {number(float(found.rates[best]))} ends lowest, at "
        f"{number(float(found.after[best]))}. The run's own rate is {number(train.learning_rate)} with "
        f"{CHOICE_NAMES[train.optimizer]}.{word}"
    )


SGD: View[Asked] = View(
    "sgd", "What would one step of gradient descent from this text do?",
    lambda asked: _Step(asked, asked.backward.sgd), _draw_sgd, _explain_sgd,
)  # fmt: skip


def _directions(asked: Asked) -> tuple[Asked, BatchDirections]:
    found = asked.backward.directions
    loaded = asked.backward.loaded

    def named(values: dict[str, Any]) -> dict[str, Any]:
        return {letter(loaded, name): value for name, value in values.items()}

    text = found.text
    return asked, BatchDirections(
        type(text)(named(text.norms), named(text.cosines), named(text.ratios), named(text.bias)), named(found.cosines)
    )


def _explain_directions(found: tuple[Asked, BatchDirections]) -> str:
    _, directions = found
    together = directions.cosines["all together"]
    known = together[~np.isnan(together)]
    own = "none of its texts has a gradient that is not 0."
    if len(known):
        own = f"the batch's own texts {known.mean():.3f} on average, from {known.min():.3f} to {known.max():.3f}."
    return (
        "Training does not follow one text, but the mean gradient of a mini-batch. A cosine of 1: this text pulls exactly "
        "where the batch pulls; 0: at right angles; below 0: against it.\n\n"
        r"$$\cos = \frac{\langle g, \bar g \rangle}{\lVert g \rVert \lVert \bar g \rVert}, \qquad "
        r"\bar g = \frac{1}{B} \sum_b g_b$$" + "\n\n"
        f"B = {len(together)} texts of the run's training data. All parameters together: this text "
        f"{directions.text.cosines['all together']:.3f}, {own}"
    )


DIRECTIONS: View[Asked] = View(
    "directions", "Does this text pull where a mini-batch pulls?", _directions,
    lambda found: figures.directions(found[1]), _explain_directions,
)  # fmt: skip
