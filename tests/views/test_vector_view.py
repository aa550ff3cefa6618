"""The view of the vector between an encoder and its decoder, against the numbers of the probe."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from rnn_core.results import TranslationScores
from rnn_core.views import vector as views
from rnn_core.views.inputs import given
from rnn_core.views.view import Table
from tests.figures.validated import validated
from tests.views.looking import answer
from tests.views.test_judged_views import detail_of, scores_of
from tests.views.test_views import NASTY, escaped_only


@pytest.fixture(scope="module")
def both() -> dict[str, TranslationScores]:
    return {"dot attention": scores_of(), f"none {NASTY[0]}": scores_of(1)}


def test_the_numbers_are_those_of_the_probe(both: dict[str, TranslationScores]) -> None:
    found = answer(views.VECTOR, given(evaluations=both))
    table, words, drawn, places = views.VECTOR.render(found)
    assert isinstance(table.content, Table)
    probes = [detail_of(one).vector for one in both.values()]
    assert None not in probes
    columns = table.content.columns
    assert columns["length, R²"] == [one and one.explained for one in probes]
    assert columns["words, AUC"] == [one and one.found for one in probes]
    assert columns["numbers"] == [5, 5] and columns["off by, tokens"] == [one and one.off for one in probes]
    first = probes[0]
    assert first is not None and f"over {first.sources:,} sources" in words.content
    assert f"{first.off_mean:.2f} tokens" in words.content
    lines = validated(drawn.content).data
    for line, one in zip(lines, probes, strict=False):
        assert one is not None
        np.testing.assert_allclose(line.y, [place.right for place in one.places])
        np.testing.assert_array_equal(line.x, [place.place for place in one.places])
    np.testing.assert_allclose(lines[2].y, [place.commonest for place in first.places])
    for name, one in zip(("dot attention", "none"), probes, strict=True):
        assert one is not None
        begins, ends = one.places[0], one.places[-1]
        assert f"{begins.right:.1%} at the first place and {ends.right:.1%} at place {ends.place} with {name}" in places.content
    assert f"right in {first.places[0].commonest:.1%} and {first.places[-1].commonest:.1%} (grey)" in places.content
    escaped_only(str(words.content).replace("**", ""))
    escaped_only(str(places.content))


def test_the_formula_gives_the_number(both: dict[str, TranslationScores]) -> None:
    said = views.VECTOR.explain(answer(views.VECTOR, given(evaluations=both)))
    errors, spread, explained = re.findall(r"= 1 - \\frac\{([\d.]+)\}\{([\d.]+)\} = ([\d.-]+)", said)[0]
    assert 1 - float(errors) / float(spread) == pytest.approx(float(explained), abs=1e-3)
    escaped_only(said.replace("**", ""))


def test_a_run_without_a_probe_is_left_out(both: dict[str, TranslationScores]) -> None:
    one = scores_of()
    older = replace(one, detail=replace(detail_of(one), vector=None))
    found = answer(views.VECTOR, given(evaluations={"new": one, "older": older}))
    assert [*found.probes] == ["new"]


def test_sources_of_one_length_have_no_r_squared(both: dict[str, TranslationScores]) -> None:
    one = scores_of()
    probe = detail_of(one).vector
    assert probe is not None
    flat = replace(probe, spread=0.0)
    assert math.isnan(flat.explained)
    found = answer(views.VECTOR, given(evaluations={"x": replace(one, detail=replace(detail_of(one), vector=flat))}))
    assert "R² is not defined" in views.VECTOR.explain(found)
