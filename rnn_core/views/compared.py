"""The view of a run's scores beside those of simple models on the same data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_core import baselines
from rnn_core.config import metric_name
from rnn_core.language import N_, tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, Table, View

SPLITS = ("test", "dev")
"""The scores that are compared: those of test, and of dev where there is no test."""


@dataclass(frozen=True)
class Beside:
    """The headline metric of a run and of simple models.

    Attributes:
        metric: its name, such as `accuracy`.
        sign: 1 if more of it is better, −1 if less.
        own: of the run, by split.
        others: of each baseline by its name, by split, in their order.
    """

    metric: str
    sign: int
    own: Mapping[str, float]
    others: Mapping[str, Mapping[str, float]]

    @property
    def split(self) -> str:
        """The split that is spoken of."""
        return next(split for split in SPLITS if split in self.own)

    @property
    def best(self) -> str:
        """The best baseline there."""
        return max(self.others, key=lambda name: self.sign * self.others[name].get(self.split, -self.sign * float("inf")))

    @property
    def ahead(self) -> float:
        """By how much the run is better than the best baseline; where it is worse, a number below 0."""
        return self.sign * (self.own[self.split] - self.others[self.best][self.split])


def _compared(inputs: Inputs, controls: Controls) -> Beside:
    found = inputs.compared

    def by_split(figures: Mapping[str, Any]) -> dict[str, float]:
        return {split: float(figures[key]) for split in SPLITS if (key := f"{split}_{found.metric}") in figures}

    sign = 1 if found.higher_is_better else -1
    return Beside(found.metric, sign, by_split(found.figures), {one.name: by_split(one.figures) for one in found.baselines})


def _draw(found: Beside) -> tuple[Part, ...]:
    metric = metric_name(found.metric)
    names = [tr("this network"), *(tr(baselines.title(name)) for name in found.others)]
    columns: dict[str, list[Any]] = {tr("model"): names}
    formats = {}
    for split in SPLITS:
        if split in found.own:
            title = tr("{metric} on {split}", metric=metric, split=split)
            columns[title] = [found.own[split], *(one.get(split) for one in found.others.values())]
            formats[title] = "%.4f" if found.sign > 0 else "%.3f"
    return Part("text", said(found)), Part("table", Table(columns, formats=formats))


def said(found: Beside) -> str:
    """How far the network is above the best baseline, or below, and then what to try, as Markdown."""
    values: dict[str, Any] = {
        "metric": metric_name(found.metric), "split": found.split, "own": found.own[found.split],
        "name": tr(baselines.title(found.best)), "other": found.others[found.best][found.split],
        "points": abs(100 * found.ahead),
    }  # fmt: skip
    if found.sign > 0 and round(values["points"], 1) == 0:
        same = tr("On {split} this network has the same {metric} as **{name}**: {own:.4f}.", **values)
        return f"{same} {tr(ADVICE[found.best])}"
    if found.sign < 0:
        return _lower(found, values)
    if found.ahead > 0:
        return tr(
            "On {split} the {metric} of this network, {own:.4f}, is {points:.1f} points above {name} ({other:.4f}).", **values,
        )
    below = tr(
        "On {split} the {metric} of this network, {own:.4f}, is **{points:.1f} points below** {name} ({other:.4f}).", **values,
    )
    return f"{below} {tr(ADVICE[found.best])}"


def _lower(found: Beside, values: Mapping[str, Any]) -> str:
    """The same of a metric of which less is better."""
    if found.ahead > 0:
        return tr("On {split} the {metric} of this network, {own:.3f}, is lower, so better, than that of {name} ({other:.3f}).",
                  **values)  # fmt: skip
    above = tr("On {split} the {metric} of this network, {own:.3f}, is **higher, so worse,** than that of {name} ({other:.3f}).",
               **values)  # fmt: skip
    return f"{above} {tr(ADVICE[found.best])}"


ADVICE: Mapping[str, str] = {
    "majority": N_(
        "It has not learnt to tell the classes apart. Try more epochs or a higher learning rate, and look at the labels on Data."
    ),
    "bag_of_words": N_(
        "That model knows no order of words beyond two neighbours, so it needs few examples. Try more dropout, averaged weights, "
        "or more texts."
    ),
    "frequent_tag": N_("That model knows no context. Try more epochs, a higher learning rate or more sentences."),
    "target_ngram": N_(
        "That model never sees the source, so this network makes no use of it yet. Try more epochs or a higher learning rate."
    ),
    "frequency": N_("It has not learnt anything from the tokens before. Try more epochs or a higher learning rate."),
    "ngram": N_(
        "That model sees only the few tokens before each one, and needs little text. Try more units, more epochs or more text."
    ),
}
"""What to try where a baseline is not beaten."""


def _explain(found: Beside) -> str:
    words = tr(
        "Each simple model learns from the same training split as the network, reads the same tokens, and is scored on the same "
        "texts in the same way. A network that does not beat them has not learnt from the order of the words."
    )
    return "\n".join([words, "", *(f"- **{tr(baselines.title(name))}**: {tr(ABOUT[name])}" for name in found.others)])


ABOUT: Mapping[str, str] = {
    "majority": N_("the class, or tag, that is the most frequent one in training, whatever the text."),
    "bag_of_words": N_(
        "each text is a vector of its words and pairs of neighbours, in which words that stand in many texts count less (tf-idf, "
        "sublinear), and a logistic regression learns one weight for each of them and each class. Dev chooses between a weak and "
        "a strong regularisation."
    ),
    "frequent_tag": N_(
        "each word has the tag that it has most often in training; an unknown word has the most frequent tag of the words that "
        "stand there once."
    ),
    "target_ngram": N_(
        "a token of the target is as probable as its count after the few tokens before it says, whatever the source is "
        "(interpolated Kneser–Ney smoothing). Dev chooses the number of tokens."
    ),
    "frequency": N_("each token is as probable as it is frequent in training, whatever stands before it."),
    "ngram": N_(
        "a token is as probable as its count after the few tokens before it says, mixed with what fewer tokens before it say "
        "(interpolated Kneser–Ney smoothing). Dev chooses the number of tokens."
    ),
}
"""How each baseline works."""


BASELINES: View[Controls, Beside] = View(
    "baselines", N_("Is the network better than a simple model?"), ("compared",), Controls, _compared, _draw, _explain,
    lambda inputs: 64 * len(SPLITS) * (1 + len(inputs.compared.baselines)) + 256,
)  # fmt: skip

VIEWS = (BASELINES,)
