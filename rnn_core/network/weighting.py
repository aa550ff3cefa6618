"""The weight of each step of a text in its loss. Loads no torch."""

from typing import Any, NamedTuple

import numpy as np


class Counted(NamedTuple):
    """The states that the loss of a batch counts.

    Attributes:
        places: their indices in (T·B), (m,), in increasing order.
        labels: the target class of each, (m,).
        weights: the weight of each, (m,): w_t, or w_t / B for the mean over the texts.
    """

    places: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    def between(self, first: int, last: int) -> "Counted":
        """Those at indices from `first` to before `last`, with indices relative to `first`."""
        begin, end = np.searchsorted(self.places, (first, last))
        return Counted(self.places[begin:end] - first, self.labels[begin:end], self.weights[begin:end])


def counted(weights: np.ndarray, targets: np.ndarray) -> Counted:
    """The states that Σ_t w_t L(t) counts.

    Args:
        weights: w_t, (T, B).
        targets: the target class of each text, (B,), or of each step, (T, B); −1 is not counted.
    """
    places = np.flatnonzero((weights > 0) & (targets >= 0))
    labels = targets.ravel()[places if targets.ndim > 1 else places % len(targets)]
    return Counted(places, labels, weights.ravel()[places])


def step_weights(lengths: np.ndarray, steps: int, *, per_token: bool, loss: str, reduce: str) -> np.ndarray:
    """w_t of every text, (T, B); zero at pads.

    Args:
        lengths: steps without padding, `<sos>` and `<eos>` included, (B,).
        steps: T of the batch.
        per_token: sequence tagging: only the tokens between `<sos>` and `<eos>` count.
        loss: `last` counts only the step that reads `<eos>`, `every` all steps but pads.
        reduce: over the steps that count: `mean` (each 1/their number) or `sum` (each 1).
    """
    t = np.arange(steps)[:, None]
    if per_token:
        counted = (t > 0) & (t < lengths - 1)
    else:
        counted = t == lengths - 1 if loss == "last" else t < lengths
    weights = counted.astype(np.float64)  # in single precision, 1/T would be wrong in the eighth digit
    if reduce == "mean" and (per_token or loss == "every"):
        weights /= weights.sum(0).clip(1)
    return weights


def label_entropy(lengths: np.ndarray, targets: np.ndarray, *, per_token: bool, loss: str, reduce: str) -> float:
    """The entropy of the labels of many texts, in nats per text, weighted like their loss.

    It is the mean loss per text of a network that predicts the relative frequency of each label at every step, and by Gibbs'
    inequality the minimum for a network with the same prediction for all texts.

    Args:
        lengths: steps of each text, `<sos>` and `<eos>` included, (m,).
        targets: the class of each text, (m,), or of each step of all texts end to end, (Σ T,); −1 is not counted.
        per_token, loss, reduce: as for `step_weights`.
    """
    if per_token:
        each = 1 / (lengths - 2).clip(1) if reduce == "mean" else np.ones(len(lengths))
        weights = np.repeat(each, lengths)
    else:
        weights = lengths.astype(np.float64) if (loss, reduce) == ("every", "sum") else np.ones(len(lengths))
    there = targets >= 0
    mass = np.bincount(targets[there], weights[there]) / max(len(lengths), 1)
    mass = mass[mass > 0]
    return float(-(mass * np.log(mass / mass.sum())).sum())


def about_labels(
    lengths: np.ndarray, targets: np.ndarray, classes: int, *, per_token: bool, loss: str, reduce: str
) -> dict[str, Any]:
    """The `label_entropy` of training labels, and the index of the most frequent class.

    Args:
        classes: k; the other arguments are those of `label_entropy`.
    """
    known = np.bincount(targets[targets >= 0], minlength=classes)
    return {
        "label_entropy": label_entropy(lengths, targets, per_token=per_token, loss=loss, reduce=reduce),
        "majority_class": int(known.argmax()),  # the first of equally frequent classes
    }
