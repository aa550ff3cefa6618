"""The axis of steps: words where they can be read, numbers where they could not."""

from typing import Any

import pytest

from rnn_core.figures.frame import described, frame, stacked, step_axis, widest
from rnn_core.figures.palette import INK


@pytest.mark.parametrize("count", [1, 40, 41, 160])
def test_tokens_stand_under_their_steps(count: int) -> None:
    tokens = [f"w{i}" for i in range(count)]
    axis = step_axis(tokens)
    assert len(axis["tickvals"]) == len(axis["ticktext"]) <= 40
    assert axis["ticktext"] == [tokens[t - 1] for t in axis["tickvals"]]


def test_far_apart_steps_are_numbered_from_1() -> None:
    axis = step_axis(["w"] * 2000)
    assert len(axis["tickvals"]) <= 20 and axis["tickvals"][0] == 1
    assert axis["ticktext"] == [str(t) for t in axis["tickvals"]]


def test_words_stand_upright_where_they_do_not_fit_beside_each_other() -> None:
    assert "tickangle" not in step_axis(["word"] * 5) and step_axis(["word"] * 30)["tickangle"] == 90
    assert "tickangle" not in step_axis(["word"] * 30, width=2000)


def test_margins_have_room_for_what_stands_in_them() -> None:
    """Plotly draws a figure twice where its margins are too small."""

    def margin(words: list[str], **layout: Any) -> dict[str, int]:
        return frame([], 300, "x", xaxis=step_axis(words), **layout)["layout"]["margin"]

    short, long = margin(["a"] * 100), margin(["beautifully"] * 100)
    assert long["b"] - short["b"] == widest(["beautifully"]) - widest(["a"])
    assert margin(["a"], showlegend=True)["t"] > margin(["a"])["t"]
    titled = margin(["a"], yaxis={"title": {"text": "loss"}})
    assert titled["l"] > margin(["a"])["l"] and margin(["a"], margin={"r": 200})["r"] == 200
    assert widest(["&lt;"]) == widest(["<"]) and widest(["漢字"]) == 26


def test_two_panels_stand_one_over_the_other_and_look_alike() -> None:
    layout = frame([], 300, "x", **stacked({}, {"title": {"text": "upper"}}, {"zeroline": True}))["layout"]
    assert layout["yaxis2"]["gridcolor"] == layout["yaxis"]["gridcolor"] and layout["yaxis2"]["zeroline"]
    assert layout["yaxis2"]["domain"][1] < layout["yaxis"]["domain"][0] and layout["xaxis"]["anchor"] == "y2"
    for axis in ("xaxis", "yaxis", "yaxis2"):
        assert layout[axis]["tickfont"]["color"] == INK
    assert layout["yaxis"]["title"] == {"font": {"color": INK}, "text": "upper"}


def test_ticks_have_the_ink_and_what_else_a_figure_asks_for() -> None:
    layout = frame([], 300, "x", xaxis={"tickfont": {"size": 9}})["layout"]
    assert layout["xaxis"]["tickfont"] == {"color": INK, "size": 9} and layout["font"]["color"] == INK


@pytest.mark.parametrize(("traces", "mode"), [
    ([{"type": "scatter", "mode": "lines+markers"}], "x unified"),
    ([{"type": "bar"}, {"type": "scatter", "mode": "markers"}], "x unified"),
    ([{"type": "bar", "orientation": "h"}, {"type": "scatter", "mode": "markers"}], "y unified"),
    ([{"type": "heatmap"}, {"type": "scatter", "mode": "lines"}], "closest"),
    ([{"type": "scatter", "mode": "markers"}], "closest"),
])  # fmt: skip
def test_lines_and_bars_answer_along_their_axis(traces: list[dict[str, Any]], mode: str) -> None:
    assert frame(traces, 300, "x")["layout"]["hovermode"] == mode
    assert frame(traces, 300, "x", hovermode="closest")["layout"]["hovermode"] == "closest"


def test_a_figure_is_described_by_kind_axes_and_series() -> None:
    lines = [{"type": "scatter", "name": "&lt;b&gt;"}, {"type": "scatter", "name": "two"}]
    drawn = frame(lines, 300, "x", xaxis={"title": {"text": "epoch"}}, yaxis={"title": {"text": "loss"}})
    assert described(drawn) == "Lines or points; across: epoch; up: loss; series: <b>, two."
    assert described(frame([{"type": "heatmap"}], 300, "x")) == "A map of cells."
    assert described(frame([{"type": "bar"}], 300, "x", xaxis=step_axis(["<s>", "b"]))) == "Bars; across: <s>, b."
