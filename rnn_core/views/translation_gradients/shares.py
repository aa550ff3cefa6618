"""The share of each copy in the gradient of one loss."""

from typing import Any

from rnn_core.figures import two_texts
from rnn_core.figures.text import visible
from rnn_core.language import N_, formula, tr
from rnn_core.views.bptt.formulas import latex
from rnn_core.views.translation_gradients.shared import SIDES, Looked, copies_view
from rnn_core.views.view import Part, Table, literal, number


def _draw_shares(looked: Looked) -> tuple[Part, ...]:
    encoder, decoder = (side.shares[looked.parameter][looked.row] for side in looked.sides)
    return (
        Part("figure", two_texts.shares(encoder, decoder, looked.texts, looked.column)),
        Part("text", shares_words(looked)),
        Part("table", Table(steps(looked), 300), tr("Step by step")),
    )


def shares_words(looked: Looked) -> str:
    """The lengths of the two sums, and the copies with the largest shares, as Markdown."""
    said = []
    for side, name, tokens in zip(looked.sides, SIDES, looked.texts, strict=True):
        shares, size = side.shares[looked.parameter][looked.row], float(side.norms[looked.parameter][looked.row])
        most = int(shares.argmax())
        said.append(
            tr("‖∂L(t)/∂{letter}‖ of the {name} is **{size}**", letter=looked.said, name=tr(name), size=number(size))
            + (tr(
                ", most of it from step {most} (“{tokens}”), {shares:.1%}",
                most=most + 1, tokens=literal(tokens[most], 30), shares=shares[most],
            ) if size else "")
        )
    return tr("Of the loss at {asked}: {said}.", asked=looked.asked, said='; '.join(said))


def steps(looked: Looked) -> dict[str, list[Any]]:
    """The chosen loss at each step of both texts, as a table."""
    side_title, step_title, token_title = tr("side"), tr("step"), tr("token")
    found: dict[str, list[Any]] = {side_title: [], step_title: [], token_title: []}
    for side, name, tokens in zip(looked.sides, SIDES, looked.texts, strict=True):
        found[side_title] += [tr(name)] * len(tokens)
        found[step_title] += range(1, len(tokens) + 1)
        found[token_title] += [visible(token) for token in tokens]
        for part, norms in side.states.items():
            found.setdefault(f"‖∂L(t)/∂{tr(part)}‖", []).extend(norms[looked.row].tolist())
        found.setdefault(f"‖∂L(t)/∂{looked.said}|(i)‖", []).extend(side.pairs[looked.parameter][looked.row].tolist())
        found.setdefault(tr("share"), []).extend(side.shares[looked.parameter][looked.row].tolist())
    return found


def _explain_shares(looked: Looked) -> str:
    of = formula(latex(looked.letter))
    totals = [float(side.shares[looked.parameter][looked.row].sum()) for side in looked.sides]
    return tr(
        "The gradient of each side's parameter is the sum over its own copies. The share of a copy is the part of the "
        "sum's length that its gradient adds along the sum; a copy with a negative share pulls against it. The shares of "
        "each side add up to 1, or are 0 where the gradient is.\n\n"
        r"$$s_k = \frac{{\langle \partial L(t)/\partial {of}|(k),\ \partial L(t)/\partial {of} \rangle}}{{\lVert \partial "
        r"L(t)/\partial {of} \rVert^2}}, \qquad \textstyle\sum_j s_j = {encoder:.3f}, \quad \sum_k s_k = {decoder:.3f}$$"
        "\n\n"
        "{shares_words}",
        of=of, encoder=totals[0], decoder=totals[1], shares_words=shares_words(looked),
    )


SHARES = copies_view("translation-shares", N_("Which copies make up the gradient of one loss?"), render=_draw_shares,
               explain=_explain_shares, pick=lambda point: {"back": int(point[0])})  # fmt: skip
