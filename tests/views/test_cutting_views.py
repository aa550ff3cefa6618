"""The views of a cut text draw and explain for every cell, with markup as text and this run's own numbers."""

import numpy as np
import pytest

from rnn_core.analysis.cutting import cutting
from rnn_core.analysis.steps import targets_of
from rnn_core.analysis.trace import trace
from rnn_core.views import cutting as views
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import CELLS
from tests.views.looking import Looking, figure
from tests.views.test_views import NASTY, escaped_only, loaded


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), [("classify", 1, False), ("tag", 2, True)])
def test_lines_and_words_are_those_of_the_analysis(
    workspace: Workspace, cell: str, task: str, layers: int, both: bool
) -> None:
    one = loaded(workspace, cell, task, layers=layers, bidirectional=both)
    seen = trace(one, "\x00".join(NASTY), NASTY)
    classes = targets_of(one, seen)
    found = cutting(one, seen.indices, classes, 4)
    for view in views.VIEWS:
        looking = Looking(one, seen, step=3, window=4)
        cut = looking(view)
        assert NASTY[0] not in validated(figure(view, cut)).to_json()
        escaped_only(view.explain(cut))
        for part in view.render(cut):
            if part.kind == "text":
                escaped_only(part.content)
        assert (views.CARRIED in cut.series) == (not both)
        separate = cut.series[views.SEPARATE]
        if view is views.LENGTHS:
            np.testing.assert_array_equal(separate, found.separate.lengths)
            assert f"k \\le {found.at // 4 * 4}," in view.explain(cut)
            assert f"together {float(found.separate.lengths.sum()):.4g}" in view.explain(cut)
        else:
            asked = classes >= 0
            at = np.flatnonzero(asked)
            np.testing.assert_array_equal(separate[asked], found.separate.readouts[at, classes[asked]])
            apart = np.linalg.norm(found.separate.states - found.whole.states, axis=1)
            words = views.parting_words(cut)
            first = int(np.flatnonzero(apart > 1e-9)[0])
            assert f"differ from those of the uncut text from t = {first + 1} (" in words and first >= (0 if both else 4)
            assert f"most at t = {apart.argmax() + 1}, by {apart.max():.4g} (Euclidean)" in words
            other = (found.separate.readouts.argmax(1) != found.whole.readouts.argmax(1)).sum()
            assert f"class differs at {other} step" in words


def test_a_long_text_is_read_in_part_and_one_piece_cuts_nothing(workspace: Workspace) -> None:
    one = loaded(workspace, "tanh")
    long = trace(one, " ".join(["film"] * 500))
    cut = Looking(one, long)(views.READOUTS)
    assert len(cut.tokens) == views.LONGEST and cut.left_out == 102
    assert "its first 400 steps are read" in views.READOUTS.render(cut)[1].content
    whole = Looking(one, trace(one, "film film"), window=99)(views.READOUTS)
    assert whole.size == 4 and "nothing is cut" in views.parting_words(whole)
