"""The views on two runs that differ in where their loss is taken: at the last step, or at every step."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rnn_core.analysis.paired import paired
from rnn_core.figures import twins
from rnn_core.figures.frame import Figure
from rnn_core.results import Along
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, View, figure, number


@dataclass(frozen=True)
class Twins:
    """What was found of each run.

    Attributes:
        runs: by its loss: `last` and `every`.
    """

    runs: dict[str, Along]


def _twins(inputs: Inputs, controls: Controls) -> Twins:
    return Twins(dict(inputs.along))


def _most_bytes(inputs: Inputs) -> int:
    """Five rows of float64 of each run, the longest one a number per text, and two of a byte per text."""
    return sum(8 * (3 * one.texts + 3 * len(one.shares) + 2 * len(one.reach)) + 200 for one in inputs.along.values())


def _at(one: Along, share: float) -> int:
    return int(np.abs(one.shares - share).argmin())


def summary(found: Twins) -> str:
    """What the every-step loss changes here, in words."""
    last, every = found.runs["last"], found.runs["every"]
    half = _at(last, 0.5)
    at_half = _compared(every, last, every.readouts[half], last.readouts[half], every.right_at_half, last.right_at_half)
    at_end = _compared(every, last, every.answers[-1], last.answers[-1], every.right_at_end, last.right_at_end)
    return (
        f"With **half of the words read**, the readout is right on {at_half} With **all of them read**, the answer is right on "
        f"{at_end} Half of the texts have decided after {np.median(every.decided):.0%} of their words with the loss at every "
        f"step, after {np.median(last.decided):.0%} with the loss at the last."
    )


def _compared(
    every: Along, last: Along, more: float, less: float, right: np.ndarray | None, other: np.ndarray | None
) -> str:
    """Two accuracies on the same texts: percentages, counts, and the interval of their difference where it is known."""
    difference = more - less
    said = (
        f"{more:.1%} ({round(more * every.texts):,} of {every.texts:,} texts) with the loss at every step and on {less:.1%} "
        f"({round(less * last.texts):,} of {last.texts:,}) with the loss at the last: {_points(difference)}."
    )
    if right is None or other is None or len(right) != len(other):
        return said
    found = paired(right, other)
    chance = ", so chance alone may have made it" if found.low <= 0 <= found.high else ""
    return (
        f"{said} On {_texts(found.only_first)} only the run with the loss at every step is right, on {_texts(found.only_second)} "
        f"only the other; the difference's 95 % interval is from {_signed(found.low)} to {_signed(found.high)} points{chance} "
        "(paired, Agresti and Min 2005)."
    )


def _texts(count: int) -> str:
    return f"{count:,} text{'s' * (count != 1)}"


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def _points(difference: float) -> str:
    points = f"{abs(100 * difference):.1f} points"
    return f"{points} {'more' if difference > 0 else 'fewer'} for every step" if round(100 * difference, 1) else "no difference"


def _explain_right(found: Twins) -> str:
    last, every = found.runs["last"], found.runs["every"]
    some = ", ".join(
        f"{share:.0%}: {every.readouts[_at(every, share)]:.3f} / {last.readouts[_at(last, share)]:.3f}"
        for share in (0.25, 0.5, 0.75, 1)
    )
    return (
        "Each text is read word by word. **Readout** (dots): softmax(V h_t + c) right there. **Answer if the text stopped "
        "here** (line): one more step on `<eos>` first. The loss at the last step asks for an answer after `<eos>` alone; the "
        "loss at every step asks for one after each word too, without `<eos>` behind it."
        f"\n\nReadout right, every step / last step, by share read: {some} ({every.texts:,} texts)."
        "\n\nThe loss at the last step never teaches the readouts before it: they may be odd although the final answer is good. "
        "The loss at every step asks for the label after each word, also where the words so far cannot tell it."
    )


def _explain_reach(found: Twins) -> str:
    def told(name: str) -> str:
        one = found.runs[name]
        far = min(10, len(one.reach) - 1)
        return f"{twins.NAMES[name]}: {number(one.reach[0])} at the end, {number(one.reach[far])} {far} steps before"

    every = r"\sum_t L(t)" if found.runs["every"].reduce == "sum" else r"\frac{1}{T} \sum_t L(t)"
    return (
        r"$\partial L / \partial h_t$ is what the loss sends to the state of step t, here as the mean of its length over "
        f"{found.runs['last'].followed} texts, by the steps between t and the end, with each run's own loss L and the true "
        f"label.\n\n{told('last')}.\n\n{told('every')}.\n\nWith the loss at the last step alone, everything must come back "
        rf"through every $\partial h_{{t+1}} / \partial h_t$ on the way; with $L = {every}$ each step also gets "
        "its own part."
    )


def _explain_decided(found: Twins) -> str:
    last, every = (float(np.median(found.runs[loss].decided)) for loss in ("last", "every"))
    return (
        "The **decision step** is the first from which the answer (if the text stopped there) never changes again. Median share "
        f"of the words read at it: {last:.1%} (last step), {every:.1%} "
        "(every step). An early decision is not yet a right one: compare with the accuracy above."
    )


def _view(
    name: str, question: str, draw: Callable[[dict[str, Along]], Figure], explain: Callable[[Twins], str]
) -> View[Controls, Twins]:
    return View(name, question, ("along",), Controls, _twins, lambda found: figure(draw(found.runs)), explain, _most_bytes)


SUMMARY: View[Controls, Twins] = View(
    "twins", "", ("along",), Controls, _twins, lambda found: (Part("text", summary(found)),), summary, _most_bytes
)
RIGHT = _view("right-so-far", "How right is it before the text ends?", twins.right_so_far, _explain_right)
REACH = _view("loss-reach", "How far back does the loss reach?", twins.reach, _explain_reach)
DECIDED = _view("decided", "When does it make up its mind?", twins.decided, _explain_decided)

VIEWS = (SUMMARY, RIGHT, REACH, DECIDED)
