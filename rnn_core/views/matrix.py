"""The views of texts as numbers: indices, the vocabulary, and the one-hot matrix."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core import tasks
from rnn_core.analysis import matrix as analysis
from rnn_core.analysis.loading import Loaded
from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import matrix as figures
from rnn_core.figures.frame import FIRST, Figure
from rnn_core.figures.palette import visible
from rnn_core.results import SplitSummary, TextMatrix
from rnn_core.views.bptt.view import View
from rnn_core.views.ledger import size_words
from rnn_core.views.view import literal

MOST_SHOWN = 4000
"""Characters of a text that are shown on its way."""

MOST_LISTED = 300
"""Words of the vocabulary table."""

ORDERS = {
    "run": "the run's vocabulary (by frequency in training)",
    "first": "these texts, by first appearance",
    "frequency": "these texts, by frequency",
}
"""How words can be numbered, in words."""


@dataclass(frozen=True)
class Words:
    """Texts as a run reads them, and the step that is looked at.

    Attributes:
        order: how the words are numbered.
        step: from 0; may lie beyond the end of the shorter texts.
    """

    loaded: Loaded
    matrix: TextMatrix
    order: str
    step: int

    @property
    def kind(self) -> str:
        """What a token is: words or characters."""
        return CHOICE_NAMES[self.loaded.config.data.tokens]


def _same(words: Words) -> Words:
    return words


def _pick(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


def pads(matrix: TextMatrix) -> int:
    """How many cells of the index matrix are pads."""
    return int(matrix.indices.size - matrix.lengths.sum())


def shown_words(words: Words) -> str:
    """What of the index matrix is drawn."""
    m, longest = words.matrix.indices.shape
    steps = figures.shown_steps(longest, words.step)
    rows = min(m, figures.MOST_ROWS)
    said = "The length vector says where each text ends: no answer is read behind it, and the pads there count for nothing. "
    if rows == m and len(steps) == longest:
        return f"{said}All of the {m} × {longest} matrix is shown."
    return (
        f"{said}Shown: texts 1 to {rows} of {m}, steps {steps[0] + FIRST} to {steps[-1] + FIRST} of {longest:,}. Click a step to "
        "move along."
    )


def _draw_indices(words: Words) -> Figure:
    return figures.indices(words.matrix, words.step)


def _explain_indices(words: Words) -> str:
    matrix = words.matrix
    m, longest = matrix.indices.shape
    lengths = ", ".join(map(str, matrix.lengths[:20].tolist())) + (", …" if m > 20 else "")
    return (
        f"A text is cut into tokens ({words.kind}), `<sos>` is set before them and `<eos>` behind, and each is replaced by its "
        f"number in the vocabulary; what it does not hold becomes `<unk>` ({matrix.unknown:,} times here). A matrix has rows of "
        "one length, so shorter texts are filled up with `<pad>` (index 0).\n\n"
        rf"$$\text{{indices}} \in \{{0, \ldots, N-1\}}^{{m \times L}}, \qquad m = {m},\ L = {longest},\ N = {len(matrix.words)}$$"
        "\n\n"
        f"The length vector ({lengths}) says where each text ends. The network needs it: no answer is read at a "
        "pad, pads have no loss, and reading from the end begins at the last true token. "
        f"Here {pads(matrix):,} of {matrix.indices.size:,} cells are pads ({pads(matrix) / matrix.indices.size:.0%})."
    )


INDICES: View[Words] = View(
    "indices", "Which numbers stand for these texts?", _same, _draw_indices, _explain_indices, _pick
)


def stages(words: Words, text: str) -> dict[str, list[Any]]:
    """The first text on its way to a row of the matrix, as a table."""
    matrix = words.matrix
    tokens, row = [visible(token) for token in matrix.tokens[0]], matrix.indices[0].tolist()
    fed = [visible(matrix.words[i]) for i in row[: len(tokens)]]
    between = "  ·  "
    shown = {
        "as typed": visible(text),
        f"{len(tokens) - 2:,} tokens": between.join(tokens[1:-1]),
        f"{len(tokens):,} steps": between.join(tokens),
        "as the vocabulary has them": between.join(fed),
        f"{len(tokens):,} indices": between.join(map(str, row[: len(tokens)])),
        f"filled up to L = {len(row):,}": between.join(map(str, row)),
    }
    return {"step by step": list(shown), "text 1": [line[:MOST_SHOWN] for line in shown.values()]}


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
        "index": chosen,
        "token": [visible(matrix.words[i]) for i in chosen],
        "counted in training" if words.order == "run" else "counted here": [matrix.counts[i] for i in chosen],
        "times in this matrix": [at[1] if at else 0 for at in where],
        "first at": [f"text {at[0] // longest + 1}, t = {at[0] % longest + FIRST}" if at else "" for at in where],
    }  # fmt: skip


def vocabulary_words(words: Words) -> str:
    """What the vocabulary table shows, as Markdown."""
    matrix = words.matrix
    used = len({*range(matrix.specials), *np.unique(matrix.indices).tolist()})
    cut = f"; the first {MOST_LISTED} are listed" if used > MOST_LISTED else ""
    if words.order == "run":
        return (
            f"N = {len(matrix.words):,}: the four specials, then the {words.kind} of the training texts by falling frequency, "
            f"ties by first appearance. Listed are the {used:,} that these texts need{cut}."
        )
    return (
        f"N = {len(matrix.words):,}: the four specials, then the {words.kind} of these texts alone. Another order only puts the "
        f"rows of the embedding E in another order; the network computes the same (what it does not know has the row of `<unk>`)"
        f"{cut}."
    )


def _draw_one_hot(words: Words) -> Figure:
    return figures.one_hot(analysis.window(words.matrix, words.step), words.matrix.words)


def one_hot_words(words: Words) -> str:
    """What of the one-hot matrix is drawn, the bytes of all of it, and the check, as Markdown."""
    matrix = words.matrix
    part = analysis.window(matrix, words.step)
    m, longest = matrix.indices.shape
    n = len(matrix.words)
    return (
        f"Drawn: {len(part.rows)} of {m} texts, steps {part.steps[0] + FIRST} to {part.steps[-1] + FIRST} of {longest:,}, and of "
        f"each step's N = {n:,} columns the {len(part.columns)} that hold a 1 somewhere here. The whole matrix has {m:,} × "
        f"{longest * n:,} ones and zeros: **{size_words(matrix.one_hot_bytes)}** in float32, where the indices take "
        f"**{size_words(matrix.index_bytes)}** in int64. Looking E up and multiplying it by one-hot differ by "
        f"**{matrix.difference:.1g}** at the most."
    )


def _explain_one_hot(words: Words) -> str:
    matrix = words.matrix
    m, longest = matrix.indices.shape
    n, width = len(matrix.words), matrix.width
    index = int(matrix.indices[0, min(words.step, int(matrix.lengths[0]) - 1)])
    return (
        "One-hot writes a word as N numbers of which only its own is 1. A row of the matrix is one text: L blocks of N "
        "columns, one block per step. Multiplied by E, the 1 picks one row of E, so the network looks that row up and never "
        "makes the ones and zeros.\n\n"
        rf"$$\mathrm{{onehot}}(w)\, E = E[w], \qquad w = {index}:\ E[{index}] \in \mathbb{{R}}^{{{width}}}$$" + "\n\n"
        rf"$$m \cdot L \cdot N \cdot 4 = {m} \cdot {longest} \cdot {n} \cdot 4 = {matrix.one_hot_bytes}\ \text{{bytes}}, \qquad "
        rf"m \cdot L \cdot 8 = {matrix.index_bytes}\ \text{{bytes}}$$" + "\n\n"
        f"The numbers looked up, m × L × n of them in float32, take {size_words(matrix.looked_up_bytes)}. The check multiplies "
        f"the {m * longest:,} rows of the one-hot matrix, as a sparse one, by E and takes the largest absolute difference from "
        f"the look-up: {matrix.difference:.3g}."
    )


ONE_HOT: View[Words] = View(
    "one_hot", "What is the one-hot matrix, and why is it never made?", _same, _draw_one_hot, _explain_one_hot, _pick
)


def whole_words(name: str, splits: Mapping[str, SplitSummary], words: Words) -> str:
    """The bytes of all of the run's data, as Markdown; nothing of that size is made."""
    n, said, train = len(words.loaded.speech.vocabulary), [], words.loaded.config.train
    if tasks.of(words.loaded.config).schema.stream:
        cells = train.batch * train.truncate
        return (
            f"Training reads {literal(name)} without these pads: its {splits['train'].tokens:,} tokens are one stream, cut into "
            f"B = {train.batch:,} parts that are read side by side in chunks of K = {train.truncate:,} steps. A chunk is "
            f"{size_words(cells * analysis.INDEX_BYTES)} of indices, and would be "
            f"**{size_words(cells * n * analysis.FLOAT_BYTES)}** of ones and zeros with N = {n:,}."
        )
    for split, summary in splits.items():
        texts, longest = summary.examples, len(summary.lengths) + 1  # lengths counts from 0 tokens, without <sos> and <eos>
        ones = size_words(analysis.one_hot_bytes(texts, longest, n))
        said.append(
            f"{split}, {texts:,} texts of up to L = {longest:,} steps: **{ones}** of ones and zeros, "
            f"{size_words(texts * longest * analysis.INDEX_BYTES)} of indices"
        )
    return f"The whole of {literal(name)} with N = {n:,} would take: " + "; ".join(said) + "."
