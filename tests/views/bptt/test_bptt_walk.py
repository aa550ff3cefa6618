"""One loss walked back, and one path in three factors."""

import numpy as np
import pytest

from rnn_core.views import bptt as views
from rnn_core.workspace import Workspace
from tests.views.bptt.asked import asked_of


def test_the_factors_of_the_walk_multiply_to_what_arrives(workspace: Workspace) -> None:
    asked = asked_of(workspace, "lstm")
    table = views.steps_back(asked)
    assert table["i"] == [6, 5, 4, 3, 2, 1] and table["factor of the step"][0] is None
    product = table["‖δ(t,i)‖"][0] * np.prod(table["factor of the step"][1:])
    assert product == pytest.approx(table["‖δ(t,i)‖"][-1], rel=1e-5)
