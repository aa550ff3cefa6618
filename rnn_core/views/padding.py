"""The views of the padding audit: what pads do to a text's states, answer and gradient."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import one_class
from rnn_core.figures import heatmap
from rnn_core.figures import matrix as figures
from rnn_core.figures.frame import Figure
from rnn_core.results import PAD, PaddedRead, PaddingAudit, PaddingCost, Trace
from rnn_core.views.bptt.view import View
from rnn_core.views.view import literal, number


@dataclass(frozen=True)
class Padded:
    """A text with pads, and which way of padding is looked at."""

    loaded: Loaded
    trace: Trace
    audit: PaddingAudit
    side: str
    masked: bool

    @property
    def read(self) -> PaddedRead:
        return self.audit.of(self.side, self.masked)

    @property
    def asked(self) -> str:
        """What the probability is of."""
        targets = self.audit.targets
        asked = one_class(targets)
        said = "each token's own answer" if asked is None else f"the class {literal(self.trace.labels[asked], 40)}"
        return said + " (the mean over the tokens)" * (len(targets) > 1)


def _same(padded: Padded) -> Padded:
    return padded


Curves = Mapping[tuple[str, bool], np.ndarray]
"""By (side, masked), a number for each count of pads."""


def _over_pads(
    name: str,
    question: str,
    title: str,
    curves: Callable[[PaddingAudit], Curves],
    words: Callable[[Padded], str],
    written: Callable[[float], str],
) -> View[Padded]:
    """A view of one number against the count of pads, a line each way to pad."""

    def draw(padded: Padded) -> Figure:
        audit = padded.audit
        return figures.pad_curves(audit.counts, curves(audit), audit.pads, title)

    def explain(padded: Padded) -> str:
        audit = padded.audit
        at = int(np.searchsorted(audit.counts, audit.pads))
        listed = " · ".join(f"{figures.WAYS[way][0]}: {written(float(curve[at]))}" for way, curve in curves(audit).items())
        return f"{words(padded)}\n\nWith {audit.pads} pads – {listed}."

    return View(name, question, _same, draw, explain)


def _curve_words(padded: Padded) -> str:
    return (
        "Pads make the rows of a matrix equally long and mean nothing. **Masked**: on the right, the network is told each "
        "text's length and stops there, as in training; on the left, a mask keeps the state what it was at every pad. **Read "
        "like tokens**: `<pad>` is a word as any other, each pad is one more step, and the answer is read from the last "
        "column, because nobody knows where the text ended.\n\n"
        r"$$\text{masked: } h_t = h_{t-1} \text{ at a pad} \qquad \text{read: } h_t = \mathrm{step}(h_{t-1},\ E[0])$$" + "\n\n"
        "Each of the four is read and measured on its own. The curves are the probability of "
        f"{padded.asked}; without pads it is {padded.audit.curves['right', True][0]:.6f}."
    )


CURVES = _over_pads(
    "pad_curves", "Do pads change the answer?", "probability of the target",
    lambda audit: audit.curves, _curve_words, "{:.6f}".format,
)  # fmt: skip


def _moved_words(padded: Padded) -> str:
    return (
        "The states that the answer is read from, against the same without pads, unit by unit: the largest absolute "
        "difference. An answer that is sure can stay where it is while the state below it moves.\n\n"
        r"$$\max_u\, \lvert h^{(p)}[u] - h^{(0)}[u] \rvert$$"
    )


MOVED = _over_pads(
    "pad_moved", "How far do pads move the state that answers?", "largest difference of a unit",
    lambda audit: audit.moved, _moved_words, number,
)  # fmt: skip


def _drift_words(padded: Padded) -> str:
    return (
        "Training follows the gradient of the loss, so pads that are read also change what is learnt from this text. The "
        "difference between the gradient with pads and without, over all parameters together, by its length against the "
        "gradient without pads: 0 where pads change nothing, 1 where the difference is as long as the gradient itself.\n\n"
        r"$$\frac{\lVert \nabla L^{(p)} - \nabla L^{(0)} \rVert}{\lVert \nabla L^{(0)} \rVert}$$" + "\n\n"
        f"L is the run's own loss, asked for {padded.asked}; nothing is drawn where the gradient without pads is exactly 0."
    )


DRIFT = _over_pads(
    "pad_drift", "Do pads change what is learnt?", "difference of the gradient",
    lambda audit: audit.drift, _drift_words, number,
)  # fmt: skip


def _draw_states(padded: Padded) -> Figure:
    read = padded.read
    tokens = np.full(len(read.true), PAD, object)
    tokens[read.true] = padded.trace.tokens
    last = int(read.read[-1])
    return heatmap.states(read.states, tokens.tolist(), last)


def _explain_states(padded: Padded) -> str:
    read, pads = padded.read, padded.audit.pads
    ends = np.linalg.norm(read.states, axis=1)
    true = np.flatnonzero(read.true)
    if padded.masked and padded.side == "left":
        said = (
            "Pads at the start are passed over: the state stays h₀ = 0 until the first true step, and from there on everything "
            f"is as without them. The longest state at a pad has length {number(float(ends[~read.true].max(initial=0)))}."
        )
    elif padded.masked:
        said = (
            "Pads at the end are passed over: each text is read by its own length, which is how this network is trained. What "
            "is behind the end counts for nothing and is set to 0 here."
        )
    elif padded.side == "left":
        said = (
            "Pads at the start are read: the text begins from a state that the pads have already moved away from 0"
            + (f", to length {number(float(ends[true[0] - 1]))}." if pads else ".")
        )
    else:
        moved = float(np.linalg.norm(read.states[-1] - read.states[true[-1]]))
        said = (
            "Pads at the end are read: the states up to the end of the text are the same where reading goes forwards, but each "
            f"pad moves the state on. From the true end to the last column it moves by {number(moved)} (Euclidean)."
        )
    return (
        f"{said}\n\n"
        r"$$h_0 = 0, \qquad h_t = \mathrm{step}(h_{t-1}, x_t)$$" + "\n\n"
        f"The uppermost states of the padded row, {pads} pads on the {padded.side}; outlined: the column whose answer is read."
    )


STATES: View[Padded] = View(
    "pad_states", "What happens to the state at the pads?", _same, _draw_states, _explain_states
)


def drifts(padded: Padded) -> dict[str, Sequence[Any]]:
    """The audit as a table: each way to pad against no pads."""
    audit = padded.audit
    return {
        "pads": [f"{audit.pads} on the {read.side}" for read in audit.reads],
        "masking": ["on: passed over" if read.masked else "off: read like tokens" for read in audit.reads],
        "state": [f"{read.state:.2g}" for read in audit.reads],
        "probabilities": [f"{read.answer:.2g}" for read in audit.reads],
        "gradient": [f"{read.gradient:.2g}" for read in audit.reads],
        "gradient, relative": [f"{read.ratio:.2g}" for read in audit.reads],
        "loss": [f"{read.loss:.4f}" for read in audit.reads],
        "answers changed": [int((read.answers != audit.answers).sum()) for read in audit.reads],
    }


def drift_words(padded: Padded) -> str:
    """The audit in a sentence, as Markdown."""
    audit = padded.audit

    def most(masked: bool) -> str:
        reads = [read for read in audit.reads if read.masked == masked]
        return (
            f"state **{max(r.state for r in reads):.2g}**, probabilities **{max(r.answer for r in reads):.2g}**, "
            f"gradient **{max(r.gradient for r in reads):.2g}**"
        )

    return (
        f"Largest absolute difference from no pads, over both sides. Masking on: {most(True)} (no more than rounding). Masking "
        f"off: {most(False)}."
    )


def cost_words(cost: PaddingCost, of: str = "dev texts") -> str:
    """Accuracies of texts read in three ways, as Markdown. `of`: which texts these are."""
    texts = f"all {cost.texts:,}" if cost.texts == cost.available else f"{cost.texts:,} of {cost.available:,}"
    return (
        f"On {texts} {of}, padded to the longest (L = {cost.longest}):\n\n"
        "| the answer is read | accuracy | against the true end |\n| --- | --- | --- |\n"
        f"| at each text's true end | **{cost.true_end:.4f}** | |\n"
        f"| from the last column, behind the pads | **{cost.last_column:.4f}** | {cost.last_column - cost.true_end:+.4f} |\n"
        f"| from the last column, the pads in front and read | **{cost.left:.4f}** | {cost.left - cost.true_end:+.4f} |"
    )
