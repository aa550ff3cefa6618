"""Heatmaps hold the numbers they were given, within what one byte can say, and can be clicked."""

import time

import numpy as np
import pytest

from rnn_core import metrics
from rnn_core.figures import heatmap, palette
from rnn_core.figures.frame import FIRST
from rnn_core.results import Scores
from tests.figures.validated import validated


def states(count: int, d: int, size: float = 0.5) -> np.ndarray:
    return (np.random.default_rng(0).normal(size=(count, d)) * size).astype(np.float32)


@pytest.mark.parametrize("size", [0.01, 0.3, 1, 40])
def test_cells_are_the_values_within_half_a_byte(size: float) -> None:
    values = states(9, 4, size)
    cells, points = validated(heatmap.states(values, [str(i) for i in range(9)], step=2, unit=1)).data
    bound = max(1, np.abs(values).max())
    scale = cells.zmax / bound
    assert cells.z.dtype == np.int8 and cells.zmin == -cells.zmax  # 0 in the middle
    assert scale == pytest.approx(100 if bound <= 1.27 else 127 / bound)
    assert np.abs(cells.z.T / scale - values).max() <= 0.5 / scale + 1e-6
    assert "customdata[2]" in points.hovertemplate  # hover says the true number
    assert np.array_equal(points.customdata[:, 2].reshape(9, 4), values)


def test_every_cell_can_be_clicked() -> None:
    figure = validated(heatmap.states(states(9, 4), [f"w{i}" for i in range(9)]))
    points = figure.data[1]
    assert points.customdata[:, :2].tolist() == [[t, u] for t in range(9) for u in range(4)]
    assert np.array_equal(points.x - FIRST, points.customdata[:, 0])
    assert np.array_equal(points.y, points.customdata[:, 1])
    assert points.marker.opacity == points.unselected.marker.opacity == 0
    assert [figure.layout.xaxis.labelalias[f"{x:.1f}"] for x in points.x[::4]] == [f"w{t} (t = {t + 1})" for t in range(9)]


def test_the_points_to_click_cost_the_browser_nothing() -> None:
    cells, edge = (validated(heatmap.states(states(count, 9), ["x"] * count)).data[1] for count in (9, 1000))
    assert cells.marker.maxdisplayed == 1 and not edge.marker.maxdisplayed  # those along the edge are to be seen


def test_beyond_the_bound_a_row_stands_for_the_steps() -> None:
    values = states(500, 128)
    cells, points = validated(heatmap.states(values, ["x"] * 500, unit=7)).data
    assert [list(pick) for pick in points.customdata] == [[t, 7] for t in range(500)]
    assert (points.y < -0.5).all() and cells.z.shape == (128, 500)
    assert np.array_equal(cells.customdata, values.T)


def test_a_pooled_column_shows_what_is_farthest_from_zero() -> None:
    values = states(4002, 64)
    figure = validated(heatmap.states(values, [f"w{i}" for i in range(4002)], limits=(-4, 2)))
    cells = figure.data[0]
    expected = [[max(values[t : t + 5, u], key=abs) for t in range(0, 4002, 5)] for u in range(64)]
    assert cells.z.shape == (64, 801) and cells.dx == 5 and cells.x0 == FIRST + 2
    assert np.abs(cells.z / (127 / 4) - expected).max() <= 0.5 / (127 / 4) + 1e-6
    assert np.array_equal(cells.customdata, np.array(expected, np.float32))
    assert "5 steps" in figure.layout.xaxis.title.text
    assert figure.layout.xaxis.labelalias["3.0"] == "w0 (t = 1) … w4 (t = 5)"
    assert figure.layout.xaxis.labelalias[f"{FIRST + 4000 + 2:.1f}"] == "w4000 (t = 4001) … w4001 (t = 4002)"


def test_limits_make_two_pictures_comparable() -> None:
    small, large = (validated(heatmap.states(states(5, 3, size), ["x"] * 5, limits=(0, 2))).data[0] for size in (0.1, 9))
    assert small.zmax == large.zmax == 127
    assert np.abs(large.z).max() == 127  # cut off, not wrapped


def test_gates_are_drawn_from_0_to_1_in_the_sequential_scale() -> None:
    values = np.random.default_rng(0).random((9, 4)).astype(np.float32)
    cells = validated(heatmap.states(values, ["x"] * 9, gate=True)).data[0]
    assert (cells.zmin, cells.zmax) == (0, 100) and np.abs(cells.z.T / 100 - values).max() <= 0.0051
    assert [list(stop) for stop in cells.colorscale] == palette.SEQUENTIAL and list(cells.colorbar.ticktext) == ["0", "0.5", "1"]


def test_large_ones_are_cheap() -> None:
    values, tokens = states(500, 128), [f"w{i}" for i in range(500)]
    validated(heatmap.states(values, tokens))
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        text = validated(heatmap.states(values, tokens, 3, 5)).to_json()
        best = min(best, time.perf_counter() - start)
    assert best < 0.2 and len(text) < 700_000
    assert len(validated(heatmap.states(states(4000, 256), tokens * 8)).to_json()) < 1_000_000


@pytest.mark.parametrize(("count", "d"), [(2, 1), (1, 1), (2, 1024), (1001, 2), (1001, 9)])
def test_odd_sizes_are_drawn(count: int, d: int) -> None:
    figure = validated(heatmap.states(np.zeros((count, d), np.float32), ["<b>"] * count, 0, 0, "<b>", (0, 0)))
    assert figure.layout.title.text == "&lt;b&gt;" and 150 < figure.layout.height < 700
    figure.to_json()
    values = np.full((count, d), np.nan)
    validated(heatmap.states(values, [""] * count)).to_json()


def evaluated(k: int, seed: int = 0) -> Scores:
    draw = np.random.default_rng(seed)
    truths, answers = draw.integers(0, k, (2, 300))
    return metrics.scores(metrics.confusion(truths, answers, k), [f"<b>{i}</b>" for i in range(k)])


def test_confusion_writes_the_counts_and_colours_by_the_share_of_the_row() -> None:
    scores = evaluated(4)
    cells, points = validated(heatmap.confusion(scores)).data
    np.testing.assert_allclose(cells.z, scores.confusion / scores.confusion.sum(1, keepdims=True), rtol=1e-6)
    assert [stop[1] for stop in cells.colorscale] == [stop[1] for stop in palette.WRITTEN]
    assert cells.textfont.color == palette.INK  # read on all of these
    assert [int(word) for row in cells.text for word in row] == scores.confusion.ravel().tolist()
    for (row, column), x, y, words in zip(points.customdata, points.x, points.y, points.text, strict=True):
        assert (row, column) == (y, x)
        assert f"truth &lt;b&gt;{row}&lt;/b&gt;<br>answer &lt;b&gt;{column}&lt;/b&gt;" in words
        assert f"<br>{scores.confusion[row, column]} of {scores.confusion[row].sum()} " in words


def test_shares_of_a_row_add_up_and_the_diagonal_is_recall() -> None:
    scores = evaluated(5)
    z = validated(heatmap.confusion(scores, shares=True)).data[0].z
    assert np.allclose(z.sum(1), 1) and np.allclose(np.diag(z), [row.recall for row in scores.per_class])


def test_rows_read_downwards_and_say_what_they_are() -> None:
    layout = validated(heatmap.confusion(evaluated(3))).layout
    assert (layout.yaxis.title.text, layout.xaxis.title.text) == ("truth", "answer")
    assert layout.yaxis.range[0] > layout.yaxis.range[1]
    assert layout.xaxis.ticktext == layout.yaxis.ticktext == tuple(f"&lt;b&gt;{i}&lt;/b&gt;" for i in range(3))


@pytest.mark.parametrize("shares", [True, False])
def test_classes_that_never_occur_are_rows_of_zeros(shares: bool) -> None:
    scores = metrics.scores(np.array([[3, 1], [0, 0]]), ["a", "b"])
    assert validated(heatmap.confusion(scores, shares)).data[0].z[1].tolist() == [0, 0]
    validated(heatmap.confusion(metrics.scores(np.zeros((2, 2), int), ["a", "b"]), shares)).to_json()


def test_many_classes_stay_readable_and_bounded() -> None:
    figure = validated(heatmap.confusion(evaluated(60)))
    assert figure.data[0].text is None and len(figure.data[1].customdata) == 3600
    assert len(figure.layout.yaxis.ticktext) == 60 and figure.layout.height < 1100
    scores = evaluated(100)
    picks = validated(heatmap.confusion(scores)).data[1].customdata
    assert len(picks) == heatmap.MOST_TARGETS
    assert sum(scores.confusion[i, j] for i, j in picks) == scores.confusion.sum()  # no full cell is left out
