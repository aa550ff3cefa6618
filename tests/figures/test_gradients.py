"""Figures of what flows back: the numbers and the clicks are those of what they were drawn from."""

import time

import numpy as np
import pytest

from rnn_core.figures import gradients
from rnn_core.figures.frame import FIRST
from rnn_core.results import BatchDirections, Comparison, SgdStep, Truncation
from tests.figures.validated import validated


def lower(count: int, seed: int = 0) -> np.ndarray:
    return np.tril(10 ** np.random.default_rng(seed).uniform(-6, 0, (count, count)))


def test_each_cell_of_a_small_map_can_be_clicked_and_says_its_number() -> None:
    values, tokens = lower(5), ["<sos>", "<b>", "c", "d", "<eos>"]
    figure = validated(gradients.pairs(values, np.arange(5), tokens, 3, 1))
    cells, points = figure.data
    assert cells.z.shape == (5, 5) and cells.z.dtype == np.uint8
    assert len(points.customdata) == 25
    for (t, i, value), x, y in zip(points.customdata, points.x, points.y, strict=True):
        assert (x, y) == (i + FIRST, t + FIRST) and value == values[int(t), int(i)]
    assert "%{y}<br>copy of %{x}<br>%{customdata[2]" in points.hovertemplate
    for axis in (figure.layout.xaxis, figure.layout.yaxis):
        assert axis.labelalias["2.0"] == "&lt;b&gt; (t = 2)" and len(axis.labelalias) == 5


def test_shades_go_by_powers_of_ten_and_exactly_nothing_has_its_own() -> None:
    values = np.array([[0.0, 1e-4], [1e-2, 1.0]])
    z = validated(gradients.pairs(values, np.arange(2), ["a", "b"])).data[0].z.astype(int)
    assert z[0, 0] == 0 and z[0, 1] == 25 and z[1, 1] == 250
    assert z[1, 0] == pytest.approx((25 + 250) / 2, abs=1)


def test_every_nth_loss_lies_at_its_own_step() -> None:
    rows = np.array([1, 4, 7])
    cells, points = validated(gradients.pairs(lower(8)[rows], rows, list("abcdefgh"), 4)).data
    assert (cells.y0, cells.dy) == (1 + FIRST, 3)
    assert sorted({pick[0] for pick in points.customdata}) == [1, 4, 7]


def test_a_large_map_is_cheap_and_its_rows_can_be_clicked() -> None:
    values, tokens = lower(502), [f"w{i}" for i in range(502)]
    validated(gradients.pairs(values, np.arange(502), tokens))
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        figure = validated(gradients.pairs(values, np.arange(502), tokens, 500, 7))
        text = figure.to_json()
        best = min(best, time.perf_counter() - start)
    assert best < 0.3 and len(text) < 800_000
    assert [list(pick) for pick in figure.data[1].customdata] == [[t, 7] for t in range(502)]
    wide = validated(gradients.pairs(np.ones((40, 5000)), np.arange(40), ["x"] * 5000))
    assert wide.data[0].z.shape == (40, 1000) and wide.data[0].dx == 5


@pytest.mark.parametrize("values", [np.zeros((3, 3)), np.full((3, 3), np.nan), np.full((3, 3), np.inf), np.full((3, 3), 1e-300)])
def test_odd_numbers_are_drawn(values: np.ndarray) -> None:
    validated(gradients.pairs(values, np.arange(3), ["", "<b>", "c"])).to_json()
    validated(gradients.along({"a": values[0], "<b>": values[1]}, ["", "<b>", "c"], "t", 1)).to_json()
    validated(gradients.against({"a": (np.arange(3), values[0])}, "x", "y")).to_json()


def test_bands_share_out_what_there_is() -> None:
    shares = np.random.default_rng(0).normal(size=(30, 30))
    bands = gradients.banded(shares, np.arange(30))
    np.testing.assert_allclose(sum(bands.values()), shares.sum(0))
    assert list(bands) == [words for _, _, words in gradients.BANDS]
    np.testing.assert_allclose(bands["the same step"], np.diag(shares))
    assert list(gradients.banded(shares[-1:, :9], np.array([8]))) == [words for _, _, words in gradients.BANDS[:4]]
    figure = validated(gradients.shares(bands, ["x"] * 30, 3))
    np.testing.assert_allclose(sum(bar.y for bar in figure.data), shares.sum(0))
    assert figure.data[0].customdata[4] == 4


def test_lines_show_their_numbers_with_gaps_where_a_logarithm_has_none() -> None:
    values = np.array([1.0, 0.0, 1e-3])
    line = validated(gradients.along({"<b> %{x}": values}, ["a", "b", "c"], "length")).data[0]
    assert line.y[0] == 1 and np.isnan(line.y[1]) and line.name == "&lt;b&gt; %{x}" and "%{x}" not in line.hovertemplate
    assert validated(gradients.along({"n": values}, ["a", "b", "c"], "share", log=False)).data[0].y[1] == 0
    dashed = validated(gradients.against({"a": (np.arange(3), values), "b": (np.arange(3), values)}, "x", "y", ["b"]))
    assert [line.line.dash for line in dashed.data] == ["solid", "dash"]


@pytest.mark.parametrize("low", [3e-9, 0.031, 0.3, 0.97, 1.0, 7.3, 412.0])
@pytest.mark.parametrize("ratio", [1.02, 1.15, 1.5, 2, 3, 6, 9.9, 30, 300, 1e3, 1e5, 1e10])
def test_a_logarithmic_axis_has_at_least_three_labelled_ticks(low: float, ratio: float) -> None:
    axis = gradients.log_axis("length", [np.array([low, low * ratio])])
    high, powers = low * ratio, 10.0 ** np.arange(-12, 16)
    if isinstance(axis["dtick"], int):
        ticks = 10.0 ** np.arange(0, 16, axis["dtick"])
        ticks = np.concatenate([ticks, 1 / ticks])
    elif axis["dtick"][0] == "L":
        apart = float(axis["dtick"][1:])
        ticks = np.arange(np.floor(low / apart), np.ceil(high / apart) + 1) * apart
    else:
        ticks = np.outer(powers, {"D1": range(1, 10), "D2": (1, 2, 5)}[axis["dtick"]]).ravel()
    count = np.count_nonzero((ticks >= low * (1 - 1e-9)) & (ticks <= high * (1 + 1e-9)))
    assert 3 <= count <= 12, axis
    validated(gradients.along({"a": np.array([low, high])}, ["a", "b"], "length"))


def test_one_number_has_ticks_around_it() -> None:
    assert gradients.log_axis("length", [np.array([0.7, 0.7])])["dtick"] in ("D1", "D2")


def test_hover_along_the_text_names_the_step_and_a_click_anywhere_chooses_it() -> None:
    figure = validated(gradients.along({"a": np.ones(3)}, ["<b>", "b", "c"], "length"))
    assert figure.layout.hovermode == "x unified" and figure.layout.xaxis.labelalias["1.0"] == "&lt;b&gt; (t = 1)"
    assert list(figure.data[0].customdata) == [0, 1, 2]


def test_lines_of_one_colour_differ_in_their_dashes() -> None:
    lines = validated(gradients.along({"a": np.ones(2), "b": np.ones(2)}, ["a", "b"], "p", log=False, colour="#123456")).data
    assert [line.line.color for line in lines] == ["#123456"] * 2 and lines[0].line.dash != lines[1].line.dash


def comparison(value: float) -> Comparison:
    return Comparison({"W": 1.0}, {"W": value}, {"W": value / 2}, {"W": 0.1})


def test_truncations_updates_and_directions_show_their_numbers() -> None:
    found = [Truncation(kind, k, 1, 1, comparison(k / 10)) for kind in ("window", "chunks") for k in (1, 5)]
    figure = validated(gradients.truncation(found, "W", 3))
    assert [list(line.y) for line in figure.data[:2]] == [[0.1, 0.5], [0.05, 0.25]]
    step = validated(gradients.sgd(SgdStep({}, 1.0, np.array([0.1, 1, 10]), np.array([0.9, 2, np.inf]), -1), 0.1))
    assert list(step.data[0].x) == [0.1, 1] and list(step.data[0].y) == [0.9, 2]
    drawn = validated(gradients.directions(BatchDirections(comparison(0.3), {"W": np.array([0.1, np.nan])})))
    assert drawn.data[-1].x[0] == 0.3 and drawn.data[0].x[0] == 0.1
    drawn.to_json()
