"""The view of the feed-forward network beside the recurrent one: what recurrence adds."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import one_class, targets_of
from rnn_core.figures import gradients as figures
from rnn_core.figures import palette
from rnn_core.figures.frame import Figure
from rnn_core.results import RecurrenceGain, Trace, WithoutRecurrence
from rnn_core.views.bptt.view import View
from rnn_core.views.view import literal, number


@dataclass(frozen=True)
class Alone:
    """A text read with and without recurrence.

    Attributes:
        label: the class whose probability is shown; None: the network's own answer at each step that has one.
    """

    loaded: Loaded
    trace: Trace
    found: WithoutRecurrence
    step: int
    label: str | None = None

    @property
    def classes(self) -> np.ndarray:
        """(T,) the class whose probability is shown at each step; −1 where none is."""
        return targets_of(self.loaded, self.trace, self.label)

    def probabilities(self) -> tuple[np.ndarray, np.ndarray]:
        """(T,) with and without recurrence; nan where no class is shown."""
        classes = self.classes
        at = np.arange(len(classes)), classes
        with_, without = (np.where(classes < 0, np.nan, p[at]) for p in (self.trace.readouts, self.found.readouts))
        return with_, without


def _same(alone: Alone) -> Alone:
    return alone


def _draw(alone: Alone) -> Figure:
    recurrent, single = alone.probabilities()
    series = {"with recurrence": recurrent, "without: h before = 0 at every step": single}
    shown = one_class(alone.classes)
    asked = "each token's own answer" if shown is None else palette.literal(alone.trace.labels[shown], 24)
    figure = figures.along(series, alone.trace.tokens, f"probability of {asked}", alone.step, log=False)
    figure["layout"]["yaxis"]["range"] = [-0.03, 1.05]
    return figure


def _explain(alone: Alone) -> str:
    t = alone.step
    recurrent, single = alone.probabilities()
    label = literal(alone.trace.labels[int(alone.classes[t])], 40)
    state = alone.trace.states[-1, :, t].ravel()
    share = float(np.linalg.norm(state - alone.found.states[t]))
    here = "" if np.isnan(recurrent[t]) else f", {label}: {recurrent[t]:.4f} with, {single[t]:.4f} without;"
    return (
        "Take the memory away: the same weights, but the state before every step is set to 0 (and the LSTM's c with it). What is "
        "left is a feed-forward network that reads each token alone, whatever stands around it. Where the lines differ, the "
        "past made the difference. Reading from the start there is no past at the first step, and there they meet.\n\n"
        r"$$h_t = \mathrm{step}(0,\ x_t) \qquad \text{instead of} \qquad h_t = \mathrm{step}(h_{t-1},\ x_t)$$" + "\n\n"
        f"At t = {t + 1} (“{literal(alone.trace.tokens[t], 30)}”){here} "
        f"the uppermost state differs by {number(share)} (Euclidean)."
    )


def _pick(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


ALONE: View[Alone] = View(
    "alone", "What would the network say without its memory?", _same, _draw, _explain, _pick
)


def tags_words(alone: Alone) -> str:
    """Which tags recurrence changes in this text, as Markdown."""
    trace, inner = alone.trace, slice(1, len(alone.trace.tokens) - 1)
    own, single = trace.readouts[inner].argmax(1), alone.found.readouts[inner].argmax(1)
    changed = np.flatnonzero(own != single)
    listed = ", ".join(
        f"“{literal(trace.tokens[i + 1], 30)}” {literal(trace.labels[single[i]], 30)} → {literal(trace.labels[own[i]], 30)}"
        for i in changed[:8].tolist()
    )
    more = ", …" if len(changed) > 8 else "."
    return f"Recurrence changes the tag of {len(changed)} of {len(own)} tokens" + (f": {listed}{more}" if listed else ".")


def answer_words(alone: Alone) -> str:
    """What recurrence changes about the one answer to this text, as Markdown."""
    trace, readouts = alone.trace, alone.found.readouts
    answer, last = trace.labels[trace.answer], readouts[-1]
    mean = readouts.mean(0)
    return (
        f"With recurrence the answer is **{literal(answer, 40)}** (p = {trace.readouts[-1].max():.3f}). Without, the step after "
        f"`<eos>` knows `<eos>` alone and says {literal(trace.labels[int(last.argmax())], 40)} (p = {last.max():.3f}) of every "
        f"text; the mean over all steps says {literal(trace.labels[int(mean.argmax())], 40)} (p = {mean.max():.3f})."
    )


WORDS = {"answer-alone": answer_words, "tags-alone": tags_words}
"""What is said of a text below its figure, by the names that tasks have for it."""


def gain_words(gain: RecurrenceGain, of: str = "dev texts") -> str:
    """Accuracy with and without recurrence, as Markdown. `of`: which texts were read."""
    texts = f"all {gain.texts:,}" if gain.texts == gain.available else f"{gain.texts:,} of {gain.available:,}"
    what = f" ({gain.decisions:,} tokens)" if gain.decisions != gain.texts else ""
    added = gain.recurrent - max(gain.feed_forward, gain.mean or 0)
    if gain.mean is None:
        without, against = f"**{gain.feed_forward:.4f}** without", ""
    else:
        without = (
            f"**{gain.feed_forward:.4f}** without when `<eos>` alone answers, **{gain.mean:.4f}** without when the mean of the "
            "readouts over all steps does"
        )
        against = " to the better of the two"
    return (
        f"On {texts} {of}{what}: accuracy **{gain.recurrent:.4f}** with recurrence, {without}. The most frequent class "
        f"alone would get {gain.majority:.4f}. Recurrence adds **{added:+.4f}**{against}."
    )
