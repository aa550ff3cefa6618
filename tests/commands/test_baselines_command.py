"""`baselines`, and the baselines of a training: fitted once for the same data, and carried along with the run."""

import pytest

from rnn_core import tasks
from rnn_core.workspace import Workspace, archive
from rnn_core.workspace import baselines as saved
from tests.commands.running import REVIEWS, SMALL, TAGGED, Run, figures, refused
from tests.tiny import config_of, saved_run


def test_a_training_fits_them_and_another_on_the_same_data_takes_them_over(command: Run, workspace: Workspace) -> None:
    first = figures(command("train", "--train", REVIEWS, *SMALL))
    run = workspace.run(first["run"])
    found = saved.load(run)
    assert found and {one.name: dict(one.figures) for one in found} == first["baselines"]
    second = figures(command("train", "--train", REVIEWS, *SMALL, "--seed", "7"))
    assert saved.load(workspace.run(second["run"])) == found, "the seconds are those of the first: they were not fitted again"
    (run.path / saved.NAME).write_text("{}")
    assert saved.load(run) is None
    assert figures(command("baselines", run.id))["baselines"] == first["baselines"]
    assert saved.load(archive.unpack(workspace, archive.pack(run))) == found


def test_of_tags_too(command: Run) -> None:
    told = figures(command("train", "--task", "tag", "--train", TAGGED, *SMALL))["baselines"]
    assert told["frequent_tag"]["test_accuracy"] > told["majority"]["test_accuracy"]


def test_a_run_without_data_or_without_baselines_is_told_so(
    command: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused(command("baselines", saved_run(workspace).id), "data")
    monkeypatch.setattr(tasks.task("classify"), "baselines", ())  # as of a task that names none
    refused(command("baselines", saved_run(workspace, config_of()).id), "no simple models")
