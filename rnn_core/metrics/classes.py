"""Accuracy, scores per class, the confusion matrix, calibration, and the interval of a share."""

import math
from collections.abc import Sequence

import numpy as np

from rnn_core.results import (
    ClassScores,
    Reliability,
    Scores,
    SpanScores,
)

Z95 = 1.959963984540054
"""The 97.5% quantile of the standard normal distribution, for 95% intervals."""


def wilson(right: int, count: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share of right answers by Wilson 1927 (95% unless z says otherwise).

    With p = right / count, its ends are (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n). Unlike Wald's interval it has a
    width where all or no answers are right, and stays within 0 … 1.

    Args:
        right, count: the number of right answers, and n, of all answers; 1 or more.
    """
    p, more = right / count, z * z / count
    middle, half = p + more / 2, z * math.sqrt(p * (1 - p) / count + more / (4 * count))
    return max(0.0, (middle - half) / (1 + more)), min(1.0, (middle + half) / (1 + more))


def confusion(truths: np.ndarray, answers: np.ndarray, k: int) -> np.ndarray:
    """The counts C[i, j] of items of class i that were predicted as j.

    Args:
        truths, answers: (m,) class indices below k.

    Returns:
        (k, k) int64; rows: the truth, columns: the answer.
    """
    pairs = np.asarray(truths, np.int64).ravel() * k + np.asarray(answers, np.int64).ravel()
    return np.bincount(pairs, minlength=k * k).astype(np.int64).reshape(k, k)


def scores(
    confusion: np.ndarray, labels: Sequence[str], loss: float | None = None, spans: SpanScores | None = None
) -> Scores:
    """Accuracy and precision, recall and F1 of each class from a (k, k) confusion matrix.

    Precision_i = C_ii / Σ_j C_ji, recall_i = C_ii / Σ_j C_ij, F1_i = 2 C_ii / (Σ_j C_ji + Σ_j C_ij), each 0 if the
    sum is 0. Macro averages are over the classes that occur in truth or answers, as in scikit-learn without a list of
    labels.
    """
    right, truths, answers = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    occurs = truths + answers > 0
    figures = np.stack([share(right, answers), share(right, truths), share(2 * right, truths + answers)])
    macro = figures[:, occurs].mean(1) if occurs.any() else np.zeros(3)
    accuracy = float(share(right.sum(), confusion.sum()))
    per_class = tuple(
        ClassScores(label, float(p), float(r), float(f), int(n))
        for label, p, r, f, n in zip(labels, *figures, truths, strict=True)
    )
    return Scores(
        labels=tuple(labels),
        confusion=confusion,
        accuracy=accuracy,
        per_class=per_class,
        macro_precision=float(macro[0]),
        macro_recall=float(macro[1]),
        macro_f1=float(macro[2]),
        micro_f1=accuracy,  # one label and one answer per item: every false positive is another class's false negative
        loss=loss,
        spans=spans,
    )


def share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole as float64; 0 if the whole is 0."""
    share = np.zeros(np.shape(whole))
    np.divide(part, whole, out=share, where=np.asarray(whole) > 0)
    return share


class Calibration:
    """Counts predictions by their probability, in pieces: in bins of equal width, of which the higher end belongs to a bin."""

    def __init__(self, bins: int = 10):
        self._ends = np.linspace(0, 1, bins + 1)
        self._sums = np.zeros((3, bins))

    def add(self, p: np.ndarray, right: np.ndarray) -> None:
        """Adds the probabilities of (m,) predictions, and whether each was right."""
        which = np.searchsorted(self._ends[1:-1], p)
        for total, weights in zip(self._sums, (None, p, right), strict=True):
            total += np.bincount(which, weights, len(total))

    def bins(self) -> tuple[Reliability, ...]:
        """Each bin with its number of predictions, their mean probability, and the share that was right."""
        count, p, right = self._sums
        rows = zip(self._ends[:-1], self._ends[1:], count, share(p, count), share(right, count), strict=True)
        return tuple(Reliability(float(low), float(high), int(n), float(c), float(a)) for low, high, n, c, a in rows)
