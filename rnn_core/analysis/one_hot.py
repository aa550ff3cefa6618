"""From texts to numbers: tokens, indices and the one-hot matrix, of which only a window is ever made."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.analysis.form import features, values
from rnn_core.analysis.loading import Loaded
from rnn_core.data.batches import Encoded
from rnn_core.data.vocabulary import EOS, SOS, SPECIALS, UNK, Vocabulary
from rnn_core.network.embedding import by_one_hot
from rnn_core.results import IndexMatrix, LabelMatrix, OneHotVector, OneHotWindow, PairMatrices, TextMatrix, Trace

Target = str | Sequence[str]
"""A label, or a tag for each token."""

ORDERS = ("run", "first", "frequency")
"""How words are numbered: the run's vocabulary, or that of the texts shown, by first appearance or by frequency."""

INDEX_BYTES, FLOAT_BYTES = 8, 4
"""Of an int64 and of a float32."""


def text_matrix(loaded: Loaded, texts: Sequence[Sequence[str]], order: str = "run") -> TextMatrix:
    """Texts, each (m,) tokens without specials, as indices padded at the end; `order` is one of `ORDERS`."""
    own = loaded.speech.vocabulary
    vocabulary = own if order == "run" else renumbered(texts, order, own)
    # Another order puts the rows of E in that order; a word that the run does not know is `<unk>` to it.
    known = own.encode(vocabulary.words)
    known[: len(SPECIALS)] = range(len(SPECIALS))
    encoded = Encoded.of(texts, [""] * len(texts), vocabulary, (), False)
    indices = np.ascontiguousarray(encoded.batch(np.arange(len(texts))).tokens.T)
    m, longest = indices.shape
    n = loaded.network.config.embedding
    return TextMatrix(
        tokens=tuple((SPECIALS[SOS], *tokens, SPECIALS[EOS]) for tokens in texts),
        words=vocabulary.words,
        specials=len(SPECIALS),
        counts=vocabulary.counts,
        indices=indices,
        lengths=encoded.lengths,
        unknown=int((indices == UNK).sum()),
        width=n,
        index_bytes=m * longest * INDEX_BYTES,
        one_hot_bytes=one_hot_bytes(m, longest, len(vocabulary)),
        looked_up_bytes=m * longest * n * FLOAT_BYTES,
        difference=look_up_difference(loaded.network.embedding.weight[known], indices),
        form=values(loaded, texts[0]),
    )


def pair_matrices(loaded: Loaded, sources: Sequence[Sequence[str]], targets: Sequence[Sequence[str]]) -> PairMatrices:
    """Pairs of texts, each (m,) tokens without specials, as the batch that training makes of them."""
    task, written = tasks.of(loaded.config), loaded.speech.vocabularies["target"].words
    encoded = task.encode(sources, None, loaded.speech, {"target": targets})
    batch = task.batch(loaded.config, encoded, np.arange(len(sources)))
    labels = np.zeros(batch["tokens"].shape, np.int64)
    labels.ravel()[batch["at"]] = batch["labels"]
    read = tuple((SPECIALS[SOS], *tokens, SPECIALS[EOS]) for tokens in sources)
    fed = tuple((SPECIALS[SOS], *tokens) for tokens in targets)
    asked = tuple((*tokens, SPECIALS[EOS]) for tokens in targets)
    return PairMatrices(
        IndexMatrix(read, loaded.speech.vocabulary.words, np.ascontiguousarray(batch["source"].T), batch["source_lengths"]),
        IndexMatrix(fed, written, np.ascontiguousarray(batch["tokens"].T), batch["lengths"]),
        IndexMatrix(asked, written, np.ascontiguousarray(labels.T), batch["lengths"]),
        len(batch["at"]),
    )


def renumbered(texts: Sequence[Sequence[str]], order: str, like: Vocabulary) -> Vocabulary:
    """The vocabulary of these texts alone, by `first` appearance or by `frequency`, its words folded as those of `like`."""
    counts = Counter(like.fold(token) for tokens in texts for token in tokens)
    ordered = [word for word, _ in counts.most_common()] if order == "frequency" else counts  # in order of first appearance
    words = [word for word in ordered if word not in SPECIALS]
    numbers = (*[0] * len(SPECIALS), *(counts[word] for word in words))
    return Vocabulary((*SPECIALS, *words), numbers, like.lowercase, like.unify)


def one_hot_bytes(texts: int, longest: int, words: int) -> int:
    """What m × L·N ones and zeros would take in float32."""
    return texts * longest * words * FLOAT_BYTES


def look_up_difference(table: Tensor, indices: np.ndarray) -> float:
    """Largest |E[w] − onehot(w) E| for a table E (N, n) and any indices."""
    flat = torch.from_numpy(indices.ravel())
    with torch.no_grad():
        return float((by_one_hot(table, flat) - table[flat]).abs().max())


def vector(loaded: Loaded, trace: Trace, step: int) -> OneHotVector:
    """The token of a step in the numbers of the run's own vocabulary."""
    index, table = int(trace.indices[step]), loaded.network.embedding.weight
    vocabulary = loaded.speech.vocabulary
    difference = look_up_difference(table, np.array([index]))
    row = table[index].detach().numpy()
    form = features(loaded, trace, step)
    return OneHotVector(trace.tokens[step], vocabulary.words[index], index, len(vocabulary), row, difference, form)


def label_matrix(loaded: Loaded, matrix: TextMatrix, targets: Sequence[Target | None], rows: int = 10) -> LabelMatrix:
    """What the run's loss asks for at each step of the first texts of a matrix.

    Args:
        targets: (m,) the label or tags of each text; None: not known, or the text itself says it.
        rows: r, at most.
    """
    task, outcomes = tasks.of(loaded.config), loaded.outcomes
    longest, lengths = matrix.indices.shape[1], matrix.lengths[:rows]
    given = tuple(target is not None or not task.schema.labels for target in targets[:rows])
    counted = task.weights(loaded.config, lengths, longest).T > 0
    classes = np.full(counted.shape, -1)
    for row, steps in enumerate(lengths.tolist()):
        readouts = np.zeros((steps, 0)) if given[row] else _readouts(loaded, matrix.tokens[row])
        classes[row, :steps] = task.aim(targets[row], outcomes, readouts, matrix.indices[row, :steps], loaded.speech.scheme)
    classes = np.where(counted, classes, -1)
    used = np.unique(classes[classes >= 0])
    names = outcomes if task.schema.labels else matrix.words  # without labels it is words that are asked for
    called = tuple(names[i] for i in used.tolist())
    return LabelMatrix(matrix.tokens[:rows], classes, used, called, given, len(names), longest, len(matrix.tokens))


@torch.no_grad()
def _readouts(loaded: Loaded, tokens: Sequence[str]) -> np.ndarray:
    """(T, k) the probabilities at each step of a text as fed."""
    fed = torch.from_numpy(tasks.of(loaded.config).encode([tokens[1:-1]], None, loaded.speech).fed).long()
    read = loaded.network({"tokens": fed[:, None], "lengths": torch.tensor([len(fed)])})
    return read["logits"][:, 0].softmax(1).numpy()


def window(matrix: TextMatrix, step: int, rows: int = 6, steps: int = 3) -> OneHotWindow:
    """The part of the one-hot matrix around a step: the first texts, and the columns that hold a one there."""
    m, longest = matrix.indices.shape
    first = min(max(step - 1, 0), max(longest - steps, 0))
    chosen = np.arange(first, min(first + steps, longest))
    part = matrix.indices[:rows, chosen]
    found = np.unique(part)
    return OneHotWindow(np.arange(min(rows, m)), chosen, found, (part[:, :, None] == found).astype(np.uint8))
