"""The view of the accuracy by distance: figure, table, sentences and formula against the counts."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from rnn_core.analysis.by_distance import by_distance
from rnn_core.metrics import wilson
from rnn_core.results import ByDistance, DistanceGroup
from rnn_core.views import distance as views
from rnn_core.views.inputs import given
from tests.analysis.test_by_distance import answered
from tests.figures.validated import validated
from tests.views.looking import answer, figure
from tests.views.test_views import NASTY, escaped_only


@pytest.fixture(scope="module")
def runs() -> dict[str, ByDistance]:
    found = {}
    for seed, name in enumerate(("LSTM", f"GRU {NASTY[0]}", "texts")):
        answers, _ = answered("adding", seed=seed)
        one = by_distance([answers], "below ten")
        assert one is not None
        found[name] = one
    return found


def test_lines_bands_and_table_hold_the_counts(runs: dict[str, ByDistance]) -> None:
    found = answer(views.BY_DISTANCE, given(distances=runs))
    drawn = validated(figure(views.BY_DISTANCE, found)).data
    first = runs["LSTM"]
    for one, band, line in zip(runs.values(), drawn[:6:2], drawn[1:6:2], strict=True):
        np.testing.assert_allclose(line.y, [group.right / group.texts for group in one.groups])
        high, low = np.split(np.array(band.y), 2)
        np.testing.assert_allclose(list(zip(low[::-1], high, strict=True)), [wilson(g.right, g.texts) for g in one.groups])
        assert line.text[0].startswith(f"{one.groups[0].right} of {one.groups[0].texts} texts, ")
    assert [*drawn[6].y] == [first.majority] * 2 and "<b>" not in figure(views.BY_DISTANCE, found)["data"][3]["name"]
    (table,) = [part.content for part in views.BY_DISTANCE.render(found) if part.kind == "table"]
    assert [*table.columns] == ["distance", "texts", "LSTM", f"GRU {NASTY[0]}", "texts (run)"]
    group = first.groups[2]
    assert table.columns["distance"][2] == f"{group.first}–{group.last}" and table.columns["texts"][2] == group.texts
    assert table.columns["LSTM"][2] == f"{group.right / group.texts:.1%} ({group.low:.1%} to {group.high:.1%})"
    task, said = [part.content for part in views.BY_DISTANCE.render(found) if part.kind == "caption"]
    assert "**adding**" in task and first.question in task
    assert said.startswith(f"LSTM: {first.accuracy:.1%}, ") and f"is right in {first.majority:.1%} (dots)" in said
    escaped_only(said)


def test_the_formula_gives_the_interval(runs: dict[str, ByDistance]) -> None:
    said = views.BY_DISTANCE.explain(answer(views.BY_DISTANCE, given(distances=runs)))
    right, texts, p = map(float, re.findall(r"= \\frac\{(\d+)\}\{(\d+)\} = ([\d.]+)", said)[0])
    low, high = map(float, re.findall(r"= ([\d.]+) \\;\\text\{to\}\\; ([\d.]+)", said)[0])
    z = 1.96
    for end, sign in ((low, -1), (high, 1)):
        half = z * math.sqrt(p * (1 - p) / texts + z**2 / (4 * texts**2))
        assert end == pytest.approx((p + z**2 / (2 * texts) + sign * half) / (1 + z**2 / texts), abs=2e-3)
    assert p == pytest.approx(right / texts, abs=1e-3)
    escaped_only(said)


def group(first: int, low: float) -> DistanceGroup:
    return DistanceGroup(first, first + 1, 100, round(100 * low) + 10, low, min(1.0, low + 0.2))


@pytest.mark.parametrize(
    ("lows", "farthest", "said"),
    [((0.7, 0.6, 0.45, 0.8), 4, "above the majority up to distance 4"), ((0.5, 0.9), None, "at no distance above the majority"),
     ((0.7, 0.7), 4, "above the majority up to distance 4")],
)  # fmt: skip
def test_the_reach_is_the_last_distance_before_the_first_that_is_not_above(
    lows: tuple[float, ...], farthest: int | None, said: str
) -> None:
    one = ByDistance("parity", "?", tuple(group(2 * i + 1, low) for i, low in enumerate(lows)), 0.5)
    found = views.reach(one)
    assert (found and found.last) == farthest
    told = [part.content for part in views.BY_DISTANCE.render(answer(views.BY_DISTANCE, given(distances={"x": one})))]
    assert any(said in str(words) for words in told)
    unknown = replace(one, majority=None)
    assert views.reach(unknown) is None
    parts = views.BY_DISTANCE.render(answer(views.BY_DISTANCE, given(distances={"x": unknown})))
    assert not any("majority" in str(part.content) for part in parts if part.kind != "figure")
    assert len(figure(views.BY_DISTANCE, views.Remembered({"x": unknown}))["data"]) == 2


def test_runs_on_other_texts_are_not_compared(runs: dict[str, ByDistance]) -> None:
    one, other = runs["LSTM"], runs["texts"]
    assert views.comparable(one, other) and not views.comparable(one, replace(other, task="parity"))
    assert not views.comparable(one, replace(other, groups=other.groups[1:]))
