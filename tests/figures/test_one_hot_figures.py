"""Figures of words as numbers: cells, clicks and sums are those of what they were drawn from, and long texts stay cheap."""

import time

import numpy as np
import pytest

from rnn_core.figures import one_hot as figures
from rnn_core.figures.frame import FIRST
from rnn_core.results import OneHotWindow, TextMatrix
from tests.figures.validated import validated

WORDS = ("<pad>", "<unk>", "<sos>", "<eos>", "<b>", "film")


def made(lengths: list[int], longest: int | None = None) -> TextMatrix:
    longest = longest or max(lengths)
    indices = np.zeros((len(lengths), longest), np.int64)
    for row, length in zip(indices, lengths, strict=True):
        row[:length] = [2, *np.resize([4, 5, 1], length - 2), 3]
    tokens = tuple(tuple(WORDS[i] if i != 1 else "zzz" for i in row[:n]) for row, n in zip(indices, lengths, strict=True))
    return TextMatrix(tokens, WORDS, indices, np.array(lengths), 4, (0,) * 6, 0, 3, 1, 1, 1, 0.0)


def test_each_cell_of_the_index_matrix_says_token_and_index() -> None:
    matrix = made([7, 4])
    cells, points = validated(figures.indices(matrix, 2)).data
    assert cells.z.tolist() == [[1, 3, 3, 2, 3, 3, 1], [1, 3, 3, 1, 0, 0, 0]]
    assert cells.text[0][1] == "&lt;b&gt;<br><b>4</b>" and cells.text[1][4].endswith("<b>0</b>")
    assert list(points.customdata) == [*range(7)] * 2
    assert list(points.x[:7]) == [t + FIRST for t in range(7)]
    assert "zzz, read as &lt;unk&gt;" in points.text[3]


@pytest.mark.parametrize("step", [0, 250, 501])
def test_a_window_of_a_long_text_holds_the_step(step: int) -> None:
    figure = validated(figures.indices(made([502] + [5] * 30), step))
    assert figure.data[0].z.shape == (figures.MOST_ROWS, figures.MOST_STEPS)
    assert step in figure.data[1].customdata
    start = time.perf_counter()
    validated(figures.indices(made([502] * 50), step)).to_json()
    assert time.perf_counter() - start < 1


def test_the_one_hot_window_keeps_its_blocks_apart() -> None:
    values = np.zeros((2, 3, 2), np.uint8)
    values[0, 0, 0] = values[1, 2, 1] = 1
    part = OneHotWindow(np.arange(2), np.array([4, 5, 6]), np.array([2, 4]), values)
    cells, points = validated(figures.one_hot(part, WORDS)).data
    assert cells.z.shape == (2, 8) and np.isnan(cells.z[:, [2, 5]]).all()
    assert cells.z[0, 0] == 1 and cells.z[1, 7] == 1 and np.nansum(cells.z) == 2
    for x, y, t, words in zip(points.x, points.y, points.customdata, points.text, strict=True):
        assert not np.isnan(cells.z[y, x]) and f"t = {t + FIRST}" in words
    assert "column 4 · 6 + 2 = 26" in points.text[0]
