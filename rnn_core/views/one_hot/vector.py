"""One word as a one-hot vector, and the row of E that it picks."""

from dataclasses import dataclass, replace
from typing import Self

from rnn_core.analysis import one_hot as analysis
from rnn_core.figures import vectors
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import OneHotVector
from rnn_core.views import formulas
from rnn_core.views.form import form_table, form_words
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect import Step
from rnn_core.views.view import Part, Table, View, literal, number


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
        Part("table", table, tr_n(
            "Row {index:,} of E: all {n:,} number", "Row {index:,} of E: all {n:,} numbers", len(found.row), index=found.index,
        )),
    )


def vector_words(found: OneHotVector) -> str:
    """The token, its index and the row it picks, as Markdown."""
    fed = tr(", read as {fed},", fed=literal(found.fed, 30)) if found.fed != found.token else ""
    first = ", ".join(map(number, found.row[:6].tolist()))
    each = vectors.places_per_cell(found.size)
    shared = tr(" Each cell of the picture stands for {each:,} places.", each=each) if each > 1 else ""
    return tr(
        "“{token}”{fed} has index **{index:,}**, counted from 0. Of the N = {size:,} numbers of its one-hot vector, one is "
        "1 and {others:,} are 0.{shared} Row {index:,} of E begins with {first}.",
        token=literal(found.token, 30), fed=fed, index=found.index, size=found.size, others=found.size - 1, shared=shared,
        first=first,
    ) + (" " + tr("Beside the word its form is read: {form}.", form=form_words(found.form)) if found.form else "")  # fmt: skip


def _explain_vector(found: OneHotVector) -> str:
    w, n = found.index, len(found.row)
    beside = "" if not found.form else "\n\n" + tr(
        "This network reads the form of words too: xₜ is E[w] and, beside it, one row for each feature of the token's form, "
        "each picked by a one-hot vector of its own.\n\n{form}\n\n$$x_t = {formula}$$",
        form=form_table(found.form), formula=formulas.embedded(form=True),
    )  # fmt: skip
    return tr(
        "A one-hot vector has a place for every word of the vocabulary, and a 1 at the place of the word itself. No two "
        "words are more alike than others: every two of these vectors are equally far apart. Multiplied by E, the 1 picks "
        "the row of E that is learnt for the word.\n\n"
        r"$$\mathrm{{onehot}}(w)_j = \begin{{cases}} 1 & j = w \\ 0 & j \neq w \end{{cases}}, \qquad w = {w},\ j = 0, "
        r"\ldots, {last}$$"
        "\n\n"
        r"$${left}E^\top \mathrm{{onehot}}({w}) = E[{w}] \in \mathbb{{R}}^{{{n}}}$$"
        "\n\n"
        "{words} The product differs from the row by {difference} at the most. Two different one-hot vectors are "
        "always √2 = {apart} apart.{beside}",
        left="" if found.form else "x_t = ", beside=beside, w=w, last=found.size - 1, n=n, words=vector_words(found),
        difference=number(found.difference), apart=number(2 ** 0.5),
    )


VECTOR: View[Token, OneHotVector] = View(
    "one-hot-vector", N_("What is one word as a one-hot vector?"), ("run", "text"), Token, _vector, _draw_vector, _explain_vector,
    lambda inputs: 4 * inputs.run.config.model.input_width + 4 * sum(map(len, inputs.trace.tokens)) + 65_536,
)  # fmt: skip
