"""A text that a language model wrote or reads: how probable each token was, and which others could have come in its place."""

from dataclasses import dataclass

import numpy as np

from rnn_core.analysis.writing import drawn_at, entropy
from rnn_core.config import WriteConfig
from rnn_core.figures import bars, palette
from rnn_core.figures.text import visible
from rnn_core.language import N_, tr
from rnn_core.results import Trace
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Step, bytes_of, pick_step, place
from rnn_core.views.inspect.tokens import foreseen
from rnn_core.views.view import Part, Table, View, literal, number

MOST_OTHERS = 10
"""Tokens of a distribution that are drawn."""


@dataclass(frozen=True)
class Running:
    """A text in one flow, each token with a colour behind it.

    Attributes:
        tokens: (T,) as they follow each other, white space included.
        strength: (T,) of the colour behind each, −1…1.
        says: (T,) a sentence on each.
        given: how many of them, from the first, were given and not written.
        steps: (T,) the step that a click on each stands for.
        step: the chosen one.
        colour, negative: behind the tokens, where the strength is above and below 0.
    """

    tokens: tuple[str, ...]
    strength: np.ndarray
    says: tuple[str, ...]
    given: int
    steps: np.ndarray
    step: int
    colour: str
    negative: str = palette.NEGATIVE


@dataclass(frozen=True)
class Given(Step):
    """A token, and how many of the text were given as a prompt."""

    given: int = 0


@dataclass(frozen=True)
class Written:
    """A text with the probability of each token.

    Attributes:
        running: the text, coloured by p.
        p: (m,) of each token in the readout at the step before it.
        loss: the mean of −log p, in nats per token.
        character: whether a token is a character.
    """

    running: Running
    p: np.ndarray
    loss: float
    character: bool


def pieces(trace: Trace) -> tuple[str, ...]:
    """The tokens of a text without the specials, each with the white space before it."""
    starts = [0, *trace.offsets[1:-2, 1].tolist()]
    return tuple(trace.text[start:end] for start, end in zip(starts, trace.offsets[1:-1, 1].tolist(), strict=True))


def _written(inputs: Inputs, controls: Given) -> Written:
    trace = inputs.trace
    p = foreseen(inputs.run, trace)[1:-1]
    tokens, steps = pieces(trace), np.arange(1, len(p) + 1)
    says = tuple(f"t = {step + 1}: p = {value:.4g}" for step, value in zip(steps.tolist(), p.tolist(), strict=True))
    loss = float(-np.log(p.astype(np.float64).clip(1e-45)).mean())
    running = Running(tokens, p, says, controls.given, steps, controls.at, palette.BLUE)
    return Written(running, p, loss, inputs.run.config.data.tokens == "char")


def _draw_written(found: Written) -> tuple[Part, ...]:
    loss, perplexity = number(found.loss), number(float(np.exp(found.loss)))
    said = tr(
        "The stronger the colour, the more probable the character was; the text before is in italics. The mean loss is {loss} "
        "nats per character, {bits} bits per character; perplexity {perplexity}. Click a character, or use the arrow keys.",
        loss=loss, bits=number(found.loss / np.log(2)), perplexity=perplexity,
    ) if found.character else tr(
        "The stronger the colour, the more probable the token was; the text before is in italics. The mean loss is {loss} nats "
        "per token; perplexity {perplexity}. Click a token, or use the arrow keys.",
        loss=loss, perplexity=perplexity,
    )  # fmt: skip
    return Part("running", found.running), Part("caption", said)


def _explain_written(found: Written) -> str:
    t = found.running.step
    here = ""
    if 1 <= t <= len(found.p):
        p = float(found.p[t - 1])
        here = tr(
            "The token “{token}” at t = {t} had p = {p:.6g}: its loss is −log {p:.6g} = {loss} nats. ",
            token=literal(found.running.tokens[t - 1], 20), t=t + 1, p=p, loss=number(-float(np.log(max(p, 1e-45)))),
        )
    return tr(
        "The probability of a token is that of the readout at the step before it:\n\n"
        r"$$p(\mathrm{{token}}_{{t+1}}) = \hat y_t[\mathrm{{token}}_{{t+1}}], \qquad L = -\frac{{1}}{{m}} "
        r"\sum_{{t=1}}^{{m}} \log \hat y_t[\mathrm{{token}}_{{t+1}}]$$"
        "\n\n"
        "{here}Here m = {m:,} and L = {loss} nats per token; the perplexity is e^L = {perplexity}. The temperature, top k and "
        "the nucleus change the distribution that a token is drawn from, not these probabilities.",
        here=here, m=len(found.p), loss=number(found.loss), perplexity=number(float(np.exp(found.loss))),
    )


WRITTEN: View[Given, Written] = View(
    "written", N_("How probable was each token?"), NEEDS, Given, _written, _draw_written, _explain_written,
    bytes_of("T", each=400), pick_step,
)  # fmt: skip


@dataclass(frozen=True)
class Drawn(Step):
    """A token, and the settings that tokens are drawn with."""

    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0

    @property
    def how(self) -> WriteConfig:
        return WriteConfig(temperature=self.temperature, top_k=self.top_k, top_p=self.top_p)


@dataclass(frozen=True)
class Choice:
    """The distribution that a token was drawn from.

    Attributes:
        labels, p, drawn: the most probable tokens, the one that stands in the text among them; each with its probability in the
            readout, and in the distribution that the settings make of it.
        truth: the token in the text; None at `<eos>`.
        rank: its place among all tokens by probability, from 1.
        p_truth: its probability in the readout.
        entropy, drawn_entropy: of both distributions, in nats.
        allowed: how many tokens the settings leave.
        size: N.
        step: of the token; the distribution is that of the step before.
        before: the token before it.
    """

    labels: tuple[str, ...]
    p: np.ndarray
    drawn: np.ndarray
    truth: str | None
    rank: int
    p_truth: float
    entropy: float
    drawn_entropy: float
    allowed: int
    size: int
    step: int
    before: str


def _choice(inputs: Inputs, controls: Drawn) -> Choice:
    trace, t = inputs.trace, max(controls.at, 1)
    p, drawn = trace.readouts[t - 1], drawn_at(trace, t, controls.how)
    index = int(trace.indices[t]) if t < len(trace.tokens) - 1 else None
    order = np.argsort(-p, kind="stable")
    shown = order[:MOST_OTHERS].tolist()
    if index is not None and index not in shown:
        shown[-1] = index
    rank = 0 if index is None else 1 + int(np.flatnonzero(order == index)[0])
    return Choice(
        tuple(trace.labels[i] for i in shown), p[shown], drawn[shown], None if index is None else trace.labels[index], rank,
        0.0 if index is None else float(p[index]), entropy(p), entropy(drawn), int((drawn > 0).sum()), len(p), t,
        trace.tokens[t - 1],
    )  # fmt: skip


def _draw_choice(found: Choice) -> tuple[Part, ...]:
    colours = dict.fromkeys(found.labels, palette.BLUE)
    return Part(
        "figure", bars.top_probabilities(found.p, found.labels, colours, found.truth, MOST_OTHERS, tr("here"))
    ), Part("caption", _choice_words(found))


def _choice_words(found: Choice) -> str:
    said = tr(
        "The bars are the network's own probabilities p after {step}. Their entropy is {entropy} nats = {bits} bits.",
        step=place(found.step - 1, found.before), entropy=number(found.entropy), bits=number(found.entropy / np.log(2)),
    )
    if found.truth is not None:
        said += tr(
            " “{truth}” has p = {p_truth:.4g}, place {rank:,} of {size:,}.",
            truth=literal(found.truth, 20), p_truth=found.p_truth, rank=found.rank, size=found.size,
        )
    return said + tr(
        " With your settings, the token is drawn from {allowed:,} of the {size:,} tokens, with an entropy of {entropy} nats.",
        allowed=found.allowed, size=found.size, entropy=number(found.drawn_entropy),
    )


def _explain_choice(found: Choice) -> str:
    listed = " · ".join(
        tr("“{token}”", token=literal(label, 20)) + f" {p:.4f} ({drawn:.4f})"
        for label, p, drawn in zip(found.labels[:5], found.p.tolist(), found.drawn.tolist(), strict=False)
    )
    return tr(
        "The readout at the step before gives every token of the vocabulary a probability. Its entropy says how open the "
        "choice was: 0 where one token is certain, log N where all are equally probable.\n\n"
        r"$$\hat y_t = \mathrm{{softmax}}(c + V h_t), \qquad H_t = -\sum_j \hat y_t[j] \, \log \hat y_t[j]$$"
        "\n\n"
        "Here H = {entropy} nats, and log N = log {size:,} = {log}. The most probable tokens with p, and in brackets the "
        "probability with which your settings draw them: {listed}.",
        entropy=number(found.entropy), size=found.size, log=number(float(np.log(found.size))), listed=listed,
    )


CHOICE: View[Drawn, Choice] = View(
    "choice", N_("Which tokens could have come here?"), NEEDS, Drawn, _choice, _draw_choice, _explain_choice, bytes_of()
)


@dataclass(frozen=True)
class Surprise:
    """A text coloured by its loss per token, and the tokens that surprise most.

    Attributes:
        running: the text, coloured by the loss as a share of the largest.
        losses: (m,) −log p of each token, in nats.
        worst: the places of the largest losses, the largest first, from 0.
        expected: what was most probable at each of these.
        chance: p of each of these.
        around: the text before each of these.
    """

    running: Running
    losses: np.ndarray
    worst: tuple[int, ...]
    expected: tuple[str, ...]
    chance: tuple[float, ...]
    around: tuple[str, ...]


MOST_WORST = 12


def _surprise(inputs: Inputs, controls: Step) -> Surprise:
    trace = inputs.trace
    p = foreseen(inputs.run, trace)[1:-1].astype(np.float64)
    losses = -np.log(p.clip(1e-45))
    tokens, steps = pieces(trace), np.arange(1, len(p) + 1)
    says = tuple(
        f"t = {step + 1}: {value:.3f} nats" for step, value in zip(steps.tolist(), losses.tolist(), strict=True)
    )
    worst = tuple(np.argsort(-losses, kind="stable")[:MOST_WORST].tolist())
    running = Running(tokens, losses / max(float(losses.max()), 1e-9), says, 0, steps, controls.at, palette.ORANGE)
    return Surprise(
        running, losses, worst, tuple(trace.labels[int(trace.readouts[i].argmax())] for i in worst),
        tuple(float(p[i]) for i in worst), tuple("".join(tokens[max(0, i - 30) : i])[-30:] for i in worst),
    )  # fmt: skip


def _draw_surprise(found: Surprise) -> tuple[Part, ...]:
    table = Table({
        tr("loss in nats"): [round(float(found.losses[i]), 3) for i in found.worst],
        tr("token"): [visible(found.running.tokens[i], 30) for i in found.worst],
        "p": [float(f"{p:.3g}") for p in found.chance],
        tr("expected"): [visible(token, 30) for token in found.expected],
        tr("after this text"): [visible(text) for text in found.around],
        "t": [i + 2 for i in found.worst],
    })  # fmt: skip
    mean = float(found.losses.mean())
    said = tr(
        "The stronger the colour, the larger the loss −log p of the token, up to {max} nats. Mean {mean} nats per token, "
        "perplexity {perplexity}.",
        max=number(float(found.losses.max())), mean=number(mean), perplexity=number(float(np.exp(mean))),
    )
    return Part("running", found.running), Part("caption", said), Part("table", table)


def _explain_surprise(found: Surprise) -> str:
    i = found.worst[0]
    return tr(
        "The loss of a token is the surprise at it, given the tokens before it:\n\n"
        r"$$L(t) = -\log \hat y_t[\mathrm{{token}}_{{t+1}}]$$"
        "\n\n"
        "The largest here is at t = {i}: “{token}” had p = {p:.4g}, so −log p = {loss} nats; “{expected}” was the "
        "most probable. The network reads this text alone, from a state of 0, so its first tokens surprise more.",
        i=i + 2, token=literal(found.running.tokens[i], 20), p=found.chance[0], loss=number(float(found.losses[i])),
        expected=literal(found.expected[0], 20),
    )


SURPRISE: View[Step, Surprise] = View(
    "surprise", N_("Which tokens surprise the network?"), NEEDS, Step, _surprise, _draw_surprise, _explain_surprise,
    bytes_of("T", each=400), pick_step,
)  # fmt: skip

VIEWS = (WRITTEN, CHOICE, SURPRISE)
