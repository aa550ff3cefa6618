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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hostile", type=int, default=300, metavar="N", help="inputs of each kind in tests/hostile (default: 300)")
