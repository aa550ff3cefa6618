"""What is lost when the way back is cut."""

from dataclasses import dataclass

from rnn_core.figures import gradients as figures
from rnn_core.language import N_, tr
from rnn_core.results import Truncation
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Part, View


@dataclass(frozen=True)
class Cut:
    """What is left of the gradient when the way back is cut.

    Attributes:
        all: at some K.
        here: window and chunks of the chosen K.
        losses: how many losses are cut.
    """

    asked: Asked
    all: tuple[Truncation, ...]
    here: tuple[Truncation, ...]
    losses: int


def _cut(inputs: Inputs, controls: Way) -> Cut:
    one, way = looked_at(inputs, controls), inputs.backward
    return Cut(one, tuple(way.truncations), tuple(way.truncated(one.window)), way.losses_cut)


def _draw_cut(cut: Cut) -> tuple[Part, ...]:
    every = {(one.kind, one.k): one for one in (*cut.all, *cut.here)}  # the lines pass through the chosen K
    drawn = figures.truncation([every[key] for key in sorted(every)], cut.asked.name, cut.asked.window)
    return Part("figure", drawn), Part("text", cut_words(cut))


def _choose_window(inputs: Inputs, controls: Way) -> tuple[Choice, ...]:
    steps = len(inputs.backward.trace.tokens)
    return (Choice("window", tr("K: the steps of a window, and of a chunk"), (1, steps), form="slider"),)


def cut_words(cut: Cut) -> str:
    """What the chosen K leaves, as Markdown."""
    asked, losses = cut.asked, cut.losses
    counted = int((asked.flow.weights > 0).sum())
    said = "\n".join(
        tr(
            "- {kind} of K = {k}: {kept:,} of the pairs (t,k) kept, {dropped:,} dropped. The truncated gradient of "
            "{letter} has a cosine of **{cosines:.4f}** with the full one, and **{ratios:.4f}** of its length. The "
            "truncation error, the length of what is left out, is {bias:.1%} of the full one.",
            kind=tr("**Window**") if one.kind == "window" else tr("**Chunks**"), k=one.k, kept=one.kept, dropped=one.dropped,
            letter=asked.said, cosines=one.against.cosines[asked.name], ratios=one.against.ratios[asked.name],
            bias=one.against.bias[asked.name],
        )
        for one in cut.here
    )
    if losses < counted:
        said += tr(
            "\n\n"
            "This text is long: {losses:,} of its {counted:,} losses are cut, evenly from the last, and compared with the "
            "full gradient of these.",
            losses=losses, counted=counted,
        )
    if trained := asked.facts.truncate:
        said += tr(
            "\n\n"
            "This run was trained in chunks of K = {trained}.",
            trained=trained,
        )
        if asked.facts.carries:
            said += tr(
                " The state goes on from one chunk to the next; the gradient stops at the border. So in training no loss "
                "reached a token of an earlier chunk, and none more than {trained:,} steps back. Here the text begins with "
                "the state 0, as each part of the training text does.",
                trained=trained - 1,
            )
    if asked.below_both:
        said += tr(
            "\n\n"
            "Below a layer that reads both ways, all of a copy too far from t is dropped; a way that goes further than K "
            "in the layer above and comes back to a near copy is kept.",
        )
    return said


def _explain_cut(cut: Cut) -> str:
    last = tr(" With the loss at the last step alone, only the last K steps, or the last chunk, learn anything.")
    return tr(
        "Truncated backpropagation through time leaves out a part of the sum. For the loss at t, a window of K keeps "
        "the copies less than K steps away; chunks of K keep the copies in the same chunk of K steps, so the first "
        "step of a chunk keeps its own copy alone. Chunks are cheap in training: the gradient stops at the border of a "
        "chunk, and the state goes on over it.\n\n"
        r"$$\text{{window: }} |t-k| < K \qquad \text{{chunks: }} \lfloor (t-1)/K \rfloor = \lfloor (k-1)/K \rfloor$$"
        "\n\n"
        "{cut_words}\n\n"
        "The bias does not average out over texts.{last}",
        cut_words=cut_words(cut), last=last * (cut.asked.flow.loss == "last"),
    )


def _most_bytes(inputs: Inputs) -> int:
    """Two truncations at each of ten K and at the text's length, with a few figures of each parameter."""
    return most_bytes(inputs) + 26 * 256 * (4 + 8 * len(inputs.backward.flow.layers)) * 2


TRUNCATION: View[Way, Cut] = View(
    "truncation", N_("What is lost when the way back is cut after K steps?"), ("target",), Way,
    _cut, _draw_cut, _explain_cut, _most_bytes, choices=_choose_window,
)  # fmt: skip
