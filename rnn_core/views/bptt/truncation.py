"""What is lost when the way back is cut."""

from typing import NamedTuple

from rnn_core import tasks
from rnn_core.figures import gradients as figures
from rnn_core.figures.frame import Figure
from rnn_core.results import Truncation
from rnn_core.views.bptt.asked import Asked
from rnn_core.views.bptt.view import View


class _Cut(NamedTuple):
    asked: Asked
    all: list[Truncation]
    here: list[Truncation]


def _cut(asked: Asked) -> _Cut:
    return _Cut(asked, asked.backward.truncations, asked.backward.truncated(asked.window))


def _draw_cut(cut: _Cut) -> Figure:
    return figures.truncation(cut.all, cut.asked.name, cut.asked.window)


def cut_words(cut: _Cut) -> str:
    """What the chosen K leaves, as Markdown."""
    asked, losses = cut.asked, cut.asked.backward.losses_cut
    counted = int((asked.flow.weights > 0).sum())
    said = "\n".join(
        f"- **{'Window' if one.kind == 'window' else 'Chunks'}** of K = {one.k}: {one.kept:,} pairs (t, i) kept, "
        f"{one.dropped:,} dropped. What is left of the gradient of {asked.letter}: cosine with the full one "
        f"**{one.against.cosines[asked.name]:.4f}**, **{one.against.ratios[asked.name]:.4f}** of its length; the bias, which "
        f"is what is missing, is {one.against.bias[asked.name]:.4f} of it."
        for one in cut.here
    )
    if losses < counted:
        said += (
            f"\n\nThis text is long: {losses:,} of its {counted:,} losses are cut, evenly from the last, and held against the "
            "whole of these."
        )
    if trained := asked.backward.loaded.config.train.truncate:
        said += f"\n\nThis run was trained in chunks of K = {trained}."
        if tasks.of(asked.backward.loaded.config).carries:
            said += " The state goes on from one chunk to the next; the gradient stops at the border."
    if asked.below_both:
        said += (
            "\n\nBelow a layer that reads both ways, copies too far from t are dropped whole; a way that goes further than K "
            "in the layer above and comes back to a near copy is kept."
        )
    return said


def _explain_cut(cut: _Cut) -> str:
    last = " With the loss at the last step alone, only the last K steps, or the last chunk, learn anything."
    return (
        "Truncated backpropagation through time leaves summands out. A window of K keeps, for the loss at t, the copies "
        "less than K steps away. Chunks of K keep the copies in t's own chunk of K steps, so the first step of a chunk "
        "keeps itself alone: this is cheap in training, because no gradient is carried over a boundary.\n\n"
        r"$$\text{window: } |t-i| < K \qquad \text{chunks: } \lfloor (t-1)/K \rfloor = \lfloor (i-1)/K \rfloor$$" + "\n\n"
        + cut_words(cut) + "\n\nThe bias does not average out over texts." + last * (cut.asked.flow.loss == "last")
    )  # fmt: skip


TRUNCATION: View[Asked] = View(
    "truncation", "What is lost when the way back is cut after K steps?", _cut, _draw_cut, _explain_cut
)
