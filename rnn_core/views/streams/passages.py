"""The passages with the highest loss."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core.figures import palette
from rnn_core.language import N_, tr
from rnn_core.results import Passage
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams.shared import MANY, UNITS, detail_of
from rnn_core.views.view import Choice, Controls, Part, View, number
from rnn_core.views.writing import Running


@dataclass(frozen=True)
class Chosen(Controls):
    """A passage, from 0, and a step of its text; None: the first token of the passage."""

    passage: int = 0
    step: int | None = None

    def settled(self, inputs: Inputs) -> Self:
        worst = detail_of(inputs).worst
        passage = min(self.passage, len(worst) - 1)
        one = worst[passage]
        there = self.step is not None and 1 <= self.step <= len(one.losses)
        return replace(self, passage=passage, step=self.step if there else one.given + 1)


@dataclass(frozen=True)
class Worst:
    """One of the worst passages.

    Attributes:
        passage: the tokens, with those before them.
        running: the same without words on the tokens, coloured by the loss as a share of the largest.
        number: its place among the worst, from 1.
        of: how many there are.
        overall: the mean loss of the whole text.
        unit: what a token is called.
        stride: the number of tokens between the starts of two candidates.
    """

    passage: Passage
    running: Running
    number: int
    of: int
    overall: float
    unit: str
    stride: int


def _worst(inputs: Inputs, controls: Chosen) -> Worst:
    detail = detail_of(inputs)
    one = detail.worst[controls.passage]
    losses, unit, space = np.array(one.losses), UNITS[detail.cut], "" if detail.cut == "char" else " "
    before = ("\n", *one.tokens[:-1])
    shown = tuple(("" if "\n" in pair else space) + pair[1] for pair in zip(before, one.tokens, strict=True))
    strength, steps = losses / max(float(losses.max()), 1e-9), np.arange(1, len(losses) + 1)
    assert controls.step is not None
    running = Running(shown, strength, (), one.given, steps, controls.step, palette.ORANGE)
    return Worst(one, running, controls.passage + 1, len(detail.worst), inputs.token_scores.loss, unit, detail.stride)


def _worst_bytes(inputs: Inputs) -> int:
    return max(3 * encoding.nbytes(one) + 100 * len(one.losses) for one in detail_of(inputs).worst) + 1000


def _draw_worst(found: Worst) -> tuple[Part, ...]:
    one = found.passage
    first, last = one.start + one.given + 1, one.start + len(one.losses)
    unit, units = tr(found.unit), tr(MANY[found.unit])
    says = tuple(
        tr("{unit} {place:,}: {loss:.3f} nats", unit=unit, place=place, loss=loss)
        for place, loss in enumerate(one.losses, one.start + 1)
    )
    italics = tr(" The {units} in italics precede it.", units=units) if one.given else ""
    said = tr(
        "Passage {number} of {of}: {units} {first:,} to {last:,} of the text, {loss} nats per {unit}, against {overall} on "
        "the whole. The stronger the colour, the larger the loss, up to {most} nats.{italics}",
        number=found.number, of=found.of, unit=unit, units=units, first=first, last=last, loss=number(one.loss),
        overall=number(found.overall), most=number(max(one.losses)), italics=italics,
    )
    return Part("running", replace(found.running, says=says)), Part("caption", said)


def _explain_worst(found: Worst) -> str:
    one = found.passage
    own = one.losses[one.given :]
    return tr(
        "Every {stride} {units} a window of {size:,} begins. The windows with the highest mean loss are listed; one that "
        "overlaps a listed one is left out.\n\n"
        r"$$\bar L = \frac{{1}}{{n}} \sum_{{i=s}}^{{s+n-1}} -\log p_i = \frac{{{sum}}}{{{size}}} = {loss}$$"
        "\n\n"
        "Here s = {start:,}. These losses are those of the whole text, with the state carried. Opened alone, the passage "
        "begins from a state of 0, so its first losses differ.",
        stride=found.stride, units=tr(MANY[found.unit]), size=len(own), sum=number(sum(own)), loss=number(one.loss),
        start=one.start + one.given + 1,
    )


def opened(passage: Passage, cut: str, step: int) -> dict[str, object]:
    """What a link that opens a passage selects: its text without `<eos>`, and the step of a token of it.

    Args:
        step: of a token of the passage, from 1.
    """
    kept = [token for token in passage.tokens if token != "<eos>"]
    gone = sum(token == "<eos>" for token in passage.tokens[: step - 1])
    return {"text": ("" if cut == "char" else " ").join(kept), "spaced": cut != "char", "step": max(1, step - gone)}


WORST: View[Chosen, Worst] = View(
    "worst", N_("Which passages does it predict worst?"), ("evaluation",), Chosen, _worst, _draw_worst, _explain_worst,
    _worst_bytes,
    choices=lambda inputs, controls: (
        Choice("passage", tr("Passage"), tuple(range(len(detail_of(inputs).worst))),
               lambda i: f"{i + 1}: {number(detail_of(inputs).worst[i].loss)}"),
    ),
)  # fmt: skip
