"""The views on two runs that differ in where their loss is taken: at the last step, or at every step."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.analysis.paired import paired
from rnn_core.figures import twins
from rnn_core.figures.frame import Figure
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import Along
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, Table, View, figure, number


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
    return tr(
        "- **Half of the words read.** The readout is right on {at_half}\n"
        "- **All words read.** The answer is right on {at_end}\n"
        "- **Decided.** Half of the texts have their final answer after {every:.0%} of their words with the loss at every "
        "step, after {last:.0%} with the loss at the last step.",
        at_half=at_half, at_end=at_end, every=np.median(every.decided), last=np.median(last.decided),
    )


def _compared(
    every: Along, last: Along, more: float, less: float, right: np.ndarray | None, other: np.ndarray | None
) -> str:
    """Two accuracies on the same texts: percentages, counts, and the interval of their difference where it is known."""
    counts = [round(share * one.texts) for share, one in ((more, every), (less, last))]
    difference = counts[0] - counts[1]
    apart = tr("no difference")
    if difference > 0:
        apart = tr_n("{n:,} text more", "{n:,} texts more", difference)
    elif difference < 0:
        apart = tr_n("{n:,} text fewer", "{n:,} texts fewer", -difference)
    said = tr(
        "{more:.1%} ({count_every:,} of {texts}) with the loss at every step, on {less:.1%} ({count_last:,}) with the loss at "
        "the last step: {difference}",
        more=more, count_every=counts[0], texts=tr_n("{n:,} text", "{n:,} texts", every.texts), less=less, count_last=counts[1],
        difference=apart,
    )
    if right is None or other is None or len(right) != len(other):
        return f"{said}."
    found = paired(right, other)
    low, high = _signed(found.low), _signed(found.high)
    if found.low <= 0 <= found.high:
        return tr(
            "{said}. The 95% interval of the difference is {low} to {high} percentage points, so it may be chance.",
            said=said, low=low, high=high,
        )
    return tr(
        "{said}. The 95% interval of the difference is {low} to {high} percentage points.", said=said, low=low, high=high
    )


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")


def apart(found: Twins) -> dict[str, list[Any]]:
    """How many texts only one of the runs is right on, as a table; empty where the answers are not known text by text."""
    last, every = found.runs["last"], found.runs["every"]
    pairs = {
        tr("half of the words"): (every.right_at_half, last.right_at_half),
        tr("all words"): (every.right_at_end, last.right_at_end),
    }
    known = {
        read: paired(one, other) for read, (one, other) in pairs.items()
        if one is not None and other is not None and len(one) == len(other)
    }  # fmt: skip
    return {} if not known else {
        tr("read"): list(known),
        tr("only right with the loss at every step"): [one.only_first for one in known.values()],
        tr("only right with the loss at the last step"): [one.only_second for one in known.values()],
    }


def _draw_summary(found: Twins) -> tuple[Part, ...]:
    said, table = Part("text", summary(found)), apart(found)
    if not table:
        return (said,)
    fold = tr("Where the interval comes from")
    return said, Part("text", tr(INTERVAL), fold), Part("table", Table(table), fold)


INTERVAL = N_(
    "Both runs read the same texts, so only the texts on which one run is right and the other is wrong count for the "
    "difference. The interval is that of Agresti and Min (2005) for paired samples. Where it holds 0, the difference may "
    "be chance.",
)


def _explain_right(found: Twins) -> str:
    last, every = found.runs["last"], found.runs["every"]
    some = ", ".join(
        f"{share:.0%}: {every.readouts[_at(every, share)]:.3f} / {last.readouts[_at(last, share)]:.3f}"
        for share in (0.25, 0.5, 0.75, 1)
    )
    return tr(
        r"Each text is read word by word. The **readout** (dotted) is $\mathrm{{softmax}}(c + V h_t)$ at that word. The "
        "**answer if the text stopped here** (solid) is the readout after one more step, on `<eos>`. The loss at the last "
        "step trains only the answer after `<eos>`, so the readouts before it may be odd although the answer is good. The "
        "loss at every step trains the readout after each word too, also where the words so far cannot tell the label.\n\n"
        "Share of {texts:,} texts whose readout is right, with the loss at every step / at the last step, by share of the "
        "words read: {some}.",
        texts=every.texts, some=some,
    )


def _explain_reach(found: Twins) -> str:
    def told(name: str) -> str:
        one = found.runs[name]
        far = min(10, len(one.reach) - 1)
        return tr(
            "{name}: {end} at the end, {before} {far} steps before",
            name=tr(twins.NAMES[name]), end=number(one.reach[0]), before=number(one.reach[far]), far=far,
        )

    every = r"\sum_t L(t)" if found.runs["every"].reduce == "sum" else r"\frac{1}{T} \sum_t L(t)"
    return tr(
        r"$\partial L / \partial h_t$ is the gradient of the loss at the state of step t. Drawn is its length, the mean "
        "over {followed} texts, by the number of steps between t and the end; L is each run's own loss, at the true label.\n\n"
        "{told_last}.\n\n"
        "{told_every}.\n\n"
        r"With the loss at the last step, the whole gradient comes back through every $\partial h_{{t+1}} / \partial h_t$ "
        "on the way. With $L = {every}$, each step also has a loss of its own.",
        followed=found.runs["last"].followed, told_last=told("last"), told_every=told("every"), every=every,
    )


def _explain_decided(found: Twins) -> str:
    last, every = (float(np.median(found.runs[loss].decided)) for loss in ("last", "every"))
    return tr(
        "The **decision step** is the first step from which the answer (if the text stopped there) never changes again. "
        "The median share of the words read at it is {last:.1%} with the loss at the last step, {every:.1%} with the loss "
        "at every step. An early decision may be wrong: compare it with the accuracy above.",
        last=last, every=every,
    )


def _view(
    name: str, question: str, draw: Callable[[dict[str, Along]], Figure], explain: Callable[[Twins], str]
) -> View[Controls, Twins]:
    return View(name, question, ("along",), Controls, _twins, lambda found: figure(draw(found.runs)), explain, _most_bytes)


SUMMARY: View[Controls, Twins] = View(
    "twins", "", ("along",), Controls, _twins, _draw_summary, summary, _most_bytes
)
RIGHT = _view("right-so-far", N_("How accurate is it before the text ends?"), twins.right_so_far, _explain_right)
REACH = _view("loss-reach", N_("How far back does the loss reach?"), twins.reach, _explain_reach)
DECIDED = _view("decided", N_("When is the answer decided?"), twins.decided, _explain_decided)

VIEWS = (SUMMARY, RIGHT, REACH, DECIDED)
