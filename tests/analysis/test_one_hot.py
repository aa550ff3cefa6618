"""Texts as numbers, against dense one-hot matrices and by hand."""

import numpy as np
import pytest

from rnn_core.analysis.one_hot import ORDERS, renumbered, text_matrix, vector, window
from rnn_core.analysis.trace import trace
from rnn_core.data.vocabulary import EOS, PAD, SOS, SPECIALS, UNK
from tests.analysis.gradients import loaded
from tests.tiny import vocabulary_of

TEXTS = [["good", "film", "film"], ["zzz"], ["not", "<pad>", "good", "film", "zzz"]]


def dense(matrix) -> np.ndarray:
    return np.eye(len(matrix.words), dtype=np.float32)[matrix.indices]


@pytest.mark.parametrize("order", ORDERS)
def test_indices_are_padded_texts_and_look_up_is_the_dense_product(order: str) -> None:
    one = loaded("gru")
    matrix = text_matrix(one, TEXTS, order)
    assert matrix.lengths.tolist() == [5, 3, 7] and matrix.indices.shape == (3, 7)
    for row, tokens, length in zip(matrix.indices, matrix.tokens, matrix.lengths, strict=True):
        assert (row[length:] == PAD).all() and row[0] == SOS and row[length - 1] == EOS and len(tokens) == length
        for index, token in zip(row[1 : length - 1], tokens[1:-1], strict=True):
            assert matrix.words[index] == (token if token in matrix.words[4:] else SPECIALS[UNK])
    made = dense(matrix)
    assert made.nbytes == matrix.one_hot_bytes and matrix.indices.nbytes == matrix.index_bytes
    assert matrix.difference == 0 and matrix.unknown == (matrix.indices == UNK).sum()
    # The run reads the same rows of E whatever the numbers are.
    own = text_matrix(one, TEXTS)
    rows = [one.speech.vocabulary.encode([w])[0] if i > 3 else i for i, w in enumerate(matrix.words)]
    table = one.network.embedding.weight[rows]
    np.testing.assert_array_equal(made.astype(float) @ table.numpy(), one.network.embedding.weight[own.indices].numpy())


def test_another_order_numbers_the_words_of_these_texts() -> None:
    first, frequency = (renumbered(TEXTS, order, vocabulary_of()) for order in ("first", "frequency"))
    assert first.words[4:] == ("good", "film", "zzz", "not") and first.counts[4:] == (2, 3, 2, 1)
    assert frequency.words[4:] == ("film", "good", "zzz", "not")
    assert renumbered([["A", "a", "B"]], "first", vocabulary_of(lowercase=True)).words[4:] == ("a", "b")


def test_the_window_is_cut_from_the_dense_matrix() -> None:
    matrix = text_matrix(loaded("gru"), TEXTS, "first")
    made = dense(matrix)
    for step in (0, 3, 6):
        seen = window(matrix, step, rows=2, steps=3)
        assert step in seen.steps and len(seen.steps) == 3 and seen.rows.tolist() == [0, 1]
        part = made[:2][:, seen.steps]
        np.testing.assert_array_equal(seen.values, part[:, :, seen.columns])
        assert not np.delete(part, seen.columns, axis=2).any()
    assert window(matrix, 3).values.shape == (3, 3, len(np.unique(matrix.indices[:, 2:5])))


@pytest.mark.parametrize("step", [0, 2, 4])
def test_a_one_hot_vector_times_e_is_the_row(step: int) -> None:
    one = loaded("gru")
    seen = trace(one, "film zzz good")
    found = vector(one, seen, step)
    table, row = one.network.embedding.weight.numpy(), found.row
    np.testing.assert_array_equal(np.eye(found.size)[found.index] @ table, row)
    np.testing.assert_array_equal(row, seen.embeddings[step])
    assert (found.size, found.difference, found.token) == (len(table), 0, seen.tokens[step])
    assert found.fed == (found.token if step != 2 else SPECIALS[UNK])
