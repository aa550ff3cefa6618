"""Every view of the BPTT page draws and explains, for every cell, with this run's own numbers and markup as text."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core import tasks
from rnn_core.results import BatchDirections, Comparison
from rnn_core.views import bptt as views
from rnn_core.views.bptt import Beside, backward
from rnn_core.views.view import literal, number
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import CELLS
from tests.views.bptt.asked import asked_of
from tests.views.test_views import NASTY, escaped_only

VIEWS = (*views.VIEWS, views.BESIDE)


def test_names_are_unique_and_questions_are_questions() -> None:
    assert len({view.name for view in VIEWS}) == len(VIEWS)
    assert all(view.question.endswith("?") for view in VIEWS)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), [("classify", 1, False), ("tag", 2, True)])
def test_every_view_draws_and_explains(workspace: Workspace, cell: str, task: str, layers: int, both: bool) -> None:
    asked = asked_of(workspace, cell, task, layers=layers, bidirectional=both)
    for look in (asked, replace(asked, parameter="bias", copy=8), replace(asked, layer=0, direction=int(both), copy=9)):
        for view in views.VIEWS:
            named = view.name in tasks.task(task).views["bptt"]
            assert named == (view is not views.MODES or task == "classify")
            if named:
                found = view.compute(look)
                validated(view.draw(found))
                escaped_only(view.explain(found))
        assert len(set(map(len, views.steps_back(look).values()))) == 1
    beside = Beside({NASTY[0]: asked, "other": asked})
    escaped_only(views.BESIDE.explain(beside))
    assert len(validated(views.BESIDE.draw(beside)).data) == 2 and views.side_by_side(beside)["run"] == [NASTY[0], "other"]


def test_the_words_hold_this_runs_numbers(workspace: Workspace) -> None:
    asked = asked_of(workspace, "tanh")
    flow = asked.flow
    said = views.MAP.explain(asked)
    assert number(float(flow.layers[0].pairs["weight_hh"][5, 2])) in said
    assert f"{flow.max_abs_difference:.1e}" in said and "Copy 1 of W receives exactly 0" in said
    assert literal(NASTY[1]) in said  # the token of step 3
    path = asked.backward.path(0, 0, 5, 2)
    walked = views.path_words(views.WALK.compute(asked))
    for value in (path.between_norm, path.gradient_norm, np.linalg.norm(path.factor)):
        assert f"**{number(float(value))}**" in walked
    for one in asked.backward.truncated(3):
        assert f"{one.against.cosines[asked.name]:.4f}" in views.cut_words(views.TRUNCATION.compute(asked))
    assert f"cosine {asked.backward.modes.every.cosines['all']:.3f}" in views.modes_words(views.MODES.compute(asked))
    reach = asked.backward.reach(0, 0, 5)
    assert number(reach.radius or 0) in views.REACH.explain(views.REACH.compute(asked))


def test_nothing_is_computed_twice(workspace: Workspace) -> None:
    asked = asked_of(workspace)
    assert asked.backward.flow is asked.backward.flow
    assert asked.backward.truncated(3) is asked.backward.truncated(3)
    assert asked.backward.truncated(2)[0] is next(one for one in asked.backward.truncations if one.k == 2)
    assert asked.backward.path(0, 0, 5, 2) is asked.backward.path(0, 0, 5, 2)
    assert asked.backward.reach(0, 0, 5) is not asked.backward.reach(0, 0, 4)


@pytest.mark.parametrize("cell", ["relu", "lstm"])
@pytest.mark.parametrize("scale", [0.0, 1e4])
def test_a_gradient_of_nothing_and_one_far_too_large_are_drawn_and_explained(
    workspace: Workspace, cell: str, scale: float
) -> None:
    asked = asked_of(workspace, cell)
    asked.backward.loaded.network.weight_out.mul_(scale)
    again = replace(asked, backward=backward(asked.backward.loaded, asked.backward.trace, NASTY[2]))
    for view in views.VIEWS:
        if view is not views.DIRECTIONS:
            found = view.compute(again)
            validated(view.draw(found)).to_json()
            escaped_only(view.explain(found))
    views.DIRECTIONS.explain((asked, BatchDirections(Comparison({}, {"all together": np.nan}, {}, {}),
                                                     {"all together": np.full(3, np.nan)})))  # fmt: skip
