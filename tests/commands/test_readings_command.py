"""`readings`: the score of training among the other readings."""

import pytest

from rnn_core.workspace import Workspace
from tests.commands.running import REVIEWS, SMALL, TAGGED, Run, figures


@pytest.mark.parametrize(("task", "file"), [("classify", REVIEWS), ("tag", TAGGED)])
def test_readings_of_a_split_hold_the_score_of_training(command: Run, workspace: Workspace, task: str, file: str) -> None:
    trained = figures(command("train", "--task", task, "--train", file, *SMALL))
    found = figures(command("readings", trained["run"], "--on", "test"))
    assert found["recurrence"]["recurrent"] == pytest.approx(trained["test_accuracy"])
    assert found["recurrence"]["texts"] == found["recurrence"]["available"] > 0
    assert (found["padding"] is None) == (task == "tag")
    if task == "classify":
        assert found["padding"]["true_end"] == pytest.approx(trained["test_accuracy"])
