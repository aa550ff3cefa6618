"""Every page is run by Streamlit's own test driver, in an empty workspace and in one with data and runs."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.commands import main
from rnn_core.workspace import Workspace
from tests.pages.driving import PAGES, ROOT, Open, sound


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a dataset and a short run of each task, one of them with entity tags."""
    root = tmp_path_factory.mktemp("filled") / "workspace"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / ".seeded").touch()  # no ready-made runs
    small = ["--hidden", "8", "--embedding", "8", "--epochs", "2", "--threads", "1", "--workspace", str(root)]
    for task, sample in (("tag", "entities.tsv"), ("tag", "tagged.tsv"), ("classify", "reviews.csv")):
        more = ["--bidirectional", "--layers", "2"] if task == "tag" else []
        assert main(["train", "--task", task, "--train", str(ROOT / "samples" / sample), "--name", sample, *small, *more]) == 0
    return root


@pytest.fixture
def named(filled: Path) -> dict[str, str]:
    """The runs' ids by the names of their samples."""
    return {run.name: run.id for run in Workspace(filled).runs()}


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Open:
    """Opens a page by its short name in a workspace, with what a link would say."""

    def opened(page: str, workspace: Path, **link: str) -> AppTest:
        monkeypatch.setenv("UNROLLED_WORKSPACE", str(workspace))
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in link.items():
            app.query_params[name] = value
        app.switch_page(PAGES[page])
        return sound(app.run())

    return opened
