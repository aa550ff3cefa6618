"""The views of the Evaluate page: where a run goes wrong."""

from functools import partial
from typing import Any

import numpy as np

from rnn_core import tasks
from rnn_core.config import RunConfig
from rnn_core.figures import bars, heatmap
from rnn_core.results import Answer, Scores
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, View, figure, literal


def _scores(inputs: Inputs, controls: Controls) -> Scores:
    return inputs.scores


def _most_bytes(inputs: Inputs) -> int:
    """k² counts, and of each class its name and four figures, twice where its entities are scored too."""
    labels = inputs.scores.labels
    return 8 * len(labels) ** 2 + sum(4 * len(label.encode()) + 160 for label in labels) + 400


def _pick(point: list[Any]) -> dict[str, Any]:
    return {"cell": f"{int(point[0])},{int(point[1])}"}


def _explain_confusion(scores: Scores) -> str:
    counts = scores.confusion
    total, right = int(counts.sum()), int(np.trace(counts))
    wrong = counts - np.diag(np.diag(counts))
    most = ""
    if wrong.any():
        row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
        most = (
            f" The commonest error: {literal(scores.labels[row], 40)} taken for {literal(scores.labels[column], 40)}, "
            f"{int(wrong[row, column]):,} times."
        )
    return (
        "Row: the truth. Column: the answer. The diagonal is what was right; everything else is an error, and a click "
        "on a cell lists its texts. Row shares divide each row by its sum, so the diagonal then reads as recall.\n\n"
        r"$$\text{accuracy} = \frac{\sum_i n_{ii}}{\sum_{ij} n_{ij}}"
        rf" = \frac{{{right}}}{{{total}}} = {right / max(total, 1):.4f}$$" + "\n\n" + most
    )


_view = partial(View, needs=("evaluation",), controls=Controls, compute=_scores, most_bytes=_most_bytes)

CONFUSION: View[Controls, Scores] = _view(
    "confusion", "Which classes are taken for which?",
    render=lambda scores: figure(heatmap.confusion(scores)), explain=_explain_confusion, pick=_pick,
)  # fmt: skip

SHARES: View[Controls, Scores] = _view(
    "shares", "Which share of each class is taken for which?",
    render=lambda scores: figure(heatmap.confusion(scores, shares=True)), explain=_explain_confusion, pick=_pick,
)  # fmt: skip


def _explain_classes(scores: Scores) -> str:
    first = max(scores.per_class, key=lambda c: c.support)
    k = scores.labels.index(first.label)
    true, given, right = (
        int(scores.confusion[k].sum()), int(scores.confusion[:, k].sum()), int(scores.confusion[k, k]),
    )  # fmt: skip
    return (
        "**Recall** of a class is the accuracy within it: of the texts that are truly so, the share found. "
        "**Precision**: of those called so, the share that are. **F1** is their harmonic mean. Macro averages count "
        "every class alike, micro averages every decision alike; with one label and one answer each, micro F1 is the "
        "accuracy.\n\n"
        rf"For {literal(first.label, 40)}: recall = {right} / {true} = {first.recall:.4f}, "
        rf"precision = {right} / {given} = {first.precision:.4f}, "
        r"$F_1 = \frac{2PR}{P+R}$" + f" = {first.f1:.4f}."
    )


PER_CLASS: View[Controls, Scores] = _view(
    "per_class", "How well is each class found?",
    render=lambda scores: figure(bars.per_class(scores)), explain=_explain_classes,
)  # fmt: skip


def _draw_spans(scores: Scores) -> tuple[Part, ...]:
    assert scores.spans is not None
    return figure(bars.per_class(scores.spans))


def _explain_spans(scores: Scores) -> str:
    spans = scores.spans
    assert spans is not None
    return (
        f"Tags are read as spans by the scheme {spans.scheme}. A span counts as right only when its type and both its "
        "ends are right (the strict rule). Token accuracy misleads here, because most tokens lie outside of every "
        f"span.\n\nOver all types: precision {spans.precision:.4f}, recall {spans.recall:.4f}, F1 {spans.f1:.4f}; "
        f"macro F1 {spans.macro_f1:.4f}."
    )


SPANS: View[Controls, Scores] = _view(
    "spans", "How many entities are found whole?",
    render=_draw_spans, explain=_explain_spans,
)  # fmt: skip

VIEWS = (CONFUSION, SHARES, PER_CLASS, SPANS)


def loss_words(config: RunConfig) -> str:
    """What the loss of a split is, with its formula, as Markdown: the mean over its texts of what training minimises."""
    task = tasks.of(config)
    steps = "steps" if not task.schema.per_token else "tokens"
    if task.loss_of(config) == "last":
        one = r"L_j = -\log \hat y_T[\mathrm{label}_j]"
        counted = "the cross-entropy of the answer after `<eos>`"
    else:
        mean = config.train.reduce == "mean"
        one = (r"L_j = \frac{1}{T_j} " if mean else "L_j = ") + r"\sum_t -\log \hat y_t[\mathrm{label}_j]"
        counted = f"the {config.train.reduce} of the cross-entropy over the {'T_j ' * mean}{steps} of a text"
    return (
        f"The mean over the m texts of {counted}, in nats, as this run's training minimises it. Texts whose label training never "
        rf"saw are left out. $L = \frac{{1}}{{m}} \sum_{{j=1}}^m L_j, \quad {one}$"
    )


def in_context(answer: Answer, between: str = " ", around: int = 8) -> str:
    """The text of an answer; for a token, the words around it with the token in brackets. Plain text.

    Args:
        between: what stands between two tokens of a text: nothing where they are characters.
    """
    tokens, at = answer.tokens, answer.token
    if at is None:
        return between.join(tokens)
    first, last = max(0, at - around), at + around + 1
    before, after = tokens[first:at], tokens[at + 1 : last]
    parts = ["…"] * (first > 0) + before + [f"【{tokens[at]}】"] + after + ["…"] * (last < len(tokens))
    return " ".join(parts)
