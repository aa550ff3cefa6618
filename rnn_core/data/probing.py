"""Linear readouts of vectors: what a vector holds of the text that it was made from (Adi et al. 2017). Loads no torch."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from rnn_core.data.vocabulary import UNK
from rnn_core.results import ProbedPlace, VectorProbe

MOST, LEAST = 2_000, 100
"""Sources that are probed, and those that it takes."""

WORDS, RARE = 100, 20
"""Words whose presence is read out at most, and the sources with and without each at least."""

PLACES, CLASSES = 8, 200
"""Places of a source, and the different tokens among which the readout of a place chooses."""

PENALTIES = tuple(10.0**power for power in range(-3, 3))
"""The values of λ / n that are tried."""


class Readout(NamedTuple):
    """A linear readout of vectors.

    Attributes:
        values: (n, m) the readout of each vector, fitted on all others.
        penalty: λ, the one with the least error.
    """

    values: np.ndarray
    penalty: float


class Basis(NamedTuple):
    """What readouts of the same n vectors share: the left singular vectors of the scaled vectors, (n, r), and the squared
    singular values, (r,)."""

    u: np.ndarray
    squares: np.ndarray


def basis_of(vectors: np.ndarray) -> Basis:
    """The basis of vectors, (n, D); each of the D numbers is scaled to a mean of 0 and a variance of 1."""
    centred = vectors - vectors.mean(0)
    spread = centred.std(0)
    return Basis(*_singular(centred / np.where(spread > 1e-12, spread, 1)))


def read_out(basis: Basis, wanted: np.ndarray) -> Readout:
    """Ridge regression with an intercept, each vector left out once.

    The residual of a left-out vector is r_i / (1 − H_ii), where r is the residual and H = 1/n + X (Xᵀ X + λ I)⁻¹ Xᵀ of a fit on
    all, and X is centred (Hastie, Tibshirani and Friedman 2009, section 7.10).

    Args:
        basis: of the n vectors.
        wanted: (n, m).
    """
    u, squares = basis
    n = len(u)
    mean = wanted.mean(0)
    along = u.T @ (wanted - mean)
    best: Readout | None = None
    least = np.inf
    for penalty in PENALTIES:
        kept = squares / (squares + penalty * n)
        residual = wanted - mean - u @ (kept[:, None] * along)
        left_out = residual / (1 - 1 / n - (u * u) @ kept)[:, None]
        error = float((left_out**2).sum())
        if error < least:
            best, least = Readout(wanted - left_out, penalty * n), error
    assert best is not None
    return best


def _singular(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The left singular vectors of a matrix, (n, r), and its squared singular values, (r,), by its smaller Gram matrix."""
    wide = x.shape[1] > len(x)
    squares, vectors = np.linalg.eigh(x @ x.T if wide else x.T @ x)
    kept = squares > 1e-9 * max(squares[-1], 1e-300)
    squares, vectors = squares[kept], vectors[:, kept]
    return (vectors if wide else x @ vectors / np.sqrt(squares)), squares


def probe(vectors: np.ndarray, texts: Sequence[Sequence[int]]) -> VectorProbe | None:
    """Reads the length of each text, the words in it, and the word at each place out of its vector; None for fewer than `LEAST`.

    Args:
        vectors: (n, D).
        texts: the indices of the tokens of each, without specials.
    """
    if len(texts) < LEAST:
        return None
    vectors = vectors.astype(np.float64)
    lengths = np.array([len(text) for text in texts], np.float64)
    basis = basis_of(vectors)
    read, mean = read_out(basis, lengths[:, None]), lengths.mean()
    off = lengths - read.values[:, 0]
    words = _words(texts)
    presence = np.array([[word in text for word in words] for text in map(frozenset, texts)], np.float64)
    readouts = read_out(basis, presence).values if words else presence
    areas = [area(readouts[:, i], presence[:, i] > 0) for i in range(len(words))]
    return VectorProbe(
        len(texts), vectors.shape[1], float((off**2).sum()), float(((lengths - mean) ** 2).sum()), float(np.abs(off).mean()),
        float(np.abs(lengths - mean).mean()), read.penalty, len(words), float(np.mean(areas)) if areas else None,
        tuple(_place(vectors, basis, texts, place) for place in range(PLACES) if (lengths > place).sum() >= LEAST),
    )  # fmt: skip


def _words(texts: Sequence[Sequence[int]]) -> list[int]:
    """The commonest known words that neither nearly all texts have nor nearly none."""
    counts = Counter(word for text in texts for word in set(text) if word != UNK)
    return [word for word, count in counts.most_common() if RARE <= count <= len(texts) - RARE][:WORDS]


def area(values: np.ndarray, true: np.ndarray) -> float:
    """The area under the ROC curve: the share of pairs of a true and an untrue one in which the true one has the higher value; a
    tie counts one half.

    Args:
        values, true: (n,), at least one of them true and one untrue.
    """
    others = np.sort(values[~true])
    below, upto = (np.searchsorted(others, values[true], side).mean() for side in ("left", "right"))
    return float((below + upto) / (2 * len(others)))


def _place(vectors: np.ndarray, basis: Basis, texts: Sequence[Sequence[int]], place: int) -> ProbedPlace:
    rows = [row for row, text in enumerate(texts) if len(text) > place]
    there = np.array([texts[row][place] for row in rows])
    classes = np.array([word for word, _ in Counter(there.tolist()).most_common(CLASSES)])
    own = basis if len(rows) == len(texts) else basis_of(vectors[rows])
    values = read_out(own, (there[:, None] == classes).astype(np.float64)).values
    return ProbedPlace(
        place + 1, len(rows), float((classes[values.argmax(1)] == there).mean()), float((there == classes[0]).mean())
    )
