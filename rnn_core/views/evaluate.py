"""The views of the Evaluate page: where a run goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from rnn_core import tasks
from rnn_core.config import RunConfig
from rnn_core.figures import bars, heatmap
from rnn_core.language import N_, tr
from rnn_core.results import Answer, ClassScores, Mistake, Scores
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, Table, View, figure, literal


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
        most = tr(
            "The most frequent error: {truth} answered as {answer}, {wrong:,} times.",
            truth=literal(scores.labels[row], 40), answer=literal(scores.labels[column], 40), wrong=int(wrong[row, column]),
        )
    return (
        tr(
            "Rows are the true classes, columns the answers. The diagonal counts the right answers, every other cell an "
            "error; a click on a cell lists its texts. Shares divide each row by its sum: the diagonal is then the recall.\n\n"
            r"$$\text{{accuracy}} = \frac{{\sum_i n_{{ii}}}}{{\sum_{{ij}} n_{{ij}}}} = \frac{{{right}}}{{{total}}} = "
            "{accuracy:.4f}$$",
            right=right, total=total, accuracy=right / max(total, 1),
        ) + f"\n\n {most}".rstrip(" ")
    )


_view = partial(View, needs=("evaluation",), controls=Controls, compute=_scores, most_bytes=_most_bytes)

CONFUSION: View[Controls, Scores] = _view(
    "confusion", N_("Which classes are confused?"),
    render=lambda scores: figure(heatmap.confusion(scores)), explain=_explain_confusion, pick=_pick,
)  # fmt: skip

SHARES: View[Controls, Scores] = _view(
    "shares", N_("Which classes are confused, as shares of each class?"),
    render=lambda scores: figure(heatmap.confusion(scores, shares=True)), explain=_explain_confusion, pick=_pick,
)  # fmt: skip


def _explain_classes(scores: Scores) -> str:
    first = max(scores.per_class, key=lambda c: c.support)
    k = scores.labels.index(first.label)
    true, given, right = (
        int(scores.confusion[k].sum()), int(scores.confusion[:, k].sum()), int(scores.confusion[k, k]),
    )  # fmt: skip
    return tr(
        "**Recall** of a class is the share of its texts or tokens that are answered right. **Precision** is the share of "
        "the answers of this class that are right. **F1** is their harmonic mean. Macro averages count every class alike, "
        "micro averages every decision alike; with one label and one answer each, micro F1 is the accuracy.\n\n"
        "For {label}: recall = {right} / {true} = {recall:.4f}, precision = {right} / {given} = {precision:.4f}, $F_1 = "
        r"\frac{{2PR}}{{P+R}}$ = {f1:.4f}.",
        label=literal(first.label, 40), right=right, true=true, recall=first.recall, given=given, precision=first.precision,
        f1=first.f1,
    )


PER_CLASS: View[Controls, Scores] = _view(
    "per_class", N_("How well is each class found?"),
    render=lambda scores: figure(bars.per_class(scores)), explain=_explain_classes,
)  # fmt: skip


def _draw_spans(scores: Scores) -> tuple[Part, ...]:
    assert scores.spans is not None
    return figure(bars.per_class(scores.spans))


def _explain_spans(scores: Scores) -> str:
    spans = scores.spans
    assert spans is not None
    return tr(
        "Tags are read as spans by the scheme {scheme}. A span counts as right only when its type and both its ends are "
        "right (the strict rule). Token accuracy misleads here, because most tokens lie outside of every span.\n\n"
        "Over all types: precision {precision:.4f}, recall {recall:.4f}, F1 {f1:.4f}; macro F1 {macro_f1:.4f}.",
        scheme=spans.scheme, precision=spans.precision, recall=spans.recall, f1=spans.f1, macro_f1=spans.macro_f1,
    )


SPANS: View[Controls, Scores] = _view(
    "spans", N_("How many entities are found whole?"),
    render=_draw_spans, explain=_explain_spans,
)  # fmt: skip

# ---- every class in numbers -----------------------------------------------------------------------------------------

_OPEN = 20
"""Up to this number of classes the table stands open."""


def class_rows(scores: Scores) -> dict[str, list[Any]]:
    """Each class, then both averages over them: macro, every class alike, and micro, every decision alike."""
    total = sum(one.support for one in scores.per_class)
    return _columns(
        tr("class"), scores.per_class,
        (tr("(macro average)"), scores.macro_recall, scores.macro_precision, scores.macro_f1, total),
        (tr("(micro average)"), scores.accuracy, scores.accuracy, scores.micro_f1, total),
    )  # fmt: skip


def type_rows(scores: Scores) -> dict[str, list[Any]]:
    """Each type of entity, as whole spans, then both averages; none where no spans were scored."""
    spans = scores.spans
    if spans is None:
        return {}
    total = sum(one.support for one in spans.per_type)
    recall, precision = (
        sum(getattr(one, name) for one in spans.per_type) / max(len(spans.per_type), 1) for name in ("recall", "precision")
    )
    return _columns(
        tr("type"), spans.per_type, (tr("(macro average)"), recall, precision, spans.macro_f1, total),
        (tr("(micro average)"), spans.recall, spans.precision, spans.f1, total),
    )  # fmt: skip


def _columns(first: str, each: tuple[ClassScores, ...], *averages: tuple[str, float, float, float, int]) -> dict[str, list[Any]]:
    rows = [*((one.label, one.recall, one.precision, one.f1, one.support) for one in each), *averages]
    return dict(zip((first, tr("recall"), tr("precision"), "F1", tr("support")), map(list, zip(*rows, strict=True)), strict=True))


def _draw_classes(scores: Scores) -> tuple[Part, ...]:
    formats = dict.fromkeys((tr("recall"), tr("precision"), "F1"), "%.4f") | {tr("support"): "localized"}
    fold = tr("Every class in numbers") if len(scores.labels) > _OPEN else ""
    parts = [Part("table", Table(class_rows(scores), formats=formats), fold)]
    if types := type_rows(scores):
        parts += [Part("text", tr("**Entity types, as whole spans**"), fold), Part("table", Table(types, formats=formats), fold)]
    return tuple(parts)


CLASSES: View[Controls, Scores] = _view(
    "classes", N_("What are the scores of every class?"), render=_draw_classes, explain=_explain_classes,
)  # fmt: skip


# ---- the texts ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Texts:
    """Answers that an evaluation gave, with their texts; m of them are listed.

    Attributes:
        texts: (m,) as they were written; for a token, the words around it, with the token in brackets.
        opens: (m,) the whole text of each.
        steps: (m,) int, the step of the token, from 0; −1 for a text as a whole.
        truths, answers: (m,) labels.
        confidences: (m,) the probability of each answer.
        spaced: whether the texts are tokens with a space between.
        unit: what is counted, `texts` or `tokens`.
        count: how many such answers there are.
        total: how many answers there are in all.
        cell: the truth and the answer, where the answers are those of one cell of the confusion matrix.
    """

    texts: tuple[str, ...]
    opens: tuple[str, ...]
    steps: np.ndarray
    truths: tuple[str, ...]
    answers: tuple[str, ...]
    confidences: np.ndarray
    spaced: bool
    unit: str
    count: int
    total: int
    cell: tuple[str, str] | None


class Rows(NamedTuple):
    """A table of which each row opens a text.

    Attributes:
        columns: by their titles; a column of numbers holds probabilities.
        opens: what each row stands for, by the names in links.
        page: the page that opens: `inspect` or `translate`.
    """

    columns: Mapping[str, list[Any]]
    opens: list[dict[str, Any]]
    page: str = "inspect"


def _texts(inputs: Inputs, controls: Controls) -> Texts:
    listed, between = inputs.answers, inputs.answers.between
    found = listed.found
    return Texts(
        tuple(in_context(one.where, between) for one in found),
        tuple(between.join(one.where.tokens) for one in found),
        np.array([-1 if one.where.token is None else one.where.token + 1 for one in found], np.int32),
        tuple(one.truth for one in found),
        tuple(one.answer for one in found),
        np.array([one.where.confidence for one in found], np.float64),
        bool(between), listed.unit, listed.count, listed.total, listed.cell,
    )  # fmt: skip


def _texts_bytes(inputs: Inputs) -> int:
    def size(one: Mistake) -> int:
        text = sum(len(token.encode()) + 1 for token in one.where.tokens)
        return 2 * text + len(one.truth.encode()) + len(one.answer.encode()) + 60

    return sum(map(size, inputs.answers.found)) + sum(len(label.encode()) for label in inputs.answers.cell or ()) + 100


def _draw_texts(found: Texts) -> tuple[Part, ...]:
    opens = [
        {"text": text, "spaced": found.spaced, "label": truth, "step": None if step < 0 else int(step)}
        for text, truth, step in zip(found.opens, found.truths, found.steps, strict=True)
    ]
    columns: dict[str, list[Any]] = {tr("text"): list(found.texts)}
    if found.cell is None:
        columns |= {tr("truth"): list(found.truths), tr("answer"): list(found.answers)}
    columns[tr("confidence")] = found.confidences.tolist()
    said = Part("text", texts_words(found))
    if not opens:
        return (said,)
    order = tr("Sorted by confidence, most confident mistakes first. Click a row to open its text on Inspect.")
    if found.cell and found.cell[0] == found.cell[1]:
        order = tr("Sorted by confidence, least confident first. Click a row to open its text on Inspect.")
    more = " " + tr("The first {opens:,} are shown.", opens=len(opens)) if found.count > len(opens) else ""
    return said, Part("caption", order + more), Part("rows", Rows(columns, opens))


def texts_words(found: Texts) -> str:
    """How many answers these are, as Markdown."""
    if found.cell is None:
        if not found.count:
            return tr("No mistakes: all {total:,} {unit} were answered right.", total=found.total, unit=tr(found.unit))
        return tr("**{count:,} mistakes** in {total:,} {unit}", count=found.count, total=found.total, unit=tr(found.unit))
    truth, answer = (literal(label, 40) for label in found.cell)
    values = {"count": found.count, "unit": tr(found.unit), "truth": truth, "answer": answer}
    said = tr(
        "**Right: {count:,} {unit}** labelled {truth}, answered {answer}", **values,
    ) if found.cell[0] == found.cell[1] else tr(
        "**Wrong: {count:,} {unit}** labelled {truth}, answered {answer}", **values,
    )  # fmt: skip
    return said if found.count else said + tr(". Click another cell.")


def _explain_texts(found: Texts) -> str:
    said = tr(
        "The **confidence** is the probability that the network gives to its own answer: the largest number of its "
        r"softmax, $\max_k \hat{y}_k$. A confident mistake is often a wrong label or an unusual text.",
    )
    if not found.opens:
        return said
    first = literal(found.answers[0], 40)
    return tr(
        "{said}\n\n"
        "In the first row it is {confidence:.4f} for {first}, so all other classes together have {others:.4f}.",
        said=said, confidence=found.confidences[0], first=first, others=1 - found.confidences[0],
    )


_list = partial(View, needs=("answers",), controls=Controls, compute=_texts, most_bytes=_texts_bytes, render=_draw_texts,
                explain=_explain_texts)  # fmt: skip

MISTAKES: View[Controls, Texts] = _list("mistakes", N_("Which answers are wrong?"))

BEHIND: View[Controls, Texts] = _list("behind", N_("Which texts are in this cell?"))

VIEWS = (CONFUSION, SHARES, PER_CLASS, SPANS, CLASSES, MISTAKES, BEHIND)


def loss_words(config: RunConfig) -> str:
    """What the loss of a split is, with its formula, as Markdown: the mean over its texts of what training minimises."""
    task = tasks.of(config)
    steps = tr("steps") if task.label_of == "text" else tr("tokens")
    if task.loss_of(config) == "last":
        one = r"L_j = -\log \hat y_T[\mathrm{label}_j]"
        counted = tr("the cross-entropy of the answer after `<eos>`")
    else:
        mean = config.train.reduce == "mean"
        one = (r"L_j = \frac{1}{T_j} " if mean else "L_j = ") + r"\sum_t -\log \hat y_t[\mathrm{label}_j]"
        counted = tr("the mean of the cross-entropy over the T_j {steps} of a text", steps=steps) if mean else tr(
            "the sum of the cross-entropy over the {steps} of a text", steps=steps,
        )  # fmt: skip
    return tr(
        "The mean over the m texts of {counted}, in nats, as this run's training minimises it. Texts whose label training "
        r"never saw are left out. $L = \frac{{1}}{{m}} \sum_{{j=1}}^m L_j, \quad {one}$",
        counted=counted, one=one,
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
    parts = ["…"] * (first > 0) + before + [f"[{tokens[at]}]"] + after + ["…"] * (last < len(tokens))
    return " ".join(parts)
