"""Readings on disk come back as they were, for the weights that gave them alone."""

import json

import numpy as np
import pytest

from rnn_core.config import Problem
from rnn_core.results import Along, PaddingCost, Readings, RecurrenceGain
from rnn_core.workspace import Workspace, readings
from tests.tiny import saved_run


@pytest.mark.parametrize("padding", [None, PaddingCost(3, 4, 5, 1.0, 0.5, 1 / 3)])
def test_readings_come_back_as_they_were(workspace: Workspace, padding: PaddingCost | None) -> None:
    found = Readings(padding, RecurrenceGain(3, 4, 3, 1.0, 0.5, None, (1 / 3, 2 / 3)))
    folder = readings.folder(saved_run(workspace), "0" * 64, "dev")
    assert readings.load(folder, "these") is None
    readings.save(folder, found, "these")
    assert readings.load(folder, "these") == found and readings.load(folder, "others") is None
    before = '{"weights": "these", "readings": {"padding": null, "recurrence": {"majority": 0.5}}}'
    (folder / "readings.json").write_text(before)
    assert readings.load(folder, "these") is None, "its majority was that of dev"
    (folder / "readings.json").write_text('{"weights": "these", "readings": {"padding": null}}')
    with pytest.raises(Problem, match="damaged"):
        readings.load(folder, "these")


def test_what_was_read_step_by_step_comes_back_too(workspace: Workspace) -> None:
    shares, decided = np.linspace(0, 1, 3), np.array([0.1, 1 / 3])
    found = Along(2, shares, shares / 2, shares / 3, decided, np.arange(2), np.array([0.5, 1e-9]), 2, "sum",
                  np.array([True, False]), np.array([True, True]))  # fmt: skip
    folder = readings.folder(saved_run(workspace), "0" * 64, "dev")
    assert readings.load_along(folder, "these") is None
    readings.save_along(folder, found, "these")
    again = readings.load_along(folder, "these")
    assert again and readings.load_along(folder, "others") is None
    for name, value in vars(found).items():
        np.testing.assert_array_equal(getattr(again, name), value)
    kept = json.loads((folder / "along.json").read_text())
    for name in ("reduce", "right_at_half", "right_at_end"):  # as older versions saved it
        del kept["along"][name]
    (folder / "along.json").write_text(json.dumps(kept))
    older = readings.load_along(folder, "these")
    assert older and older.right_at_half is None and older.reduce == "mean"
    for damaged in ('{"weights": "these", "along": {"texts": 1}}', '{"weights": "these", "along": 3}', "[]"):
        (folder / "along.json").write_text(damaged)
        with pytest.raises(Problem, match="damaged"):
            readings.load_along(folder, "these")
