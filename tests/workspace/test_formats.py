"""Runs that older code wrote: `formats/N` is a run of format N, copied from the workspace where that code trained it."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.config import FORMAT, DataConfig, Problem
from rnn_core.training import jobs
from rnn_core.training.work import train_run
from rnn_core.workspace import Workspace
from rnn_core.workspace.datasets import read
from rnn_core.workspace.runs import Run
from tests.tiny import saved_run

FORMATS = Path(__file__).parent / "formats"
TEXT = "it’s a good café"
SAID = {  # what the code that wrote the run answered to TEXT: the probability of "good" if the text stopped there
    "1": (0.500111, 0.49807, 0.505947, 0.512938, 0.495535, 0.498594, 0.498594),
    "2": (0.512032, 0.513253, 0.517607, 0.516461, 0.522547, 0.526735, 0.526735),
    "3": (0.512015, 0.513985, 0.515603, 0.5166, 0.518334, 0.519925, 0.519925),
}


@pytest.mark.parametrize("number", sorted(SAID))
def test_a_run_of_an_older_format_answers_as_it_did(workspace: Workspace, number: str) -> None:
    shutil.copytree(FORMATS / number, workspace.root / "runs" / "old")
    run = workspace.run("old")
    assert run.config.format == int(number)
    seen = trace(load(run), TEXT)
    assert seen.answers is not None and seen.labels == ("bad", "good")
    np.testing.assert_allclose(seen.answers[:, 1], SAID[number], atol=1e-6)


def test_spellings_stay_apart_in_the_vocabulary_of_format_1(workspace: Workspace) -> None:
    shutil.copytree(FORMATS / "1", workspace.root / "runs" / "old")
    vocabulary = workspace.run("old").speech.vocabulary
    assert {"’s", "'s"} <= set(vocabulary.words)
    assert len(set(vocabulary.encode(["’s", "'s", "never seen"]))) == 3


def test_a_training_that_older_code_left_half_done_goes_on_to_the_same_weights(workspace: Workspace) -> None:
    """`2-half` was stopped after 17 of 36 updates, in its third epoch; `2` is where the code that wrote it brought it to."""
    half = FORMATS / "2-half"
    run_path = workspace.root / "runs" / "half"
    shutil.copytree(half, run_path, ignore=shutil.ignore_patterns("data.csv"))
    config = workspace.run("half").config
    saved = read(workspace.root, {"train": half / "data.csv"}, DataConfig(), "data.csv")
    assert saved.fingerprint == config.fingerprint
    run = workspace.run("half")
    assert run.resumable
    train_run(workspace, run, jobs.Unwatched())
    wanted = Run(FORMATS / "2").weights()
    for name, weights in run.weights().items():
        np.testing.assert_allclose(weights, wanted[name], rtol=0, atol=1e-6)
    old = [line["train_loss"] for line in Run(FORMATS / "2").history().epochs]
    np.testing.assert_allclose([line["train_loss"] for line in run.history().epochs], old, atol=1e-6)


@pytest.mark.parametrize("change", [{}, {"data": {"task": "sing"}}, {"train": {"warm_up": 3}}])
def test_a_run_of_newer_code_is_refused_by_its_number(workspace: Workspace, change: dict[str, dict[str, object]]) -> None:
    """Whatever else it holds that this version does not know, it is never called damaged."""
    run = saved_run(workspace)
    values = json.loads((run.path / "config.json").read_text())
    values |= {"format": FORMAT + 1} | {part: values[part] | new for part, new in change.items()}
    (run.path / "config.json").write_text(json.dumps(values))
    with pytest.raises(Problem, match=f"newer version .format {FORMAT + 1}") as why:
        _ = workspace.run(run.id).config
    assert "damaged" not in str(why.value) and "Delete" not in str(why.value)
