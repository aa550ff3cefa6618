"""What each copy adds to the gradient, and how it adds up along the way back."""

import numpy as np

from rnn_core.figures import gradients as figures
from rnn_core.language import N_, formula, tr
from rnn_core.views.bptt import formulas
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes, pick_copy
from rnn_core.views.view import Part, View, figure, number


def _draw_shares(asked: Asked) -> tuple[Part, ...]:
    counted = asked.flow.weights[asked.flow.rows] > 0
    bands = figures.banded(asked.held.shares[asked.parameter][counted], asked.flow.rows[counted])
    return Part("figure", figures.shares(bands, asked.flow.tokens, asked.copy)), Part("caption", shares_words(asked))


def shares_words(asked: Asked) -> str:
    """What the shares answer, beside other answers on whether the gradient vanishes."""
    if asked.readout:
        return tr(
            "This asks how much each step's copy adds to ∂L/∂{letter}. No gradient travels back to these copies.",
            letter=asked.said,
        )
    times = tr(", the length of {plain}", plain=formulas.plain(multiplied)) if (multiplied := formulas.multiplied(asked)) else ""
    return tr(
        "This asks how much each copy adds to ∂L/∂{letter}, which training uses. A small share of an early copy does not "
        "show that the gradient vanished on the way back: the share also depends on the slopes at k{times}, and on whether "
        "the other copies point the same way.",
        letter=asked.said, times=times,
    )


def _explain_shares(asked: Asked) -> str:
    shares = asked.held.copy_shares[asked.parameter]
    against = np.flatnonzero(shares < 0)
    most = int(np.argmax(shares))
    shown = float(asked.held.shares[asked.parameter].sum())
    missing = "" if abs(shown - shares.sum()) < 0.01 else tr(
        " The bars show the losses that are followed one by one, and add up to {shown:.3f}.",
        shown=shown,
    )  # fmt: skip
    w, of, k = asked.said, formula(formulas.latex(asked.letter)), "t" if asked.readout else "k"
    together = tr(", together {sum:.3f}", sum=shares[against].sum()) if len(against) else ""
    return (
        tr(
            "Each copy of {w} has its own gradient, and training moves the one {w} by their sum. The share of a copy is "
            "the part of the sum's length that its gradient adds along the sum: the shares add up to 1, and a copy with a "
            "negative share pulls against the sum. The colours show how many steps away the losses are that a share comes "
            "from.\n\n"
            r"$$\frac{{\partial L}}{{\partial {of}|({k})}} = {of_total}, \qquad s_{k} = \frac{{\langle \partial L/\partial "
            r"{of}|({k}),\ \partial L/\partial {of} \rangle}}{{\lVert \partial L/\partial {of} \rVert^2}}, \qquad "
            r"\textstyle\sum_{k} s_{k} = {sum:.3f}$$"
            "\n\n"
            "‖∂L/∂{w}‖ = {norm}.{tied_words} The largest share is {largest:.3f}, of the copy at {at}; {against} of "
            "{copies} copies pull against the sum{together}.{missing}",
            w=w, of=of, k=k, of_total=formula(formulas.of_total(asked)), sum=shares.sum(), norm=number(asked.norm),
            tied_words=asked.tied_words, largest=shares[most], at=asked.at(most), against=len(against), copies=len(shares),
            together=together, missing=missing,
        )
    )  # fmt: skip


SHARES: View[Way, Asked] = View(
    "copy_shares", N_("Which copies make up the gradient, and which pull against it?"), ("target",), Way,
    looked_at, _draw_shares, _explain_shares, most_bytes, pick_copy,
)  # fmt: skip


def _draw_running(asked: Asked) -> tuple[Part, ...]:
    held = asked.held
    series = {tr("length of the sum so far / full length"): held.running[asked.parameter],
              tr("cosine with the full gradient"): held.running_cosines[asked.parameter]}  # fmt: skip
    return figure(figures.along(series, asked.flow.tokens, tr("of the full gradient"), asked.copy, log=False))


def _explain_running(asked: Asked) -> str:
    cosines = asked.held.running_cosines[asked.parameter]
    from_start = asked.direction == 1 and not asked.readout
    ordered = cosines if from_start else cosines[::-1]
    below = np.flatnonzero(ordered < 0.99)
    met = int(below[-1]) + 2 if len(below) else 1
    way = tr("from the start on") if from_start else tr("from the end back")
    w, of, k = asked.said, formula(formulas.latex(asked.letter)), "t" if asked.readout else "k"
    return tr(
        "The backward pass meets the copies {way} and adds up their gradients. The sum ends as ∂L/∂{w}, where both lines "
        "are 1.\n\n"
        r"$$G_{k} = \textstyle\sum_{{j\ \text{{met so far}}}} \partial L/\partial {of}|(j)$$"
        "\n\n"
        "After {met} of {copies} copies the sum stays within 8° of ∂L/∂{w} (cosine 0.99).",
        way=way, w=w, k=k, of=of, met=min(met, len(cosines)), copies=len(cosines),
    )


RUNNING: View[Way, Asked] = View(
    "running", N_("How does the gradient add up along the way back?"), ("target",), Way,
    looked_at, _draw_running, _explain_running, most_bytes, pick_copy,
)  # fmt: skip
