"""The views of texts as numbers: indices, the vocabulary, and the one-hot matrix."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis import one_hot as analysis
from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import labels as label_figures
from rnn_core.figures import one_hot as figures
from rnn_core.figures import vectors
from rnn_core.figures.frame import FIRST
from rnn_core.figures.text import counted, visible
from rnn_core.results import LabelMatrix, OneHotVector, TextMatrix
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect import Step
from rnn_core.views.ledger import size_words
from rnn_core.views.view import Choice, Controls, Part, Table, View, literal, number

MOST_SHOWN = 4000
"""Characters of a text that are shown on its way."""

MOST_OUTPUTS = 24
"""Numbers of a one-hot label that are written out."""

MOST_LISTED = 300
"""Words of the vocabulary table."""

ORDERS = {
    "run": "the run's vocabulary (by frequency in training)",
    "first": "these texts, by first appearance",
    "frequency": "these texts, by frequency",
}
"""How words can be numbered, in words."""


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


def _matrix(inputs: Inputs, order: str) -> TextMatrix:
    return analysis.text_matrix(inputs.network, _texts(inputs), order)


def _words(inputs: Inputs, controls: Numbered) -> Words:
    assert controls.step is not None
    kind = CHOICE_NAMES[inputs.run.config.data.tokens]
    return Words(inputs.once(_matrix, controls.order), controls.order, controls.step, kind, inputs.trace.text)


def _most_bytes(inputs: Inputs) -> int:
    """The words of the vocabulary and of the texts with their counts, m·L indices in int64 and what is said of them."""
    texts, words = _texts(inputs), inputs.run.speech.vocabulary.words
    letters = sum(len(token.encode()) for tokens in texts for token in tokens)
    cells = len(texts) * (max(map(len, texts)) + 2)
    return sum(len(word.encode()) + 8 for word in words) + 2 * letters + 40 * cells + len(inputs.trace.text.encode()) + 1024


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
    said = "The length vector says where each text ends: no answer is read after its end, and the pads there do not count. "
    if rows == m and len(steps) == longest:
        return f"{said}All of the {m} × {longest} matrix is shown."
    return (
        f"{said}Shown: {'the text' if m == 1 else f'texts 1 to {rows} of {m}'}, steps {steps[0] + FIRST} to "
        f"{steps[-1] + FIRST} of {longest:,}. Click a step to move along."
    )


def _draw_indices(words: Words) -> tuple[Part, ...]:
    return Part("figure", figures.indices(words.matrix, words.step)), Part("caption", shown_words(words))


def _explain_indices(words: Words) -> str:
    matrix = words.matrix
    m, longest = matrix.indices.shape
    lengths = ", ".join(map(str, matrix.lengths[:20].tolist())) + (", …" if m > 20 else "")
    return (
        f"A text is cut into tokens ({words.kind}), `<sos>` is set before them and `<eos>` behind, and each is replaced by its "
        f"number in the vocabulary; what it does not hold becomes `<unk>` ({counted(matrix.unknown, 'time')} here). A matrix "
        "has rows of one length, so shorter texts are filled up with `<pad>` (index 0).\n\n"
        rf"$$\text{{indices}} \in \{{0, \ldots, N-1\}}^{{m \times L}}, \qquad m = {m},\ L = {longest},\ N = "
        rf"{len(matrix.words)}$$"
        "\n\n"
        f"The length vector ({lengths}) says where each text ends. The network needs it: no answer is read at a "
        "pad, pads have no loss, and reading from the end begins at the last true token. "
        f"Pads are {pads(matrix):,} of {matrix.indices.size:,} cells ({pads(matrix) / matrix.indices.size:.0%})."
    )


def _choose_order(inputs: Inputs, controls: Numbered) -> tuple[Choice, ...]:
    return (Choice("order", "Number the words by", tuple(ORDERS), ORDERS.__getitem__),)


def _view(
    name: str,
    question: str,
    render: Callable[[Words], tuple[Part, ...]],
    explain: Callable[[Words], str],
    pick: Callable[[list[Any]], dict[str, Any]] | None = None,
    choices: Callable[[Inputs, Numbered], tuple[Choice, ...]] = lambda inputs, controls: (),
) -> View[Numbered, Words]:
    needs = ("run", "text", "second_text")
    return View(name, question, needs, Numbered, _words, render, explain, _most_bytes, pick, choices)


INDICES = _view("indices", "Which numbers stand for these texts?", _draw_indices, _explain_indices, _pick, _choose_order)


def stages(words: Words) -> dict[str, list[Any]]:
    """The first text on its way to a row of the matrix, as a table."""
    matrix = words.matrix
    tokens, row = [visible(token) for token in matrix.tokens[0]], matrix.indices[0].tolist()
    fed = [visible(matrix.words[i]) for i in row[: len(tokens)]]
    between = "  ·  "
    shown = {
        "as typed": visible(words.text),
        counted(len(tokens) - 2, "token"): between.join(tokens[1:-1]),
        f"{len(tokens):,} steps": between.join(tokens),
        "as the vocabulary has them": between.join(fed),
        f"{len(tokens):,} indices": between.join(map(str, row[: len(tokens)])),
        f"filled up to L = {len(row):,}": between.join(map(str, row)),
    }
    return {"step by step": list(shown), "text 1": [line[:MOST_SHOWN] for line in shown.values()]}


STAGES = _view("stages", "", lambda words: (Part("table", Table(stages(words), widths={"step by step": 190})),), shown_words)


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
        f"N = {len(matrix.words):,}: the four specials, then the {words.kind} of these texts alone. Another order only puts "
        "the rows of the embedding E in another order; the network computes the same (what it does not know has the row of "
        f"`<unk>`){cut}."
    )


VOCABULARY = _view(
    "vocabulary", "", lambda words: (Part("text", vocabulary_words(words)), Part("table", Table(vocabulary(words), 250))),
    vocabulary_words,
)  # fmt: skip


@dataclass(frozen=True)
class Labels:
    """What the loss asks for at each step.

    Attributes:
        step: the chosen one, from 0.
        of: what has a label: `text`, `token`, or `next` where the label of a token is the one that follows.
    """

    matrix: LabelMatrix
    step: int
    of: str


def _labels(inputs: Inputs, controls: Numbered) -> Labels:
    assert controls.step is not None
    of = tasks.of(inputs.run.config).label_of
    words = inputs.once(_matrix, controls.order)
    found = analysis.label_matrix(inputs.network, words, (None, *inputs.labels), figures.MOST_ROWS)
    return Labels(found, controls.step, of)


def label_words(found: Labels) -> str:
    """What the label matrix holds, and the chosen label as a one-hot vector, as Markdown."""
    matrix = found.matrix
    counted = int((matrix.classes >= 0).sum())
    what = {
        "text": "Each text has one label, so the labels are a vector y of m numbers; drawn is where the loss reads them",
        "token": "Each token has a label, so the labels are a matrix of m rows and L columns, as the indices are",
        "next": "The label of a step is the token that follows: the index matrix, shifted by one step to the left",
    }[found.of]
    own = "" if all(matrix.given) else (
        " The label of a text that was typed is not known: the network's own answer stands for it."
    )  # fmt: skip
    of = "" if matrix.texts == len(matrix.classes) else f" of the first {len(matrix.classes)} texts"
    return (
        f"{what}. No loss counts at “–”: {counted:,} of {matrix.classes.size:,} cells{of} have a label.{own} "
        f"{label_vector(found)}"
    )


def label_vector(found: Labels) -> str:
    """The label of the first text at the chosen step as a one-hot vector, as Markdown."""
    matrix, t = found.matrix, found.step
    label = int(matrix.classes[0, t])
    if label < 0:
        return f"At t = {t + FIRST} of text 1 the loss asks for nothing."
    name = matrix.names[int(np.searchsorted(matrix.used, label))]
    k = matrix.outputs
    numbers = ", ".join("1" if j == label else "0" for j in range(k))
    vector = f"y = ({numbers})" if k <= MOST_OUTPUTS else f"y is 0 at {k - 1:,} places and 1 at place {label:,}, counted from 0"
    return f"At t = {t + FIRST} of text 1 it is {literal(name, 30)}, number {label} of k = {k:,}: one-hot, {vector}."


def _explain_labels(found: Labels) -> str:
    matrix = found.matrix
    m, longest, k = matrix.texts, matrix.longest, matrix.outputs
    shape = {
        "text": rf"y \in \{{0, \ldots, {k - 1}\}}^{{{m}}}",
        "token": rf"Y \in \{{0, \ldots, {k - 1}\}}^{{{m} \times {longest}}}",
        "next": rf"Y[i, t] = \text{{indices}}[i, t + 1], \qquad Y \in \{{0, \ldots, {k - 1}\}}^{{{m} \times {longest}}}",
    }[found.of]
    return (
        f"{label_words(found)}\n\n$${shape}$$\n\n"
        "A label is written as a number; as a one-hot vector it has k numbers, of which only its own is 1. The loss compares "
        "this vector with the k probabilities of the readout, and only the term of the 1 is left:\n\n"
        rf"$$L = -\sum_{{j=0}}^{{{k - 1}}} y_j \log \hat y_j = -\log \hat y_{{\text{{label}}}}$$" + "\n\n"
        "Pads, and steps without a label, have the weight 0 in the loss."
    )


LABELS: View[Numbered, Labels] = View(
    "labels", "Which labels does the loss ask for?", ("run", "text", "second_text", "labels"), Numbered, _labels,
    lambda found: (Part("figure", label_figures.label_matrix(found.matrix, found.step)), Part("text", label_words(found))),
    _explain_labels, lambda inputs: 2 * _most_bytes(inputs) + sum(len(label.encode()) for label in inputs.run.speech.labels),
    _pick,
)  # fmt: skip


@dataclass(frozen=True)
class Token(Step):
    """A step of the first text, from 0; None: that of its first token."""

    def settled(self, inputs: Inputs) -> Self:
        return super(Token, replace(self, step=1 if self.step is None else self.step)).settled(inputs)


def _vector(inputs: Inputs, controls: Token) -> OneHotVector:
    return analysis.vector(inputs.network, inputs.trace, controls.at)


def _draw_vector(found: OneHotVector) -> tuple[Part, ...]:
    table = Table({"i": list(range(len(found.row))), "E[w][i]": found.row.astype(float).tolist()}, 250)
    return (
        Part("figure", vectors.one_hot_vector(found.index, found.size)),
        Part("text", vector_words(found)),
        Part("table", table, f"Row {found.index:,} of E: all {counted(len(found.row), 'number')}"),
    )


def vector_words(found: OneHotVector) -> str:
    """The token, its index and the row it picks, as Markdown."""
    fed = f", read as {literal(found.fed, 30)}" if found.fed != found.token else ""
    first = ", ".join(map(number, found.row[:6].tolist()))
    each = vectors.places_per_cell(found.size)
    shared = f" Each cell of the picture stands for {each:,} places." if each > 1 else ""
    return (
        f"“{literal(found.token, 30)}”{fed}, has index **{found.index:,}**, counted from 0. Of the N = {found.size:,} numbers "
        f"of its one-hot vector, one is 1 and {found.size - 1:,} are 0.{shared} Row {found.index:,} of E begins with {first}."
    )


def _explain_vector(found: OneHotVector) -> str:
    w, n = found.index, len(found.row)
    return (
        "A one-hot vector has a place for every word of the vocabulary, and a 1 at the place of the word itself. No two words "
        "are more alike than others: every two of these vectors are equally far apart. Multiplied by E, the 1 picks the row "
        "of E that is learnt for the word.\n\n"
        rf"$$\mathrm{{onehot}}(w)_j = \begin{{cases}} 1 & j = w \\ 0 & j \neq w \end{{cases}}, \qquad w = {w},\ "
        rf"j = 0, \ldots, {found.size - 1}$$" + "\n\n"
        rf"$$x_t = E^\top \mathrm{{onehot}}({w}) = E[{w}] \in \mathbb{{R}}^{{{n}}}$$" + "\n\n"
        f"{vector_words(found)} The product differs from the row by {number(found.difference)} at the most. Two different "
        f"one-hot vectors are always √2 = {number(2**0.5)} apart."
    )


VECTOR: View[Token, OneHotVector] = View(
    "one-hot-vector", "What is one word as a one-hot vector?", ("run", "text"), Token, _vector, _draw_vector, _explain_vector,
    lambda inputs: 4 * inputs.run.config.model.embedding + 4 * sum(map(len, inputs.trace.tokens)) + 65_536,
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
    return (
        f"Drawn are {len(part.rows)} of {m} texts, steps {part.steps[0] + FIRST} to {part.steps[-1] + FIRST} of {longest:,}; "
        f"of the N = {n:,} columns of a step, the {len(part.columns)} with a 1 in them. The whole matrix has {m:,} × "
        f"{longest * n:,} ones and zeros: **{size_words(matrix.one_hot_bytes)}** in float32. The indices take "
        f"**{size_words(matrix.index_bytes)}** in int64. Looking up rows of E and multiplying the one-hot matrix by E "
        f"differ by at most **{matrix.difference:.1g}**."
    )


def _explain_one_hot(words: Words) -> str:
    matrix = words.matrix
    m, longest = matrix.indices.shape
    n, width = len(matrix.words), matrix.width
    index = int(matrix.indices[0, min(words.step, int(matrix.lengths[0]) - 1)])
    return (
        "One-hot writes a word as N numbers, of which the one at its index is 1 and the others 0. A row of the matrix is one "
        "text: L blocks of N columns, one block per step. Multiplied by E, the 1 picks one row of E, so the network looks that "
        "row up and never makes the ones and zeros.\n\n"
        rf"$$\mathrm{{onehot}}(w)\, E = E[w], \qquad w = {index}:\ E[{index}] \in \mathbb{{R}}^{{{width}}}$$" + "\n\n"
        rf"$$m \cdot L \cdot N \cdot 4 = {m} \cdot {longest} \cdot {n} \cdot 4 = {matrix.one_hot_bytes}\ \text{{bytes}}, "
        rf"\qquad m \cdot L \cdot 8 = {matrix.index_bytes}\ \text{{bytes}}$$" + "\n\n"
        f"The numbers looked up, m × L × n of them in float32, take {size_words(matrix.looked_up_bytes)}. The check multiplies "
        f"the {m * longest:,} rows of the one-hot matrix, as a sparse one, by E and takes the largest absolute difference from "
        f"the look-up: {matrix.difference:.3g}."
    )


ONE_HOT = _view("one_hot", "What is the one-hot matrix, and why is it never made?", _draw_one_hot, _explain_one_hot, _pick)


@dataclass(frozen=True)
class Whole:
    """All of the run's data.

    Attributes:
        name: what they are called; None where they are not here.
        size: N.
        chunk: B and K where they are one stream; else None.
        splits: by name, how many texts, the steps of the longest, and how many tokens.
    """

    name: str | None
    size: int
    chunk: tuple[int, int] | None
    splits: dict[str, tuple[int, int, int]]


def _whole(inputs: Inputs, controls: Controls) -> Whole:
    run, data = inputs.run, inputs.dataset
    train, stream = run.config.train, tasks.of(run.config).schema.stream
    splits = {  # lengths counts from 0 tokens, without <sos> and <eos>
        name: (split.examples, len(split.lengths) + 1, split.tokens) for name, split in (data.splits if data else {}).items()
    }
    chunk = (train.batch, train.truncate) if stream else None
    return Whole(data.name if data else None, len(run.speech.vocabulary), chunk, splits)


def whole_words(found: Whole) -> str:
    """The bytes of all of the run's data, as Markdown; nothing of that size is made. Empty where they are not here."""
    if found.name is None:
        return ""
    n, name = found.size, literal(found.name)
    if found.chunk:
        batch, steps = found.chunk
        return (
            f"Training reads {name} without these pads: its {found.splits['train'][2]:,} tokens are one stream, cut into "
            f"B = {batch:,} parts that are read side by side in chunks of K = {steps:,} steps. A chunk is "
            f"{size_words(batch * steps * analysis.INDEX_BYTES)} of indices, and would be "
            f"**{size_words(batch * steps * n * analysis.FLOAT_BYTES)}** of ones and zeros with N = {n:,}."
        )
    said = [
        f"{split}, {counted(texts, 'text')} of up to L = {longest:,} steps: "
        f"**{size_words(analysis.one_hot_bytes(texts, longest, n))}** of ones and zeros, "
        f"{size_words(texts * longest * analysis.INDEX_BYTES)} of indices"
        for split, (texts, longest, _) in found.splits.items()
    ]
    return f"The whole of {name} with N = {n:,} would take: " + "; ".join(said) + "."


WHOLE: View[Controls, Whole] = View(
    "whole-data", "", ("run", "dataset"), Controls, _whole,
    lambda found: (Part("text", whole_words(found)),) if found.name else (), whole_words, lambda inputs: 4096,
)  # fmt: skip

VIEWS = (STAGES, INDICES, VOCABULARY, VECTOR, ONE_HOT, WHOLE, LABELS)
