"""`runs`: damaged runs beside sound ones."""

from rnn_core.workspace import Workspace
from tests.commands.running import Run, figures
from tests.tiny import saved_run


def test_runs_lists_damaged_runs_as_damaged(command: Run, workspace: Workspace) -> None:
    assert figures(command("runs")) == {"runs": []}
    good, bad, worse = (saved_run(workspace) for _ in range(3))
    (bad.path / "config.json").write_text("{")
    (worse.path / "metrics.json").write_text("[1, 2]")
    listed = {entry["run"]: entry for entry in figures(command("runs"))["runs"]}
    assert listed[good.id]["state"] == "done" and listed[good.id]["dev_accuracy"] == 0.5
    assert listed[bad.id]["state"] == "damaged" and bad.id in listed[bad.id]["problem"]
    assert listed[worse.id]["state"] == "damaged"
