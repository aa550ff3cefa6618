"""The gradient of each parameter, held against autograd."""

from collections.abc import Sequence
from typing import Any

from rnn_core.language import N_, tr
from rnn_core.views.translation_gradients.shared import Looked, copies_view, named_in
from rnn_core.views.view import Part, Table, number


def rows(looked: Looked) -> dict[str, list[Any]]:
    """The gradient of the chosen loss at each parameter, by autograd and as the sum of the copies, as a table."""
    loss, names = looked.loss, looked.nature.names
    return {
        tr("parameter"): [named_in(looked, name) for name in names],
        tr("‖∂L(t)/∂P‖ by autograd"): [loss.norms[name] for name in names],
        tr("‖sum of the copies‖"): [loss.copies.get(name) for name in names],
        tr("largest difference"): [loss.differences.get(name) for name in names],
    }


def agreement_words(looked: Looked) -> str:
    """How far the sums of the copies are from autograd's gradients, as Markdown."""
    loss = looked.loss
    chosen: Sequence[str] = [f"{side.side}.{side.layer}.{side.direction}.{looked.parameter}" for side in looked.sides]
    said = [
        tr(
            "{name}: the sum of the copies has length **{copies}**, autograd's gradient **{norms}**; they differ by "
            "{differences:.1e} at most",
            name=named_in(looked, name), copies=number(loss.copies[name]), norms=number(loss.norms[name]),
            differences=loss.differences[name],
        )
        for name in chosen
    ]
    return tr(
        "The loss at {asked}. {said}. Of all recurrent parameters the largest difference is **{values:.1e}** (in "
        "{precision} bits).",
        asked=looked.asked, said='. '.join(said), values=max(loss.differences.values()), precision=looked.flow.precision,
    )


PARAMETERS = copies_view(
    "translation-parameters", N_("Do the copies add up to the gradient?"),
    render=lambda looked: (
        Part("text", agreement_words(looked)), Part("table", Table(rows(looked), formats={tr("largest difference"): "%.1e"})),
    ),
    explain=lambda looked: tr(
        "Autograd gives the gradient of each parameter as training uses it, without the copies. For the parameters of the "
        "recurrent layers it is the sum over the copies of all steps; the others are not followed step by step.\n\n"
        r"$$\frac{{\partial L(t)}}{{\partial P}} = \sum_k \frac{{\partial L(t)}}{{\partial P|(k)}}$$"
        "\n\n"
        "{agreement_words}",
        agreement_words=agreement_words(looked),
    ),
)  # fmt: skip
