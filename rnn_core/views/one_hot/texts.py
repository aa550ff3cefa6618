"""Texts as a run reads them: their way to indices, the vocabulary, and the one-hot matrix."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnn_core.analysis import one_hot as analysis
from rnn_core.figures import one_hot as figures
from rnn_core.figures.frame import FIRST
from rnn_core.figures.text import visible
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import TextMatrix
from rnn_core.views.form import NAMES
from rnn_core.views.inputs import Inputs
from rnn_core.views.ledger import size_words
from rnn_core.views.view import Choice, Controls, Part, Table, View

MOST_SHOWN = 4000
"""Characters of a text that are shown on its way."""

MOST_LISTED = 300
"""Words of the vocabulary table."""

ORDERS = {
    "run": N_("the run's vocabulary (by frequency in training)"),
    "first": N_("these texts, by first appearance"),
    "frequency": N_("these texts, by frequency"),
}
"""How words can be numbered, in words."""

_KINDS = {"words": N_("words"), "characters": N_("characters")}
_BY_STEP = N_("step by step")


@dataclass(frozen=True)
class Numbered(Controls):
    """How the words are numbered, and a step from 0; None: that of the first token."""

    order: str = "run"
    step: int | None = None

    def settled(self, inputs: Inputs) -> Self:
        order = self.order if self.order in ORDERS else "run"
        longest = max(map(len, _texts(inputs))) + 2
        return replace(self, order=order, step=min(1 if self.step is None else self.step, longest - 1))


@dataclass(frozen=True)
class Words:
    """Texts as a run reads them, and the step that is looked at.

    Attributes:
        order: how the words are numbered.
        step: from 0; may lie beyond the end of the shorter texts.
        kind: what a token is: words or characters.
        text: the first one as it was typed.
    """

    matrix: TextMatrix
    order: str
    step: int
    kind: str
    text: str


def _texts(inputs: Inputs) -> tuple[tuple[str, ...], ...]:
    return (inputs.trace.tokens[1:-1], *inputs.more)


def matrix_of(inputs: Inputs, order: str) -> TextMatrix:
    """The texts as indices, their words numbered as one of `ORDERS` says."""
    return analysis.text_matrix(inputs.network, _texts(inputs), order)


def _words(inputs: Inputs, controls: Numbered) -> Words:
    assert controls.step is not None
    kind = inputs.run.config.data.unit
    return Words(inputs.once(matrix_of, controls.order), controls.order, controls.step, kind, inputs.trace.text)


def most_bytes(inputs: Inputs) -> int:
    """The words of the vocabulary and of the texts with their counts, m·L indices in int64 and what is said of them."""
    texts, words = _texts(inputs), inputs.run.speech.vocabulary.words
    letters = sum(len(token.encode()) for tokens in texts for token in tokens)
    cells = len(texts) * (max(map(len, texts)) + 2)
    return sum(len(word.encode()) + 8 for word in words) + 2 * letters + 40 * cells + len(inputs.trace.text.encode()) + 1024


def pick_step(point: list[Any]) -> dict[str, Any]:
    """What a click on a cell chooses."""
    return {"step": int(point[0])}


def pads(matrix: TextMatrix) -> int:
    """How many cells of the index matrix are pads."""
    return int(matrix.indices.size - matrix.lengths.sum())


def shown_words(words: Words) -> str:
    """What of the index matrix is drawn."""
    m, longest = words.matrix.indices.shape
    steps = figures.shown_steps(longest, words.step)
    rows = min(m, figures.MOST_ROWS)
    said = tr("The length vector says where each text ends: no answer is read after its end, and the pads there do not count.")
    shown = shown_steps(words.step, longest)
    if rows == m and len(steps) == longest:
        drawn = tr("All of the {m} × {longest} matrix is shown.", m=m, longest=longest)
    elif m == 1:
        drawn = tr("Shown: the text, {steps}", steps=shown)
    else:
        drawn = tr("Shown: texts 1 to {rows} of {m}, {steps}", rows=rows, m=m, steps=shown)
    return f"{said} {drawn}"


def shown_steps(step: int, longest: int) -> str:
    """Which steps of a matrix are drawn, and how others are reached."""
    steps = figures.shown_steps(longest, step)
    return tr(
        "steps {first} to {last} of {longest:,}. Click a step to move along.",
        first=steps[0] + FIRST, last=steps[-1] + FIRST, longest=longest,
    )


def _draw_indices(words: Words) -> tuple[Part, ...]:
    return Part("figure", figures.indices(words.matrix, words.step)), Part("caption", shown_words(words))


def _explain_indices(words: Words) -> str:
    matrix = words.matrix
    m, longest = matrix.indices.shape
    lengths = ", ".join(map(str, matrix.lengths[:20].tolist())) + (", …" if m > 20 else "")
    return tr(
        "A text is cut into tokens ({kind}), `<sos>` is set before them and `<eos>` behind, and each is replaced by its "
        "number in the vocabulary; what it does not hold becomes `<unk>` ({unknown} here). A matrix has rows of one "
        "length, so shorter texts are filled up with `<pad>` (index 0).\n\n"
        r"$$\text{{indices}} \in \{{0, \ldots, N-1\}}^{{m \times L}}, \qquad m = {m},\ L = {longest},\ N = {size}$$"
        "\n\n"
        "The length vector ({lengths}) says where each text ends. The network needs it: no answer is read at a pad, pads "
        "have no loss, and reading from the end begins at the last true token. Pads are {pads:,} of {cells:,} cells "
        "({share:.0%}).",
        kind=tr(_KINDS[words.kind]), unknown=tr_n("{n:,} time", "{n:,} times", matrix.unknown), m=m, longest=longest,
        size=len(matrix.words), lengths=lengths, pads=pads(matrix), cells=matrix.indices.size,
        share=pads(matrix) / matrix.indices.size,
    )


def _choose_order(inputs: Inputs, controls: Numbered) -> tuple[Choice, ...]:
    return (Choice("order", tr("Number the words by"), tuple(ORDERS), lambda order: tr(ORDERS[order])),)


def _view(
    name: str,
    question: str,
    render: Callable[[Words], tuple[Part, ...]],
    explain: Callable[[Words], str],
    pick: Callable[[list[Any]], dict[str, Any]] | None = None,
    choices: Callable[[Inputs, Numbered], tuple[Choice, ...]] = lambda inputs, controls: (),
) -> View[Numbered, Words]:
    needs = ("run", "text", "second_text")
    return View(name, question, needs, Numbered, _words, render, explain, most_bytes, pick, choices)


INDICES = _view("indices", N_("Which numbers stand for these texts?"), _draw_indices, _explain_indices, pick_step, _choose_order)


def stages(words: Words) -> dict[str, list[Any]]:
    """The first text on its way to a row of the matrix, as a table."""
    matrix = words.matrix
    tokens, row = [visible(token) for token in matrix.tokens[0]], matrix.indices[0].tolist()
    fed = [visible(matrix.words[i]) for i in row[: len(tokens)]]
    between = "  ·  "
    shown = {
        tr("as typed"): visible(words.text),
        tr_n("{n:,} token", "{n:,} tokens", len(tokens) - 2): between.join(tokens[1:-1]),
        tr_n("{n:,} step", "{n:,} steps", len(tokens)): between.join(tokens),
        tr("as the vocabulary has them"): between.join(fed),
        **{tr(NAMES[name]): between.join(map(visible, found)) for name, found in matrix.form.items()},
        tr_n("{n:,} index", "{n:,} indices", len(tokens)): between.join(map(str, row[: len(tokens)])),
        tr("filled up to L = {longest:,}", longest=len(row)): between.join(map(str, row)),
    }
    return {tr(_BY_STEP): list(shown), tr("text 1"): [line[:MOST_SHOWN] for line in shown.values()]}


STAGES = _view("stages", "", lambda words: (Part("table", Table(stages(words), widths={tr(_BY_STEP): 190})),), shown_words)


def vocabulary(words: Words) -> dict[str, list[Any]]:
    """The vocabulary table: the words of these texts (and the specials), by index."""
    matrix = words.matrix
    flat = matrix.indices.ravel()
    found, first, here = np.unique(flat, return_index=True, return_counts=True)
    seen = {int(i): (int(at), int(n)) for i, at, n in zip(found, first, here, strict=True)}
    chosen = sorted({*range(matrix.specials), *seen})[:MOST_LISTED]
    longest = matrix.indices.shape[1]
    where = [seen.get(i) for i in chosen]
    return {
        tr("index"): chosen,
        tr("token"): [visible(matrix.words[i]) for i in chosen],
        tr("counted in training") if words.order == "run" else tr("counted here"): [matrix.counts[i] for i in chosen],
        tr("times in this matrix"): [at[1] if at else 0 for at in where],
        tr("first at"): [
            tr("text {text}, t = {t}", text=at[0] // longest + 1, t=at[0] % longest + FIRST) if at else "" for at in where
        ],
    }  # fmt: skip


def vocabulary_words(words: Words) -> str:
    """What the vocabulary table shows, as Markdown."""
    matrix = words.matrix
    size, kind = len(matrix.words), tr(_KINDS[words.kind])
    used = len({*range(matrix.specials), *np.unique(matrix.indices).tolist()})
    cut = tr("; the first {most} are listed", most=MOST_LISTED) if used > MOST_LISTED else ""
    if words.order == "run":
        return tr(
            "N = {size:,}: the four specials, then the {kind} of the training texts by falling frequency, ties by first "
            "appearance. Listed are the {used:,} that these texts need{cut}.",
            size=size, kind=kind, used=used, cut=cut,
        )
    return tr(
        "N = {size:,}: the four specials, then the {kind} of these texts alone. Another order only puts the rows of the "
        "embedding E in another order; the network computes the same (what it does not know has the row of `<unk>`){cut}.",
        size=size, kind=kind, cut=cut,
    )


VOCABULARY = _view(
    "vocabulary", "", lambda words: (Part("text", vocabulary_words(words)), Part("table", Table(vocabulary(words), 250))),
    vocabulary_words,
)  # fmt: skip


def _draw_one_hot(words: Words) -> tuple[Part, ...]:
    drawn = figures.one_hot(analysis.window(words.matrix, words.step), words.matrix.words)
    return Part("figure", drawn), Part("text", one_hot_words(words))


def one_hot_words(words: Words) -> str:
    """What of the one-hot matrix is drawn, the bytes of all of it, and the check, as Markdown."""
    matrix = words.matrix
    part = analysis.window(matrix, words.step)
    m, longest = matrix.indices.shape
    n = len(matrix.words)
    return tr(
        "Drawn are {rows} of {m} texts, steps {first} to {last} of {longest:,}; of the N = {n:,} columns of a step, the "
        "{columns} with a 1 in them. The whole matrix has {m:,} × {width:,} ones and zeros: **{one_hot}** in "
        "float32. The indices take **{indices}** in int64. Looking up rows of E and multiplying the one-hot matrix by "
        "E differ by at most **{difference:.1g}**.",
        rows=len(part.rows), m=m, first=part.steps[0] + FIRST, last=part.steps[-1] + FIRST, longest=longest, n=n,
        columns=len(part.columns), width=longest * n, one_hot=size_words(matrix.one_hot_bytes),
        indices=size_words(matrix.index_bytes), difference=matrix.difference,
    )


def _explain_one_hot(words: Words) -> str:
    matrix = words.matrix
    m, longest = matrix.indices.shape
    n, width = len(matrix.words), matrix.width
    index = int(matrix.indices[0, min(words.step, int(matrix.lengths[0]) - 1)])
    return tr(
        "One-hot writes a word as N numbers, of which the one at its index is 1 and the others 0. A row of the matrix is "
        "one text: L blocks of N columns, one block per step. Multiplied by E, the 1 picks one row of E, so the network "
        "looks that row up and never makes the ones and zeros.\n\n"
        r"$$\mathrm{{onehot}}(w)\, E = E[w], \qquad w = {index}:\ E[{index}] \in \mathbb{{R}}^{{{width}}}$$"
        "\n\n"
        r"$$m \cdot L \cdot N \cdot 4 = {m} \cdot {longest} \cdot {n} \cdot 4 = {one_hot_bytes}\ \text{{bytes}}, \qquad m "
        r"\cdot L \cdot 8 = {index_bytes}\ \text{{bytes}}$$"
        "\n\n"
        "The numbers looked up, m × L × n of them in float32, take {looked_up}. The check multiplies the {rows:,} rows of "
        "the one-hot matrix, as a sparse one, by E and takes the largest absolute difference from the look-up: "
        "{difference:.3g}.",
        index=index, width=width, m=m, longest=longest, n=n, one_hot_bytes=matrix.one_hot_bytes,
        index_bytes=matrix.index_bytes, looked_up=size_words(matrix.looked_up_bytes), rows=m * longest,
        difference=matrix.difference,
    )


ONE_HOT = _view(
    "one_hot", N_("What is the one-hot matrix, and why is it never made?"), _draw_one_hot, _explain_one_hot, pick_step,
)  # fmt: skip
