"""Charts along the steps and the epochs hold the numbers they were given."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest

from rnn_core.figures import lines
from rnn_core.figures.frame import FIRST, Figure
from rnn_core.figures.palette import BLUE, class_colours
from rnn_core.results import History, Trace
from tests.figures.validated import validated


def beliefs(trace: Trace, show: str | None = None, step: int | None = None) -> Figure:
    show = show or next(iter(trace.curves))
    decided = trace.decided(show)
    return lines.beliefs(trace.curves[show], trace.labels, trace.tokens, class_colours(trace.labels), decided, step)


@pytest.mark.parametrize("show", ["answers", "readouts"])
def test_beliefs_are_the_probabilities(make_trace: Callable[..., Trace], show: Literal["answers", "readouts"]) -> None:
    trace = make_trace(5, 3)
    figure = validated(beliefs(trace, show, step=2))
    expected = getattr(trace, show)
    assert len(figure.data) == 3
    for i, line in enumerate(figure.data):
        assert np.array_equal(line.y, expected[:, i]) and line.name == f"c{i}"
        assert line.line.color == class_colours(trace.labels)[f"c{i}"]
        assert list(line.customdata) == list(range(7)) and line.x[0] == FIRST
    band, *rule = figure.layout.shapes
    assert (band.x0, band.x1) == (FIRST + 1.5, FIRST + 2.5)
    assert len(rule) == 1 and figure.layout.annotations[0].text == f"decided at t = {trace.decided(show) + 1}"
    if rule:
        assert rule[0].x0 == FIRST + 6


def test_beliefs_of_a_tagging_run_are_readouts(make_trace: Callable[..., Trace]) -> None:
    trace = make_trace(5, 3, answers=False)
    assert np.array_equal(validated(beliefs(trace)).data[1].y, trace.readouts[:, 1])


def test_of_many_classes_those_that_lead_are_drawn(make_trace: Callable[..., Trace]) -> None:
    trace = make_trace(10, 60, answers=False)
    figure = validated(beliefs(trace))
    leaders = np.unique(trace.beliefs)
    assert [line.name for line in figure.data] == [f"c{i}" for i in leaders]
    assert f"{len(leaders)} of 60" in figure.layout.legend.title.text


def test_a_long_text_has_one_row_of_points(make_trace: Callable[..., Trace]) -> None:
    trace = make_trace(4000, 3)
    figure = validated(beliefs(trace, step=4001))
    *curves, points = figure.data
    assert trace.answers is not None
    assert [curve.mode for curve in curves] == ["lines"] * 3
    assert np.array_equal(points.y, trace.answers.max(1)[::5])
    assert list(points.customdata) == list(range(0, 4002, 5)) and len(points.y) <= lines.MOST_POINTS
    assert figure.layout.hovermode == "x unified" and figure.layout.xaxis.labelalias["6.0"] == f"{trace.tokens[5]} (t = 6)"
    assert len(figure.layout.xaxis.ticktext) <= 40
    assert len(figure.to_json()) < 1_000_000


def test_tokens_and_labels_are_drawn_as_written(make_trace: Callable[..., Trace]) -> None:
    trace = make_trace(0, 2, labels=("<i>no</i>", "%{x}$y$"), tokens=("<b>x</b>", "$x$", "&lt;", " ", "\n"))
    figure = validated(beliefs(trace))
    assert figure.layout.xaxis.ticktext[1:6] == ("&lt;b&gt;x&lt;/b&gt;", "&#36;x&#36;", "&amp;lt;", "␣", "⏎")
    assert figure.data[0].name == "&lt;i&gt;no&lt;/i&gt;"
    assert all("x}$" not in line.hovertemplate for line in figure.data)
    losses = validated(lines.step_losses(np.ones(7), trace.tokens, "<i>no</i>"))
    assert losses.layout.yaxis.title.text == "−log p(&lt;i&gt;no&lt;/i&gt;)"


def test_losses_are_filled_where_they_count(make_trace: Callable[..., Trace]) -> None:
    trace = make_trace(4, 2)
    values = -np.log(trace.readouts[:, 1])
    counted = np.arange(6) == 5
    filled, hollow, points = validated(lines.step_losses(values, trace.tokens, "c1", 1, counted, BLUE)).data
    assert filled.marker.color == BLUE and hollow.marker.color.startswith("rgba")
    assert np.array_equal(filled.y, values[5:]) and np.array_equal(hollow.y, values[:5])
    assert filled.x[0] == FIRST + 5
    assert filled.hoverinfo == hollow.hoverinfo == "skip"  # else each would answer with its own nearest step
    assert np.array_equal(points.y, values) and points.x.tolist() == [FIRST + t for t in points.customdata] == [*range(1, 7)]
    assert len(validated(lines.step_losses(values, trace.tokens)).data) == 2


def test_a_step_without_target_has_no_bar(make_trace: Callable[..., Trace]) -> None:
    values = np.array([np.nan, 0.5, np.inf, np.nan])
    bars, points = validated(lines.step_losses(values, make_trace(2, 2).tokens)).data
    assert bars.x.tolist() == points.x.tolist() == [2]


def test_the_shortest_text_and_no_class_to_choose(make_trace: Callable[..., Trace]) -> None:
    trace = make_trace(0, 2)
    validated(beliefs(trace, step=0)).to_json()
    validated(lines.step_losses(np.zeros(2), trace.tokens, step=1)).to_json()


def history(dev: tuple[float, ...], losses: tuple[float, ...]) -> History:
    epochs = tuple(
        {"epoch": i, "train_loss": 1.0, "dev_accuracy": a, "dev_loss": loss}
        for i, (a, loss) in enumerate(zip(dev, losses, strict=True), 1)
    )
    return History(np.array([10, 20]), np.array([0.9, 0.5]), np.array([0.5, 1.0]), epochs)


def test_curves_hold_both_losses_and_star_the_best_epoch() -> None:
    run = history((0.5, 0.8, 0.8, 0.7), (0.9, 0.6, 0.5, 0.7))
    assert lines.best_epoch(run, "accuracy") == 3  # a tie, and the lower loss
    train, dev, metric, star = validated(lines.curves({"<b>a</b>": run}, "accuracy")).data
    assert train.name == "&lt;b&gt;a&lt;/b&gt;"
    assert np.allclose(train.x, run.epoch_at) and np.allclose(train.y, run.losses)
    assert np.allclose(dev.y, [0.9, 0.6, 0.5, 0.7]) and np.allclose(metric.y, [0.5, 0.8, 0.8, 0.7])
    assert star.x == (3,) and np.allclose(star.y, 0.8)


def test_the_lowest_value_is_the_best_where_the_metric_falls() -> None:
    run = history((0.5, 0.8, 0.4, 0.7), (0.9, 0.6, 0.5, 0.7))
    assert lines.best_epoch(run, "accuracy", higher=False) == 3
    figure = validated(lines.curves({"a": run}, "accuracy", higher=False))
    assert figure.data[-1].x == (3,) and "lowest" in figure.layout.yaxis2.title.text


def test_each_run_has_its_colour_and_legend() -> None:
    run = history((0.5,), (0.9,))
    figure = validated(lines.curves({"a": run, "b": run}, "accuracy"))
    colours = {line.name: line.line.color for line in figure.data if line.mode == "lines"}
    assert len(set(colours.values())) == 2 and figure.layout.showlegend
    assert not validated(lines.curves({"a": run}, "accuracy")).layout.showlegend


def test_one_point_is_seen_and_axes_begin_at_zero() -> None:
    begun = History(np.array([10]), np.array([0.7]), np.array([0.25]), ())
    figure = validated(lines.curves({"a": begun}, "accuracy"))
    assert figure.data[0].mode == "lines+markers"
    assert figure.layout.yaxis.range[0] == 0 and 0.7 < figure.layout.yaxis.range[1] < 0.8
    assert figure.layout.yaxis2.range == (0, 1.03) and figure.layout.xaxis.range[0] > -0.01
    cancelled = validated(lines.curves({"a": history((0.25,), (0.9,))}, "accuracy"))
    assert cancelled.layout.yaxis2.range == (0, 1.03)  # plotly would show 0.25 ± 1
    large = validated(lines.curves({"a": history((25.0,), (0.9,))}, "accuracy")).layout.yaxis2.range
    assert large[0] == 0 and large[1] > 25
    assert validated(lines.curves({"a": history((0.25, 0.5), (0.9, 0.8))}, "accuracy")).layout.yaxis2.range is None


def test_curves_of_a_run_that_has_just_begun() -> None:
    empty = History(np.zeros(0, int), np.zeros(0), np.zeros(0), ())
    assert lines.best_epoch(empty, "accuracy") is None
    assert len(validated(lines.curves({"a": empty}, "accuracy")).data) == 1
    validated(lines.curves({}, "f1")).to_json()
