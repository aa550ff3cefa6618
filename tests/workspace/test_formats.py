"""Runs that older code wrote: `formats/N` is a run of format N, copied from the workspace where that code trained it."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.workspace import Workspace

FORMATS = Path(__file__).parent / "formats"
TEXT = "it’s a good café"
SAID = {  # what the code that wrote the run answered to TEXT: the probability of "good" if the text stopped there
    "1": (0.500111, 0.49807, 0.505947, 0.512938, 0.495535, 0.498594, 0.498594),
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
