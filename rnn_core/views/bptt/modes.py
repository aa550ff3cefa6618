"""The loss at the last step against the loss at every step, with the same weights."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import gradients as figures
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import LossModes
from rnn_core.views import sums
from rnn_core.views.bptt import formulas
from rnn_core.views.bptt.asked import Asked, Way, letter, looked_at, most_bytes, over, pick_copy
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Part, Table, View, number


@dataclass(frozen=True)
class Modes:
    """The two gradients, with what is looked at."""

    asked: Asked
    modes: LossModes


def _modes(inputs: Inputs, controls: Way) -> Modes:
    return Modes(looked_at(inputs, controls), inputs.backward.modes)


def _draw_modes(found: Modes) -> tuple[Part, ...]:
    asked, modes = found.asked, found.modes
    series = {tr("loss at the last step"): modes.last_reached[asked.layer, asked.direction],
              tr(
                  "loss at every step ({reduce})",
                  reduce=tr(asked.flow.reduce),
              ): modes.every_reached[asked.layer, asked.direction]}  # fmt: skip
    drawn = figures.along(series, asked.flow.tokens, tr("‖∂L/∂hₜ‖"), asked.copy)
    return Part("figure", drawn), Part("text", modes_words(found)), Part("table", Table(compared(found)))


def compared(found: Modes) -> dict[str, list[Any]]:
    """The two gradients by parameter, as a table."""
    modes, facts = found.modes, found.asked.facts
    return {
        tr("parameter"): [letter(facts, name) for name in modes.last_norms],
        tr("length, last step"): list(modes.last_norms.values()),
        tr("length, every step"): [modes.every.norms[name] for name in modes.last_norms],
        tr("cosine"): [modes.every.cosines[name] for name in modes.last_norms],
    }


def modes_words(found: Modes) -> str:
    """What the every-step loss changes here, as Markdown."""
    asked, modes = found.asked, found.modes
    last, every = (held[asked.layer, asked.direction] for held in (modes.last_reached, modes.every_reached))
    early = max(1, len(last) // 4)
    cosine = modes.every.cosines["all"]
    alike = tr("The two gradients of all parameters agree in part (cosine {cosine:.3f}).", cosine=cosine)
    if cosine > 0.9:
        alike = tr("The two gradients of all parameters point nearly the same way (cosine {cosine:.3f}).", cosine=cosine)
    elif cosine < 0.5:
        alike = tr("The two gradients of all parameters point different ways (cosine {cosine:.3f}).", cosine=cosine)
    trained = tr(CHOICE_NAMES[asked.facts.loss]) + f" ({tr(asked.facts.reduce)})" * (asked.facts.loss == "every")
    return tr_n(
        "The first state gets {from_last} from the loss at the last step and {from_every} from the loss at every step: "
        "{times} times as much. {alike} A loss at every step teaches each state to be read out, also where the words so far "
        "cannot tell the label. This run was trained with the loss {trained}.",
        "The first {n} states get {from_last} on average from the loss at the last step and {from_every} on average from the "
        "loss at every step: {times} times as much. {alike} A loss at every step teaches each state to be read out, also "
        "where the words so far cannot tell the label. This run was trained with the loss {trained}.",
        early, from_last=number(float(last[:early].mean())), from_every=number(float(every[:early].mean())),
        times=number(over(every[:early].mean(), last[:early].mean())), alike=alike, trained=trained,
    )


def _explain_modes(found: Modes) -> str:
    steps = len(found.asked.flow.tokens)
    each = np.full(steps, 1.0 if found.asked.flow.reduce == "sum" else 1 / steps)
    losses = [sums.total(one).replace("L = ", rf"L_{{\text{{{name}}}}} = ") for name, one in (
        (tr("last"), np.eye(steps)[-1]), (tr("every"), each))]  # fmt: skip
    return tr(
        "Both losses are taken with the same weights on the same text. With the loss at the last step, the gradient at an "
        "early word comes back through every later step. With a loss at every step, it also comes from the losses at the "
        "word itself and at the steps between.\n\n"
        "{display}\n\n"
        "{modes_words}",
        display=formulas.display(losses), modes_words=modes_words(found),
    )


def _most_bytes(inputs: Inputs) -> int:
    layers, directions = inputs.backward.flow.layers, inputs.backward.loaded.network.directions
    return most_bytes(inputs) + 16 * len(layers) * directions * len(inputs.backward.trace.tokens) + 512 * (4 + 8 * len(layers))


MODES: View[Way, Modes] = View(
    "modes", N_("What does the loss at the last step teach, and the loss at every step?"), ("target",), Way,
    _modes, _draw_modes, _explain_modes, _most_bytes, pick_copy,
)  # fmt: skip
