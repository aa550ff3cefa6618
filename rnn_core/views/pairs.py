"""Pairs of texts as the numbers of a batch: the source, the target as the decoder reads it, and what its losses ask for."""

from dataclasses import dataclass, replace
from typing import Self

from rnn_core import tasks
from rnn_core.analysis.one_hot import pair_matrices
from rnn_core.config import TranslateConfig
from rnn_core.figures import one_hot as figures
from rnn_core.language import N_, tr
from rnn_core.results import IndexMatrix, PairMatrices
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import pick_step
from rnn_core.views.view import Controls, Part, View

_KINDS = {"words": N_("words"), "characters": N_("characters")}


@dataclass(frozen=True)
class At(Controls):
    """A step of the decoder from 0; None: the first."""

    step: int | None = None

    def settled(self, inputs: Inputs) -> Self:
        return replace(self, step=self.step or 0)


@dataclass(frozen=True)
class Pairs:
    """Pairs of texts as a batch, and the step that is looked at.

    Attributes:
        step: of the decoder, from 0.
        kind: of the tokens: words or characters.
    """

    matrices: PairMatrices
    step: int
    kind: str


def _pairs(inputs: Inputs, controls: At) -> Pairs:
    run, first = inputs.network, inputs.translation
    task, how = tasks.of(run.config), run.config.data.tokens
    targets = [first.target.tokens[1:]]
    if inputs.more:
        for text, _ in task.translate(run.network, run.config, inputs.more, run.speech, TranslateConfig()):
            targets.append(tuple(token for token, _, _ in task.cut(text, how)))
    found = pair_matrices(run, [first.source.tokens[1:-1], *inputs.more], targets)
    return Pairs(found, min(controls.step or 0, found.fed.indices.shape[1] - 1), run.config.data.unit)


def _draw(found: Pairs) -> tuple[Part, ...]:
    both = found.matrices
    source = min(found.step, both.source.indices.shape[1] - 1)
    shown = (
        (both.source, source, tr("**The encoder reads** the source, from `<sos>` to `<eos>`:")),
        (both.fed, found.step, tr("**The decoder reads** the target, from `<sos>` on:")),
        (both.labels, found.step, tr("**The losses ask for** the next token at the same steps, `<eos>` after the last:")),
    )
    parts: list[Part] = []
    for matrix, step, words in shown:
        parts += [Part("text", words), Part("figure", figures.indices(matrix, step))]
    return *parts, Part("caption", _caption(found))


def _caption(found: Pairs) -> str:
    both = found.matrices
    pairs, steps = both.fed.indices.shape
    said = tr(
        "{pairs} pairs, with the run's own translations as targets; in training, the targets are those of the data. ",
        pairs=pairs,
    )
    longest = max(both.source.indices.shape[1], steps)
    if longest > figures.MOST_STEPS:
        said += tr("Up to {most} steps are shown; click one to move along. ", most=figures.MOST_STEPS)
    return said + tr(
        "The loss counts {counted} of the {steps} steps of the decoder: none at a pad.",
        counted=both.counted, steps=pairs * steps,
    )


def _pads(matrix: IndexMatrix) -> int:
    return int(matrix.indices.size - matrix.lengths.sum())


def _explain(found: Pairs) -> str:
    both = found.matrices
    pairs, read = both.source.indices.shape
    steps = both.fed.indices.shape[1]
    lengths = ", ".join(map(str, both.source.lengths.tolist())), ", ".join(map(str, both.fed.lengths.tolist()))
    return tr(
        "Both texts are cut into {kind}, and each side has a vocabulary of its own: {source_words:,} and {target_words:,} "
        "entries. The decoder reads the target moved by one step against its labels, so at each step it knows the tokens "
        "before the one that it is asked for (teacher forcing):\n\n"
        r"$$\text{{read}}: \langle sos\rangle, y_1, \dots, y_n \qquad \text{{asked for}}: y_1, \dots, y_n, \langle "
        r"eos\rangle$$"
        "\n\n"
        r"$$\text{{source}} \in \{{0, \ldots, N_s - 1\}}^{{S \times B}}, \quad \text{{target}} \in \{{0, \ldots, N_t - "
        r"1\}}^{{T \times B}}, \qquad S = {read},\ T = {steps},\ B = {pairs}$$"
        "\n\n"
        "In the pictures, each row is a text. The lengths are {source_lengths} and {target_lengths}; behind them, {source_pads} "
        "of {source_size} source steps and {target_pads} of {target_size} target steps are pads. Attention gives a pad of the "
        "source the weight 0, and the loss is the mean over the other {counted} steps of the target.",
        kind=tr(_KINDS[found.kind]), source_words=len(both.source.words), target_words=len(both.fed.words), read=read,
        steps=steps, pairs=pairs, source_lengths=lengths[0], target_lengths=lengths[1], source_pads=_pads(both.source),
        source_size=both.source.indices.size, target_pads=_pads(both.fed), target_size=both.fed.indices.size,
        counted=both.counted,
    )


def _most_bytes(inputs: Inputs) -> int:
    """The words of both vocabularies, three matrices of indices, the tokens, and some words."""
    run, found = inputs.run, inputs.translation
    names = (*run.speech.vocabulary.words, *(2 * run.speech.vocabularies["target"].words))
    longest = max(len(found.source.tokens), len(found.target.tokens), *(TranslateConfig().longest, *map(len, inputs.more))) + 2
    texts = 1 + len(inputs.more)
    letters = sum(len(token.encode()) for tokens in (found.source.tokens, found.target.tokens, *inputs.more) for token in tokens)
    return sum(len(name.encode()) for name in names) + texts * longest * 200 + 4 * letters + 4096


PAIRS: View[At, Pairs] = View(
    "pair-matrices", N_("Which numbers stand for both texts?"), ("run", "translation", "second_text"), At, _pairs, _draw,
    _explain, _most_bytes, pick_step,
)  # fmt: skip

VIEWS = (PAIRS,)
