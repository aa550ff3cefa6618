"""What is lost when the way back is cut."""

from dataclasses import dataclass

from rnn_core.figures import gradients as figures
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
    drawn = figures.truncation(cut.all, cut.asked.name, cut.asked.window)
    return Part("figure", drawn), Part("text", cut_words(cut))


def _choose_window(inputs: Inputs, controls: Way) -> tuple[Choice, ...]:
    steps = len(inputs.backward.trace.tokens)
    return (Choice("window", "K: steps that the gradient may go back", (1, steps), form="slider"),)


def cut_words(cut: Cut) -> str:
    """What the chosen K leaves, as Markdown."""
    asked, losses = cut.asked, cut.losses
    counted = int((asked.flow.weights > 0).sum())
    said = "\n".join(
        f"- **{'Window' if one.kind == 'window' else 'Chunks'}** of K = {one.k}: {one.kept:,} of the pairs (t,k) kept, "
        f"{one.dropped:,} dropped. The truncated gradient of {asked.letter} has a cosine of "
        f"**{one.against.cosines[asked.name]:.4f}** with the full one, and **{one.against.ratios[asked.name]:.4f}** of its "
        "length. "
        f"The truncation error is {one.against.bias[asked.name]:.1%} of the full length."
        for one in cut.here
    )
    if losses < counted:
        said += (
            f"\n\nThis text is long: {losses:,} of its {counted:,} losses are cut, evenly from the last, and compared with the "
            "full gradient of these."
        )
    if trained := asked.facts.truncate:
        said += f"\n\nThis run was trained in chunks of K = {trained}."
        if asked.facts.carries:
            said += (
                " The state goes on from one chunk to the next; the gradient stops at the border. So in training no loss "
                f"reached a token of an earlier chunk, and none more than {trained - 1:,} steps back. Here the text begins with "
                "the state 0, as each part of the training text does."
            )
    if asked.below_both:
        said += (
            "\n\nBelow a layer that reads both ways, all of a copy too far from t is dropped; a way that goes further than K "
            "in the layer above and comes back to a near copy is kept."
        )
    return said


def _explain_cut(cut: Cut) -> str:
    last = " With the loss at the last step alone, only the last K steps, or the last chunk, learn anything."
    return (
        "Truncated backpropagation through time leaves out a part of the sum. For the loss at t, a window of K keeps the "
        "copies less than K steps away; chunks of K keep the copies in the same chunk of K steps, so the first step of a chunk "
        "keeps its own copy alone. Chunks are cheap in training: the gradient stops at the border of a chunk, and the state "
        "goes on over it.\n\n"
        r"$$\text{window: } |t-k| < K \qquad \text{chunks: } \lfloor (t-1)/K \rfloor = \lfloor (k-1)/K \rfloor$$" + "\n\n"
        + cut_words(cut) + "\n\nThe bias does not average out over texts." + last * (cut.asked.flow.loss == "last")
    )  # fmt: skip


def _most_bytes(inputs: Inputs) -> int:
    """Two truncations at each of ten K and at the text's length, with a few figures of each parameter."""
    return most_bytes(inputs) + 26 * 256 * (4 + 8 * len(inputs.backward.flow.layers)) * 2


TRUNCATION: View[Way, Cut] = View(
    "truncation", "What is lost when the way back is cut after K steps?", ("target",), Way,
    _cut, _draw_cut, _explain_cut, _most_bytes, choices=_choose_window,
)  # fmt: skip
