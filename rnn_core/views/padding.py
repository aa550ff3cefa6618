"""The views of the padding audit: what pads do to a text's states, answer and gradient."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from rnn_core.analysis.padding import MOST_PADS, SIDES, audit, most_audited
from rnn_core.analysis.steps import one_class
from rnn_core.analysis.trace import trace as read
from rnn_core.figures import heatmap
from rnn_core.figures import padding as figures
from rnn_core.figures.frame import FIRST
from rnn_core.language import N_, formula, tr, tr_n
from rnn_core.results import PAD, PaddedRead, PaddingAudit, PaddingCost, Trace
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, Part, Table, View, figure, literal, number


@dataclass(frozen=True)
class Pads(Controls):
    """How many pads, on which side, whether they are passed over, and the class asked for (None: the task's own)."""

    pads: int = 5
    side: str = "right"
    masking: bool = True
    label: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        side = self.side if self.side in SIDES else "right"
        return replace(self, pads=min(max(self.pads, 0), MOST_PADS), side=side)


def _read(inputs: Inputs) -> Trace:
    """The text, or its beginning where it is too long to be read some forty times."""
    whole, most = inputs.trace, most_audited(inputs.network.network)
    if len(whole.tokens) <= most + 2:
        return whole
    return read(inputs.network, whole.text, whole.tokens[1 : most + 1])


def _audit(inputs: Inputs, pads: int, label: str | None) -> PaddingAudit:
    return audit(inputs.network, inputs.once(_read), pads, label)


Ways = dict[tuple[str, bool], np.ndarray]
"""By (side, masked), a number for each count of pads."""


@dataclass(frozen=True)
class PadCurves:
    """One number against the count of pads, a line each way to pad.

    Attributes:
        counts: (P,) numbers of pads from 0 up.
        curves: (P,) for each way.
        pads: p.
        label: the class that the probability is of, as Markdown; None: each token's own answer.
        several: whether the probability is a mean over tokens.
    """

    counts: np.ndarray
    curves: Ways
    pads: int
    label: str | None
    several: bool

    @property
    def asked(self) -> str:
        """What the probability is of, as Markdown."""
        if self.label is None:
            return tr("each token's own answer (the mean over the tokens)") if self.several else tr("each token's own answer")
        if self.several:
            return tr("the class {label} (the mean over the tokens)", label=self.label)
        return tr("the class {label}", label=self.label)


_view = partial(View, needs=("run", "text"), controls=Pads)
_SIDES = {"left": N_("left"), "right": N_("right")}
_FEW_BYTES = 16_384
"""The counts of pads are few, whatever the text."""


def _over_pads(
    name: str,
    question: str,
    title: str,
    curves: Callable[[PaddingAudit], Ways],
    words: Callable[[PadCurves], str],
    written: Callable[[float], str],
) -> View[Pads, PadCurves]:
    """A view of one number against the count of pads, a line each way to pad."""

    def compute(inputs: Inputs, controls: Pads) -> PadCurves:
        found: PaddingAudit = inputs.once(_audit, controls.pads, controls.label)
        asked = one_class(found.targets)
        label = None if asked is None else literal(inputs.trace.labels[asked], 40)
        return PadCurves(found.counts, curves(found), found.pads, label, len(found.targets) > 1)

    def explain(found: PadCurves) -> str:
        at = int(np.searchsorted(found.counts, found.pads))
        listed = " · ".join(f"{tr(figures.WAYS[way][0])}: {written(float(curve[at]))}" for way, curve in found.curves.items())
        at_pads = tr_n("With {n:,} pad – {listed}.", "With {n:,} pads – {listed}.", found.pads, listed=listed)
        return f"{words(found)}\n\n{at_pads}"

    return _view(
        name, question, compute=compute, explain=explain, most_bytes=lambda inputs: _FEW_BYTES,
        render=lambda found: figure(figures.pad_curves(found.counts, found.curves, found.pads, tr(title))),
    )  # fmt: skip


def _curve_words(found: PadCurves) -> str:
    return tr(
        "Pads make the rows of a matrix equally long and mean nothing. **Masked**: on the right, the network is told each "
        "text's length and stops there, as in training; on the left, a mask keeps the state what it was at every pad. **Read "
        "like tokens**: `<pad>` is a word as any other, each pad is one more step, and the answer is read from the last "
        "column, because nobody knows where the text ended.\n\n"
        r"$$\text{{masked: }} h_t = h_{{t-1}} \text{{ at a pad}} \qquad \text{{read: }} h_t = \mathrm{{step}}(h_{{t-1}},\ E[0])$$"
        "\n\n"
        "Each of the four is read and measured on its own. The curves are the probability of {asked}; without pads it is "
        "{without:.6f}.",
        asked=found.asked, without=found.curves["right", True][0],
    )


CURVES = _over_pads(
    "pad_curves", N_("Do pads change the answer?"), N_("probability of the target"),
    lambda audit: audit.curves, _curve_words, "{:.6f}".format,
)  # fmt: skip


def _moved_words(found: PadCurves) -> str:
    return tr(
        "The states that the answer is read from, against the same without pads, unit by unit: the largest absolute "
        "difference. An answer that is sure can stay where it is while the state below it moves.\n\n"
        r"$$\max_u\, \lvert h^{(p)}[u] - h^{(0)}[u] \rvert$$",
    )


MOVED = _over_pads(
    "pad_moved", N_("How far do pads move the state that answers?"), N_("largest difference of a unit"),
    lambda audit: audit.moved, _moved_words, number,
)  # fmt: skip


def _drift_words(found: PadCurves) -> str:
    return tr(
        "Training follows the gradient of the loss, so pads that are read also change what is learnt from this text. The "
        "difference between the gradient with pads and without, over all parameters together, by its length against the "
        "gradient without pads: 0 where pads change nothing, 1 where the difference is as long as the gradient itself.\n\n"
        r"$$\frac{{\lVert \nabla L^{{(p)}} - \nabla L^{{(0)}} \rVert}}{{\lVert \nabla L^{{(0)}} \rVert}}$$"
        "\n\n"
        "L is the run's own loss, asked for {asked}; nothing is drawn where the gradient without pads is exactly 0.",
        asked=found.asked,
    )


DRIFT = _over_pads(
    "pad_drift", N_("Do pads change what is learnt?"), N_("difference of the gradient"),
    lambda audit: audit.drift, _drift_words, number,
)  # fmt: skip


@dataclass(frozen=True)
class PadStates:
    """The states along a padded row.

    Attributes:
        states: (T + p, D) the uppermost ones.
        true: (T + p,) which columns are true steps.
        read: the last column that is read.
        pads, side, masked: how the text is padded.
        tokens: (T + p,) with the pads.
    """

    states: np.ndarray
    true: np.ndarray
    read: int
    pads: int
    side: str
    masked: bool
    tokens: tuple[str, ...]

    @property
    def first(self) -> int:
        """The t of the first column: `<sos>` is step 1 on every page, so pads in front have the steps 0, −1, …"""
        return FIRST - (self.pads if self.side == "left" else 0)


def _states(inputs: Inputs, controls: Pads) -> PadStates:
    found: PaddingAudit = inputs.once(_audit, controls.pads, controls.label)
    one, tokens = found.of(controls.side, controls.masking), iter(inputs.once(_read).tokens)
    padded = tuple(next(tokens) if true else PAD for true in one.true)
    return PadStates(one.states, one.true, int(one.read[-1]), found.pads, controls.side, controls.masking, padded)


def _explain_states(found: PadStates) -> str:
    pads = found.pads
    ends = np.linalg.norm(found.states, axis=1)
    true = np.flatnonzero(found.true)
    if found.masked and found.side == "left":
        said = tr(
            "Pads in front are passed over: the state stays h₀ = 0 until `<sos>`, and from there on everything is as "
            "without pads. The longest state at a pad has length {longest}.",
            longest=number(float(ends[~found.true].max(initial=0))),
        )
    elif found.masked:
        said = tr(
            "Pads at the end are passed over: each text is read up to its own length, as in training. The states behind "
            "the end are not used, and drawn as 0.",
        )
    elif found.side == "left":
        said = tr(
            "Pads in front are read: the text begins from a state that the pads have already moved away from 0, to length "
            "{length}.",
            length=number(float(ends[true[0] - 1])),
        ) if pads else tr(
            "Pads in front are read: the text begins from a state that the pads have already moved away from 0.",
        )  # fmt: skip
    else:
        moved = float(np.linalg.norm(found.states[-1] - found.states[true[-1]]))
        said = tr(
            "Pads at the end are read: reading forwards, the states up to the end of the text are the same as without "
            "pads, but each pad moves the state on. From the true end to the last column it moves by {moved} (Euclidean).",
            moved=number(moved),
        )
    start = formula(r"$$h_{{{before}}} = 0, \qquad h_t = \mathrm{{step}}(h_{{t-1}}, x_t)$$", before=found.first - 1)
    drawn = tr_n(
        "Drawn are the states of the top layer along the padded row, with {n:,} pad on the {side}. `<sos>` is t = 1, so the "
        "row goes from t = {first} to t = {last}. Outlined is the column from which the answer is read.",
        "Drawn are the states of the top layer along the padded row, with {n:,} pads on the {side}. `<sos>` is t = 1, so the "
        "row goes from t = {first} to t = {last}. Outlined is the column from which the answer is read.",
        pads, side=tr(_SIDES[found.side]), first=str(found.first).replace("-", "−"), last=found.first + len(found.tokens) - 1,
    )
    return f"{said}\n\n{start}\n\n{drawn}"


STATES: View[Pads, PadStates] = _view(
    "pad_states", N_("What happens to the state at the pads?"), compute=_states, explain=_explain_states,
    render=lambda found: figure(heatmap.states(found.states, found.tokens, found.read, first=found.first)),
    most_bytes=lambda inputs: _FEW_BYTES + (len(inputs.trace.tokens) + MOST_PADS) * (
        8 * inputs.trace.states.shape[1] * inputs.trace.states.shape[3] + 64) + sum(map(len, inputs.trace.tokens)) * 4,
)  # fmt: skip


@dataclass(frozen=True)
class Drifts:
    """Each way to pad against no pads.

    Attributes:
        pads: p.
        reads: every way, without the states.
        answers: (R,) without pads.
        read, tokens: how many tokens of the text are read with pads, of how many.
    """

    pads: int
    reads: tuple[PaddedRead, ...]
    answers: np.ndarray
    read: int
    tokens: int


def _drifts(inputs: Inputs, controls: Pads) -> Drifts:
    found: PaddingAudit = inputs.once(_audit, controls.pads, controls.label)
    reads = tuple(replace(one, states=one.states[:0].copy()) for one in found.reads)
    return Drifts(found.pads, reads, found.answers, len(inputs.once(_read).tokens) - 2, len(inputs.trace.tokens) - 2)


def drifts(found: Drifts) -> dict[str, Sequence[Any]]:
    """The audit as a table: each way to pad against no pads."""
    return {
        tr("pads"): [tr("{pads} on the {side}", pads=found.pads, side=tr(_SIDES[read.side])) for read in found.reads],
        tr("masking"): [tr("on: passed over") if read.masked else tr("off: read like tokens") for read in found.reads],
        tr("state"): [f"{read.state:.2g}" for read in found.reads],
        tr("probabilities"): [f"{read.answer:.2g}" for read in found.reads],
        tr("gradient"): [f"{read.gradient:.2g}" for read in found.reads],
        tr("gradient, relative"): [f"{read.ratio:.2g}" for read in found.reads],
        tr("loss"): [f"{read.loss:.4f}" for read in found.reads],
        tr("answers changed"): [int((read.answers != found.answers).sum()) for read in found.reads],
    }


def drift_words(found: Drifts) -> str:
    """The audit in a sentence, as Markdown."""

    def most(masked: bool) -> str:
        reads = [read for read in found.reads if read.masked == masked]
        return tr(
            "state **{state:.2g}**, probabilities **{answer:.2g}**, gradient **{gradient:.2g}**",
            state=max(r.state for r in reads), answer=max(r.answer for r in reads), gradient=max(r.gradient for r in reads),
        )

    return tr(
        "The largest absolute difference from the text without pads, over both sides:\n\n"
        "- masking on: {masked} (no more than rounding)\n"
        "- masking off: {read}",
        masked=most(True), read=most(False),
    )


def _show_drifts(found: Drifts) -> tuple[Part, ...]:
    parts = Part("text", drift_words(found)), Part("table", Table(drifts(found)))
    if found.read == found.tokens:
        return parts
    said = tr(
        "This text is long: its first {read} tokens of {tokens:,} are read with pads.",
        read=found.read, tokens=found.tokens,
    )
    return Part("caption", said), *parts


def _choose_pads(inputs: Inputs, controls: Pads) -> tuple[Choice, ...]:
    return (
        Choice("pads", tr("Pads p"), (0, MOST_PADS), form="slider"),
        Choice("side", tr("Pads on the"), SIDES, lambda side: tr(_SIDES[side])),
        Choice("masking", tr("Masking"), (True, False), {True: tr("on"), False: tr("off")}.__getitem__),
    )


DRIFTS: View[Pads, Drifts] = _view(
    "pad_drifts", "", compute=_drifts, render=_show_drifts, explain=drift_words, choices=_choose_pads,
    most_bytes=lambda inputs: _FEW_BYTES + 96 * (len(inputs.trace.tokens) + MOST_PADS),
)  # fmt: skip

VIEWS = (DRIFTS, CURVES, MOVED, DRIFT, STATES)


def cost_words(cost: PaddingCost, of: str | None = None) -> str:
    """Accuracies of texts read in three ways, as Markdown. `of`: which texts these are; None: those of dev."""
    texts = tr("all {texts:,}", texts=cost.texts) if cost.texts == cost.available else tr(
        "{texts:,} of {available:,}", texts=cost.texts, available=cost.available,
    )  # fmt: skip
    return tr(
        "On {texts} {of}, padded to the longest (L = {longest}):\n\n"
        "| the answer is read | accuracy | against the true end |\n"
        "| --- | --- | --- |\n"
        "| at each text's true end | **{true_end:.4f}** | |\n"
        "| from the last column, behind the pads | **{last_column:.4f}** | {last_column_less:+.4f} |\n"
        "| from the last column, the pads in front and read | **{left:.4f}** | {left_less:+.4f} |",
        texts=texts, of=of or tr("dev texts"), longest=cost.longest, true_end=cost.true_end, last_column=cost.last_column,
        last_column_less=cost.last_column - cost.true_end, left=cost.left, left_less=cost.left - cost.true_end,
    )
