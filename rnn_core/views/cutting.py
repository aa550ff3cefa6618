"""The views of a text that is cut: as separate samples beside a state that is carried over the cuts."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from rnn_core.analysis.cutting import LONGEST, cutting
from rnn_core.analysis.steps import one_class, targets_of
from rnn_core.figures import gradients as figures
from rnn_core.figures.frame import FIRST, upright
from rnn_core.figures.text import escape
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import Cutting
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect import Labelled
from rnn_core.views.view import Part, View, literal, number

CARRIED, SEPARATE, WHOLE = N_("state carried over"), N_("separate samples"), N_("uncut")


@dataclass(frozen=True)
class Pieces(Labelled):
    """K; None: as the run was trained, or 5."""

    window: int | None = None

    def settled(self, inputs: Inputs) -> Self:
        last = len(inputs.trace.tokens) - 1
        trained = inputs.run.config.train.truncate
        size = self.window or (trained if 0 < trained <= last else 5)
        return replace(super().settled(inputs), window=min(max(size, 1), last + 1))


@dataclass(frozen=True)
class Cut:
    """A text cut at every K steps.

    Attributes:
        series: by the way to read, (T,) what is drawn.
        size: K.
        tokens: (T,) those that are read.
        step: the chosen one, from 0.
        at: the step whose loss is followed back, from 0.
        asked: the class that is asked for; empty where each step asks for its own.
        left_out: how many tokens of the text are not read.
        moved: (T,) ‖h_t, cut − h_t, uncut‖ with separate samples.
        carried_moved: the largest such distance with the state carried over; None where it cannot be.
        changed: steps whose most probable class is another one with separate samples.
    """

    series: dict[str, np.ndarray]
    size: int
    tokens: tuple[str, ...]
    step: int
    at: int
    asked: str
    left_out: int
    moved: np.ndarray
    carried_moved: float | None
    changed: tuple[int, ...]


def _found(inputs: Inputs, label: str | None, size: int) -> Cutting:
    return cutting(inputs.network, inputs.trace.fed[:LONGEST], _classes(inputs, label), size)


def _classes(inputs: Inputs, label: str | None) -> np.ndarray:
    return targets_of(inputs.run, inputs.trace, label)[:LONGEST]


def _cut(inputs: Inputs, controls: Pieces, drawn: str) -> Cut:
    assert controls.window is not None
    found: Cutting = inputs.once(_found, controls.label, controls.window)
    classes, trace = _classes(inputs, controls.label), inputs.trace
    at, shown = np.arange(len(classes)), one_class(classes)
    ways = {WHOLE: found.whole} if found.carried is None or drawn == "lengths" else {}
    ways |= {} if found.carried is None else {CARRIED: found.carried}
    ways |= {SEPARATE: found.separate}
    if drawn == "lengths":
        series = {name: way.lengths for name, way in ways.items()}
    else:
        series = {name: np.where(classes < 0, np.nan, way.readouts[at, classes]) for name, way in ways.items()}
    moved = np.linalg.norm(found.separate.states - found.whole.states, axis=1)
    carried = None if found.carried is None else float(
        np.linalg.norm(found.carried.states - found.whole.states, axis=1).max()
    )  # fmt: skip
    changed = np.flatnonzero(found.separate.readouts.argmax(1) != found.whole.readouts.argmax(1))
    tokens = trace.tokens[: len(classes)]
    return Cut(
        series, found.size, tokens, min(controls.at, len(tokens) - 1), found.at, "" if shown is None else trace.labels[shown],
        len(trace.tokens) - len(tokens), moved, carried, tuple(changed.tolist()),
    )  # fmt: skip


def _readouts(inputs: Inputs, controls: Pieces) -> Cut:
    return _cut(inputs, controls, "readouts")


def _lengths(inputs: Inputs, controls: Pieces) -> Cut:
    return _cut(inputs, controls, "lengths")


def _draw(cut: Cut, title: str, log: bool) -> tuple[Part, ...]:
    drawn = figures.along({tr(name): values for name, values in cut.series.items()}, cut.tokens, title, cut.step, log=log)
    borders = [upright(first + FIRST - 0.5) for first in range(cut.size, len(cut.tokens), cut.size)]
    drawn["layout"]["shapes"] = [*drawn["layout"]["shapes"], *borders]
    if not log:
        drawn["layout"]["yaxis"]["range"] = [-0.03, 1.05]
    said = tr("Dotted lines: the cuts.")
    if cut.left_out:
        said += tr(" This text is long: its first {tokens:,} steps are read.", tokens=len(cut.tokens))
    return Part("figure", drawn), Part("caption", said)


def _draw_readouts(cut: Cut) -> tuple[Part, ...]:
    asked = escape(cut.asked, 24) if cut.asked else tr("what each step asks for")
    return *_draw(cut, tr("probability of {asked}", asked=asked), log=False), Part("text", parting_words(cut))


def parting_words(cut: Cut) -> str:
    """Where the two ways to read part, as Markdown."""
    apart = np.flatnonzero(cut.moved > 1e-9)
    if not len(apart):
        return tr("A piece of K = {size} holds the whole text: nothing is cut.", size=cut.size)
    first, most = int(apart[0]), int(cut.moved.argmax())
    changed = ", ".join(str(t + FIRST) for t in cut.changed[:12]) + (", …" if len(cut.changed) > 12 else "")
    count = len(cut.changed)
    answers = tr_n("The most probable class differs at {n:,} step.", "The most probable class differs at {n:,} steps.", count)
    if changed:
        answers = tr_n(
            "The most probable class differs at {n:,} step: t = {listed}.",
            "The most probable class differs at {n:,} steps: t = {listed}.",
            count, listed=changed,
        )  # fmt: skip
    same = "" if cut.carried_moved is None else tr(
        " With the state carried over, every state is that of the uncut text (largest distance {carried_moved}).",
        carried_moved=number(cut.carried_moved),
    )  # fmt: skip
    return tr(
        "Read as separate samples, the states differ from those of the uncut text from t = {first} (“{token}”) on, and "
        "most at t = {most}, by {moved} (Euclidean). {answers}{same}",
        first=first + FIRST, token=literal(cut.tokens[first], 30), most=most + FIRST, moved=number(float(cut.moved[most])),
        answers=answers, same=same,
    )


def _explain_readouts(cut: Cut) -> str:
    both = "" if cut.carried_moved is not None else tr(
        " This network also reads from the end. That direction begins behind the last token, so it has no state to go on "
        "from at a cut: the uncut text stands for it here.",
    )  # fmt: skip
    return (
        tr(
            "A text of {steps} is cut at every K = {size} steps. As separate samples each piece begins at the state 0 "
            "and knows nothing of what stands before it. With the state carried over it goes on from where the piece "
            "before it ended.{both}\n\n"
            r"$$\text{{separate: }} h_{{jK}} = 0 \qquad \text{{carried: }} h_{{jK}} = \text{{the state after step }} jK, "
            r"\qquad K = {size},\ j = 0, 1, \ldots$$"
            "\n\n",
            steps=tr_n("{n:,} step", "{n:,} steps", len(cut.tokens)), size=cut.size, both=both,
        ) + parting_words(cut)
    )


def _explain_lengths(cut: Cut) -> str:
    listed = " · ".join(
        tr(
            "{name}: {receiving} of {states}, together {together}",
            name=tr(name), receiving=int((np.nan_to_num(values) > 0).sum()),
            states=tr_n("{n:,} state", "{n:,} states", len(values)),
            together=number(float(np.nansum(values))),
        )
        for name, values in cut.series.items()
    )
    first = cut.at // cut.size * cut.size
    return tr(
        "The loss at t = {at} is followed back to the state after each step k, with the network's own weights. Uncut, its "
        "gradient goes back to the first step. With the state carried over, the forward pass is the same, but the state is "
        "taken as a given number at the cut: the gradient stops there. So it does in separate samples, where the state "
        "itself is another one.\n\n"
        r"$$\frac{{\partial L}}{{\partial h_k}} = 0 \quad \text{{for }} k \le {first}, \text{{ with cuts at every }} K = "
        r"{size} \text{{ and the loss at }} t = {at}$$"
        "\n\n"
        "States that receive a gradient, and the sum of its lengths – {listed}.",
        at=cut.at + FIRST, first=first, size=cut.size, listed=listed,
    )


def _pick(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


_view = partial(
    View[Pieces, Cut], needs=("run", "text"), controls=Pieces, pick=_pick,
    most_bytes=lambda inputs: 80 * min(len(inputs.trace.tokens), LONGEST) + 4 * sum(map(len, inputs.trace.tokens)) + 4096,
)  # fmt: skip

READOUTS = _view(
    "cut-readouts", N_("What does the network answer when the text is cut?"), compute=_readouts,
    render=_draw_readouts, explain=_explain_readouts,
)  # fmt: skip
LENGTHS = _view(
    "cut-gradients", N_("How far back does the gradient of a cut text go?"), compute=_lengths,
    render=lambda cut: _draw(cut, tr("gradient of L({at}) at the state", at=cut.at + FIRST), log=True), explain=_explain_lengths,
)  # fmt: skip

VIEWS = (READOUTS, LENGTHS)
