"""The readout opened: how the state becomes a logit, the logits probabilities, and these a loss."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.equations import logit
from rnn_core.analysis.steps import losses, targets_of
from rnn_core.figures import palette, softmax, terms
from rnn_core.language import N_, tr
from rnn_core.results import Logit
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Labelled, bytes_of, has_answers, place
from rnn_core.views.view import Part, Table, View, literal, number

MOST_CLASSES = 12
"""Classes that are shown one by one, the most probable ones; of a vocabulary of thousands the others are added up."""

SAFE = 50.0
"""Beyond this the largest logit is subtracted from all, which leaves the softmax as it is and keeps its exponentials small."""


@dataclass(frozen=True)
class Opened:
    """One class's logit at a step.

    Attributes:
        found: its terms.
        label: the class.
        token: that of the step.
        layers, directions: of the network.
        answers: whether there is an answer if the text stopped here, which is another one.
    """

    found: Logit
    label: str
    token: str
    layers: int
    directions: int
    answers: bool

    @property
    def states(self) -> list[str]:
        """What the numbers of the state are called."""
        arrows = ("→", "←") if self.directions == 2 else ("",)
        d = len(self.found.terms) // self.directions
        return [tr("h{arrow}[{i}]", arrow=arrow, i=i) for arrow in arrows for i in range(d)]


def _aimed(inputs: Inputs, controls: Labelled) -> tuple[int, int]:
    """The class aimed at, −1 where the task aims at none; and the class that is looked at, which is then the most probable."""
    target = int(targets_of(inputs.run, inputs.trace, controls.label)[controls.at])
    return target, target if target >= 0 else int(inputs.trace.logits[controls.at].argmax())


def _opened(inputs: Inputs, controls: Labelled) -> Opened:
    trace, (_, chosen) = inputs.trace, _aimed(inputs, controls)
    found, (layers, directions) = logit(inputs.network, trace, controls.at, chosen), trace.states.shape[:2]
    return Opened(found, trace.labels[chosen], trace.tokens[controls.at], layers, directions, has_answers(inputs))


def _draw_logit(opened: Opened) -> tuple[Part, ...]:
    found = opened.found
    every = terms.largest_of_logit(found, opened.states, len(found.terms))
    columns: dict[str, list[Any]] = {
        tr("term"): [part.name for part in every],
        tr("what it is"): [part.says for part in every],
        tr("value"): [part.value for part in every],
    }
    drawn = terms.terms(terms.largest_of_logit(found, opened.states), found.total, terms.OF_LOGIT, N_("c + V h"))
    return Part("text", _which(opened)), Part("figure", drawn), Part("table", Table(columns, 300), tr("Every term"))


def _which(opened: Opened) -> str:
    """The class whose logit is taken apart, as Markdown."""
    said = tr(
        "Class {chosen}, **{label}**, at {step}.",
        chosen=opened.found.chosen, label=literal(opened.label, 40), step=place(opened.found.step, opened.token),
    )
    return f"{said} {tr(THIS_STEP)}" if opened.answers else said


THIS_STEP = N_("This is the readout of this step, without the step on `<eos>` that the answer if the text stopped here takes.")
"""Why the readout opened is not the answer that is drawn above."""


def _explain_logit(opened: Opened) -> str:
    found = opened.found
    i = int(np.abs(found.terms).argmax())
    v, h, product = (number(float(values[i])) for values in (found.weights, found.state, found.terms))
    total = f"{number(found.bias)} + ({number(float(found.terms.sum()))}) = {number(found.total)}"
    return tr(
        "Each class has a row of V and a number of c. Its logit is the sum of that row times the state, and of c:\n\n"
        r"$$o_t = c + V {top}, \qquad o_t[{chosen}] = c[{chosen}] + \textstyle\sum_i V[{chosen}, i]\, h_t[i] = {total}$$"
        "\n\n"
        "Class {chosen} is {label}, at {step}. The largest of its {terms:,} products is of {state}: weight {v} times "
        "{h} is {product}. The sum differs from the logit of the trace by {difference:.1e}.{top_words}",
        top=formulas.top(opened.layers, opened.directions), chosen=found.chosen, total=total,
        label=literal(opened.label, 40), step=place(found.step, opened.token), terms=len(found.terms),
        state=literal(opened.states[i]), v=v, h=h, product=product, difference=found.difference,
        top_words=formulas.top_words(opened.layers, opened.directions),
    )


def _most_bytes(inputs: Inputs) -> int:
    """A row of V and its products, float64."""
    return 16 * inputs.trace.states.shape[1] * inputs.trace.states.shape[-1] + bytes_of()(inputs)


LOGIT: View[Labelled, Opened] = View(
    "logit", N_("What does the logit of this class consist of?"), NEEDS, Labelled,
    _opened, _draw_logit, _explain_logit, _most_bytes,
)  # fmt: skip


@dataclass(frozen=True)
class Softmax:
    """The logits of a step, their softmax, and its cross-entropy, in float64.

    Attributes:
        classes: (m,) the numbers of the classes shown: the most probable ones, and the one aimed at.
        labels: (m,) their names.
        logits, p: (m,).
        shift: what is subtracted from each logit before exp; mostly 0.
        total: Σ_j exp(o_j − shift) over all classes.
        size: k, the number of classes.
        target: the number of the class aimed at; −1 where there is none.
        loss: −log ŷ of it, nan where there is none.
        colours: of the classes shown.
        token: that of the step.
    """

    classes: np.ndarray
    labels: tuple[str, ...]
    logits: np.ndarray
    p: np.ndarray
    shift: float
    total: float
    size: int
    target: int
    loss: float
    colours: tuple[str, ...]
    step: int
    token: str

    @property
    def exps(self) -> np.ndarray:
        """(m,) exp(o_j − shift)."""
        found: np.ndarray = np.exp(self.logits - self.shift)
        return found

    @property
    def others(self) -> int:
        """The number of the classes that are not shown."""
        return self.size - len(self.classes)

    @property
    def truth(self) -> str | None:
        """The class aimed at."""
        return self.labels[self.classes.tolist().index(self.target)] if self.target >= 0 else None


def _softmax(inputs: Inputs, controls: Labelled) -> Softmax:
    trace, (target, _) = inputs.trace, _aimed(inputs, controls)
    o = trace.logits[controls.at].astype(np.float64)
    shift = float(o.max()) if np.abs(o).max() > SAFE else 0.0
    total = float(np.exp(o - shift).sum())
    shown = np.argsort(-o, kind="stable")[:MOST_CLASSES]
    if target >= 0 and target not in shown:
        shown[-1] = target
    if len(o) <= MOST_CLASSES:
        shown = np.sort(shown)  # a class keeps its place from step to step
    labels = tuple(trace.labels[i] for i in shown.tolist())
    loss = float(losses(trace, np.where(np.arange(len(trace.tokens)) == controls.at, target, -1))[controls.at])
    of_classes = tasks.of(inputs.run.config).schema.labels
    colours = palette.class_colours(trace.labels) if of_classes else dict.fromkeys(labels, palette.BLUE)
    return Softmax(
        shown, labels, o[shown], np.exp(o[shown] - shift) / total, shift, total, len(o), target, loss,
        tuple(colours[label] for label in labels), controls.at, trace.tokens[controls.at],
    )  # fmt: skip


def _names(found: Softmax) -> list[str]:
    """What the rows are called: the classes shown, then the others together."""
    return [*found.labels, *([tr("the other {others:,}", others=found.others)] if found.others else [])]


def _columns(found: Softmax) -> dict[str, np.ndarray]:
    """The numbers of the rows; the last row is of the others together, where there are any."""
    rest = [found.total - float(found.exps.sum())] if found.others else []
    exponent = "exp(o)" if not found.shift else tr("exp(o − max o)")
    return {
        tr("logit o"): np.array([*found.logits, *(np.nan for _ in rest)]),
        exponent: np.array([*found.exps, *rest]),
        tr("ŷ = exp / sum"): np.array([*found.p, *(one / found.total for one in rest)]),
    }


def _draw_softmax(found: Softmax) -> tuple[Part, ...]:
    names, columns = _names(found), _columns(found)
    colours = dict(zip(found.labels, found.colours, strict=True))
    drawn = softmax.softmax(columns, names, colours, found.labels[int(found.p.argmax())], found.truth)
    there = [None] * bool(found.others)
    table: dict[str, list[Any]] = {tr("class"): [*names, tr("sum")], "j": [*found.classes.tolist(), *there, None]}
    sums = dict(zip(columns, (None, found.total, 1.0), strict=True))
    for name, values in columns.items():
        table[name] = [*(None if np.isnan(one) else one for one in values.tolist()), sums[name]]
    if found.target >= 0:
        y = (found.classes == found.target).astype(int).tolist()
        table["y"] = [*y, *([0] if found.others else []), 1]
        table["−y log ŷ"] = [*(found.loss * one for one in y), *([0.0] if found.others else []), found.loss]
    return Part("figure", drawn), Part("table", Table(table))


def _explain_softmax(found: Softmax) -> str:
    j = found.target if found.target >= 0 else int(found.classes[int(found.p.argmax())])
    at = found.classes.tolist().index(j)
    exponent = f"o_t[{j}]" + (r" - \max o_t" if found.shift else "")
    over = r"\textstyle\sum_i e^{o_t[i]" + (r" - \max o_t}" if found.shift else "}")
    fraction = rf"\frac{{{number(float(found.exps[at]))}}}{{{number(found.total)}}}"
    bounded = "" if not found.others else tr(
        " Of the k = {size:,} classes {classes} are shown, the most probable ones and the class aimed at; the others are "
        "added up.",
        size=found.size, classes=len(found.classes),
    )  # fmt: skip
    loss = tr("The task aims at no class at this step, so there is no loss here.")
    if found.target >= 0:
        loss = tr(
            "The class aimed at is {label} (j = {j}), as a one-hot vector y: 1 at j = {j}, and 0 at every other class. "
            "The cross-entropy is a sum over all classes, of which one term is left:\n\n"
            r"$$L(t) = -\textstyle\sum_j y_t[j] \log \hat y_t[j] = -\log \hat y_t[{j}] = -\log {p:.6g} = {loss}$$"
            "\n\n"
            "in nats, because the logarithm is the natural one.",
            label=literal(found.labels[at], 40), j=j, p=found.p[at], loss=number(found.loss),
        )
    return tr(
        "The exponential makes each logit positive, and the division makes the sum of all classes 1:\n\n"
        r"$$\hat y_t[{j}] = \frac{{e^{{{exponent}}}}}{{{over}}} = {fraction} = {p}$$"
        "\n\n"
        "at {step}.{bounded}\n\n"
        "{loss}",
        j=j, exponent=exponent, over=over, fraction=fraction, p=number(float(found.p[at])),
        step=place(found.step, found.token), bounded=bounded, loss=loss,
    )


SOFTMAX: View[Labelled, Softmax] = View(
    "softmax", N_("How do the logits become probabilities, and a loss?"), NEEDS, Labelled,
    _softmax, _draw_softmax, _explain_softmax, lambda inputs: 40 * (MOST_CLASSES + 1) + bytes_of()(inputs),
)  # fmt: skip

VIEWS = (LOGIT, SOFTMAX)
