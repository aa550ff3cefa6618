"""The token that follows: how surprised the network is at it, and which are likely."""

from dataclasses import dataclass

import numpy as np

from rnn_core.analysis.steps import targets_of
from rnn_core.figures import bars, lines, palette
from rnn_core.language import N_, tr
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Labelled, Step, bytes_of, pick_step, place
from rnn_core.views.inspect.losses import Losses, asked
from rnn_core.views.view import Part, View, figure, literal, number

MOST_NEXT = 20
"""The number of most probable next tokens drawn: a vocabulary may have tens of thousands."""


def _next_losses(inputs: Inputs, controls: Step) -> Losses:
    return asked(inputs, Labelled(controls.step))


def _draw_next_losses(found: Losses) -> tuple[Part, ...]:
    counted = found.weights > 0
    return figure(lines.step_losses(found.values, found.tokens, tr("next token"), found.step, counted, wide=True))


def _explain_next_losses(found: Losses) -> str:
    t, value = found.step, float(found.values[found.step])
    here = ""
    if np.isfinite(value):
        here = tr(
            "After {step} comes “{token}”: −log {p:.6g} = {value} nats. ",
            step=place(t, found.tokens[t]), token=literal(found.tokens[t + 1], 30), p=found.p, value=number(value),
        )
    mean = ""
    if np.isfinite(found.values).any():
        loss = float(np.nanmean(found.values))
        mean = tr(
            "The mean over this text is {loss} nats per token, a perplexity of {perplexity}.",
            loss=number(loss), perplexity=number(float(np.exp(loss))),
        )
    return tr(
        "The loss of a step is the surprise at the token that follows, given the readout at that step:\n\n"
        r"$$L(t) = -\log \hat y_t[\mathrm{{token}}_{{t+1}}]$$"
        "\n\n"
        "{here}{mean} The network reads this text alone, from a state of 0.",
        here=here, mean=mean,
    )


NEXT_LOSSES: View[Step, Losses] = View(
    "next-losses", N_("How large is the loss of each next token?"), NEEDS, Step,
    _next_losses, _draw_next_losses, _explain_next_losses, bytes_of("T", each=24), pick_step,
)  # fmt: skip


@dataclass(frozen=True)
class Next:
    """The most probable next tokens at a step.

    Attributes:
        labels, p: those drawn, the one that does come next among them.
        best: the five most probable with their probabilities, as Markdown.
        size: N.
        truth: the one that comes next; None behind the last.
        layers: of the network.
    """

    labels: tuple[str, ...]
    p: np.ndarray
    best: str
    size: int
    truth: str | None
    step: int
    token: str
    layers: int


def _next(inputs: Inputs, controls: Step) -> Next:
    trace, t = inputs.trace, controls.at
    target, p = int(targets_of(inputs.run, trace)[t]), trace.readouts[t]
    shown = np.argsort(-p, kind="stable")[:MOST_NEXT].tolist()
    if target >= 0 and target not in shown:
        shown[-1] = target
    best = " · ".join(f"“{literal(trace.labels[i], 30)}” {p[i]:.4f}" for i in np.argsort(-p)[:5])
    truth = trace.labels[target] if target >= 0 else None
    layers, labels = len(trace.states), tuple(trace.labels[i] for i in shown)
    return Next(labels, p[shown], best, len(p), truth, t, trace.tokens[t], layers)


def _draw_next(found: Next) -> tuple[Part, ...]:
    colours = dict.fromkeys(found.labels, palette.BLUE)
    return figure(bars.top_probabilities(found.p, found.labels, colours, found.truth, MOST_NEXT))


def _explain_next(found: Next) -> str:
    return tr(
        "The readout gives each of the N = {size:,} tokens of the vocabulary a probability to come next, from the state at "
        "this step, which knows the tokens up to it. The token that does come next in the text is outlined.\n\n"
        "$${readout}$${top_words}\n\n"
        "After {step}: {best}.",
        size=found.size, readout=formulas.readout(found.layers, 1), top_words=formulas.top_words(found.layers, 1),
        step=place(found.step, found.token), best=found.best,
    )


NEXT: View[Step, Next] = View(
    "next", N_("Which token is likely to come next?"), NEEDS, Step, _next, _draw_next, _explain_next, bytes_of()
)
