"""Bars and dots hold the numbers they were given."""

from collections.abc import Callable

import numpy as np
import pytest

from rnn_core import metrics
from rnn_core.figures import bars, palette, tags
from rnn_core.figures.frame import FIRST
from rnn_core.figures.palette import class_colours
from rnn_core.results import DataReport, SplitSummary, Trace
from tests.figures.validated import validated


def report(labels: int, longest: int) -> DataReport:
    draw = np.random.default_rng(0)
    splits = {
        name: SplitSummary(
            examples=9,
            tokens=99,
            label_counts={f"<b>{i}</b>": int(draw.integers(0, 99)) for i in range(labels)},
            lengths=tuple(draw.integers(0, 9, longest - shorter).tolist()),
            unknown_share=0.1,
        )
        for shorter, name in enumerate(("train", "dev", "test"))
    }
    return DataReport((), 9, 9, (), (), None, 99, splits, "", ())


def test_label_counts_by_split_most_frequent_first() -> None:
    found = report(4, 9)
    figure = validated(bars.label_counts(found))
    order = [f"<b>{i}</b>" for i in range(4)]
    order.sort(key=lambda label: -sum(split.label_counts[label] for split in found.splits.values()))
    assert list(figure.layout.yaxis.ticktext) == [w.replace("<", "&lt;").replace(">", "&gt;") for w in order]
    for bar in figure.data:
        assert bar.x.tolist() == [found.splits[bar.name].label_counts[label] for label in order]


def test_of_many_labels_the_most_frequent_are_drawn() -> None:
    figure = validated(bars.label_counts(report(200, 9)))
    assert len(figure.data[0].x) == bars.MOST_LABELS
    assert "60 of 200" in figure.layout.xaxis.title.text


@pytest.mark.parametrize("longest", [10, 50, 51, 400, 4003])
def test_lengths_lose_no_text(longest: int) -> None:
    found = report(2, longest)
    figure = validated(bars.lengths(found))
    width = -(-longest // bars.MOST_BINS)
    for bar in figure.data:
        lengths = found.splits[bar.name].lengths
        assert len(bar.y) <= bars.MOST_BINS
        assert bar.y.tolist() == [sum(lengths[width * i : width * (i + 1)]) for i in range(len(bar.y))]
    said = [figure.layout.xaxis.labelalias[f"{x:.1f}"] for x in figure.data[0].x]
    assert said[0] == (f"0–{width - 1} tokens" if width > 1 else "0 tokens") and all(("–" in one) == (width > 1) for one in said)
    assert figure.layout.legend.traceorder == "normal" and [bar.name for bar in figure.data] == list(found.splits)


def test_a_report_of_nothing_is_drawn() -> None:
    nothing = SplitSummary(0, 0, {}, (), 0.0)
    for splits in ({}, {"train": nothing}):
        empty = DataReport((), 0, 0, (), (), None, 0, splits, "", ())
        validated(bars.label_counts(empty)).to_json()
        validated(bars.lengths(empty)).to_json()


def test_state_and_embedding_are_the_values() -> None:
    values = np.linspace(-0.9, 0.6, 16, dtype=np.float32)
    figure = validated(bars.state(values, unit=3))
    assert np.array_equal(figure.data[0].y, values)
    assert list(figure.data[0].customdata) == list(range(16))
    assert {(shape.x0, shape.x1) for shape in figure.layout.shapes[1:]} == {(2.5, 3.5)}
    assert np.array_equal(validated(bars.embedding(values)).data[0].y, values)
    for odd in (np.zeros(1), np.zeros(1024)):
        validated(bars.state(odd)).to_json()
        validated(bars.embedding(odd)).to_json()


def test_a_gate_is_drawn_from_0_to_1_in_the_sequential_scale() -> None:
    figure = validated(bars.state(np.array([0, 0.5, 1], np.float32), unit=1, gate=True))
    assert list(figure.data[0].marker.color) == [palette.SEQUENTIAL[i][1] for i in (0, 4, -1)]
    assert figure.layout.yaxis.range[0] == 0 and figure.layout.yaxis.range[1] >= 1


def test_top_probabilities_fill_the_prediction_and_outline_the_truth() -> None:
    labels = [f"c{i}" for i in range(60)]
    colours = class_colours(labels)
    p = np.random.default_rng(1).dirichlet(np.ones(60)).astype(np.float32)
    least = labels[int(p.argmin())]
    bar = validated(bars.top_probabilities(p, labels, colours, truth=least)).data[0]
    order = np.argsort(-p)
    assert np.array_equal(bar.x, p[[*order[:9], order[-1]]])
    assert bar.marker.color[0] == colours[labels[order[0]]]
    assert all(colour.startswith("rgba") for colour in bar.marker.color[1:])
    assert [width > 0 for width in bar.marker.line.width] == [False] * 9 + [True]
    assert "truth" in bar.text[-1] and bar.customdata[0] == order[0]


@pytest.mark.parametrize("truth", [None, "a", "never seen"])
def test_top_of_two(truth: str | None) -> None:
    bar = validated(bars.top_probabilities(np.array([0.25, 0.75]), ["a", "b"], class_colours(["a", "b"]), truth)).data[0]
    assert bar.x.tolist() == [0.75, 0.25]


def test_per_class_dots_are_the_scores() -> None:
    draw = np.random.default_rng(0)
    scores = metrics.scores(draw.integers(0, 9, (60, 60)), [f"{i}" for i in range(60)])
    spread, *dots = validated(bars.per_class(scores)).data
    assert len(spread.x) == 180
    for dot, name in zip(dots, ("precision", "recall", "f1"), strict=True):
        assert np.allclose(dot.x, [getattr(row, name) for row in scores.per_class])


def test_per_class_of_entities_and_of_none() -> None:
    spans = metrics.span_scores([["B-A", "O", "B-B"]], [["B-A", "O", "O"]], "IOB2")
    figure = validated(bars.per_class(spans))
    assert figure.layout.yaxis.ticktext == ("A", "B")
    assert figure.data[-1].x.tolist() == [1, 0]
    validated(bars.per_class(metrics.span_scores([["O"]], [["O"]], "IOB2"))).to_json()


def test_confidences_are_those_of_each_tokens_tag(make_trace: Callable[..., Trace]) -> None:
    trace = make_trace(6, 3, answers=False)
    figure = validated(tags.confidences(trace.readouts, trace.labels, trace.tokens, class_colours(trace.labels), step=2))
    *columns, points = figure.data
    heights = {int(x) - FIRST: y for bar in columns for x, y in zip(bar.x, bar.y, strict=True)}
    assert heights == dict(zip(points.customdata.tolist(), points.y.tolist(), strict=True))
    assert {bar.hoverinfo for bar in columns} == {"skip"}  # else each tag would answer with its own nearest token
    best = trace.readouts.argmax(1)
    assert [*points.text] == [f"{trace.labels[best[t]]}: p = {trace.readouts[t].max():.3f}" for t in points.customdata]
    assert sorted(heights) == [1, 2, 3, 4, 5, 6]  # not the specials
    assert all(heights[t] == trace.readouts[t].max() for t in heights)
    assert figure.layout.shapes[0].x0 == FIRST + 1.5
