"""Bars of a sum's terms, of pads and of amounts: the terms add up, and odd numbers are drawn."""

import numpy as np
import pytest

from rnn_core.figures import bars, padding
from rnn_core.figures import terms as figures
from rnn_core.results import GateTerms
from tests.figures.validated import validated


@pytest.mark.parametrize("factor", [1.0, 0.5])
def test_the_largest_terms_and_the_rest_are_the_sum(factor: float) -> None:
    draw = np.random.default_rng(0)
    w, u = draw.normal(size=30), draw.normal(size=20)
    terms = GateTerms("n", 0.25, -0.5 * (factor != 1), w * 0.5, u * 2, w, u, factor, factor_name="r" * (factor != 1))
    parts = figures.largest_terms(terms, 7, [f"x[{i}]" for i in range(20)])
    assert sum(part.value for part in parts) == pytest.approx(terms.total)
    sizes = [abs(part.value) for part in parts[: figures.MOST_TERMS]]
    assert sizes == sorted(sizes, reverse=True)
    assert all(("r · " in part.name) == (factor != 1) for part in parts if part.kind == "past")
    first = next(part for part in parts if part.kind == "word")
    i = int(first.name.split("[")[1][:-1])
    assert first.value == pytest.approx(2 * u[i]) and f"U[7, {i}] = {u[i]:.4f}" in first.says
    figure = validated(figures.terms(parts, terms.total))
    *drawn, points = figure.data
    assert drawn[-1].name == "sum" and drawn[-1].x[0] == terms.total and {bar.hoverinfo for bar in drawn} == {"skip"}
    assert {width for bar in drawn for width in bar.width} == {0.8}, "far apart, they would fill the rows between them"
    assert points.x.tolist() == [*(part.value for part in parts), terms.total] and points.y.tolist() == [*range(len(parts) + 1)]
    assert points.text[0] == f"{parts[0].says}: {parts[0].value:+.6f}" and figure.layout.hovermode == "y unified"


def test_odd_numbers_are_drawn() -> None:
    counts = np.array([0, 1, 5])
    for values in (np.zeros(3), np.full(3, np.nan), np.full(3, 1e30)):
        validated(padding.pad_curves(counts, dict.fromkeys(padding.WAYS, values), 5, "p")).to_json()
        validated(bars.amounts(["a"] * 3, values, [""] * 3, "n")).to_json()
    zeros = GateTerms("a", 0.0, 0.0, np.zeros(2), np.zeros(1), np.zeros(2), np.zeros(1))
    validated(figures.terms(figures.largest_terms(zeros, 0, ["x[0]"]), 0.0)).to_json()
