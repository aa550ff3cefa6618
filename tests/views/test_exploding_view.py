"""The view of W scaled says this run's own numbers, vanishes and explodes, and survives a cell without W."""

import re

import numpy as np
import pytest

from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.scaling import scaled
from rnn_core.analysis.steps import targets_of
from rnn_core.analysis.trace import trace
from rnn_core.results import Scaled, Trace
from rnn_core.views import exploding
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import CELLS
from tests.views.looking import Looking, figure
from tests.views.test_views import NASTY, escaped_only, loaded


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), [("classify", 1, False), ("tag", 2, True)])
@pytest.mark.parametrize("scale", [0.0, 0.5, 1.0, 5.0, 99.0])
def test_lines_and_words_are_those_of_the_analysis(
    workspace: Workspace, cell: str, task: str, layers: int, both: bool, scale: float
) -> None:
    one = loaded(workspace, cell, task, layers=layers, bidirectional=both)
    seen = trace(one, "\x00".join(NASTY), NASTY)
    view = exploding.EXPLODING
    looking = Looking(one, seen, step=3, scale=scale)
    shown = looking(view)
    settled = min(scale, 5.0) if one.cell.of_step else 1.0
    found = scaled(one, seen.indices, targets_of(one, seen), settled)
    assert shown.found.scale == settled
    assert NASTY[0] not in validated(figure(view, shown)).to_json()
    escaped_only(view.explain(shown))
    words = exploding.scale_words(shown)
    said = [float(number) for number in re.findall(r"\*\*([\d.e+-]+)\*\* times per step", words)]
    at = found.at
    wanted = [(lengths[0] / lengths[at]) ** (1 / at) for lengths in (found.trained, found.lengths)[: 1 + (settled != 1)]
              if lengths[0] > 0]  # fmt: skip
    assert said == pytest.approx(wanted, rel=1e-3)
    assert ("there is no W to scale" in view.explain(shown)) == (not one.cell.of_step)
    assert bool(view.choices(looking.inputs, shown)) == bool(one.cell.of_step)
    for radius in found.radii.values():
        assert f"{settled * radius:.4g}" in words
    if found.norm is not None:
        product = re.search(r"= ([\d.e+-]+) \\cdot ([\d.e+-]+) \\cdot ([\d.e+-]+) = ([\d.e+-]+)\$\$", view.explain(shown))
        assert product
        s, norm, steepest, result = map(float, product.groups())
        assert s * norm * steepest == pytest.approx(result, rel=1e-3) and norm == pytest.approx(found.norm, rel=1e-3)


def test_it_vanishes_and_explodes_in_words() -> None:
    lengths = np.geomspace(1e9, 1.0, 10)
    assert exploding.per_step(lengths, 9) == pytest.approx(10.0)
    assert exploding.per_step(lengths[::-1].copy(), 9) == pytest.approx(0.1)
    assert np.isnan(exploding.per_step(np.array([np.inf, 1.0]), 1)) and np.isnan(exploding.per_step(np.zeros(3), 2))
    for given, said in (
        (lengths, "grows: from t = 10 back to t = 1 its length goes from 1 to 1e+09, **10** times per step"),
        (lengths[::-1].copy(), "fades"), (np.ones(10), "stays as it is"), (np.zeros(10), "nothing is left"),
        (np.append(np.inf, lengths[1:]), "beyond what can be written"),
    ):  # fmt: skip
        found = Scaled(1.0, 9, given, given, 1.0, 1.0, {}, None, None)
        assert said in exploding.scale_words(exploding.Exploding(found, ("film",) * 10, 0, 0, 0, True))


def test_a_long_text_is_read_in_part(workspace: Workspace) -> None:
    shown = Looking(*both_of(workspace), scale=0.1)(exploding.EXPLODING)
    assert len(shown.tokens) == 400 and "its first 400 steps are read" in exploding.EXPLODING.render(shown)[1].content


def both_of(workspace: Workspace) -> tuple[Loaded, Trace]:
    one = loaded(workspace, "relu")
    return one, trace(one, " ".join(["film"] * 500))
