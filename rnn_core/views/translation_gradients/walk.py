"""One loss on its way back through both networks."""

import numpy as np

from rnn_core.figures import two_texts
from rnn_core.language import N_, tr
from rnn_core.views.bptt.formulas import display
from rnn_core.views.translation_gradients.pairs import bridge_formulas, pair_words
from rnn_core.views.translation_gradients.shared import Looked, copies_view
from rnn_core.views.view import Part


def _draw_walk(looked: Looked) -> tuple[Part, ...]:
    encoder, decoder = looked.sides
    row, nothing, parameter = looked.row, np.full(len(looked.flow.target), np.nan), looked.parameter
    series = {}
    for part in encoder.states:
        here = tr("the same at {part}", part=tr(part))
        if part == "h":
            here = tr("‖∂L(t)/∂sⱼ‖, ‖∂L(t)/∂{part}ₖ‖: at the state", part=tr(part))
        series[here] = (encoder.states[part][row], decoder.states[part][row])
    at_copy = tr("‖∂L(t)/∂{letter}|(i)‖: at the copy", letter=looked.said)
    series[at_copy] = (encoder.pairs[parameter][row], decoder.pairs[parameter][row])
    if looked.nature.attention != "none":
        series[tr("‖∂⁺L(t)/∂sⱼ‖: through attention alone")] = (looked.loss.direct, nothing)
    return Part("figure", two_texts.along(series, looked.texts, tr("length"), looked.column)), Part("text", pair_words(looked))


def _explain_walk(looked: Looked) -> str:
    first = {
        "none": tr("Left of the border there is one way in, at the last step of the encoder that is read."),
        "dot": tr("Left of the border, attention brings a part of the gradient directly to each source token."),
        "additive": tr("Left of the border, attention brings a part of the gradient directly to each source token."),
    }[looked.nature.attention]
    both = looked.nature.directions == 2 and looked.nature.attention != "none"
    return tr(
        "The loss at {asked} has a gradient at its own step, at the right, and every step further back multiplies it. "
        "{first}{both}\n\n"
        "{display}\n\n"
        "{pair_words}",
        asked=looked.asked, first=first,
        both=tr(" Attention reads both directions side by side, and its line is of both.") * both,
        display=display(bridge_formulas(looked.nature)), pair_words=pair_words(looked),
    )


WALK = copies_view("translation-walk", N_(
    "How does the loss of one target token travel back?",
), render=_draw_walk, explain=_explain_walk,
             pick=lambda point: {"back": int(point[0])})  # fmt: skip
