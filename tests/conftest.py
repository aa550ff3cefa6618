"""What several tests share."""

from pathlib import Path

import pytest
from hypothesis import settings

from rnn_core.workspace import Workspace

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"

settings.register_profile("unrolled", deadline=None)  # an example may wait for a compiler, or for a busy machine
settings.load_profile("unrolled")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """An empty workspace of its own."""
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def shared_data() -> Path:
    """The folder of public data; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip("the public data of ../shared/data is not here")
    return DATA


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spreads the files that need a browser evenly among the others: workers take files in this order, and two browsers with two
    servers at a time would wait for each other. The files at the end are short, so that no worker is left without work."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)
    browsers = [own for own in files.values() if own[0].get_closest_marker("browser")]
    others = [own for own in files.values() if not own[0].get_closest_marker("browser")]
    every, ordered = len(others) // (len(browsers) + 1), []
    for i, own in enumerate(others):
        ordered += own
        if browsers and every and i % every == every - 1:
            ordered += browsers.pop(0)
    items[:] = [*ordered, *(item for own in browsers for item in own)]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hostile", type=int, default=300, metavar="N", help="inputs of each kind in tests/hostile (default: 300)")
