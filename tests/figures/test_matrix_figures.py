"""Figures of words as numbers: cells, clicks and sums are those of what they were drawn from, and long texts stay cheap."""

import time

import numpy as np
import pytest

from rnn_core.figures import matrix as figures
from rnn_core.figures.frame import FIRST
from rnn_core.results import GateTerms, OneHotWindow, TextMatrix
from tests.figures.validated import validated

WORDS = ("<pad>", "<unk>", "<sos>", "<eos>", "<b>", "film")


def made(lengths: list[int], longest: int | None = None) -> TextMatrix:
    longest = longest or max(lengths)
    indices = np.zeros((len(lengths), longest), np.int64)
    for row, length in zip(indices, lengths, strict=True):
        row[:length] = [2, *np.resize([4, 5, 1], length - 2), 3]
    tokens = tuple(tuple(WORDS[i] if i != 1 else "zzz" for i in row[:n]) for row, n in zip(indices, lengths, strict=True))
    return TextMatrix(tokens, WORDS, 4, (0,) * 6, indices, np.array(lengths), 0, 3, 1, 1, 1, 0.0)


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


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_the_largest_terms_and_the_rest_are_the_sum(factor: float) -> None:
    draw = np.random.default_rng(0)
    w, u = draw.normal(size=30), draw.normal(size=20)
    terms = GateTerms("n", 0.25, -0.5 * (factor != 1), w * 0.5, u * 2, w, u, factor, factor_name="r" * (factor != 1))
    parts = figures.largest_terms(terms, 7, [f"x[{i}]" for i in range(20)])
    assert sum(part.value for part in parts) == pytest.approx(terms.total)
    sizes = [abs(part.value) for part in parts[:12]]
    assert sizes == sorted(sizes, reverse=True)
    assert all(("r · " in part.name) == (factor != 1) for part in parts if part.kind == "past")
    first = next(part for part in parts if part.kind == "word")
    i = int(first.name.split("[")[1][:-1])
    assert first.value == pytest.approx(2 * u[i]) and f"U[7, {i}] = {u[i]:.4f}" in first.says
    figure = validated(figures.terms(parts, terms.total))
    assert [bar.name for bar in figure.data][-1] == "sum" and figure.data[-1].x[0] == terms.total


def test_odd_numbers_are_drawn() -> None:
    counts = np.array([0, 1, 5])
    for values in (np.zeros(3), np.full(3, np.nan), np.full(3, 1e30)):
        validated(figures.pad_curves(counts, dict.fromkeys(figures.WAYS, values), 5, "p")).to_json()
        validated(figures.amounts(["a"] * 3, values, [""] * 3, "n")).to_json()
    zeros = GateTerms("a", 0.0, 0.0, np.zeros(2), np.zeros(1), np.zeros(2), np.zeros(1))
    validated(figures.terms(figures.largest_terms(zeros, 0, ["x[0]"]), 0.0)).to_json()
