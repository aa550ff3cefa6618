"""The ways that a loss takes into the encoder."""

import math
from typing import Any

from rnn_core.language import N_, tr
from rnn_core.views.translation_gradients.shared import Looked, copies_view
from rnn_core.views.view import Part, Table, number


def groups(looked: Looked) -> dict[str, list[Any]]:
    """The length of the chosen loss' gradient by part of the network, as a table."""
    squares: dict[str, float] = {}
    for name, place in looked.nature.names.items():
        squares[place.part] = squares.get(place.part, 0.0) + looked.loss.norms[name] ** 2
    whole = looked.loss.norm**2
    return {
        tr("part"): [*(tr(part) for part in squares), tr("all")],
        "‖∂L(t)/∂P‖": [*(math.sqrt(one) for one in squares.values()), looked.loss.norm],
        tr("share of the squared length"): [*(one / whole if whole else 0.0 for one in squares.values()), 1.0 if whole else 0.0],
    }


def ways_words(looked: Looked) -> str:
    """Where the gradient of the chosen loss goes, and by which way to the encoder, as Markdown."""
    loss = looked.loss
    said = tr(
        "The gradient of the loss at {asked} has length **{norm}**. The encoder has **{encoder_share:.1%}** of its squared "
        "length.",
        asked=looked.asked, norm=number(loss.norm), encoder_share=loss.encoder_share,
    )
    if math.isnan(loss.share_of_start):
        return tr("{said} Nothing of it reaches the encoder.", said=said)
    if looked.nature.attention == "none":
        return tr("{said} All of this part comes through the one state between the two texts.", said=said)
    return tr(
        "{said} Of this part, **{share_of_start:.1%}** comes through the one state between the two texts (a gradient of "
        "length {through_start}) and **{share_of_attention:.1%}** through attention ({through_attention}).",
        said=said, share_of_start=loss.share_of_start, through_start=number(loss.through_start),
        share_of_attention=1 - loss.share_of_start, through_attention=number(loss.through_attention),
    )


def _explain_ways(looked: Looked) -> str:
    loss = looked.loss
    negative = tr(" A way with a negative share pulls against the sum.") if not 0 <= loss.share_of_start <= 1 else ""
    return tr(
        "Squared lengths of the gradients of different parameters add up, so each part of the network has a share of them:\n\n"
        r"$$\lVert \nabla L(t) \rVert^2 = \sum_P \Bigl\lVert \frac{{\partial L(t)}}{{\partial P}} \Bigr\rVert^2$$"
        "\n\n"
        "The encoder's gradient G is the sum of what comes through the state that the decoder starts from, A, and of what "
        "comes through attention, B: once with the states that attention reads held fixed, and once with the start state "
        "held fixed. Their shares add up to 1.{negative}\n\n"
        r"$$G = A + B, \qquad \frac{{\langle A, G \rangle}}{{\lVert G \rVert^2}} + \frac{{\langle B, G \rangle}}{{\lVert G "
        r"\rVert^2}} = 1$$"
        "\n\n"
        "‖A‖ = {through_start}, ‖B‖ = {through_attention}, ‖G‖ = {encoder_norm}; the gradient at the start state has "
        "length {start}.\n\n"
        "{ways_words}",
        negative=negative, through_start=number(loss.through_start), through_attention=number(loss.through_attention),
        encoder_norm=number(loss.encoder_norm), start=number(loss.start), ways_words=ways_words(looked),
    )


WAYS = copies_view(
    "translation-ways", N_("Which way does it take to the source?"), explain=_explain_ways,
    render=lambda looked: (
        Part("text", ways_words(looked)),
        Part("table", Table(groups(looked), formats={tr("share of the squared length"): "percent"})),
    ),
)  # fmt: skip
