"""How the loss of the text comes about, from the losses of its steps."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.steps import counted_steps, losses, targets_of
from rnn_core.config import CHOICE_NAMES, TrainConfig, choices, options
from rnn_core.figures import lines
from rnn_core.language import N_, tr
from rnn_core.views import sums
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Labelled, bytes_of, pick_step, trained
from rnn_core.views.view import Choice, Part, View, literal, number

REDUCTIONS: tuple[str, ...] = choices(options(TrainConfig)["reduce"])
"""`mean` and `sum`."""

REDUCED = {"mean": N_("mean"), "sum": N_("sum")}
"""What they are called."""


@dataclass(frozen=True)
class Weighted(Labelled):
    """Where the loss is taken, `last` or `every`, and `mean` or `sum` over the steps; None: as the run was trained."""

    loss: str | None = None
    reduce: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        config = inputs.run.config
        loss = self.loss if self.loss in tasks.of(config).losses else trained(inputs)
        reduce = self.reduce if self.reduce in REDUCTIONS else config.train.reduce
        return replace(super().settled(inputs), loss=loss, reduce=reduce)


@dataclass(frozen=True)
class TextLoss:
    """L = Σ_t w_t L(t) of one text.

    Attributes:
        values: (T,) L(t); nan where a step has no target.
        weights: (T,) w_t.
        loss, reduce: what w_t is made of.
        as_trained: whether the run's training weighs the steps in the same way.
        labels: (T,) the class aimed at; empty where there is none.
        stream: whether training takes the mean over all tokens, and not over texts.
    """

    values: np.ndarray
    weights: np.ndarray
    tokens: tuple[str, ...]
    labels: tuple[str, ...]
    step: int
    loss: str
    reduce: str
    as_trained: bool
    stream: bool

    @property
    def parts(self) -> np.ndarray:
        """(T,) w_t L(t), 0 where nothing counts."""
        return np.where(self.weights > 0, self.weights * np.nan_to_num(self.values), 0.0)

    @property
    def total(self) -> float:
        """L."""
        return float(self.parts.sum())


def _text_loss(inputs: Inputs, controls: Weighted) -> TextLoss:
    trace, config = inputs.trace, inputs.run.config
    assert controls.loss and controls.reduce
    targets = targets_of(inputs.run, trace, controls.label)
    weights = counted_steps(inputs.run, len(trace.tokens), controls.loss, controls.reduce)
    labels = tuple(trace.labels[i] if i >= 0 else "" for i in targets.tolist())
    same = np.array_equal(weights, counted_steps(inputs.run, len(trace.tokens)))
    return TextLoss(
        losses(trace, targets), weights, trace.tokens, labels, controls.at, controls.loss, controls.reduce, same,
        tasks.of(config).carries,
    )  # fmt: skip


def _draw(found: TextLoss) -> tuple[Part, ...]:
    other = "" if found.as_trained else tr(" This is not the loss that this run was trained with.")
    return (
        Part("figure", lines.text_loss(found.parts, found.tokens, found.step)),
        Part("text", tr("**L = {total}** nats.{other}", total=number(found.total), other=other)),
        Part("table", sums.table(found.tokens, found.labels, found.values, found.weights), tr("Every step in numbers")),
    )


def _explain(found: TextLoss) -> str:
    counts = found.weights > 0
    weight = number(float(found.weights[counts][0])) if counts.any() else "0"
    if found.loss == "last":
        rule = tr("the step of `<eos>` has the weight 1, and every other step 0")
    elif found.reduce == "mean":
        rule = tr(
            "{counted:,} of the {steps:,} steps count, each with the weight {weight}, one over their number",
            counted=counts.sum(), steps=len(counts), weight=weight,
        )
    else:
        rule = tr(
            "{counted:,} of the {steps:,} steps count, each with the weight {weight}",
            counted=counts.sum(), steps=len(counts), weight=weight,
        )
    over = tr(
        "Training minimises the mean over the texts of a batch, and Evaluate tells the mean over the m texts of a split:\n\n"
        r"$$\frac{1}{m} \textstyle\sum_{j=1}^{m} L_j$$",
    )
    if found.stream:
        over = tr("Training minimises the mean of L(t) over all tokens of a batch.")
    here, step = "", found.step
    if found.labels[step]:
        value, w, part = (number(float(numbers[step])) for numbers in (found.values, found.weights, found.parts))
        here = tr(
            "At t = {step} the class aimed at is {label}: L(t) = {value}, times {w} is {part}. ",
            step=step + 1, label=literal(found.labels[step], 40), value=value, w=w, part=part,
        )
    return tr(
        "The loss of a text is the weighted sum of the losses of its steps. With the loss {where}, {rule}:\n\n"
        r"$$L(t) = -\textstyle\sum_j y_t[j] \log \hat y_t[j], \qquad {in_numbers}$$"
        "\n\n"
        "{here}{over}",
        where=tr(CHOICE_NAMES[found.loss]), rule=rule, here=here, over=over,
        in_numbers=sums.in_numbers(found.values, found.weights, found.total),
    )


def _choose(inputs: Inputs, controls: Weighted) -> tuple[Choice, ...]:
    return (
        Choice("loss", tr("Loss"), tasks.of(inputs.run.config).losses, lambda value: tr(
            "loss {where}", where=tr(CHOICE_NAMES[value])
        )),
        *([] if controls.loss == "last" else [
            Choice("reduce", tr("Over the steps"), REDUCTIONS, lambda value: tr(REDUCED[value])),
        ]),
    )


def _most_bytes(inputs: Inputs) -> int:
    """Two rows of float64, and of each step the name of a class."""
    trace = inputs.trace
    return bytes_of("T", each=16)(inputs) + len(trace.tokens) * max(len(label.encode()) for label in trace.labels)


TEXT_LOSS: View[Weighted, TextLoss] = View(
    "text-loss", N_("How does the loss of this text come about?"), NEEDS, Weighted,
    _text_loss, _draw, _explain, _most_bytes, pick_step, _choose,
)  # fmt: skip

VIEWS = (TEXT_LOSS,)
