"""`hunt`: the units of a language model over a corpus, saved and said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rnn_core.analysis.corpus_hunt import hunt_corpus
from rnn_core.analysis.loading import load
from rnn_core.data.streams import tokens_of
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.workspace import Workspace, evaluations, hunts
from rnn_core.workspace.runs import Run as SavedRun
from tests.commands.running import Run, figures, refused
from tests.tiny import config_of, model_of, saved_run

TEXT = 'he said (no or\nb) "x [y] zz" and so on\n' * 30


@pytest.fixture
def run(workspace: Workspace) -> SavedRun:
    config = config_of("generate", model_of("lstm"), truncate=4)
    config = replace(config, data=replace(config.data, tokens="char"))
    return saved_run(workspace, config, (), vocabulary=Vocabulary.build([list(TEXT)], 60))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text(TEXT)
    return path


@pytest.mark.parametrize(("pattern", "options"), [("brackets", ["--of", "m"]), ("place", []), ("expression", ["--of", "i"])])
def test_what_is_printed_and_saved_is_the_hunt(
    command: Run, run: SavedRun, corpus: Path, pattern: str, options: list[str]
) -> None:
    expression = r"\w+" if pattern == "expression" else ""
    given = ["--expression", expression] if expression else []
    found = figures(command("hunt", run.id, str(corpus), "--pattern", pattern, *given, *options))
    quantity = options[1] if options else "h"
    loaded = load(run)
    wanted = hunt_corpus(loaded, [tokens_of(TEXT, "char")], "corpus.txt", pattern, expression, quantity)
    assert [one["unit"] for one in found["units"]] == wanted.hunt.units[:10].tolist()
    assert [one["held_out"] for one in found["units"]] == pytest.approx(wanted.hunt.held_out[:10].tolist())
    assert found["chance"] == pytest.approx(wanted.hunt.chance) and found["tokens"] == found["scored"] == len(TEXT)
    assert found["score"] == ("r2" if pattern == "place" else "balanced accuracy") and ("share" in found) == (pattern != "place")
    folder = hunts.folder(run, evaluations.key_of_file(corpus, run.config.data), pattern, expression, quantity, 0)
    saved = hunts.load(folder, evaluations.weights_of(run))
    assert saved and (saved.data, saved.pattern, saved.read) == ("corpus.txt", wanted.pattern, len(TEXT))
    for name, value in vars(wanted.hunt).items():
        np.testing.assert_array_equal(getattr(saved.hunt, name), value, name)
    assert hunts.load(folder, "other weights") is None


def test_a_split_of_the_runs_data(command: Run, corpus: Path, workspace: Workspace) -> None:
    trained = figures(command("train", "--task", "generate", "--tokens", "char", "--train", str(corpus), "--dev-share", "0.4",
                              "--hidden", "6", "--embedding", "4", "--epochs", "1", "--threads", "1"))  # fmt: skip
    found = figures(command("hunt", trained["run"], "--on", "dev", "--pattern", "brackets"))
    dev = workspace.dataset(workspace.run(trained["run"]).config.fingerprint).report.splits["dev"]
    assert found["tokens"] == dev.tokens and found["data"].startswith("dev of ")


def test_what_cannot_be_hunted_is_refused(command: Run, run: SavedRun, corpus: Path, workspace: Workspace) -> None:
    labels = saved_run(workspace)
    refused(command("hunt", run.id), "Name a file")
    refused(command("hunt", labels.id, str(corpus)), "no language model")
    refused(command("hunt", run.id, str(corpus), "--of", "z"), "no 'z'", "It has h, m")
    refused(command("hunt", run.id, str(corpus), "--layer", "2"), "no layer 2")
    wrong = ["--pattern", "expression", "--expression", "("]
    refused(command("hunt", run.id, str(corpus), *wrong), "not a valid regular expression")
    refused(command("hunt", run.id, str(corpus), "--expression", "x"), "--pattern expression")
