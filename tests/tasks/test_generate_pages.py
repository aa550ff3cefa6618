"""The pages on a run that writes text: no labels, no classes, and as many outcomes as the vocabulary has tokens."""

from pathlib import Path

import pytest

from rnn_core.commands import main
from rnn_core.workspace import Workspace
from tests.pages.conftest import open_page  # noqa: F401 - a fixture
from tests.pages.driving import ROOT, Open

VERSES = ROOT / "samples" / "verses.txt"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run by characters, one by words, and one that classifies."""
    root = tmp_path_factory.mktemp("written") / "workspace"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / ".seeded").touch()
    small = ["--hidden", "8", "--embedding", "8", "--epochs", "2", "--threads", "1", "--workspace", str(root)]
    for tokens in ("char", "word"):
        text = ["--task", "generate", "--train", str(VERSES), "--tokens", tokens, "--truncate", "128", "--batch", "16"]
        assert main(["train", *text, "--name", tokens, *small]) == 0
    assert main(["train", "--task", "classify", "--train", str(ROOT / "samples" / "reviews.csv"), "--name", "r", *small]) == 0
    return root


@pytest.fixture
def ids(written: Path) -> dict[str, str]:
    return {run.name: run.id for run in Workspace(written).runs()}


@pytest.mark.parametrize("tokens", ["char", "word"])
@pytest.mark.parametrize("page", ["inspect", "data", "train", "runs", "matrix", "bptt", "losses", "evaluate"])
def test_every_page_opens(page: str, tokens: str, open_page: Open, written: Path, ids: dict[str, str]) -> None:  # noqa: F811
    app = open_page(page, written, run=ids[tokens])
    assert not app.error, [e.value for e in app.error]
