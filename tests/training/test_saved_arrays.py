"""Training takes the arrays that lie in the workspace, and only those of the run's own words and labels."""

from pathlib import Path

import pytest

from rnn_core.config import DataConfig, Problem, RunConfig
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.training import jobs, work
from rnn_core.workspace import Workspace
from rnn_core.workspace.datasets import read
from rnn_core.workspace.runs import Speech
from tests.tiny import config_of, model_of

REVIEWS = Path(__file__).parents[2] / "samples" / "reviews.csv"


def test_a_run_of_other_words_is_not_trained_on_these_numbers(workspace: Workspace) -> None:
    saved = read(workspace.root, {"train": REVIEWS}, DataConfig(), "Reviews")
    config = RunConfig(saved.config, model_of(), config_of(epochs=1).train, saved.fingerprint, "Mine")
    run = work.create_run(workspace, config)
    words = saved.vocabulary.words
    other = Vocabulary((*words[:-2], words[-1], words[-2]), saved.vocabulary.counts)
    run.write_speech(Speech(other, saved.labels, saved.scheme))
    with pytest.raises(Problem, match="Mine are not those of its data"):
        work.train_run(workspace, run, jobs.Unwatched())
    run.write_speech(Speech(saved.vocabulary, saved.labels, saved.scheme))
    assert work.train_run(workspace, workspace.run(run.id), jobs.Unwatched())["epochs"] == 1
