"""Decides whether a training has learnt anything, from its recorded metrics. Loads no torch."""

from collections.abc import Mapping, Sequence
from typing import Any

from rnn_core.language import N_, tr

MARGIN = 0.02
"""The margin below the label entropy, as a share of it, that the loss must reach.

A network with the same answer for all texts cannot get below the entropy of its training labels, so noise needs no margin. The
margin is for memorisation, which begins at once and does not generalise: a GRU that did not find the first of 100 words was
1.2% below the entropy after ten epochs of 2,000 texts, with a dev accuracy of 0.50. With two equally frequent classes, a loss
2% below the entropy is that of a calibrated network with an accuracy of 58%.
"""

ONE_ANSWER, AT_ENTROPY = N_("one answer"), N_("loss at label entropy")
NO_BETTER, ONE_CLASS = N_("not above the majority"), N_("dev has one class")
"""The evidence. `ONE_CLASS` is none of its own, but dev cannot give any."""


def doubts(figures: Mapping[str, Any], metric: str) -> tuple[str, ...]:
    """The evidence that nothing was learnt: any of `ONE_ANSWER`, `AT_ENTROPY`, `NO_BETTER`; and `ONE_CLASS`, where one answer
    to all of dev is right and no accuracy is above the majority's.

    Args:
        figures: the entry of an epoch in the history, or the run's metrics; those of older runs give ().
        metric: the headline metric of the task. It is compared with the majority's only if it is `accuracy`: entity tags are
            scored by F1, because a tagger that finds some entities may have a lower accuracy than one that finds none.
    """

    known = {name: float(value) for name, value in figures.items() if isinstance(value, (int, float))}
    found = []
    one_class = "dev_only_class" in known
    if "dev_only_answer" in known and not one_class and known.get("dev_accuracy", 0.0) < 1:
        found.append(ONE_ANSWER)
    if "train_loss" in known and known.get("label_entropy", 0.0) > 0:
        # With much dropout the training loss may stay high although the dev loss, without dropout, is well below.
        least = min(known[name] for name in ("train_loss", "dev_loss") if name in known)
        if least >= (1 - MARGIN) * known["label_entropy"]:
            found.append(AT_ENTROPY)
    if metric == "accuracy" and not one_class and known.get("dev_accuracy", 0.0) <= known.get("dev_majority", -1.0) < 1:
        found.append(NO_BETTER)
    return (*found, *([ONE_CLASS] if one_class else []))


def warning(figures: Mapping[str, Any], metric: str, labels: Sequence[str]) -> str | None:
    """The `doubts` as sentences with their numbers, and advice, as plain text in the reader's language; None if there are none.

    Args:
        labels: the run's classes.
    """
    found = doubts(figures, metric)
    if not found:
        return None
    said = []
    if ONE_ANSWER in found:
        said.append(tr(
            "All answers on dev are one class, {name}.", name=_named(labels, figures["dev_only_answer"])
        ))  # fmt: skip
    if AT_ENTROPY in found:
        said.append(tr(
            "The training loss, {loss:.4f}, is still at the entropy of the training labels, {entropy:.4f}: an answer that "
            "ignores the text reaches that too.",
            loss=figures["train_loss"], entropy=figures["label_entropy"],
        ))  # fmt: skip
    if NO_BETTER in found:
        said.append(tr(
            "The dev accuracy, {accuracy:.4f}, is not above that of always answering {name}, the most frequent class of "
            "training: {majority:.4f}.",
            accuracy=figures.get("dev_accuracy", 0), name=_named(labels, figures.get("majority_class")),
            majority=figures["dev_majority"],
        ))  # fmt: skip
    if ONE_CLASS in found:
        said.append(tr(
            "All of dev is one class, {name}, so the dev accuracy does not show whether the network tells the classes apart. "
            "Data says why: add different texts of the other classes, or give a dev file.",
            name=_named(labels, figures["dev_only_class"]),
        ))  # fmt: skip
        if AT_ENTROPY not in found:
            return " ".join(said)
    if AT_ENTROPY in found or ONE_ANSWER in found:
        return tr(
            "This network has not learnt anything yet. {evidence} Try more epochs, a higher learning rate or a larger network, "
            "and check on Data whether the labels can be told from the texts.",
            evidence=" ".join(said),
        )  # fmt: skip
    return tr(
        "This network does not generalise to dev. {evidence} Try more data, more dropout or a smaller network, and check on Data "
        "whether the labels can be told from the texts.",
        evidence=" ".join(said),
    )  # fmt: skip


def _named(labels: Sequence[str], number: Any) -> str:
    if isinstance(number, int) and 0 <= number < len(labels):
        return tr("“{token}”", token=labels[number][:40])
    return tr("the same one")
