"""Every view of the BPTT page draws and explains, for every cell, with this run's own numbers and markup as text."""

from typing import Any

import numpy as np
import pytest

from rnn_core import tasks
from rnn_core.analysis.backward import backward
from rnn_core.results import BatchDirections, Comparison
from rnn_core.views import bptt as views
from rnn_core.views.bptt.asked import facts_of
from rnn_core.views.bptt.updates import Pulls
from rnn_core.views.inputs import given
from rnn_core.views.view import View, literal, number
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import CELLS, number_of
from tests.views.bptt.asked import Looking, asked_of
from tests.views.looking import answer
from tests.views.test_views import NASTY, escaped_only


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), [("classify", 1, False), ("tag", 2, True)])
def test_every_view_draws_and_explains(workspace: Workspace, cell: str, task: str, layers: int, both: bool) -> None:
    looking = asked_of(workspace, cell, task, layers=layers, bidirectional=both, form=2 * both)
    others = looking.but(parameter="bias", back=8), looking.but(layer=0, direction=int(both), back=9)
    for look in (looking, others[(number_of(cell) + layers) % 2]):  # each cell with each, in one of two tasks
        for view in views.VIEWS:
            named = view.name in tasks.task(task).views["bptt"] or not view.question
            assert named == (view is not views.MODES or task == "classify")
            if named and view is not views.BESIDE:
                shown(view, look(view))
    beside = answer(views.BESIDE, given(beside={NASTY[0]: looking.way, "other": looking.way}))
    (drawn, *_) = shown(views.BESIDE, beside)
    assert len(drawn.data) == 2 and views.side_by_side(beside)["run"] == [NASTY[0], "other"]


def shown(view: View[Any, Any], found: Any) -> list[Any]:
    """The figures, after making sure that these, the tables and the words are sound."""
    escaped_only(view.explain(found))
    drawn = []
    for part in view.render(found):
        if part.kind == "figure":
            drawn.append(validated(part.content))
            drawn[-1].to_json()
        elif part.kind == "table":
            assert len(set(map(len, part.content.columns.values()))) == 1
        else:
            escaped_only(part.content)
    return drawn


def test_the_words_hold_this_runs_numbers(workspace: Workspace) -> None:
    looking = asked_of(workspace, "tanh")
    way, asked = looking.way, looking.asked
    flow = way.flow
    said = views.MAP.explain(looking(views.MAP))
    assert number(float(flow.layers[0].pairs["weight_hh"][5, 2])) in said
    assert f"{flow.max_abs_difference:.1e}" in said and "Copy 1 of W receives exactly 0" in said
    assert literal(NASTY[1]) in said  # the token of step 3
    path = way.path(0, 0, 5, 2)
    walked = views.path_words(looking(views.WALK))
    for value in (path.between_norm, path.gradient_norm, np.linalg.norm(path.factor)):
        assert f"**{number(float(value))}**" in walked
    for one in way.truncated(3):
        assert f"{one.against.cosines[asked.name]:.4f}" in views.cut_words(looking(views.TRUNCATION))
    assert f"cosine {way.modes.every.cosines['all']:.3f}" in views.modes_words(looking(views.MODES))
    reach = way.reach(0, 0, 5)
    assert number(reach.radius or 0) in views.REACH.explain(looking(views.REACH))


def test_each_answer_on_vanishing_says_which_question_it_answers(workspace: Workspace) -> None:
    looking = asked_of(workspace, "tanh")
    said = {
        view.name: " ".join(part.content for part in view.render(looking(view)) if part.kind == "caption")
        for view in (views.REACH, views.SHARES, views.SATURATION)
    }
    assert f"“{views.WALK.question}”" in said["reach"]
    assert said["reach"].startswith("This asks how strongly the state at t can depend on the state at k")
    assert said["copy_shares"].startswith("This asks how much each copy adds to ∂L/∂W")
    assert "the slopes at k, the length of hₖ₋₁, and" in said["copy_shares"]
    assert said["saturation"].startswith("This asks how many units of a step are saturated")
    # They do differ: the gradient of one loss may be shorter than the largest effect allows.
    path = looking.way.path(0, 0, 5, 2)
    assert np.linalg.norm(path.at_copy) < np.linalg.norm(path.at_loss) * path.between_norm


def test_nothing_is_computed_twice(workspace: Workspace) -> None:
    way = asked_of(workspace).way
    assert way.flow is way.flow
    assert way.truncated(3) is way.truncated(3)
    assert way.truncated(2)[0] is next(one for one in way.truncations if one.k == 2)
    assert way.path(0, 0, 5, 2) is way.path(0, 0, 5, 2)
    assert way.reach(0, 0, 5) is not way.reach(0, 0, 4)


@pytest.mark.parametrize("cell", ["relu", "lstm"])
@pytest.mark.parametrize("scale", [0.0, 1e4])
def test_a_gradient_of_nothing_and_one_far_too_large_are_drawn_and_explained(
    workspace: Workspace, cell: str, scale: float
) -> None:
    looking = asked_of(workspace, cell)
    way = looking.way
    way.loaded.network.weight_out.mul_(scale)
    again = Looking(backward(way.loaded, way.trace, NASTY[2]), **vars(looking.controls))
    for view in views.VIEWS:
        if view not in (views.DIRECTIONS, views.BESIDE):
            shown(view, again(view))
    nothing = Comparison({}, {"all": np.nan}, {}, {})
    views.DIRECTIONS.explain(Pulls(BatchDirections(nothing, {"all": np.full(3, np.nan)}), facts_of(way.loaded)))
