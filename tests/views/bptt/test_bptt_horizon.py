"""How far back a gradient reaches, in words."""

import numpy as np
import pytest

from rnn_core.analysis.backward import backward
from rnn_core.views import bptt as views
from rnn_core.workspace import Workspace
from tests.tiny import CELLS
from tests.views.bptt.asked import Looking, asked_of
from tests.views.looking import figure


@pytest.mark.parametrize(
    ("left", "said"),
    [([1, 0.5, 0.001], "2 steps back, less than 1% of its length at t is left."), ([1, 0.001], "1 step back"),
     ([0, 0], "is 0."), ([1, 0.5], "Even 1 step back"), ([1], "nothing before"),
     ([1, np.inf, 1], "explodes"), ([1, np.nan, 1], "explodes"),
     ([1, 0.5, 0.25], "Even 2 steps back, where the text begins, 0.25 times"),
     ([2, 4, 16.7], "It grows: 2 steps back, where the text begins, it is 8.35 times as long as at t."),
     ([1, 3, 0.5], "It grows to 3 times its length at t (1 step back). Even 2 steps back, where the text begins, 0.5 times"),
     ([1, 3, 0.001], "It grows to 3 times its length at t (1 step back). 2 steps back, less than 1% of its"),
     ([1, 0.2, 2], "It falls to 0.2 times its length at t (1 step back). It grows again: 2 steps back, where the text"),
     ([1, 2.2, 1.12], "It grows to 2.2 times its length at t (1 step back). Then it falls: 2 steps back, where the text"),
     ([1, 3, 0.2, 2], "3 times its length at t (1 step back), then falls to 0.2 times its length at t (2 steps back). It grows"),
     ([1, 0.2, 0.5], "It falls to 0.2 times its length at t (1 step back). Even 2 steps back, where the text begins, 0.5 times"),
     ([1, 1, 1], "2 steps back, where the text begins, it is as long as at t.")],
)  # fmt: skip
def test_the_horizon_in_words(left: list[float], said: str) -> None:
    assert said in views.horizon_words(np.array(left, float))


def test_a_direction_from_the_end_leads_on_to_where_the_text_ends() -> None:
    assert views.horizon_words(np.array([1, 0.5]), 1) == "Even 1 step on, where the text ends, 0.5 times its length at t is left."
    assert views.horizon_words(np.array([1.0]), 1) == "There is nothing after this step."


def test_of_a_long_text_the_sentence_counts_steps_and_not_measurements() -> None:
    assert views.horizon_words(np.array([1, 0.5, 0.001]), 0, np.array([0, 1, 40])).startswith("40 steps back, less than 1%")
    assert "40 steps back, where the text begins" in views.horizon_words(np.array([1, 0.5, 0.3]), 0, np.array([0, 1, 40]))


@pytest.mark.parametrize(("layers", "both"), [(1, False), (2, False), (2, True)])
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_no_line_that_is_drawn_is_above_the_bound_and_the_sentence_is_of_what_is_drawn(
    workspace: Workspace, cell: str, layers: int, both: bool, scale: float
) -> None:
    looking = asked_of(workspace, cell, "tag", layers=layers, bidirectional=both)
    network = looking.way.loaded.network
    for layer, direction in network.cells.each():
        for name in network.cell.of_step:
            network.layer(layer, direction)[name].mul_(scale)
    way = backward(looking.way.loaded, looking.way.trace)
    for layer, direction in network.cells.each():
        for step in (2, 12)[:: 1 if network.cell.bounded else -2]:
            found = Looking(way, layer=layer, direction=direction, step=step)(views.REACH)
            lines = {line["name"]: line for line in figure(views.REACH, found)["data"]}
            (measured,) = (line for name, line in lines.items() if "measured" in name)
            held = [line for name, line in lines.items() if "bound Π" in name]
            assert len(held) == (network.cell.bounded) and len(lines) == (3 if held else 1)
            for bound in held:
                assert (np.nan_to_num(measured["y"]) <= np.nan_to_num(bound["y"]) * (1 + 1e-5)).all()
            left, way_back = np.nan_to_num(measured["y"]), "on" if direction else "back"
            said = views.horizon_words(left, direction, measured["x"])
            assert said == found.words and said in views.REACH.explain(found)
            if left[-1] > 1.01:
                assert "grow" in said and "left" not in said
            elif left[-1] < 0.01 and len(left) > 1:
                assert f"steps {way_back}, less than 1% of its length at t is left." in said or "1 step " in said
