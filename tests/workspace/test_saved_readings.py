"""Readings on disk come back as they were, for the weights that gave them alone."""

import pytest

from rnn_core.config import Problem
from rnn_core.results import PaddingCost, Readings, RecurrenceGain
from rnn_core.workspace import Workspace, readings
from tests.tiny import saved_run


@pytest.mark.parametrize("padding", [None, PaddingCost(3, 4, 5, 1.0, 0.5, 1 / 3)])
def test_readings_come_back_as_they_were(workspace: Workspace, padding: PaddingCost | None) -> None:
    found = Readings(padding, RecurrenceGain(3, 4, 3, 1.0, 0.5, None, 1 / 3))
    folder = readings.folder(saved_run(workspace), "0" * 64, "dev")
    assert readings.load(folder, "these") is None
    readings.save(folder, found, "these")
    assert readings.load(folder, "these") == found and readings.load(folder, "others") is None
    (folder / "readings.json").write_text('{"weights": "these", "readings": {"padding": null}}')
    with pytest.raises(Problem, match="damaged"):
        readings.load(folder, "these")
