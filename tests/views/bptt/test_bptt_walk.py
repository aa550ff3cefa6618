"""One loss walked back, and one path in three factors."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.analysis import bptt
from rnn_core.views import bptt as views
from rnn_core.views.view import number
from rnn_core.workspace import Workspace
from tests.views.bptt.asked import Looking, asked_of


def test_the_factors_of_the_walk_multiply_to_what_arrives(workspace: Workspace) -> None:
    table = views.steps_back(asked_of(workspace, "lstm").asked)
    assert table["k"] == [6, 5, 4, 3, 2, 1] and table["factor of the step"][0] is None
    lengths = table["‖δ(t,k)‖ at U x"]
    assert lengths[0] * np.prod(table["factor of the step"][1:]) == pytest.approx(lengths[-1], rel=1e-5)


@pytest.mark.parametrize("cell", ["tanh", "lstm"])
def test_the_factor_between_is_said_to_bound_that_of_this_loss(workspace: Workspace, cell: str) -> None:
    looking = asked_of(workspace, cell)
    walk, path = looking(views.WALK), looking.way.path(0, 0, 5, 2)
    asks, arrives = np.linalg.norm(path.at_loss), np.linalg.norm(path.at_copy)
    reach = looking.way.reach(0, 0, 5)
    assert path.between_norm == pytest.approx(reach.norms[list(reach.steps).index(2)], rel=1e-5)
    assert arrives <= asks * path.between_norm
    assert (
        f"‖₂ = **{number(path.between_norm)}**: over 3 steps, a gradient's length is multiplied by at most this. The gradient "
        f"of this loss is multiplied by {number(arrives / asks)}; its length at k is {number(arrives)}."
    ) in views.path_words(walk)
    assert "within the step, a gradient's" in views.path_words(looking.but(back=5)(views.WALK))


@pytest.mark.parametrize("both", [False, True])
def test_in_a_lower_layer_the_ways_down_are_told_and_one_is_followed(workspace: Workspace, both: bool) -> None:
    looking = asked_of(workspace, "lstm", "tag", layers=2, bidirectional=both).but(layer=0)
    walk = looking(views.WALK)
    assert walk.path is not None and views.ways(looking.but(layer=1)(views.WALK)) == {}
    assert set(views.ways(walk)) == set(walk.path.ways.tolist()) == set(range(2, 14 if both else 6))
    assert next(iter(views.ways(walk))) == walk.path.down
    other = looking.but(down=3)(views.WALK)
    said = views.path_words(other)
    assert "s = 4 (" in said and f"**{number(other.path.gradient_norm)}**" in said
    assert f"**{number(walk.path.whole_norm)}**" in said and f"{other.path.shares[1]:.1%}" in said
    assert "∂⁺L(t)/∂hₛ" in views.factors(other) and r"\sum_{s" in views.WALK.explain(other)
    beyond = looking.but(back=8)(views.WALK)
    assert (beyond.path is not None) == both
    if not both:
        assert "does not reach the copy" in views.path_words(beyond) and views.ways(beyond) == {}


def test_only_below_both_directions_it_is_said_that_ways_may_come_back(workspace: Workspace) -> None:
    for layers, layer, both, said in ((2, 0, True, True), (2, 1, True, False), (2, 0, False, False), (1, 0, True, False)):
        looking = asked_of(workspace, "tanh", "tag", layers=layers, bidirectional=both).but(layer=layer)
        words = views.cut_words(looking(views.TRUNCATION))
        assert ("comes back to a near copy is kept" in words) == said


def test_losses_left_out_of_the_truncation_are_told(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    looking = asked_of(workspace, "tanh", "tag")
    assert "of its 12 losses" not in views.cut_words(looking(views.TRUNCATION))
    monkeypatch.setattr(bptt, "MOST_PRODUCTS", bptt.MOST_PRODUCTS * 1e-7)
    fewer = Looking(replace(looking.way, _kept={}), **vars(looking.controls))
    losses = fewer.way.losses_cut
    assert 0 < losses < 12
    assert f"{losses} of its 12 losses are cut" in views.cut_words(fewer(views.TRUNCATION))
